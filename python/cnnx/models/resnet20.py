"""ResNet-20, a residual network for small images."""

from __future__ import annotations

from collections.abc import Sequence

from cnnx.layers import BatchNorm, Conv2D, Dense, GlobalAvgPool2D, Layer, Residual
from cnnx.models._checks import check

_BLOCKS = 3


def resnet20(input_shape: Sequence[int] = (3, 32, 32), classes: int = 10) -> list[Layer]:
    """ResNet-20: nine residual blocks of 16, 32 and 64 channels; 272,474 parameters by default.

    Blocks that halve the image size and double the channels have a shortcut with a 1x1 convolution
    and batch normalisation (option B of the paper).

    Parameters
    ----------
    input_shape : sequence of int
        (channels, height, width) of one image, at least 8x8 pixels.
    classes : int
        The number of classes.

    Returns
    -------
    list of Layer
        The layers, for `CNN`.

    Raises
    ------
    TypeError, ConfigError, ShapeError
        If an argument is invalid.

    References
    ----------
    K. He, X. Zhang, S. Ren, J. Sun: Deep residual learning for image recognition. CVPR (2016),
    section 4.2.
    """
    check("resnet20", input_shape, classes, (8, 8))
    layers: list[Layer] = [*_conv(16), BatchNorm(activation="relu")]
    for filters in (16, 32, 64):
        for number in range(_BLOCKS):
            halves = number == 0 and filters > 16
            branch = [
                *_conv(filters, 2 if halves else 1),
                BatchNorm(activation="relu"),
                *_conv(filters),
                BatchNorm(),
            ]
            around = [Conv2D(filters, 1, stride=2, use_bias=False), BatchNorm()] if halves else None
            layers.append(Residual(branch, around, activation="relu"))
    return [*layers, GlobalAvgPool2D(), Dense(classes, activation="softmax")]


def _conv(filters: int, stride: int = 1) -> list[Layer]:
    """Return a 3x3 convolution without bias."""
    return [Conv2D(filters, 3, stride=stride, padding=1, use_bias=False)]
