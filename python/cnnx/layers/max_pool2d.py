"""The max pooling layer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from cnnx._checks.constraints import Maybe, Pair
from cnnx._spec import checked
from cnnx.layers._base import Layer


@dataclass(frozen=True, slots=True)
class MaxPool2D(Layer):
    """Keep the largest value of each window, per channel.

    Input (channels, height, width) per image, output (channels, out height, out width) with
    ``out = (in + 2 padding - pool) // stride + 1``. The derivative goes to the place of the
    maximum; among equal values that is the first one in row order. NaN is kept.

    Parameters
    ----------
    pool_size : int or (int, int)
        The window's height and width.
    stride : int or (int, int), optional
        The step of the window; by default the window's size, so that windows do not overlap.
    padding : int or (int, int)
        Places around the image that never win, at most half the window.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an unusable value.
    """

    kind: ClassVar[str] = "max_pool2d"

    pool_size: int | tuple[int, int] = field(metadata=checked(Pair()))
    stride: int | tuple[int, int] | None = field(default=None, metadata=checked(Maybe(Pair())))
    padding: int | tuple[int, int] = field(default=0, metadata=checked(Pair(0)))

    def _check_together(self) -> None:
        """Take the window's size for the stride by default."""
        if self.stride is None:
            self._set("stride", self.pool_size)
