"""Lossless compression with a ResNet VAE: an entropy coder, bits back, files that decode on every machine."""

from .file import compress, decompress

__all__ = ["compress", "decompress"]
