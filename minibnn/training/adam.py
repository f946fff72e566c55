"""Adam by hand, the gradient norm, and the bound on latent weights."""

import numpy as np

from ..binary.straight_through import clip_latent
from ..cores import Team
from ..parameter import as_vector, deal_vector

MAX_NORM = 1.0           # longer gradients are shortened to this ("Training" in Appendix B and C)
SKIP_NORM = 100.0        # no update if the gradient is longer than this
PIECE = 1 << 17          # numbers updated by a thread at a time: so many that it seldom waits for the interpreter


class Adam:
    """Adam (Kingma & Ba 2015) over a list of Parameters, with the paper's limits on gradients and on latent weights.

    latent_rate: the learning rate of latent weights is multiplied by this
    All parameters are treated as one long vector: a few passes over it cost less than many over small arrays.
    State: step count, first and second moments m, v: (total number of parameters,)
    Differs:   only latent weights are bounded, as Eq. (4) says; the published code also bounds the gains and biases
               of binary 1x1 layers.
    """

    beta1, beta2, epsilon = 0.9, 0.999, 1e-8

    def __init__(self, parameters, latent_rate=1.0):
        self.parameters = parameters
        self._factors = as_vector(np.full_like(p.value, latent_rate if p.kind == "binary" else 1.0)
                                  for p in parameters)
        self.updates = 0
        self.m, self.v = (np.zeros_like(as_vector(p.value for p in parameters)) for _ in range(2))

    def update(self, learning_rate, team=None):
        """Shorten the gradient to MAX_NORM, update every parameter, apply Eq. (4), set the gradients to zero.

        team:      a cores.Team to share the work
        Returns:   the norm before shortening; if it is above SKIP_NORM or NaN, no parameter was changed.
        """
        grad = as_vector(p.grad for p in self.parameters)
        norm = float(np.sqrt(np.vdot(grad, grad)))
        if norm <= SKIP_NORM:
            self.updates += 1
            grad /= max(1.0, norm / MAX_NORM)                       # in place: it is a new vector
            self._move(grad, learning_rate, team or Team(1))
        for parameter in self.parameters:
            parameter.zero_grad()
        return norm

    def _move(self, grad, learning_rate, team):
        moved = as_vector(p.value for p in self.parameters)
        bias_m, bias_v = (1 - beta**self.updates for beta in (self.beta1, self.beta2))   # as m and v start at 0

        def move(start):
            piece = slice(start, start + PIECE)
            m, v, g = self.m[piece], self.v[piece], grad[piece]
            m += (1 - self.beta1) * (g - m)                         # = beta1 * m + (1 - beta1) * g, in place
            v += (1 - self.beta2) * (g * g - v)
            moved[piece] -= learning_rate / bias_m * self._factors[piece] * (m / (np.sqrt(v / bias_v) + self.epsilon))
        team.map(move, range(0, len(moved), PIECE))
        for parameter, value in zip(self.parameters, deal_vector(moved, self.parameters)):
            parameter.value = clip_latent(value) if parameter.kind == "binary" else value   # Eq. (4)
