"""Global max pooling layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cnnx.layers._base import Layer


@dataclass(frozen=True, slots=True)
class GlobalMaxPool2D(Layer):
    """Global max pooling: the largest value of each map.

    Input (channels, height, width) per image, output (channels,), which can be passed directly to
    a `Dense` layer. The gradient is passed to the position of the maximum, or the first one in row
    order in case of a tie. NaN is propagated.
    """

    kind: ClassVar[str] = "global_max_pool2d"
