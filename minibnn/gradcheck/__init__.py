"""The public gradient checker.

    from minibnn.gradcheck import gradient_errors, TangentTwin
    errors = gradient_errors(elu, x, rng=np.random.default_rng(0))           # one relative error per array
    errors = gradient_errors(net, x, rng=rng, differences_of=TangentTwin(net, x))    # straight-through nets

`python -m minibnn gradcheck` runs it over everything the library differentiates (`suite`).
"""

from .checker import gradient_errors, layer_op
from .twin import TangentTwin

__all__ = ["TangentTwin", "gradient_errors", "layer_op"]
