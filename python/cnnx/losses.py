"""The losses: what training makes small.

A new loss is one class and one row in `REGISTRY` (and its passes in C++).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cnnx import _configurable
from cnnx._configurable import Configurable


@dataclass(frozen=True, slots=True)
class Loss(Configurable):
    """The base class of all losses."""


@dataclass(frozen=True, slots=True)
class CrossEntropy(Loss):
    """The negative logarithm of the probability given to the right class.

    Takes integer labels of shape (N,), or rows of probabilities of shape (N, classes). A final
    softmax is computed together with it; a network that ends without one is taken to give logits.
    """

    kind: ClassVar[str] = "cross_entropy"


@dataclass(frozen=True, slots=True)
class MeanSquaredError(Loss):
    """The squared difference from the target, averaged over an image's outputs.

    Takes targets of the shape of the outputs, or integer labels of shape (N,), which stand for
    rows with a one at the label.
    """

    kind: ClassVar[str] = "mse"


REGISTRY: dict[str, type[Loss]] = {
    CrossEntropy.kind: CrossEntropy,
    MeanSquaredError.kind: MeanSquaredError,
}
"""The losses by kind, which is the string that ``CNN`` accepts and files hold."""


def from_dict(values: object) -> Loss:
    """Make the loss that a dict describes.

    Parameters
    ----------
    values : object
        What a loss' ``to_dict`` gave.

    Returns
    -------
    Loss
        An equal loss.

    Raises
    ------
    TypeError
        If it is not a dict.
    ConfigError
        If the kind or an argument is unknown.
    """
    return _configurable.from_dict(values, REGISTRY, "loss")


def resolve(value: object) -> Loss:
    """Take a loss, or its name as a string.

    Parameters
    ----------
    value : object
        A `Loss`, "cross_entropy" or "mse".

    Returns
    -------
    Loss
        The loss.

    Raises
    ------
    TypeError
        If it is neither.
    ConfigError
        If no loss has that name.
    """
    return _configurable.resolve(value, REGISTRY, Loss, "loss")


__all__ = ["REGISTRY", "CrossEntropy", "Loss", "MeanSquaredError", "from_dict", "resolve"]
