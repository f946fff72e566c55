"""The configuration of a ResNet VAE, and the sizes that follow from it."""

from dataclasses import dataclass

from ..configs import Convolutions, ModelConfig, binary_weights, require_bool, require_whole_numbers
from ..files import InputError


@dataclass(frozen=True)
class VAEConfig(ModelConfig):
    """Shape and precision of a ResNet VAE (Appendix B).

    The latent layers share `blocks` residual blocks round robin on the way up, and as many on the way down; `nproc`
    blocks follow the stem, and as many precede the head. blocks = nproc = 0 is the "no residual blocks" row of
    Table 1. binary_everywhere binarises every layer, not only the residual blocks: the ablation of
    Figure 3 (d).
    Differs:   the published VAE ignores its settings for 32-bit activations with 1-bit weights, and for binary weights
               in every layer.
    Raises:    InputError naming the first value that is out of range.
    """

    size: int = 16
    weights: int = 32
    activations: int = 32
    layers: int = 4                    # latent layers L (paper: 12)
    channels: int = 32                 # h (paper: 256; widened: 336)
    latents: int = 4                   # latent channels z (paper: 8)
    blocks: int = 4                    # residual blocks on the way up, and again down (paper: 20)
    nproc: int = 1                     # 5x5 blocks after the stem, and again before the head
    binary_everywhere: bool = False
    normalisation: str = "weight"      # of the blocks' binary convolutions (paper: weight)

    def __post_init__(self):
        super().__post_init__()
        require_whole_numbers(self, {"layers": 1, "channels": 1, "latents": 1, "blocks": 0, "nproc": 0})
        require_bool(self, "binary_everywhere")
        if self.binary_everywhere and self.weights == 32:
            raise InputError("binary_everywhere: wanted 1-bit weights, got 32-bit ones")
        if self.weights == 1 and not (self.blocks or self.nproc or self.binary_everywhere):
            raise InputError("weights: wanted 32 without residual blocks, which alone can be binary, got 1")

    def blocks_of(self, layer):
        """How many residual blocks latent layer `layer` (counted from 0) has on the way up; on the way down as many."""
        return len(range(layer, self.blocks, self.layers))

    @property
    def parameters(self):
        """How many parameters the model has. Gains are counted even for the normalisation "none", which has none."""
        return sum(layers.parameters for layers in self._convolutions()) + 1       # and the pixels' log-scale

    @property
    def binary_parameters(self):
        """How many of them are binary."""
        return binary_weights(self._convolutions())

    def _convolutions(self):
        h, Z, L, in_blocks, outside = (self.channels, self.latents, self.layers, self.weights == 1,
                                       self.binary_everywhere)
        return [Convolutions(1, 5, 3, h, outside), Convolutions(1, 5, h, 3, outside),
                Convolutions(L, 3, h, 2 * Z, outside), Convolutions(L, 3, h, 4 * Z, outside),
                Convolutions(L, 3, Z, h, outside), Convolutions(4 * self.nproc, 5, h, h, in_blocks),
                Convolutions(4 * self.blocks, 3, h, h, in_blocks)]

    @property
    def state_size(self):
        """How many numbers one image's state has: the map to which the residual blocks add."""
        return (self.size // 2)**2 * self.channels

    @property
    def latent_shape(self):
        """Shape (L, H/2, W/2, Z) of one image's latents, and of the noise that draws them."""
        return (self.layers, self.size // 2, self.size // 2, self.latents)
