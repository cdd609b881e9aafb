"""The average pooling layer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from cnnx._checks.constraints import Maybe, Pair
from cnnx._spec import checked
from cnnx.layers._base import Layer


@dataclass(frozen=True, slots=True)
class AvgPool2D(Layer):
    """Average pooling: returns the mean of each window, per channel.

    Input (channels, height, width) per image, output (channels, out height, out width) with
    ``out = (in + 2 padding - pool) // stride + 1``. The mean is taken over the pixels inside the
    image, without the padding, like PyTorch's ``AvgPool2d(..., count_include_pad=False)``.
    PyTorch's default divides by the full window size, which only differs at the border and with
    padding.

    Parameters
    ----------
    pool_size : int or (int, int)
        The height and width of the window.
    stride : int or (int, int), optional
        The stride of the window; by default the window size, so that windows do not overlap.
    padding : int or (int, int)
        Padding on each side of the image, at most half the window; ignored in the mean.

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
        """Set the default stride to the window size."""
        if self.stride is None:
            self._set("stride", self.pool_size)
