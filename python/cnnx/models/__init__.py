"""Predefined networks, as lists of layers for `CNN`.

Each is a function of the shape of one image and the number of classes. Images are expected as
numbers near 0; put ``layers.Rescale(1 / 255)`` or ``layers.Normalize`` in front for bytes:

    CNN([layers.Rescale(1 / 255), *models.resnet20((1, 28, 28), 10)], (1, 28, 28))

A new one is one function in a file of its own and one row in `REGISTRY`.
"""

from __future__ import annotations

from collections.abc import Callable

from cnnx.layers import Layer
from cnnx.models.lenet5 import lenet5
from cnnx.models.mobilenet_small import mobilenet_small
from cnnx.models.resnet20 import resnet20
from cnnx.models.simple_cnn import simple_cnn
from cnnx.models.vgg_small import vgg_small

REGISTRY: dict[str, Callable[..., list[Layer]]] = {
    "lenet5": lenet5,
    "simple_cnn": simple_cnn,
    "vgg_small": vgg_small,
    "resnet20": resnet20,
    "mobilenet_small": mobilenet_small,
}
"""The networks by name, which is what the command line accepts."""

__all__ = ["REGISTRY", "lenet5", "mobilenet_small", "resnet20", "simple_cnn", "vgg_small"]
