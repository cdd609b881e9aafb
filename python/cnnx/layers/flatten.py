"""Flattening layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cnnx.layers._base import Layer


@dataclass(frozen=True, slots=True)
class Flatten(Layer):
    """Flatten the maps of an image to one row, in the order channel, height, width.

    Input (channels, height, width) per image, output (channels * height * width,). For example, 64
    maps of 7x7 become 3136 features.
    """

    kind: ClassVar[str] = "flatten"
