"""The base class of all layers, and the names that several layers accept."""

from __future__ import annotations

from dataclasses import dataclass

from cnnx._configurable import Configurable
from cnnx._validate import choice, pair

ACTIVATIONS = (
    "linear",
    "relu",
    "leaky_relu",
    "sigmoid",
    "tanh",
    "softmax",
    "elu",
    "softplus",
    "gelu",
    "silu",
    "hard_swish",
)
INITIALIZERS = ("he_normal", "he_uniform", "glorot_normal", "glorot_uniform", "zeros")


@dataclass(frozen=True, slots=True)
class Layer(Configurable):
    """One layer of a network, as its user wrote it.

    It holds arguments only. Shapes, weights and passes belong to the engine, which checks how the
    layers fit each other when the network is built.
    """


def activation_name(value: object, owner: str, name: str = "activation") -> str:
    """Check the name of an activation.

    Parameters
    ----------
    value : object
        The argument as given; ``None`` means "linear".
    owner, name : str
        What the message calls it.

    Returns
    -------
    str
        One of `ACTIVATIONS`.

    Raises
    ------
    TypeError
        If it is neither a string nor ``None``.
    ConfigError
        If there is no such activation.
    """
    return "linear" if value is None else choice(value, owner, name, ACTIVATIONS)


def padding_value(value: object, owner: str) -> str | tuple[int, int]:
    """Check a convolution's padding.

    Parameters
    ----------
    value : object
        The argument as given: "valid", "same", an integer or a pair.
    owner : str
        What the message calls its owner.

    Returns
    -------
    str or tuple[int, int]
        "valid", "same", or the zeros added at each side in height and in width.

    Raises
    ------
    TypeError
        If it is none of these.
    ConfigError
        If the string is another one, or a number is negative.
    """
    if isinstance(value, str):
        return choice(value, owner, "padding", ("valid", "same"))
    return pair(value, owner, "padding", minimum=0)
