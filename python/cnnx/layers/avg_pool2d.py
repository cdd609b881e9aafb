"""Average pooling layer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from cnnx._checks.constraints import Maybe, Pair
from cnnx._spec import checked
from cnnx.layers._base import Layer


@dataclass(frozen=True, slots=True)
class AvgPool2D(Layer):
    """Average pooling: the mean of each window, per channel.

    Input (channels, height, width) per image, output (channels, out height, out width) with
    ``out = (in + 2 padding - pool) // stride + 1``. Padding is not counted: the sum of a window at
    the border is divided by the number of pixels inside the image. This is PyTorch's
    ``AvgPool2d(..., count_include_pad=False)``; PyTorch's default divides by the whole window.
    The two differ at the border only, and only with padding.

    Parameters
    ----------
    pool_size : int or (int, int)
        Height and width of the window.
    stride : int or (int, int), optional
        Stride of the window; by default the size of the window.
    padding : int or (int, int)
        Padding, at most half the window.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an invalid value.
    """

    kind: ClassVar[str] = "avg_pool2d"

    pool_size: int | tuple[int, int] = field(metadata=checked(Pair()))
    stride: int | tuple[int, int] | None = field(default=None, metadata=checked(Maybe(Pair())))
    padding: int | tuple[int, int] = field(default=0, metadata=checked(Pair(0)))

    def _check_together(self) -> None:
        """Set the stride to the size of the window by default."""
        if self.stride is None:
            self._set("stride", self.pool_size)
