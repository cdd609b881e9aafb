"""The layers of a network: small frozen dataclasses that hold what the user wrote.

A new layer is one class in a file of its own and one row in `REGISTRY` (and its passes in C++).
"""

from __future__ import annotations

from cnnx._configurable import from_dict as _from_dict
from cnnx.layers._base import ACTIVATIONS, INITIALIZERS, Layer
from cnnx.layers.activation import Activation
from cnnx.layers.avg_pool2d import AvgPool2D
from cnnx.layers.batch_norm import BatchNorm
from cnnx.layers.conv2d import Conv2D
from cnnx.layers.dense import Dense
from cnnx.layers.dropout import Dropout, SpatialDropout2D
from cnnx.layers.flatten import Flatten
from cnnx.layers.global_avg_pool2d import GlobalAvgPool2D
from cnnx.layers.global_max_pool2d import GlobalMaxPool2D
from cnnx.layers.max_pool2d import MaxPool2D
from cnnx.layers.normalize import Normalize
from cnnx.layers.rescale import Rescale
from cnnx.layers.residual import Concat, Residual
from cnnx.layers.separable_conv2d import DepthwiseConv2D, SeparableConv2D
from cnnx.layers.up_sample2d import UpSample2D
from cnnx.layers.zero_pad2d import ZeroPad2D

REGISTRY: dict[str, type[Layer]] = {
    Conv2D.kind: Conv2D,
    MaxPool2D.kind: MaxPool2D,
    AvgPool2D.kind: AvgPool2D,
    GlobalAvgPool2D.kind: GlobalAvgPool2D,
    GlobalMaxPool2D.kind: GlobalMaxPool2D,
    ZeroPad2D.kind: ZeroPad2D,
    UpSample2D.kind: UpSample2D,
    Flatten.kind: Flatten,
    Dense.kind: Dense,
    Activation.kind: Activation,
    Rescale.kind: Rescale,
    Normalize.kind: Normalize,
    BatchNorm.kind: BatchNorm,
    Dropout.kind: Dropout,
    SpatialDropout2D.kind: SpatialDropout2D,
    DepthwiseConv2D.kind: DepthwiseConv2D,
    SeparableConv2D.kind: SeparableConv2D,
    Residual.kind: Residual,
    Concat.kind: Concat,
}
"""The layers by kind, which is how dicts and files name them."""


def from_dict(values: object) -> Layer:
    """Make the layer that a dict describes.

    Parameters
    ----------
    values : object
        What a layer's ``to_dict`` gave.

    Returns
    -------
    Layer
        An equal layer.

    Raises
    ------
    TypeError
        If it is not a dict, or an argument has the wrong type.
    ConfigError
        If the kind or an argument is unknown, missing or unusable.
    """
    return _from_dict(values, REGISTRY, "layer")


__all__ = [
    "ACTIVATIONS",
    "INITIALIZERS",
    "REGISTRY",
    "Activation",
    "AvgPool2D",
    "BatchNorm",
    "Concat",
    "Conv2D",
    "Dense",
    "DepthwiseConv2D",
    "Dropout",
    "Flatten",
    "GlobalAvgPool2D",
    "GlobalMaxPool2D",
    "Layer",
    "MaxPool2D",
    "Normalize",
    "Rescale",
    "Residual",
    "SeparableConv2D",
    "SpatialDropout2D",
    "UpSample2D",
    "ZeroPad2D",
    "from_dict",
]
