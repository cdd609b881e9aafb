"""The average pooling layer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from cnnx._checks.constraints import Maybe, Pair
from cnnx._spec import checked
from cnnx.layers._base import Layer


@dataclass(frozen=True, slots=True)
class AvgPool2D(Layer):
    """Replace each window by its mean, per channel.

    Input (channels, height, width) per image, output (channels, out height, out width) with
    ``out = (in + 2 padding - pool) // stride + 1``. Padding does not count: a window at the border
    is divided by the number of pixels that it sees. That is PyTorch's
    ``AvgPool2d(..., count_include_pad=False)``; PyTorch's default divides by the whole window.
    The two differ at the border only, and only with padding.

    Parameters
    ----------
    pool_size : int or (int, int)
        The window's height and width.
    stride : int or (int, int), optional
        The step of the window; by default the window's size, so that windows do not overlap.
    padding : int or (int, int)
        Places around the image that a window may reach over, at most half the window.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an unusable value.
    """

    kind: ClassVar[str] = "avg_pool2d"

    pool_size: int | tuple[int, int] = field(metadata=checked(Pair()))
    stride: int | tuple[int, int] | None = field(default=None, metadata=checked(Maybe(Pair())))
    padding: int | tuple[int, int] = field(default=0, metadata=checked(Pair(0)))

    def _check_together(self) -> None:
        """Take the window's size for the stride by default."""
        if self.stride is None:
            self._set("stride", self.pool_size)
