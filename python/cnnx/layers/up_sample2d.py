"""Upsampling layer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from cnnx._checks.constraints import Choice, Pair
from cnnx._spec import checked
from cnnx.layers._base import Layer

INTERPOLATIONS = ("nearest", "bilinear")


@dataclass(frozen=True, slots=True)
class UpSample2D(Layer):
    """Upsampling by integer factors.

    Input (channels, height, width) per image, output (channels, height * size[0],
    width * size[1]).

    Parameters
    ----------
    size : int or (int, int)
        Factors in height and width.
    interpolation : "nearest" or "bilinear"
        Whether to repeat each pixel or to interpolate between pixel centres, like PyTorch's
        ``Upsample(scale_factor=size, mode=..., align_corners=False)``.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an invalid value.
    """

    kind: ClassVar[str] = "up_sample2d"

    size: int | tuple[int, int] = field(metadata=checked(Pair()))
    interpolation: str = field(default="nearest", metadata=checked(Choice(INTERPOLATIONS)))
