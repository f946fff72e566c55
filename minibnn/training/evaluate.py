"""The test loss: the exact mean over all images; and the tighter bound from several draws of the noise."""

import math
from typing import NamedTuple

import numpy as np

from ..numerics import bits_per_dimension, logsumexp
from .replicas import deal, worthwhile_parts

BATCH = 64


class Evaluation(NamedTuple):
    """Test loss in bits per dimension."""

    per_image: np.ndarray          # (N,)
    parts: dict                    # means over images of the other entries of model.bits: numbers, or lists of
                                   # numbers; with several draws only the mean loss of a single draw

    @property
    def mean(self):
        """The test loss: the mean over all images."""
        return float(self.per_image.mean())

    @property
    def standard_error(self):
        """Standard error of that mean, over images; 0.0 for one image, which does not tell it."""
        N = len(self.per_image)
        return float(self.per_image.std(ddof=1) / np.sqrt(N)) if N > 1 else 0.0

    def summary(self):
        """dict with keys test_bpd, test_bpd_se, parts"""
        return {"test_bpd": self.mean, "test_bpd_se": self.standard_error, "parts": self.parts}


def evaluate(model, images, seed, team, report=None, samples=1):
    """Bits per dimension of every image: the negative bound, from `samples` draws of the noise for each.

    The noise is drawn image by image from `seed`, so that models with the same noise shape are compared
    on the same noise. The last batch may be smaller; no image is dropped.
    images:    (N, S, S, 3) uint8
    team:      a cores.Team, whose threads share each batch
    report:    report(done, total, text) is called after each batch
    samples:   K draws give the importance-weighted loss, -log(mean of e^bound over the K draws). On average it does
               not rise with K, and is not below -log p(image). The first draw is the same for every K.
    Source:    Burda, Grosse & Salakhutdinov, "Importance weighted autoencoders", 2016, Eq. (8).
    Raises:    FloatingPointError if an image has no finite loss.
    Differs:   the published code's test loss counts free bits, leaves out the last batch unless it is full, and
               counts NaN as 0.
    """
    losses, parts = [], {}
    for draw in range(samples):
        rng = np.random.default_rng([seed, draw] if draw else seed)

        def report_draw(done, draw=draw):
            if report:
                report(draw * len(images) + done, samples * len(images), "evaluating")
        parts = _bits(model, images, rng, team, report_draw)
        losses.append(_require_finite(parts.pop("total")))
    if samples == 1:
        return Evaluation(losses[0], {name: part.mean(axis=0).tolist() for name, part in parts.items()})
    nats = np.stack(losses) * (math.log(2) * model.config.dimensions)
    log_of_sum, _ = logsumexp(-nats)
    weighted = bits_per_dimension(math.log(samples) - log_of_sum, model.config.dimensions)
    return Evaluation(weighted, {f"mean of {samples} single draws": float(np.mean(losses))})


def _bits(model, images, rng, team, report):
    """What model.bits gives for every image, from one draw of the noise: dict of (N, ...) float64."""
    batches = []
    for start in range(0, len(images), BATCH):
        batch = images[start:start + BATCH]
        noise = model.draw_noise(rng, len(batch))
        parts = worthwhile_parts(team.threads, model.config, len(batch))
        batches += team.map(model.bits, *deal(parts, batch, noise))
        report(start + len(batch))
    return {name: np.concatenate([bits[name] for bits in batches]).astype(np.float64) for name in batches[0]}


def _require_finite(per_image):
    if not np.isfinite(per_image).all():
        bad = int(np.argmin(np.isfinite(per_image)))
        raise FloatingPointError(f"evaluation: image {bad} has the loss {per_image[bad]}, not a finite number")
    return per_image
