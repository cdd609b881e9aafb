"""Dense layer, activations and losses, with their gradients."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
F64 = npt.NDArray[np.float64]


def dense(x: Array, w: Array, b: Array | None) -> Array:
    """Outputs (N, units) of input (N, features) under weights (units, features)."""
    y: Array = x @ w.T
    return y if b is None else y + b


def dense_backward(grad: Array, x: Array, w: Array) -> tuple[Array, Array, Array]:
    """Gradients (dx, dw, db) of ``sum(grad * dense(x, w, b))``."""
    return grad @ w, grad.T @ x, grad.sum(axis=0)


def activation(z: Array, name: str | None, slope: float = 0.01) -> Array:
    """The activation of every value; softmax runs over axis 1, the channels or units."""
    if name in (None, "linear"):
        return z
    if name == "relu":
        return np.where(z > 0, z, np.zeros_like(z))
    if name == "leaky_relu":
        return np.where(z > 0, z, slope * z)
    if name == "sigmoid":
        small = np.exp(-np.abs(z))
        return np.where(z >= 0, 1 / (1 + small), small / (1 + small))
    if name == "tanh":
        return np.asarray(np.tanh(z))
    if name == "softmax":
        raised = np.exp(z - z.max(axis=1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))
    if name == "elu":
        return np.where(z > 0, z, slope * np.expm1(np.minimum(z, 0)))
    if name == "softplus":
        return np.asarray(np.logaddexp(np.zeros_like(z), z))
    if name == "hard_swish":
        return np.where(z < -3, np.zeros_like(z), z * np.minimum((z + 3) / 6, 1))
    if name in ("gelu", "silu"):
        share = normal_below(z) if name == "gelu" else activation(z, "sigmoid")
        return np.where(share == 0, np.zeros_like(z), z) * share
    raise KeyError(name)


def normal_below(z: Array) -> Array:
    """Probability that a standard normal variable is below each value."""
    below: Array = np.vectorize(lambda v: 0.5 * math.erfc(-v / math.sqrt(2.0)), otypes="d")(z)
    return below


def activation_backward(grad: Array, z: Array, name: str | None, slope: float = 0.01) -> Array:
    """Gradient of ``sum(grad * activation(z))``; relu has derivative 0 at 0."""
    if name in (None, "linear"):
        return grad
    if name == "relu":
        return np.where(z > 0, grad, np.zeros_like(grad))
    if name == "leaky_relu":
        return np.where(z > 0, grad, slope * grad)
    a = activation(z, name)
    if name == "sigmoid":
        return np.asarray(grad * a * (1 - a))
    if name == "tanh":
        return np.asarray(grad * (1 - a * a))
    if name == "softmax":
        return np.asarray(a * (grad - (grad * a).sum(axis=1, keepdims=True)))
    if name == "elu":
        return np.where(z > 0, grad, grad * slope * np.exp(np.minimum(z, 0)))
    if name == "hard_swish":
        return grad * np.where(z <= -3, 0.0, np.where(z < 3, z / 3 + 0.5, 1.0))
    if name == "gelu":
        density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
        return np.asarray(grad * (normal_below(z) + z * density))
    sigmoid = activation(z, "sigmoid")
    if name == "softplus":
        return np.asarray(grad * sigmoid)
    if name == "silu":
        return np.asarray(grad * sigmoid * (1 + z * (1 - sigmoid)))
    raise KeyError(name)


def repetition(size: int, factor: int) -> F64:
    """The matrix (size * factor, size) that repeats every entry of a column."""
    return np.repeat(np.eye(size), factor, axis=0)


def interpolation(size: int, factor: int) -> F64:
    """The matrix (size * factor, size) of linear interpolation between centres of pixels.

    Output ``o`` stands at ``(o + 1/2) / factor - 1/2`` in units of the input, or at the nearest
    end where that lies outside.
    """
    matrix = np.zeros((size * factor, size))
    for output in range(size * factor):
        place = min(max((output + 0.5) / factor - 0.5, 0.0), size - 1.0)
        low = math.floor(place)
        matrix[output, low] = 1 - (place - low)
        if place > low:
            matrix[output, low + 1] = place - low
    return matrix


def one_hot(labels: npt.NDArray[np.int64], classes: int) -> F64:
    """Rows with a one at the label."""
    rows = np.zeros((labels.size, classes))
    rows[np.arange(labels.size), labels] = 1.0
    return rows


def cross_entropy(logits: F64, targets: F64) -> tuple[F64, F64]:
    """Loss of every image and its gradient by the logits; targets are rows of probabilities."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    loss = -(targets * log_p).sum(axis=1)
    return loss, np.exp(log_p) * targets.sum(axis=1, keepdims=True) - targets


def mse(outputs: F64, targets: F64) -> tuple[F64, F64]:
    """Mean over the outputs of each image of the squared error, and its gradient."""
    error = outputs - targets
    count = error[0].size
    return (error**2).reshape(len(error), -1).mean(axis=1), 2.0 * error / count
