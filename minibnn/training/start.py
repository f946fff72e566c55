"""Where latent weights start: drawn at random, or taken from a trained 32-bit model (Appendix D)."""

import hashlib

import numpy as np

from ..blocks.convolutions import V_STD
from ..files import InputError
from ..parameter import named_parameters

STARTS = ("normal", "copied", "clipped", "standardised")


def start_from(model, source, start):
    """Take the latent weights of `model` from the weights v of the same names in a trained 32-bit model.

    Paper:     Appendix D. All other parameters start as they do without it.
    start:     "copied"; "clipped" to [-1, 1]; "standardised": centred and scaled in each layer to a standard
               deviation of 0.05, as random ones have
    Raises:    InputError if the source lacks one of these weights, or has it in another shape.
    Differs:   the published code takes the weights v of all layers from the source, not only the latent ones.
    """
    found = dict(named_parameters(source))
    for name, parameter in named_parameters(model):
        if parameter.kind == "binary":
            if name not in found or found[name].value.shape != parameter.value.shape:
                got = found[name].value.shape if name in found else "none"
                raise InputError(f"start: wanted a model with {name} of the shape {parameter.value.shape}, got {got}")
            parameter.value = _started(found[name].value, start)


def _started(v, start):
    if start == "clipped":
        return np.clip(v, -1, 1)
    if start == "standardised":
        return ((v - v.mean()) / v.std() * V_STD).astype(v.dtype)
    return v.copy()


def fingerprint(model):
    """SHA-256, in hexadecimal, over the names and values of a model's parameters."""
    digest = hashlib.sha256()
    for name, parameter in named_parameters(model):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(parameter.value))
    return digest.hexdigest()
