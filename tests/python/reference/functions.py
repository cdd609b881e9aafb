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


def _log_softmax(logits: F64) -> F64:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def cross_entropy(logits: F64, targets: F64, label_smoothing: float = 0.0) -> tuple[F64, F64]:
    """Loss of every image and its gradient by the logits; targets are rows of probabilities."""
    goal = (1.0 - label_smoothing) * targets + label_smoothing / targets.shape[1]
    log_p = _log_softmax(logits)
    return -(goal * log_p).sum(axis=1), np.exp(log_p) * goal.sum(axis=1, keepdims=True) - goal


def binary_cross_entropy(logits: F64, targets: F64) -> tuple[F64, F64]:
    """Mean over the outputs of each image of the cross-entropy of yes and no."""
    p = activation(logits, "sigmoid")
    no = activation(-logits, "sigmoid")
    count = logits[0].size
    loss = -(targets * np.log(p) + (1.0 - targets) * np.log(no))
    return loss.reshape(len(loss), -1).mean(axis=1), (p - targets) / count


def focal(logits: F64, targets: F64, gamma: float = 2.0, alpha: Any = None) -> tuple[F64, F64]:
    """Focal loss of every image; its gradient goes through the Jacobian of the softmax."""
    log_p = _log_softmax(logits)
    p = np.exp(log_p)
    weight = targets * (1.0 if alpha is None else np.asarray(alpha))
    loss = -(weight * (1.0 - p) ** gamma * log_p).sum(axis=1)
    by_p = weight * (gamma * (1.0 - p) ** (gamma - 1.0) * log_p - (1.0 - p) ** gamma / p)
    return loss, p * (by_p - (by_p * p).sum(axis=1, keepdims=True))


def mse(outputs: F64, targets: F64) -> tuple[F64, F64]:
    """Mean over the outputs of each image of the squared error, and its gradient."""
    error = outputs - targets
    count = error[0].size
    return (error**2).reshape(len(error), -1).mean(axis=1), 2.0 * error / count


def mae(outputs: F64, targets: F64) -> tuple[F64, F64]:
    """Mean over the outputs of each image of the absolute error, and its gradient."""
    error = outputs - targets
    count = error[0].size
    return np.abs(error).reshape(len(error), -1).mean(axis=1), np.sign(error) / count


def huber(outputs: F64, targets: F64, delta: float = 1.0) -> tuple[F64, F64]:
    """Mean over the outputs of each image of Huber's function, and its gradient."""
    error = outputs - targets
    near = np.abs(error) <= delta
    loss = np.where(near, 0.5 * error**2, delta * (np.abs(error) - 0.5 * delta))
    grad = np.where(near, error, delta * np.sign(error))
    return loss.reshape(len(loss), -1).mean(axis=1), grad / error[0].size


LOSSES = {
    "cross_entropy": cross_entropy,
    "binary_cross_entropy": binary_cross_entropy,
    "focal": focal,
    "mse": mse,
    "mae": mae,
    "huber": huber,
}

TAKEN = {"cross_entropy": "softmax", "focal": "softmax", "binary_cross_entropy": "sigmoid"}
"""The final activation that a loss undoes: it is taken of the values that went into it."""
