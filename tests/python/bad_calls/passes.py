"""Arrays and arguments that the single passes of `cnnx.ops` refuse."""

from __future__ import annotations

import numpy as np

from cnnx import ops
from cnnx.errors import ConfigError, ShapeError

from .scene import Array, BadCall


def _ones(*shape: int) -> Array:
    return np.ones(shape, np.float32)


OPS = [
    BadCall("ops.conv2d of three axes",
            lambda s: ops.conv2d(_ones(2, 5, 5), _ones(4, 2, 3, 3), None),
            ShapeError, ("conv2d", "x", "(2, 5, 5)")),
    BadCall("ops.conv2d of other channels",
            lambda s: ops.conv2d(_ones(1, 3, 5, 5), _ones(4, 2, 3, 3), None),
            ShapeError, ("conv2d", "w", "(4, 2, 3, 3)", "3")),
    BadCall("ops.conv2d with a bias of another length",
            lambda s: ops.conv2d(_ones(1, 2, 5, 5), _ones(4, 2, 3, 3), _ones(3)),
            ShapeError, ("conv2d", "b", "(4,)", "(3,)")),
    BadCall("ops.conv2d with a kernel too large",
            lambda s: ops.conv2d(_ones(1, 2, 2, 5), _ones(4, 2, 3, 3), None),
            ShapeError, ("conv2d", "3x3", "2x5")),
    BadCall("ops.conv2d with stride zero",
            lambda s: ops.conv2d(_ones(1, 2, 5, 5), _ones(4, 2, 3, 3), None, stride=0),
            ConfigError, ("conv2d", "stride", "at least 1", "got 0")),
    BadCall("ops.conv2d with groups that do not divide",
            lambda s: ops.conv2d(_ones(1, 4, 5, 5), _ones(3, 2, 3, 3), None, groups=2),
            ShapeError, ("conv2d", "groups", "2", "3")),
    BadCall("ops.conv2d with an unknown activation",
            lambda s: ops.conv2d(_ones(1, 2, 5, 5), _ones(4, 2, 3, 3), None, activation="mish"),
            ConfigError, ("conv2d", "activation", "relu", "'mish'")),
    BadCall("ops.conv2d of text",
            lambda s: ops.conv2d("image", _ones(4, 2, 3, 3), None),
            TypeError, ("x", "<U5", "numbers")),
    BadCall("ops.conv2d of complex weights",
            lambda s: ops.conv2d(_ones(1, 2, 5, 5), _ones(4, 2, 3, 3) * 1j, None),
            TypeError, ("w", "complex", "real")),
    BadCall("ops.conv2d_backward with a gradient of another shape",
            lambda s: ops.conv2d_backward(
                _ones(1, 4, 2, 3), _ones(1, 2, 5, 5), _ones(4, 2, 3, 3)),
            ShapeError, ("conv2d_backward", "grad", "(1, 4, 3, 3)", "(1, 4, 2, 3)")),
    BadCall("ops.max_pool2d with a window too large",
            lambda s: ops.max_pool2d(_ones(1, 2, 3, 3), 4),
            ShapeError, ("max_pool2d", "4x4", "3x3")),
    BadCall("ops.max_pool2d with too much padding",
            lambda s: ops.max_pool2d(_ones(1, 2, 3, 3), 2, padding=2),
            ShapeError, ("max_pool2d", "padding", "half")),
    BadCall("ops.max_pool2d_backward with places outside",
            lambda s: ops.max_pool2d_backward(
                _ones(1, 1, 1, 1), np.full((1, 1, 1, 1), 16), (1, 1, 4, 4)),
            ValueError, ("indices", "16")),
    BadCall("ops.max_pool2d_backward with negative places",
            lambda s: ops.max_pool2d_backward(
                _ones(1, 1, 1, 1), np.full((1, 1, 1, 1), -1), (1, 1, 4, 4)),
            ValueError, ("indices", "-1")),
    BadCall("ops.max_pool2d_backward with another shape",
            lambda s: ops.max_pool2d_backward(
                _ones(1, 1, 2, 2), np.zeros((1, 1, 2, 1), np.int64), (1, 1, 4, 4)),
            ShapeError, ("indices", "(1, 1, 2, 1)", "(1, 1, 2, 2)")),
    BadCall("ops.dense of other features", lambda s: ops.dense(_ones(2, 5), _ones(4, 6), None),
            ShapeError, ("dense", "w", "(4, 6)", "5")),
    BadCall("ops.dense of maps", lambda s: ops.dense(_ones(2, 5, 3, 3), _ones(4, 45), None),
            ShapeError, ("dense", "x", "(2, 5, 3, 3)")),
    BadCall("ops.dense_backward with a gradient of another shape",
            lambda s: ops.dense_backward(_ones(2, 3), _ones(2, 5), _ones(4, 5)),
            ShapeError, ("dense_backward", "grad", "(2, 4)", "(2, 3)")),
]  # fmt: skip
