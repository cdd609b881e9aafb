"""Max pooling that remembers where each maximum stood, and average pooling."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .geometry import Pair, outputs

Array = npt.NDArray[Any]


def max_pool2d(
    x: Array, size: Pair, stride: Pair, padding: Pair
) -> tuple[Array, npt.NDArray[np.int64]]:
    """Maxima (N, C, OH, OW) and their flat places ``row * W + column`` in the input plane.

    The padding takes part in no maximum. The window is read row by row and a later value wins
    only when strictly greater, so ties go to the first; a NaN beats every number.
    """
    height, width = x.shape[2:]
    out_h = outputs(height, (padding[0], padding[0]), size[0], stride[0])
    out_w = outputs(width, (padding[1], padding[1]), size[1], stride[1])
    y = np.zeros((*x.shape[:2], out_h, out_w), x.dtype)
    where = np.full(y.shape, -1, np.int64)
    for i in range(size[0]):
        for j in range(size[1]):
            rows = np.arange(out_h) * stride[0] + i - padding[0]
            columns = np.arange(out_w) * stride[1] + j - padding[1]
            inside = ((rows >= 0) & (rows < height))[:, None] & ((columns >= 0) & (columns < width))
            r, c = rows.clip(0, height - 1)[:, None], columns.clip(0, width - 1)[None]
            value = x[:, :, r, c]
            wins = inside & ((where < 0) | (value > y) | ((value != value) & (y == y)))
            y = np.where(wins, value, y)
            where = np.where(wins, r * width + c, where)
    return y, where


def max_pool2d_backward(grad: Array, where: npt.NDArray[np.int64], shape: tuple[int, ...]) -> Array:
    """Every gradient added to the place its maximum came from, nothing anywhere else."""
    planes = shape[0] * shape[1]
    dx = np.zeros((planes, shape[2] * shape[3]), grad.dtype)
    plane = np.repeat(np.arange(planes), grad.shape[2] * grad.shape[3])
    np.add.at(dx, (plane, where.ravel()), grad.ravel())
    return dx.reshape(shape)


def _places(axis: int, shape: tuple[int, ...], size: Pair, stride: Pair, padding: Pair) -> Array:
    """Matrix (outputs, positions) along one axis: 1 where a window sees a position."""
    length = shape[2 + axis]
    count = outputs(length, (padding[axis], padding[axis]), size[axis], stride[axis])
    start = np.arange(count)[:, None] * stride[axis] - padding[axis]
    position = np.arange(length)[None]
    return ((position >= start) & (position < start + size[axis])).astype(np.float64)


def avg_pool2d(x: Array, size: Pair, stride: Pair, padding: Pair) -> Array:
    """Means (N, C, OH, OW) over the pixels that each window sees; padding is none."""
    rows = _places(0, x.shape, size, stride, padding)
    columns = _places(1, x.shape, size, stride, padding)
    mean: Array = rows @ x @ columns.T / np.outer(rows.sum(axis=1), columns.sum(axis=1))
    return mean


def avg_pool2d_backward(
    grad: Array, shape: tuple[int, ...], size: Pair, stride: Pair, padding: Pair
) -> Array:
    """Every gradient shared equally by the pixels that its window sees."""
    rows = _places(0, shape, size, stride, padding)
    columns = _places(1, shape, size, stride, padding)
    share = grad / np.outer(rows.sum(axis=1), columns.sum(axis=1))
    dx: Array = rows.T @ share @ columns
    return dx
