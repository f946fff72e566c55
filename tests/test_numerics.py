"""The data-dependent start of gains and biases, and when a column counts as one that does not vary."""

import numpy as np
import pytest

from minibnn.numerics import standardising

VARYING = np.random.default_rng(0).normal(3, 2, 1000)


@pytest.mark.parametrize("size", [1e-9, 1.0, 1e9])
def test_a_column_gets_mean_0_and_the_deviation_wanted_however_small_its_numbers(size):
    x = size * VARYING[:, None]
    gain, bias = standardising(x, 0.3)
    y = x * gain + bias
    np.testing.assert_allclose([y.mean(), y.std()], [0, 0.3], atol=1e-9)


@pytest.mark.parametrize("deviation, varies", [(0, False), (1e-8, False), (5e-7, False), (2e-6, True), (1e-4, True)])
def test_what_varies_less_than_rounding_beside_the_largest_number_is_constant(deviation, varies):
    """It keeps the gain wanted: dividing by such a deviation would blow up the rounding of a float32."""
    alternating = 7 + deviation * 100 * (-1) ** np.arange(1000)
    x = np.stack([alternating, np.linspace(-100, 100, 1000)], axis=1)
    gain, bias = standardising(x, 0.3)
    np.testing.assert_allclose(gain[0], 0.3 / (deviation * 100) if varies else 0.3, rtol=1e-6)
    np.testing.assert_allclose((x * gain + bias).mean(axis=0), 0, atol=1e-9)
