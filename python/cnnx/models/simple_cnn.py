"""Two convolutions, as in a first lesson."""

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
    """3x3 convolutions with pools, dropout, and one dense layer; 34,826 parameters by default.

    The network of Keras' "Simple MNIST convnet".

    Parameters
    ----------
    input_shape : sequence of int
        (channels, height, width) of one image, at least 10x10 pixels by default; every pool halves
        what it is given.
    classes : int
        The number of classes.
    filters : sequence of int
        Of each convolution.
    batch_norm : bool
        Whether each convolution is normalised; its bias goes away, and the image's border is
        padded so that its size stays.
    dropout : float
        What is dropped before the dense layer.

    Returns
    -------
    list of Layer
        For `CNN`.

    Raises
    ------
    TypeError, ConfigError, ShapeError
        If an argument is invalid.
    """
    if not isinstance(filters, (list, tuple)) or not filters:
        raise ConfigError(f"simple_cnn: filters must be a list of numbers, got {filters!r}")
    flag(batch_norm, "simple_cnn", "batch_norm")
    least = 1  # pixels behind the last pool
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
