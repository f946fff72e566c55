"""What a ResNet VAE is made of."""

from dataclasses import dataclass

from ..files import InputError


@dataclass(frozen=True)
class VAEConfig:
    """Shape and precision of a ResNet VAE (Appendix B).

    blocks are dealt to the latent layers round robin, and as many stand on the way up as down; nproc
    blocks follow the stem and precede the head. blocks = nproc = 0 is the "no residual blocks" row of
    Table 1. binary_everywhere binarises every layer, not only the residual blocks: the ablation of
    Figure 3 (d).
    Raises:    InputError naming the first value that is out of range.
    """

    size: int = 16                     # rows = columns of an image: 8, 16 or 32
    layers: int = 4                    # latent layers L (paper: 12)
    channels: int = 32                 # h (paper: 256; widened: 336)
    latents: int = 4                   # latent channels z (paper: 8)
    blocks: int = 4                    # residual blocks on the way up, and again down (paper: 20)
    nproc: int = 1                     # 5x5 blocks after the stem, and again before the head
    weights: int = 32                  # bits: 32 or 1
    activations: int = 32              # bits: 32 or 1
    binary_everywhere: bool = False

    def __post_init__(self):
        for name, allowed in {"size": (8, 16, 32), "weights": (1, 32), "activations": (1, 32)}.items():
            value = getattr(self, name)
            if value not in allowed:
                wanted = ", ".join(map(str, allowed[:-1])) + f" or {allowed[-1]}"
                raise InputError(f"{name}: wanted {wanted}, got {value!r}")
        for name, least in {"layers": 1, "channels": 1, "latents": 1, "blocks": 0, "nproc": 0}.items():
            value = getattr(self, name)
            if type(value) is not int or value < least:
                raise InputError(f"{name}: wanted a whole number of at least {least}, got {value!r}")
        if type(self.binary_everywhere) is not bool:
            raise InputError(f"binary_everywhere: wanted true or false, got {self.binary_everywhere!r}")
        if (self.activations, self.weights) == (1, 32):
            raise InputError("activations: wanted 32 with 32-bit weights (Table 1 has no 32/1 model), got 1")
        if self.binary_everywhere and self.weights == 32:
            raise InputError("binary_everywhere: wanted 1-bit weights, got 32-bit ones")

    def blocks_of(self, layer):
        """How many residual blocks latent layer `layer` (counted from 0) has each way."""
        return len(range(layer, self.blocks, self.layers))

    @property
    def latent_shape(self):
        """Shape (L, H/2, W/2, Z) of one image's latents, and of the noise that draws them."""
        return (self.layers, self.size // 2, self.size // 2, self.latents)

    @property
    def dimensions(self):
        """Number of subpixels of an image: what bits per dimension divides by."""
        return self.size * self.size * 3
