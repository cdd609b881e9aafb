"""Layers: small frozen dataclasses that hold the arguments of each layer.

A new layer is one class in a file of its own and one row here (and its passes in C++).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnx._lazy import Registry, finder
from cnnx._spec import from_dict as _from_dict
from cnnx.layers._base import ACTIVATIONS, INITIALIZERS, Layer, check_layers

if TYPE_CHECKING:
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

_ROWS = {
    "conv2d": ("conv2d", "Conv2D"),
    "max_pool2d": ("max_pool2d", "MaxPool2D"),
    "avg_pool2d": ("avg_pool2d", "AvgPool2D"),
    "global_avg_pool2d": ("global_avg_pool2d", "GlobalAvgPool2D"),
    "global_max_pool2d": ("global_max_pool2d", "GlobalMaxPool2D"),
    "zero_pad2d": ("zero_pad2d", "ZeroPad2D"),
    "up_sample2d": ("up_sample2d", "UpSample2D"),
    "flatten": ("flatten", "Flatten"),
    "dense": ("dense", "Dense"),
    "activation": ("activation", "Activation"),
    "rescale": ("rescale", "Rescale"),
    "normalize": ("normalize", "Normalize"),
    "batch_norm": ("batch_norm", "BatchNorm"),
    "dropout": ("dropout", "Dropout"),
    "spatial_dropout2d": ("dropout", "SpatialDropout2D"),
    "depthwise_conv2d": ("separable_conv2d", "DepthwiseConv2D"),
    "separable_conv2d": ("separable_conv2d", "SeparableConv2D"),
    "residual": ("residual", "Residual"),
    "concat": ("residual", "Concat"),
}
"""Kind -> module and class; a module is imported when its class is first used."""

__getattr__ = finder(__name__, {name: module for module, name in _ROWS.values()})

REGISTRY: Registry[Layer] = Registry(__name__, {kind: name for kind, (_, name) in _ROWS.items()})
"""The layers by kind, which is how dicts and files name them."""


def from_dict(values: object) -> Layer:
    """Create a layer from its dictionary form.

    Parameters
    ----------
    values : object
        What a layer's ``to_dict`` returned.

    Returns
    -------
    Layer
        An equal layer.

    Raises
    ------
    TypeError
        If `values` is not a dictionary, or an argument has the wrong type.
    ConfigError
        If the kind or an argument is unknown, missing or invalid.
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
    "check_layers",
    "from_dict",
]
