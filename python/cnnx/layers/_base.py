"""The base class of all layers, and arguments shared by several layers."""

from __future__ import annotations

from dataclasses import dataclass

from cnnx._checks.scalars import choice, describe, pair
from cnnx._spec import Spec
from cnnx.errors import ConfigError

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
class Layer(Spec):
    """Base class of all layers.

    It holds arguments only. Shapes and weights belong to the engine, which checks that the layers
    fit each other when the network is built.
    """


def activation_name(value: object, owner: str, name: str = "activation") -> str:
    """Check the name of an activation."""
    return "linear" if value is None else choice(value, owner, name, ACTIVATIONS)


def padding_value(value: object, owner: str, name: str = "padding") -> str | tuple[int, int]:
    """Check a convolution's padding."""
    if isinstance(value, str):
        return choice(value, owner, name, ("valid", "same"))
    return pair(value, owner, name, minimum=0)


def check_layers(value: object) -> tuple[Layer, ...]:
    """Check the layers of a network."""
    if not isinstance(value, (list, tuple)):
        way_out = "; put it in a list" if isinstance(value, Layer) else ""
        raise TypeError(f"CNN: layers must be a list of layers, got {describe(value)}{way_out}")
    for i, layer in enumerate(value):
        if isinstance(layer, type) and issubclass(layer, Layer):
            raise TypeError(f"CNN: layers[{i}] is the class itself; call it: {layer.__name__}(...)")
        if not isinstance(layer, Layer):
            raise TypeError(
                f"CNN: layers[{i}] must be a layer from cnnx.layers, got {describe(layer)}"
            )
    if not value:
        raise ConfigError("CNN: layers must have at least one layer, got none")
    return tuple(value)
