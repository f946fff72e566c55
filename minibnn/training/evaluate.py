"""The test loss: every image, the exact mean."""

from typing import NamedTuple

import numpy as np

from .replicas import deal, worthwhile_parts

BATCH = 64


class Evaluation(NamedTuple):
    """Test loss in bits per dimension."""

    per_image: np.ndarray          # (N,)
    parts: dict                    # means of the other entries of model.bits: numbers, or lists of them

    @property
    def mean(self):
        """The test loss: the mean over all images."""
        return float(self.per_image.mean())

    @property
    def standard_error(self):
        """Standard error of that mean, over images; 0.0 for one image, of which nothing is known."""
        N = len(self.per_image)
        return float(self.per_image.std(ddof=1) / np.sqrt(N)) if N > 1 else 0.0

    def summary(self):
        """dict with keys test_bpd, test_bpd_se, parts"""
        return {"test_bpd": self.mean, "test_bpd_se": self.standard_error, "parts": self.parts}


def evaluate(model, images, seed, team, report=None):
    """Bits per dimension of every image, one sample of the noise each.

    The noise is drawn image by image from `seed`, so that models with the same noise shape are compared
    on the same noise. The last batch is as small as it must be; nothing is dropped.
    images: (N, S, S, 3) uint8; a cores.Team shares each batch; report(done, total, text) is called after each batch.
    Raises:    FloatingPointError if an image has no finite loss.
    Differs:   the published code's test loss counts free bits, leaves out the last batch unless it is full, and
               counts NaN as 0.
    """
    rng = np.random.default_rng(seed)
    batches = []
    for start in range(0, len(images), BATCH):
        batch = images[start:start + BATCH]
        noise = model.draw_noise(rng, len(batch))
        parts = worthwhile_parts(team.threads, model.config, len(batch))
        batches += team.map(model.bits, *deal(parts, batch, noise))
        if report:
            report(start + len(batch), len(images), "evaluating")
    parts = {name: np.concatenate([bits[name] for bits in batches]).astype(np.float64) for name in batches[0]}
    per_image = parts.pop("total")
    if not np.isfinite(per_image).all():
        bad = int(np.argmin(np.isfinite(per_image)))
        raise FloatingPointError(f"evaluation: image {bad} has the loss {per_image[bad]}, not a finite number")
    return Evaluation(per_image, {name: part.mean(axis=0).tolist() for name, part in parts.items()})
