"""The configuration of a Flow++ model, and the sizes that follow from it."""

from dataclasses import dataclass

from ..configs import (
    Convolutions,
    ModelConfig,
    binary_weights,
    require_bool,
    require_number,
    require_whole_numbers,
)
from ..files import InputError

CONTEXT_BLOCKS = 3       # residual blocks of the dequantiser's context network (Appendix C)


@dataclass(frozen=True)
class FlowConfig(ModelConfig):
    """Shape and precision of a Flow++ (Appendix C).

    `couplings` are the numbers of coupling steps in the three stages: on stripes of the image, on channels of the
    squeezed image, and on stripes of it. blocks = dequantiser_blocks = 0 is the "no residual blocks" row of Table 1;
    a dequantiser without blocks has no context network either: its couplings see the image itself. The blocks of the
    context network have 32-bit weights; with binary_context they are as binary as the other blocks.
    Differs:   the published code runs the context network's blocks binary, and does not count them as such.
    Raises:    InputError naming the first value that is out of range.
    """

    size: int = 8
    weights: int = 32
    activations: int = 32
    channels: int = 32                 # h, of the conditioners' hidden layers, at least 2 (paper: 120)
    blocks: int = 2                    # residual blocks of a conditioner (paper: 10)
    mixture: int = 4                   # logistic components of a coupling, M (the paper's K: 8)
    couplings: tuple = (2, 1, 1)       # (paper: 4, 2, 3)
    dequantiser_couplings: int = 2     # (paper: 4)
    dequantiser_blocks: int = 1        # residual blocks of a conditioner in the dequantiser (paper: 2)
    context_channels: int = 16         # (paper: 32)
    dropout: float = 0.2               # fraction dropped in blocks of 32-bit weights, in training only
    binary_context: bool = False
    normalisation: str = "weight"      # of the blocks' binary convolutions (paper: weight)

    def __post_init__(self):
        super().__post_init__()
        require_whole_numbers(self, {"channels": 2, "blocks": 0, "mixture": 1, "dequantiser_couplings": 1,
                                     "dequantiser_blocks": 0, "context_channels": 1})
        object.__setattr__(self, "couplings", _three_counts(self.couplings))
        require_number(self, "dropout", lambda rate: 0 <= rate < 1, "a fraction from 0 to below 1")
        require_bool(self, "binary_context")
        if self.weights == 1 and not (self.blocks or self.dequantiser_blocks):
            raise InputError("weights: wanted 32 without residual blocks, which alone can be binary, got 1")
        if self.binary_context and self.weights == 32:
            raise InputError("binary_context: wanted 1-bit weights, got 32-bit ones")
        if self.binary_context and not self.dequantiser_blocks:
            raise InputError("binary_context: wanted a dequantiser with blocks, got dequantiser_blocks = 0")

    def shape_of_stage(self, stage):
        """Shape (H, W, C) in which the couplings of a stage see an image: one half of it is C/2 channels."""
        S = self.size
        return ((S, S // 2, 6), (S // 2, S // 2, 12), (S // 2, S // 4, 24))[stage]

    @property
    def state_size(self):
        """How many numbers one image's state has: the map to which the residual blocks of the first stage add."""
        return self.size * self.size // 2 * self.channels

    @property
    def context_shape(self):
        """Shape (H, W, C) of one image's context, which the dequantiser's couplings see."""
        return (self.size, self.size // 2, self.context_channels if self.dequantiser_blocks else 6)

    @property
    def parameters(self):
        """How many parameters the model has. Gains are counted even for the normalisation "none", which has none."""
        others = sum(couplings * (2 * H * W * C + 2 * (C // 2)**2 + blocks * 2 * self.channels)      # norms, 1x1 maps
                     for couplings, (H, W, C), blocks, _ in self._steps())
        return sum(layers.parameters for layers in self._convolutions()) + others

    @property
    def binary_parameters(self):
        """How many of them are binary."""
        return binary_weights(self._convolutions())

    def _steps(self):
        """(number, shape (H, W, C), residual blocks, channels of the context) of the coupling steps of each kind."""
        stages = [(couplings, self.shape_of_stage(stage), self.blocks, 0)
                  for stage, couplings in enumerate(self.couplings)]
        return [*stages, (self.dequantiser_couplings, self.shape_of_stage(0), self.dequantiser_blocks,
                          self.context_shape[-1])]

    def _convolutions(self):
        h, binary = self.channels, self.weights == 1
        for couplings, (_, _, C), blocks, context in self._steps():
            yield Convolutions(couplings, 3, C // 2 + (0 if blocks else context), h)
            yield Convolutions(couplings, 3, h, C // 2 * (2 + 3 * self.mixture))
            yield Convolutions(couplings * blocks, 3, 2 * h, h, binary)
            yield Convolutions(couplings * blocks, 1, 2 * h, 2 * h, binary)
            if context:
                yield Convolutions(couplings * blocks, 1, 2 * context, h, binary)
        if self.dequantiser_blocks:
            context = self.context_channels
            yield Convolutions(1, 3, 6, context)
            yield Convolutions(CONTEXT_BLOCKS, 3, 2 * context, context, self.binary_context)
            yield Convolutions(CONTEXT_BLOCKS, 3, 2 * context, 2 * context, self.binary_context)

    @property
    def mask_shapes(self):
        """Shapes (H, W, C) of one image's dropout masks, one per block with dropout, in the order in which they run."""
        def of(number, shape, channels):
            return [(*shape[:2], 2 * channels)] * number
        context = CONTEXT_BLOCKS if self.dequantiser_blocks and not self.binary_context else 0
        shapes = of(context, self.context_shape, self.context_channels)
        if self.weights == 32:
            shapes += of(self.dequantiser_couplings * self.dequantiser_blocks, self.context_shape, self.channels)
            for stage, couplings in enumerate(self.couplings):
                shapes += of(couplings * self.blocks, self.shape_of_stage(stage), self.channels)
        return shapes if self.dropout else []


def _three_counts(couplings):
    counts = tuple(couplings) if isinstance(couplings, (tuple, list)) else ()
    if len(counts) != 3 or any(type(n) is not int or n < 0 for n in counts) or not any(counts):
        raise InputError(f"couplings: wanted three whole numbers, not all 0, got {couplings!r}")
    return counts
