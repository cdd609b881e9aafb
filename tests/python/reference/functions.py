"""Dense layer, activations and losses, with their gradients."""

from __future__ import annotations

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
    raise KeyError(name)


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
    raise KeyError(name)


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
