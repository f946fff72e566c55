"""Adam by hand, the gradient norm, and the bound on latent weights."""

import numpy as np

from ..binary.straight_through import clip_latent

MAX_NORM = 1.0           # longer gradients are shortened to this ("Training" in Appendix B and C)
SKIP_NORM = 100.0        # beyond this the batch is an accident: no update


class Adam:
    """Adam (Kingma & Ba 2015) over a list of Parameters, with the paper's care for gradients and bounds.

    State: step count, first and second moments m, v (lists of arrays like the parameters).
    """

    beta1, beta2, epsilon = 0.9, 0.999, 1e-8

    def __init__(self, parameters):
        self.parameters = parameters
        self.updates = 0
        self.m = [np.zeros_like(p.value) for p in parameters]
        self.v = [np.zeros_like(p.value) for p in parameters]

    def update(self, learning_rate):
        """Shorten the gradient to MAX_NORM, move every parameter, apply Eq. (4), forget the gradients.

        Returns:   the norm before shortening; above SKIP_NORM nothing moved.
        """
        norm = gradient_norm(self.parameters)
        if norm <= SKIP_NORM:
            self.updates += 1
            shorten = 1 / max(1.0, norm / MAX_NORM)
            for i, parameter in enumerate(self.parameters):
                self._move(i, parameter, shorten * parameter.grad, learning_rate)
        for parameter in self.parameters:
            parameter.zero_grad()
        return norm

    def _move(self, i, parameter, grad, learning_rate):
        self.m[i] = self.beta1 * self.m[i] + (1 - self.beta1) * grad
        self.v[i] = self.beta2 * self.v[i] + (1 - self.beta2) * grad**2
        m_hat = self.m[i] / (1 - self.beta1**self.updates)          # both start at 0: undo that bias
        v_hat = self.v[i] / (1 - self.beta2**self.updates)
        value = parameter.value - learning_rate * m_hat / (np.sqrt(v_hat) + self.epsilon)
        parameter.value = clip_latent(value) if parameter.kind == "binary" else value   # Eq. (4)


def gradient_norm(parameters):
    """Euclidean norm of all gradients together."""
    return float(np.sqrt(sum(float(np.vdot(p.grad, p.grad)) for p in parameters)))
