"""LeNet-5."""

from __future__ import annotations

from collections.abc import Sequence

from cnnx.layers import Conv2D, Dense, Flatten, Layer, MaxPool2D
from cnnx.models._checks import check


def lenet5(
    input_shape: Sequence[int] = (1, 28, 28), classes: int = 10, *, activation: str = "relu"
) -> list[Layer]:
    """LeNet-5: two 5x5 convolutions and three dense layers; 61,706 parameters by default.

    The modern variant of the network: convolutions are fully connected across channels, pooling is
    max pooling, and the last layer is a softmax. The paper pads its 28x28 images to 32x32; here,
    the first convolution has padding instead.

    Parameters
    ----------
    input_shape : sequence of int
        (channels, height, width) of one image, at least 14x14 pixels.
    classes : int
        The number of classes.
    activation : str
        The activation of all layers except the last; "tanh" is closest to the paper.

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
    Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-based learning applied to document
    recognition. Proceedings of the IEEE 86 (1998).
    """
    check("lenet5", input_shape, classes, (14, 14))
    return [
        Conv2D(6, 5, padding=2, activation=activation),
        MaxPool2D(2),
        Conv2D(16, 5, activation=activation),
        MaxPool2D(2),
        Flatten(),
        Dense(120, activation=activation),
        Dense(84, activation=activation),
        Dense(classes, activation="softmax"),
    ]
