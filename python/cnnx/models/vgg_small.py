"""A small VGG network for small images."""

from __future__ import annotations

from collections.abc import Sequence

from cnnx._checks.scalars import flag
from cnnx.layers import BatchNorm, Conv2D, Dense, Dropout, Flatten, Layer, MaxPool2D
from cnnx.models._checks import check


def vgg_small(
    input_shape: Sequence[int] = (3, 32, 32),
    classes: int = 10,
    *,
    batch_norm: bool = True,
    dropout: float = 0.5,
) -> list[Layer]:
    """VGG: three pairs of 3x3 convolutions and two dense layers; 2,197,706 parameters by default.

    Parameters
    ----------
    input_shape : sequence of int
        (channels, height, width) of one image, at least 8x8 pixels.
    classes : int
        The number of classes.
    batch_norm : bool
        Whether to add batch normalisation after each convolution, which speeds up training. Without
        it, the network has 2,196,810 parameters.
    dropout : float
        The dropout rate before each dense layer.

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
    K. Simonyan, A. Zisserman: Very deep convolutional networks for large-scale image recognition.
    ICLR (2015).
    """
    check("vgg_small", input_shape, classes, (8, 8))
    flag(batch_norm, "vgg_small", "batch_norm")
    layers: list[Layer] = []
    for filters in (64, 128, 256):
        for _ in range(2):
            if batch_norm:
                layers += [
                    Conv2D(filters, 3, padding=1, use_bias=False),
                    BatchNorm(activation="relu"),
                ]
            else:
                layers.append(Conv2D(filters, 3, padding=1, activation="relu"))
        layers.append(MaxPool2D(2))
    return [
        *layers,
        Flatten(),
        Dropout(dropout),
        Dense(256, activation="relu"),
        Dropout(dropout),
        Dense(classes, activation="softmax"),
    ]
