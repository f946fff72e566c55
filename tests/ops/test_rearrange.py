"""space_to_depth against its definition, and its inverse."""

import numpy as np
import pytest
from reference import space_to_depth_loops

from minibnn.ops import depth_to_space, space_to_depth


@pytest.mark.parametrize("block", [2, 3])
def test_space_to_depth_equals_its_definition(block):
    x = np.random.default_rng(0).normal(size=(2, 2 * block, 3 * block, 5))
    y, _ = space_to_depth(x, block)
    np.testing.assert_array_equal(y, space_to_depth_loops(x, block))
    np.testing.assert_array_equal(depth_to_space(y, block)[0], x)


def test_shapes_that_do_not_divide_are_refused():
    with pytest.raises(ValueError, match="divisible by 2"):
        space_to_depth(np.ones((1, 3, 4, 1)))
    with pytest.raises(ValueError, match="divisible by 4"):
        depth_to_space(np.ones((1, 2, 2, 6)))
