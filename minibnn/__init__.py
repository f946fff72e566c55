"""Binary neural networks for deep generative models, in plain NumPy, every gradient by hand.

Implements Bird, Kingma, Barber, "Reducing the Computational Cost of Deep Generative Models with
Binary Neural Networks", ICLR 2021. The folders are the table of contents of the paper; README.md in this folder
says where the code for each statement of the paper is.

    import minibnn
    model = minibnn.load("vae-1-1")
    model.sample(16, seed=0)                    # (16, 16, 16, 3) uint8

The models are in minibnn.resnet_vae and minibnn.flowpp; their ops and gradients are in ops, binary and blocks.
"""

__version__ = "0.2.0"
__all__ = ["Run", "Trained", "load", "train"]


def __getattr__(name):
    """Import the names in `__all__` from `models` only when they are used, so that `import minibnn` is fast."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import models

    return getattr(models, name)


def __dir__():
    return sorted([*globals(), *__all__])
