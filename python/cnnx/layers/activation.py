"""An activation as a layer of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cnnx._validate import real
from cnnx.layers._base import ACTIVATIONS, Layer, activation_name


@dataclass(frozen=True, slots=True)
class Activation(Layer):
    """Apply a function to every value; the shape stays.

    Parameters
    ----------
    activation : str
        "relu", "leaky_relu", "sigmoid", "tanh", "softmax" (over channels or units) or "linear".
    alpha : float
        The slope of "leaky_relu" below zero; the other functions do not use it.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If there is no such activation, or the slope is not finite.
    """

    kind: ClassVar[str] = "activation"

    activation: str
    alpha: float = 0.01

    def __post_init__(self) -> None:
        """Check the arguments and bring them into one form."""
        if self.activation is None:
            raise TypeError(f"Activation: activation must be one of {ACTIVATIONS}, got None")
        self._set("activation", activation_name(self.activation, "Activation"))
        self._set("alpha", real(self.alpha, "Activation", "alpha"))
