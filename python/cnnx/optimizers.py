"""The optimizers: how gradients become steps.

A new optimizer is one class and one row in `REGISTRY` (and its update in C++).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

from cnnx import _spec
from cnnx._checks.constraints import Flag, Maybe, Real
from cnnx._spec import Spec, checked
from cnnx.errors import ConfigError

_FRACTION = checked(Real(minimum=0.0, below=1.0))
_NOT_NEGATIVE = checked(Real(minimum=0.0))
_POSITIVE = checked(Real(above=0.0))
_MAYBE_POSITIVE = checked(Maybe(Real(above=0.0)))


@dataclass(frozen=True, slots=True)
class Optimizer(Spec):
    """The base class of all optimizers, with the arguments that each of them takes.

    Parameters
    ----------
    learning_rate : float
        The length of a step, at least 0.
    clip_norm : float, optional
        The largest length of all gradients taken as one vector; longer ones are scaled down
        together. Gradients that are not finite make the weights NaN: a run that diverges is seen.
    clip_value : float, optional
        The largest size of a single gradient; larger ones are cut, before `clip_norm` counts.
    ema : float, optional
        Keep an exponential moving average of the weights, of which each step leaves this fraction
        (0.999, for example). It starts as a copy of the weights after the first step; see
        ``CNN.averaged_weights``.
    decay_weights_only : bool
        Whether weight decay leaves out biases and the scales and shifts of normalisation: every
        parameter of one dimension.
    """

    learning_rate: float = field(metadata=_NOT_NEGATIVE)
    clip_norm: float | None = field(default=None, kw_only=True, metadata=_MAYBE_POSITIVE)
    clip_value: float | None = field(default=None, kw_only=True, metadata=_MAYBE_POSITIVE)
    ema: float | None = field(
        default=None, kw_only=True, metadata=checked(Maybe(Real(above=0.0, below=1.0)))
    )
    decay_weights_only: bool = field(default=False, kw_only=True, metadata=checked(Flag()))

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
    Takes the arguments of `Optimizer` too.

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

    learning_rate: float = field(default=0.01, metadata=_NOT_NEGATIVE)
    momentum: float = field(default=0.0, metadata=_FRACTION)
    nesterov: bool = field(default=False, metadata=checked(Flag()))
    weight_decay: float = field(default=0.0, metadata=_NOT_NEGATIVE)

    def _check_together(self) -> None:
        """Nesterov momentum needs a momentum."""
        if self.nesterov and self.momentum == 0.0:
            raise ConfigError("SGD: nesterov needs a momentum; set momentum=0.9, for example")


@dataclass(frozen=True, slots=True)
class Adam(Optimizer):
    """Steps scaled by running averages of the gradient and of its square.

    Takes the arguments of `Optimizer` too.

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

    learning_rate: float = field(default=0.001, metadata=_NOT_NEGATIVE)
    beta_1: float = field(default=0.9, metadata=_FRACTION)
    beta_2: float = field(default=0.999, metadata=_FRACTION)
    epsilon: float = field(default=1e-8, metadata=_POSITIVE)
    weight_decay: float = field(default=0.0, metadata=_NOT_NEGATIVE)


@dataclass(frozen=True, slots=True)
class AdamW(Adam):
    """Adam with decoupled weight decay: ``w`` shrinks by ``learning_rate * weight_decay * w``.

    Takes the arguments of `Adam`; the decay is 0.01 unless given.

    References
    ----------
    I. Loshchilov, F. Hutter: Decoupled weight decay regularization. ICLR (2019).
    """

    kind: ClassVar[str] = "adamw"

    weight_decay: float = field(default=0.01, metadata=_NOT_NEGATIVE)


