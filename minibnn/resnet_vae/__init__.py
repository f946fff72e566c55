"""The ResNet VAE (section 3.1, Appendix B): logistic latents, the ladder, the bound (Eq. 7)."""

from .config import VAEConfig
from .model import ResNetVAE

__all__ = ["ResNetVAE", "VAEConfig"]
