"""The public gradient checker.

    from minibnn.gradcheck import TangentTwin, assert_gradients, gradient_errors
    errors = gradient_errors(elu, x, rng=np.random.default_rng(0))           # one relative error per array
    assert_gradients(elu, x, rng=np.random.default_rng(0))                   # the same in a test: says what is wrong
    assert_gradients(net, x, rng=rng, differences_of=TangentTwin(net, x))    # straight-through nets

`python -m minibnn gradcheck` runs it over everything the library differentiates (`suite`).
"""

from .checker import assert_gradients, gradient_errors, layer_op
from .refusals import GradientError
from .twin import TangentTwin

__all__ = ["GradientError", "TangentTwin", "assert_gradients", "gradient_errors", "layer_op"]
