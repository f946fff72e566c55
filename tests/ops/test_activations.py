"""Values of the activations, and their behaviour at extremes."""

import numpy as np
import pytest

from minibnn import numerics, ops

EXTREMES = np.array([-1e4, -90.0, -20.0, -1e-3, 0.0, 1e-3, 20.0, 90.0, 1e4])


def test_elu_values():
    y, _ = ops.elu(np.array([-1.0, 0.0, 2.0]))
    np.testing.assert_allclose(y, [np.exp(-1) - 1, 0, 2])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("op", [ops.elu, ops.tanh, ops.sigmoid, ops.softplus])
def test_extremes_stay_finite(op, dtype):
    y, backward = op(EXTREMES.astype(dtype))                        # warnings (overflow) are errors
    assert np.isfinite(y).all() and np.isfinite(backward(np.ones_like(y))).all()


def test_sigmoid_and_softplus_keep_relative_precision_in_the_lower_tail():
    x = np.array([-30.0, -20.0], np.float32)
    np.testing.assert_allclose(numerics.sigmoid(x), np.exp(x), rtol=1e-6)
    np.testing.assert_allclose(numerics.softplus(x), np.exp(x), rtol=1e-6)


def test_softplus_inverse():
    y = np.array([1e-6, 0.1, 1.0, 30.0, 500.0])
    np.testing.assert_allclose(numerics.softplus(numerics.softplus_inverse(y)), y, rtol=1e-9)


def test_concat_negative_and_gate_values():
    np.testing.assert_array_equal(ops.concat_negative(np.array([[1.0, -2.0]]))[0], [[1, -2, -1, 2]])
    np.testing.assert_allclose(ops.gated_linear_unit(np.array([[3.0, 0.0]]))[0], [[1.5]])


def test_gate_refuses_odd_channels():
    with pytest.raises(ValueError, match="even number of channels, got 3"):
        ops.gated_linear_unit(np.ones((2, 3)))
