"""A small network of convolutions and pooling."""

from __future__ import annotations

from collections.abc import Sequence

from cnnx._checks.scalars import flag
from cnnx.errors import ConfigError
from cnnx.layers import BatchNorm, Conv2D, Dense, Dropout, Flatten, Layer, MaxPool2D
from cnnx.models._checks import check


def simple_cnn(
    input_shape: Sequence[int] = (1, 28, 28),
    classes: int = 10,
    *,
    filters: Sequence[int] = (32, 64),
    batch_norm: bool = False,
    dropout: float = 0.5,
) -> list[Layer]:
    """3x3 convolutions with max pooling, and a dense layer; 34,826 parameters by default.

    By default, this is the network of Keras' "Simple MNIST convnet".

    Parameters
    ----------
    input_shape : sequence of int
        (channels, height, width) of one image, at least 10x10 pixels by default. Each pooling
        layer halves the height and width.
    classes : int
        The number of classes.
    filters : sequence of int
        The number of filters of each convolution.
    batch_norm : bool
        Whether to add batch normalisation after each convolution; the convolutions then have no
        bias and "same" padding.
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
    """
    if not isinstance(filters, (list, tuple)) or not filters:
        raise ConfigError(f"simple_cnn: filters must be a list of numbers, got {filters!r}")
    flag(batch_norm, "simple_cnn", "batch_norm")
    least = 1  # pixels after the last pooling layer
    for _ in filters:
        least = 2 * least if batch_norm else 2 * least + 2
    check("simple_cnn", input_shape, classes, (least, least))
    layers: list[Layer] = []
    for number in filters:
        if batch_norm:
            layers += [
                Conv2D(number, 3, padding="same", use_bias=False),
                BatchNorm(activation="relu"),
            ]
        else:
            layers.append(Conv2D(number, 3, activation="relu"))
        layers.append(MaxPool2D(2))
    return [*layers, Flatten(), Dropout(dropout), Dense(classes, activation="softmax")]
