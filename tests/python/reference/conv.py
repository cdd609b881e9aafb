"""Two-dimensional convolution (cross-correlation) and its gradients, tap by tap."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .geometry import Padding, Pair, outputs, sides

Array = npt.NDArray[Any]


class Geometry(NamedTuple):
    """How the kernel moves over the image."""

    stride: Pair = (1, 1)
    padding: Padding = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1


def _padded(x: Array, w: Array, how: Geometry) -> tuple[Array, Pair, Pair]:
    """Zero-padded input, output size, and the padding above and left."""
    size = (x.shape[2], x.shape[3])
    kernel = (w.shape[2], w.shape[3])
    rows, columns = sides(how.padding, size, kernel, how.stride, how.dilation)
    out = (
        outputs(size[0], rows, kernel[0], how.stride[0], how.dilation[0]),
        outputs(size[1], columns, kernel[1], how.stride[1], how.dilation[1]),
    )
    return np.pad(x, ((0, 0), (0, 0), rows, columns)), out, (rows[0], columns[0])


def _taps(w: Array, out: Pair, how: Geometry) -> Iterator[tuple[int, int, slice, slice]]:
    """For every kernel tap, the padded rows and columns that it meets."""
    for i in range(w.shape[2]):
        top = i * how.dilation[0]
        rows = slice(top, top + (out[0] - 1) * how.stride[0] + 1, how.stride[0])
        for j in range(w.shape[3]):
            left = j * how.dilation[1]
            yield i, j, rows, slice(left, left + (out[1] - 1) * how.stride[1] + 1, how.stride[1])


def _grouped(a: Array, groups: int) -> Array:
    """(N, C, H, W) as (N, groups, C / groups, H * W)."""
    return a.reshape(a.shape[0], groups, a.shape[1] // groups, -1)


def conv2d(x: Array, w: Array, b: Array | None, how: Geometry) -> Array:
    """Outputs (N, OC, OH, OW) of input (N, C, H, W) under filters (OC, C / groups, KH, KW)."""
    image, out, _ = _padded(x, w, how)
    filters = w.reshape(how.groups, w.shape[0] // how.groups, *w.shape[1:])
    y = np.zeros((x.shape[0], how.groups, filters.shape[1], out[0] * out[1]), x.dtype)
    for i, j, rows, columns in _taps(w, out, how):
        y += filters[:, :, :, i, j] @ _grouped(image[:, :, rows, columns], how.groups)
    y = y.reshape(x.shape[0], w.shape[0], *out)
    return y if b is None else y + b[:, None, None]


def conv2d_backward(grad: Array, x: Array, w: Array, how: Geometry) -> tuple[Array, Array, Array]:
    """Gradients (dx, dw, db) of ``sum(grad * conv2d(x, w, b))``."""
    image, out, (top, left) = _padded(x, w, how)
    filters = w.reshape(how.groups, w.shape[0] // how.groups, *w.shape[1:])
    g = _grouped(grad, how.groups)
    d_image = np.zeros_like(image)
    d_filters = np.zeros_like(filters)
    for i, j, rows, columns in _taps(w, out, how):
        patch = image[:, :, rows, columns]
        d_filters[:, :, :, i, j] = (g @ _grouped(patch, how.groups).swapaxes(2, 3)).sum(axis=0)
        through = filters[:, :, :, i, j].swapaxes(1, 2) @ g
        d_image[:, :, rows, columns] += through.reshape(patch.shape)
    dx = d_image[:, :, top : top + x.shape[2], left : left + x.shape[3]]
    return dx, d_filters.reshape(w.shape), grad.sum(axis=(0, 2, 3))
