"""Binary neural networks for deep generative models, in plain NumPy, every gradient by hand.

Implements Bird, Kingma, Barber, "Reducing the Computational Cost of Deep Generative Models with
Binary Neural Networks", ICLR 2021. The folders are the table of contents of the paper; README.md has
the map and the index from equations to functions.
"""

__version__ = "0.1.0"
