"""Predefined networks, as lists of layers for `CNN`.

Each network is a function of the image shape and the number of classes. Images are expected to be
scaled to values near 0; for uint8 images, add ``layers.Rescale(1 / 255)`` or ``layers.Normalize``:

    CNN([layers.Rescale(1 / 255), *models.resnet20((1, 28, 28), 10)], (1, 28, 28))

To add a network, add a function in its own file and a row in `REGISTRY`.
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
"""The networks by name, as accepted on the command line."""

__all__ = ["REGISTRY", "lenet5", "mobilenet_small", "resnet20", "simple_cnn", "vgg_small"]
