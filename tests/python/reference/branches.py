"""Batch normalisation, and layers that hold others."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]


def _columns(values: F64, like: F64) -> F64:
    """Per-channel values in a shape that spreads over (N, C, ...)."""
    return values.reshape((1, -1) + (1,) * (like.ndim - 2))


def batch_norm(
    x: F64, weight: F64, bias: F64, running: tuple[F64, F64] | None, epsilon: float
) -> tuple[F64, Any]:
    """Output under the batch's statistics, or under running ones, and what backward needs."""
    axes = (0, *range(2, x.ndim))
    mean, variance = (x.mean(axis=axes), x.var(axis=axes)) if running is None else running
    deviation = np.sqrt(variance + epsilon)
    normal = (x - _columns(mean, x)) / _columns(deviation, x)
    return normal * _columns(weight, x) + _columns(bias, x), (normal, deviation)


def batch_norm_backward(grad: F64, weight: F64, kept: Any) -> tuple[F64, F64, F64]:
    """Gradients (dx, dweight, dbias) under the batch's statistics."""
    normal, deviation = kept
    axes = (0, *range(2, grad.ndim))
    count = grad.size / grad.shape[1]
    d_weight, d_bias = (grad * normal).sum(axis=axes), grad.sum(axis=axes)
    inner = grad - _columns(d_bias, grad) / count - normal * _columns(d_weight, grad) / count
    return inner * _columns(weight / deviation, grad), d_weight, d_bias
