"""The fully connected layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cnnx._checks.scalars import choice, flag, integer
from cnnx.layers._base import INITIALIZERS, Layer, activation_name


@dataclass(frozen=True, slots=True)
class Dense(Layer):
    """Connect every feature with every unit: ``y = activation(W x + b)``.

    Input (features,) per image, output (units,). Parameters: ``weight`` of shape
    (units, features) and ``bias`` of shape (units,).

    Parameters
    ----------
    units : int
        The number of outputs.
    activation : str, optional
        Applied to the sums; one of those that `Activation` lists ("softmax" is over units).
    use_bias : bool
        Whether each unit adds a bias.
    kernel_initializer, bias_initializer : str
        "he_normal", "he_uniform", "glorot_normal", "glorot_uniform" or "zeros".

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an unusable value.
    """

    kind: ClassVar[str] = "dense"

    units: int
    activation: str | None = None
    use_bias: bool = True
    kernel_initializer: str = "he_normal"
    bias_initializer: str = "zeros"

    def __post_init__(self) -> None:
        """Check the arguments and bring them into one form."""
        self._set("units", integer(self.units, "Dense", "units"))
        self._set("activation", activation_name(self.activation, "Dense"))
        self._set("use_bias", flag(self.use_bias, "Dense", "use_bias"))
        for name in ("kernel_initializer", "bias_initializer"):
            self._set(name, choice(getattr(self, name), "Dense", name, INITIALIZERS))
