"""The optimizers: how gradients become steps.

A new optimizer is one class and one row in `REGISTRY` (and its update in C++).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from cnnx import _configurable
from cnnx._configurable import Configurable
from cnnx._validate import flag, real
from cnnx.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Optimizer(Configurable):
    """The base class of all optimizers; each has a ``learning_rate``."""

    learning_rate: float

    def __post_init__(self) -> None:
        """Check the learning rate; zero is allowed, and stands still."""
        owner = type(self).__name__
        self._set("learning_rate", real(self.learning_rate, owner, "learning_rate", minimum=0.0))

    def with_learning_rate(self, learning_rate: float) -> Self:
        """Make the same optimizer with another learning rate.

        Parameters
        ----------
        learning_rate : float
            The new one, at least 0.

        Returns
        -------
        Self
            A new object; this one stays as it is.

        Raises
        ------
        TypeError
            If it is not a number.
        ConfigError
            If it is negative or not finite.
        """
        return replace(self, learning_rate=learning_rate)


@dataclass(frozen=True, slots=True)
class SGD(Optimizer):
    """Stochastic gradient descent, with momentum on request.

    ``v = momentum * v + g`` and ``w = w - learning_rate * v``, where ``g`` is the mean gradient of
    the batch plus ``weight_decay * w``. With ``nesterov`` the step is along ``g + momentum * v``.

    Parameters
    ----------
    learning_rate : float
        The length of a step.
    momentum : float
        How much of the last step goes on, at least 0 and smaller than 1.
    nesterov : bool
        Look ahead along the momentum; needs one.
    weight_decay : float
        Pulls weights to zero.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an unusable value.

    References
    ----------
    I. Sutskever, J. Martens, G. Dahl, G. Hinton: On the importance of initialization and momentum
    in deep learning. ICML (2013).
    """

    kind: ClassVar[str] = "sgd"

    learning_rate: float = 0.01
    momentum: float = 0.0
    nesterov: bool = False
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        """Check the arguments and bring them into one form."""
        Optimizer.__post_init__(self)
        self._set("momentum", real(self.momentum, "SGD", "momentum", minimum=0.0, below=1.0))
        self._set("nesterov", flag(self.nesterov, "SGD", "nesterov"))
        self._set("weight_decay", real(self.weight_decay, "SGD", "weight_decay", minimum=0.0))
        if self.nesterov and self.momentum == 0.0:
            raise ConfigError("SGD: nesterov needs a momentum; set momentum=0.9, for example")


@dataclass(frozen=True, slots=True)
class Adam(Optimizer):
    """Steps scaled by running averages of the gradient and of its square.

    Parameters
    ----------
    learning_rate : float
        The length of a step.
    beta_1, beta_2 : float
        How long the averages of the gradient and of its square remember, at least 0 and smaller
        than 1.
    epsilon : float
        Added to the root of the average square, greater than 0.
    weight_decay : float
        Added to the gradient as ``weight_decay * w``; `AdamW` keeps it apart.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an unusable value.

    References
    ----------
    D. P. Kingma, J. Ba: Adam: a method for stochastic optimization. ICLR (2015).
    """

    kind: ClassVar[str] = "adam"

    learning_rate: float = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        """Check the arguments and bring them into one form."""
        Optimizer.__post_init__(self)
        owner = type(self).__name__
        for name in ("beta_1", "beta_2"):
            self._set(name, real(getattr(self, name), owner, name, minimum=0.0, below=1.0))
        self._set("epsilon", real(self.epsilon, owner, "epsilon", above=0.0))
        self._set("weight_decay", real(self.weight_decay, owner, "weight_decay", minimum=0.0))


@dataclass(frozen=True, slots=True)
class AdamW(Adam):
    """Adam with decoupled weight decay: ``w`` shrinks by ``learning_rate * weight_decay * w``.

    Takes the arguments of `Adam`; the decay is 0.01 unless given.

    References
    ----------
    I. Loshchilov, F. Hutter: Decoupled weight decay regularization. ICLR (2019).
    """

    kind: ClassVar[str] = "adamw"

    weight_decay: float = 0.01


REGISTRY: dict[str, type[Optimizer]] = {SGD.kind: SGD, Adam.kind: Adam, AdamW.kind: AdamW}
"""The optimizers by kind, which is the string that ``CNN`` accepts and files hold."""


def from_dict(values: object) -> Optimizer:
    """Make the optimizer that a dict describes.

    Parameters
    ----------
    values : object
        What an optimizer's ``to_dict`` gave.

    Returns
    -------
    Optimizer
        An equal optimizer.

    Raises
    ------
    TypeError
        If it is not a dict, or an argument has the wrong type.
    ConfigError
        If the kind or an argument is unknown, missing or unusable.
    """
    return _configurable.from_dict(values, REGISTRY, "optimizer")


def resolve(value: object) -> Optimizer:
    """Take an optimizer, or its name as a string.

    Parameters
    ----------
    value : object
        An `Optimizer`, "sgd", "adam" or "adamw".

    Returns
    -------
    Optimizer
        The optimizer; for a string with default arguments.

    Raises
    ------
    TypeError
        If it is neither.
    ConfigError
        If no optimizer has that name.
    """
    return _configurable.resolve(value, REGISTRY, Optimizer, "optimizer")


__all__ = ["REGISTRY", "SGD", "Adam", "AdamW", "Optimizer", "from_dict", "resolve"]
