"""Parameters, and functions over all parameters of a model."""

from types import FunctionType, ModuleType

import numpy as np


class Parameter:
    """An array that training changes, with its gradient and its kind.

    kind: "float", or "binary": latent weights (the paper's v_R), which live in [-1, 1] (Eq. 4), act
    only through their signs and are stored as one bit each. Clipping, counting and packing look at `kind`.
    """

    def __init__(self, value, kind="float"):
        if kind not in ("float", "binary"):
            raise ValueError(f'Parameter: kind: wanted "float" or "binary", got {kind!r}')
        self.value = value
        self.kind = kind
        self.grad = np.zeros_like(value)

    def accumulate(self, grad):
        """Add `grad`, of the shape of the value, to the gradient."""
        if grad.shape != self.value.shape:
            raise ValueError(f"Parameter.accumulate: grad: wanted {self.value.shape}, got {grad.shape}")
        self.grad = self.grad + grad

    def zero_grad(self):
        """Set the gradient to zero."""
        self.grad = np.zeros(self.value.shape, self.value.dtype)


def named_parameters(owner, prefix=""):
    """Yield (dotted name, Parameter) for every Parameter under `owner`, in order of definition.

    Looks through lists, tuples, and the attributes of objects.
    """
    if isinstance(owner, Parameter):
        yield prefix, owner
    elif isinstance(owner, (list, tuple)):
        for i, item in enumerate(owner):
            yield from named_parameters(item, f"{prefix}.{i}" if prefix else str(i))
    elif hasattr(owner, "__dict__") and not isinstance(owner, (type, FunctionType, ModuleType)):
        for name, item in vars(owner).items():
            yield from named_parameters(item, f"{prefix}.{name}" if prefix else name)


def parameters(owner):
    """All Parameters under `owner`, in order of definition."""
    return [parameter for _, parameter in named_parameters(owner)]


def replace_layers(owner, kind, replacement):
    """Replace every layer of the class `kind` under `owner` by replacement(layer), in place.

    Looks through lists and the attributes of the package's own objects.
    Returns:   owner, or what replaces it
    """
    if isinstance(owner, kind):
        return replacement(owner)
    if isinstance(owner, list):
        owner[:] = (replace_layers(item, kind, replacement) for item in owner)
    elif type(owner).__module__.startswith("minibnn."):
        for name, item in list(vars(owner).items()):
            replaced = replace_layers(item, kind, replacement)
            if replaced is not item:
                setattr(owner, name, replaced)
    return owner


def as_vector(arrays):
    """Arrays one after the other in a new vector: (total size,)."""
    return np.concatenate([np.zeros(0, np.float32), *(array.ravel() for array in arrays)])


def deal_vector(vector, of_parameters):
    """Divide a vector as long as all parameters together into views, one in the shape of each parameter."""
    ends = np.cumsum([0, *(p.value.size for p in of_parameters)])
    return [vector[start:end].reshape(p.value.shape) for p, start, end in zip(of_parameters, ends, ends[1:])]


def cast(owner, dtype):
    """Change every parameter under `owner` to `dtype` in place (float64 for gradient checks)."""
    for parameter in parameters(owner):
        parameter.value = parameter.value.astype(dtype)
        parameter.zero_grad()


def count(owner):
    """Numbers of parameters, of binary ones among them, and the bytes they need when stored.

    A binary parameter is stored as one bit, any other as 32 bits (Table 1, "memory").
    Returns:   dict with keys parameters, binary_parameters, bytes
    """
    total = sum(p.value.size for p in parameters(owner))
    binary = sum(p.value.size for p in parameters(owner) if p.kind == "binary")
    return {"parameters": total, "binary_parameters": binary, "bytes": 4 * (total - binary) + -(-binary // 8)}
