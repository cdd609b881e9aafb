"""Activation layer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from cnnx._checks.constraints import Maybe, Real
from cnnx._checks.scalars import choice
from cnnx._spec import checked
from cnnx.layers._base import ACTIVATIONS, Layer


def _required(value: object, owner: str, name: str) -> str:
    """Check the name of the activation, which has no default."""
    if value is None:
        raise TypeError(f"{owner}: {name} must be one of {ACTIVATIONS}, got None")
    return choice(value, owner, name, ACTIVATIONS)


@dataclass(frozen=True, slots=True)
class Activation(Layer):
    """Apply an activation function; the shape does not change.

    ================ ==========================================================================
    "linear"         x
    "relu"           max(x, 0)
    "leaky_relu"     x if x > 0, else alpha x
    "elu"            x if x > 0, else alpha (e^x - 1)
    "softplus"       log(1 + e^x)
    "gelu"           x P(X < x) for a standard normal X, which is x (1 + erf(x / sqrt 2)) / 2
    "silu"           x sigmoid(x), also called swish
    "hard_swish"     x min(max(x + 3, 0), 6) / 6
    "sigmoid"        1 / (1 + e^-x)
    "tanh"           (e^x - e^-x) / (e^x + e^-x)
    "softmax"        e^x divided by its sum over the channels or units
    ================ ==========================================================================

    Parameters
    ----------
    activation : str
        Name of the function.
    alpha : float, optional
        The parameter of "leaky_relu" (by default 0.01) and "elu" (by default 1), at least 0. The
        other functions ignore it.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If the activation is unknown, or `alpha` is negative or not finite.

    References
    ----------
    elu: D.-A. Clevert, T. Unterthiner, S. Hochreiter: Fast and accurate deep network learning by
    exponential linear units. ICLR (2016). gelu and silu: D. Hendrycks, K. Gimpel: Gaussian error
    linear units. arXiv:1606.08415 (2016). hard_swish: A. Howard et al.: Searching for MobileNetV3.
    ICCV (2019). softplus: C. Dugas et al.: Incorporating second-order functional knowledge for
    better option pricing. NIPS (2000).
    """

    kind: ClassVar[str] = "activation"

    activation: str = field(metadata=checked(_required))
    alpha: float | None = field(default=None, metadata=checked(Maybe(Real(minimum=0.0))))

    def _check_together(self) -> None:
        """Set alpha to the default of the function."""
        if self.alpha is None:
            self._set("alpha", 1.0 if self.activation == "elu" else 0.01)
