"""Checks of the ResNet VAE: logistic latents, likelihood, bound, the whole model."""

import numpy as np

from ..resnet_vae import ResNetVAE, VAEConfig, bound, likelihood, logistic
from .builders import IMAGE, model_check, op_check
from .checker import gradient_errors


def _logistic(function, positive):
    """Check of a logistic op: the arguments at the positions `positive` are scales."""
    def errors_of(rng):
        arrays = [rng.normal(size=(2, 3, 2)) for _ in range(max(positive) + 1)]
        for i in positive:
            arrays[i] = np.exp(0.5 * arrays[i])
        return gradient_errors(function, *arrays, rng=rng)
    return errors_of


def _sample(rng):
    noise = rng.normal(size=(2, 3, 2))
    return gradient_errors(lambda mean, scale: logistic.logistic_sample(mean, scale, noise),
                           rng.normal(size=(2, 3, 2)), rng.random((2, 3, 2)) + 0.5, rng=rng)


def _discretised_logistic(rng):
    images = np.concatenate([np.repeat([0, 255], 6), rng.integers(0, 256, 36)]).reshape(2, 4, 2, 3)
    mean = rng.normal(0, 0.5, images.shape)
    return gradient_errors(lambda mean, scale: likelihood.discretised_logistic(images, mean, scale),
                           mean, np.array(0.3), rng=rng)


def _free_bits(rng):
    kl_min = 0.1
    kl = rng.normal(kl_min, 1, (3, 2, 4))
    kl += kl_min + np.array([[0.2, -0.2, 0.3, -0.1], [-0.3, 0.1, -0.2, 0.4]]) - kl.mean(axis=0)  # both sides
    return gradient_errors(lambda ll, kl: bound.free_bits_loss(bound.Bound(ll, kl), kl_min),
                           rng.normal(size=3), kl, rng=rng)


def _vae(**settings):
    """Check of a whole VAE, free bits included.

    Some gradients must be exactly zero: those of the last layer's blocks on the way up, which have no effect, and
    those of weights that see only the constant zero map with which the way down starts. (ELU of 0 is 0.)
    """
    config = VAEConfig(size=8, layers=2, channels=3, latents=2, blocks=3, nproc=1, **settings)
    return model_check(lambda rng: ResNetVAE(config, rng), _objective, config.weights == 1, _unreached(config))


def _objective(model, rng):
    """A VAE's training loss on fixed images and noise; half of the channels are below kl_min."""
    images = rng.integers(0, 256, (2, 8, 8, 3))
    uniform = rng.random((2, *model.config.latent_shape))
    kl_min = float(np.median(model(images, uniform)[0].kl.mean(axis=0)))

    def objective():
        elbo, vae_backward = model(images, uniform)
        loss, loss_backward = bound.free_bits_loss(elbo, kl_min)
        return loss, lambda d_loss: vae_backward(*loss_backward(d_loss))
    return objective


def _unreached(config):
    names = ["layers.1.up_blocks."]
    if config.activations == 32:
        names += ["layers.1.down_blocks.0.conv1.v", "layers.1.down_blocks.0.conv1.gain"]
    if config.activations == 32 or not config.binary_everywhere:
        names += ["layers.1.to_prior.v", "layers.1.to_prior.gain"]
    return names


CHECKS = {
    "latent_scale": ("App. B", op_check(logistic.latent_scale, IMAGE)),
    "logistic_sample": ("7", _sample),
    "logistic_log_density": ("7", _logistic(logistic.logistic_log_density, positive=[2])),
    "one_sample_kl": ("7", _logistic(logistic.one_sample_kl, positive=[2, 4])),
    "discretised_logistic": ("7", _discretised_logistic),
    "free_bits_loss": ("7", _free_bits),
    "ResNet VAE 32/32": ("7, 11, 14", _vae()),
    "ResNet VAE 1/32": ("2, 3, 7, 11-14", _vae(weights=1)),
    "ResNet VAE 1/1": ("2, 3, 5-7, 11-14", _vae(weights=1, activations=1)),
    "ResNet VAE 1/32, all layers binary": ("2, 3, 7, 12-14", _vae(weights=1, binary_everywhere=True)),
    "ResNet VAE 1/1, all layers binary": ("2, 3, 5-7, 12-14", _vae(weights=1, activations=1,
                                                                 binary_everywhere=True)),
}
