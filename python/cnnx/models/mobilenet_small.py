"""A narrow MobileNet for small images."""

from __future__ import annotations

from collections.abc import Sequence

from cnnx._checks.scalars import real
from cnnx.layers import BatchNorm, Conv2D, Dense, DepthwiseConv2D, Dropout, GlobalAvgPool2D, Layer
from cnnx.models._checks import check

# The channels and the stride of each block.
_BLOCKS = (
    *((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)),
    *((512, 1),) * 5,
    *((1024, 2), (1024, 1)),
)


def mobilenet_small(
    input_shape: Sequence[int] = (3, 32, 32),
    classes: int = 10,
    *,
    width: float = 0.25,
    dropout: float = 0.001,
) -> list[Layer]:
    """MobileNet: thirteen depthwise separable convolutions; 215,642 parameters by default.

    By default, the network has a quarter of the paper's width. Its first convolution has stride 1;
    in the paper, with images of 224x224 pixels, it has stride 2.

    Parameters
    ----------
    input_shape : sequence of int
        (channels, height, width) of one image, at least 16x16 pixels.
    classes : int
        The number of classes.
    width : float
        The width multiplier: the number of channels of each layer relative to the paper, greater
        than 0.
    dropout : float
        The dropout rate before the dense layer.

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
    A. G. Howard et al.: MobileNets: efficient convolutional neural networks for mobile vision
    applications (2017).
    """
    check("mobilenet_small", input_shape, classes, (16, 16))
    width = real(width, "mobilenet_small", "width", above=0.0)

    def narrow(channels: int) -> int:
        return max(1, round(channels * width))

    layers: list[Layer] = [
        Conv2D(narrow(32), 3, padding="same", use_bias=False),
        BatchNorm(activation="relu"),
    ]
    for channels, stride in _BLOCKS:
        layers += [
            DepthwiseConv2D(3, stride=stride, padding="same", use_bias=False),
            BatchNorm(activation="relu"),
            Conv2D(narrow(channels), 1, use_bias=False),
            BatchNorm(activation="relu"),
        ]
    return [*layers, GlobalAvgPool2D(), Dropout(dropout), Dense(classes, activation="softmax")]
