"""The max pooling layer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from cnnx._checks.constraints import Maybe, Pair
from cnnx._spec import checked
from cnnx.layers._base import Layer


@dataclass(frozen=True, slots=True)
class MaxPool2D(Layer):
    """Max pooling: returns the maximum of each window, per channel.

    Input (channels, height, width) per image, output (channels, out height, out width) with
    ``out = (in + 2 padding - pool) // stride + 1``. The gradient is passed to the position of the
    maximum, or the first one in row order in case of a tie. NaN is propagated.

    Parameters
    ----------
    pool_size : int or (int, int)
        The height and width of the window.
    stride : int or (int, int), optional
        The stride of the window; by default the window size, so that windows do not overlap.
    padding : int or (int, int)
        Padding on each side of the image, at most half the window; never the maximum.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an invalid value.
    """

    kind: ClassVar[str] = "max_pool2d"

    pool_size: int | tuple[int, int] = field(metadata=checked(Pair()))
    stride: int | tuple[int, int] | None = field(default=None, metadata=checked(Maybe(Pair())))
    padding: int | tuple[int, int] = field(default=0, metadata=checked(Pair(0)))

    def _check_together(self) -> None:
        """Set the default stride to the window size."""
        if self.stride is None:
            self._set("stride", self.pool_size)
