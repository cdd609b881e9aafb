"""Global max pooling layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cnnx.layers._base import Layer


@dataclass(frozen=True, slots=True)
class GlobalMaxPool2D(Layer):
    """Global max pooling: the largest value of each map.

    Input (channels, height, width) per image, output (channels,), so that a `Dense` layer can
    follow at once. The derivative goes to the place of the maximum; among equal values that is the
    first one in row order. NaN is kept.
    """

    kind: ClassVar[str] = "global_max_pool2d"
