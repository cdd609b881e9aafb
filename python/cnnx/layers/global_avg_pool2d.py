"""Global average pooling layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cnnx.layers._base import Layer


@dataclass(frozen=True, slots=True)
class GlobalAvgPool2D(Layer):
    """Global average pooling: the mean of each map.

    Input (channels, height, width) per image, output (channels,), which can be passed directly to
    a `Dense` layer. The number of weights of that layer does not depend on the image size.

    References
    ----------
    M. Lin, Q. Chen, S. Yan: Network in network. ICLR (2014).
    """

    kind: ClassVar[str] = "global_avg_pool2d"
