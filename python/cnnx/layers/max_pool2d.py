"""Max pooling layer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from cnnx._checks.constraints import Maybe, Pair
from cnnx._spec import checked
from cnnx.layers._base import Layer


@dataclass(frozen=True, slots=True)
class MaxPool2D(Layer):
    """Max pooling: the largest value of each window, per channel.

    Input (channels, height, width) per image, output (channels, out height, out width) with
    ``out = (in + 2 padding - pool) // stride + 1``. The gradient goes to the position of the
    maximum; in case of a tie, to the first one in row order. NaN is propagated.

    Parameters
    ----------
    pool_size : int or (int, int)
        Height and width of the window.
    stride : int or (int, int), optional
        Stride of the window; by default the size of the window.
    padding : int or (int, int)
        Padding, which is never the maximum; at most half the window.

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
        """Set the stride to the size of the window by default."""
        if self.stride is None:
            self._set("stride", self.pool_size)
