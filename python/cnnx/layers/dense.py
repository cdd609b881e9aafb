"""Fully connected layer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from cnnx._checks.constraints import Choice, Flag, Integer
from cnnx._spec import checked
from cnnx.layers._base import ACTIVATIONS, INITIALIZERS, Layer


@dataclass(frozen=True, slots=True)
class Dense(Layer):
    """Fully connected layer: ``y = activation(W x + b)``.

    Input (features,) per image, output (units,). Parameters: ``weight`` of shape
    (units, features) and ``bias`` of shape (units,).

    Parameters
    ----------
    units : int
        Number of outputs.
    activation : str, optional
        Activation function; one of those listed by `Activation` ("softmax" is over units).
    use_bias : bool
        Whether to add a bias.
    kernel_initializer, bias_initializer : str
        "he_normal", "he_uniform", "glorot_normal", "glorot_uniform" or "zeros".

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an invalid value.
    """

    kind: ClassVar[str] = "dense"

    units: int = field(metadata=checked(Integer()))
    activation: str | None = field(default=None, metadata=checked(Choice(ACTIVATIONS, "linear")))
    use_bias: bool = field(default=True, metadata=checked(Flag()))
    kernel_initializer: str = field(default="he_normal", metadata=checked(Choice(INITIALIZERS)))
    bias_initializer: str = field(default="zeros", metadata=checked(Choice(INITIALIZERS)))