@dataclass(frozen=True, slots=True)
class RMSprop(Optimizer):
    """Steps divided by the root of a running mean of the squared gradient.

    ``v = rho * v + (1 - rho) * g ** 2`` and ``w = w - learning_rate * g / (sqrt(v) + epsilon)``,
    or with momentum ``u = momentum * u + g / (sqrt(v) + epsilon)`` and
    ``w = w - learning_rate * u``. Takes the arguments of `Optimizer` too.

    Parameters
    ----------
    learning_rate : float
        The length of a step.
    rho : float
        How long the mean of the square remembers, at least 0 and smaller than 1.
    momentum : float
        How much of the last step goes on, at least 0 and smaller than 1.
    epsilon : float
        Added to the root of the mean square, greater than 0.
    weight_decay : float
        Added to the gradient as ``weight_decay * w``.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an unusable value.

    References
    ----------
    T. Tieleman, G. Hinton: Lecture 6.5: RMSProp. Neural Networks for Machine Learning, Coursera
    (2012).
    """

    kind: ClassVar[str] = "rmsprop"

    learning_rate: float = field(default=0.01, metadata=_NOT_NEGATIVE)
    rho: float = field(default=0.99, metadata=_FRACTION)
    momentum: float = field(default=0.0, metadata=_FRACTION)
    epsilon: float = field(default=1e-8, metadata=_POSITIVE)
    weight_decay: float = field(default=0.0, metadata=_NOT_NEGATIVE)


@dataclass(frozen=True, slots=True)
class Adagrad(Optimizer):
    """Steps divided by the root of the sum of all squared gradients so far.

    ``v = v + g ** 2`` and ``w = w - learning_rate * g / (sqrt(v) + epsilon)``. Takes the arguments
    of `Optimizer` too.

    Parameters
    ----------
    learning_rate : float
        The length of a step.
    epsilon : float
        Added to the root of the sum, greater than 0.
    weight_decay : float
        Added to the gradient as ``weight_decay * w``.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an unusable value.

    References
    ----------
    J. Duchi, E. Hazan, Y. Singer: Adaptive subgradient methods for online learning and stochastic
    optimization. Journal of Machine Learning Research 12 (2011).
    """

    kind: ClassVar[str] = "adagrad"

    learning_rate: float = field(default=0.01, metadata=_NOT_NEGATIVE)
    epsilon: float = field(default=1e-10, metadata=_POSITIVE)
    weight_decay: float = field(default=0.0, metadata=_NOT_NEGATIVE)


@dataclass(frozen=True, slots=True)
class Lion(Optimizer):
    """Moves every weight by the learning rate, along the sign of gradient and momentum.

    ``w = w - learning_rate * (sign(beta_1 * m + (1 - beta_1) * g) + weight_decay * w)``, and then
    ``m = beta_2 * m + (1 - beta_2) * g``. It wants a learning rate three to ten times smaller than
    `AdamW` and a weight decay as much larger. Takes the arguments of `Optimizer` too.

    Parameters
    ----------
    learning_rate : float
        The length of a step.
    beta_1, beta_2 : float
        How much the momentum counts in a step, and how long it remembers, at least 0 and smaller
        than 1.
    weight_decay : float
        Shrinks weights by ``learning_rate * weight_decay * w``.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an unusable value.

    References
    ----------
    X. Chen et al.: Symbolic discovery of optimization algorithms. NeurIPS (2023).
    """

    kind: ClassVar[str] = "lion"

    learning_rate: float = field(default=0.0001, metadata=_NOT_NEGATIVE)
    beta_1: float = field(default=0.9, metadata=_FRACTION)
    beta_2: float = field(default=0.99, metadata=_FRACTION)
    weight_decay: float = field(default=0.0, metadata=_NOT_NEGATIVE)


REGISTRY: dict[str, type[Optimizer]] = {
    optimizer.kind: optimizer for optimizer in (SGD, Adam, AdamW, RMSprop, Adagrad, Lion)
}
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
    return _spec.from_dict(values, REGISTRY, "optimizer")


def resolve(value: object) -> Optimizer:
    """Take an optimizer, or its name as a string.

    Parameters
    ----------
    value : object
        An `Optimizer`, or a key of `REGISTRY` such as "sgd" or "adamw".

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
    return _spec.resolve(value, REGISTRY, Optimizer, "optimizer")


__all__ = [
    "REGISTRY",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "Lion",
    "Optimizer",
    "RMSprop",
    "from_dict",
    "resolve",
]
