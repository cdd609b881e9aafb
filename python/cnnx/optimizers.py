"""Optimizers: how gradients update the weights.

To add an optimizer, add a class and a row in `REGISTRY` (and its update in C++).
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
    """Base class of all optimizers, with the arguments common to all of them.

    Parameters
    ----------
    learning_rate : float
        Learning rate, at least 0.
    clip_norm : float, optional
        Largest global norm of the gradients; if it is larger, they are scaled down. Gradients that
        are not finite make the weights NaN, so that divergence is detected.
    clip_value : float, optional
        Largest absolute value of each gradient; applied before `clip_norm`.
    ema : float, optional
        Decay of an exponential moving average of the weights, such as 0.999; by default no average
        is kept. It starts as a copy of the weights after the first step; see
        ``CNN.averaged_weights``.
    decay_weights_only : bool
        Whether weight decay excludes one-dimensional parameters: biases, and the scales and offsets
        of normalisation layers.
    """

    learning_rate: float = field(metadata=_NOT_NEGATIVE)
    clip_norm: float | None = field(default=None, kw_only=True, metadata=_MAYBE_POSITIVE)
    clip_value: float | None = field(default=None, kw_only=True, metadata=_MAYBE_POSITIVE)
    ema: float | None = field(
        default=None, kw_only=True, metadata=checked(Maybe(Real(above=0.0, below=1.0)))
    )
    decay_weights_only: bool = field(default=False, kw_only=True, metadata=checked(Flag()))

    def with_learning_rate(self, learning_rate: float) -> Self:
        """Return a copy of this optimizer with a different learning rate.

        Parameters
        ----------
        learning_rate : float
            The new learning rate, at least 0.

        Returns
        -------
        Self
            A new object; this one is not changed.

        Raises
        ------
        TypeError
            If `learning_rate` is not a number.
        ConfigError
            If `learning_rate` is negative or not finite.
        """
        return replace(self, learning_rate=learning_rate)


@dataclass(frozen=True, slots=True)
class SGD(Optimizer):
    """Stochastic gradient descent, optionally with momentum.

    ``v = momentum * v + g`` and ``w = w - learning_rate * v``, where ``g`` is the mean gradient of
    the batch plus ``weight_decay * w``. With ``nesterov``, the update is
    ``w = w - learning_rate * (g + momentum * v)``. Also accepts the arguments of `Optimizer`.

    Parameters
    ----------
    learning_rate : float
        Learning rate, at least 0.
    momentum : float
        Momentum coefficient in [0, 1).
    nesterov : bool
        Whether to use Nesterov momentum; needs `momentum` greater than 0.
    weight_decay : float
        Weight decay, added to the gradient as ``weight_decay * w``.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an invalid value.

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
        """Check that Nesterov momentum is used with a momentum."""
        if self.nesterov and self.momentum == 0.0:
            raise ConfigError("SGD: nesterov needs a momentum; set momentum=0.9, for example")


@dataclass(frozen=True, slots=True)
class Adam(Optimizer):
    """Adaptive moment estimation: steps scaled by moving averages of the gradient and its square.

    With ``g`` the mean gradient of the batch plus ``weight_decay * w``,
    ``m = beta_1 * m + (1 - beta_1) * g`` and ``v = beta_2 * v + (1 - beta_2) * g ** 2``. The update
    of step ``t`` is ``w = w - learning_rate * m' / (sqrt(v') + epsilon)`` with the bias-corrected
    averages ``m' = m / (1 - beta_1 ** t)`` and ``v' = v / (1 - beta_2 ** t)``. Also accepts the
    arguments of `Optimizer`.

    Parameters
    ----------
    learning_rate : float
        Learning rate, at least 0.
    beta_1, beta_2 : float
        Decay of the moving averages of the gradient and of its square, in [0, 1).
    epsilon : float
        Added to the root of the average square for stability, greater than 0.
    weight_decay : float
        Weight decay, added to the gradient as ``weight_decay * w``; `AdamW` decouples it.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an invalid value.

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
    """Adam with decoupled weight decay.

    Takes the arguments of `Adam`; `weight_decay` is 0.01 by default.

    References
    ----------
    I. Loshchilov, F. Hutter: Decoupled weight decay regularization. ICLR (2019).
    """

    kind: ClassVar[str] = "adamw"

    weight_decay: float = field(default=0.01, metadata=_NOT_NEGATIVE)


@dataclass(frozen=True, slots=True)
class RMSprop(Optimizer):
    """Steps divided by the root of a moving average of the squared gradient.

    ``v = rho * v + (1 - rho) * g ** 2`` and ``w = w - learning_rate * g / (sqrt(v) + epsilon)``,
    or with momentum ``u = momentum * u + g / (sqrt(v) + epsilon)`` and
    ``w = w - learning_rate * u``. Also accepts the arguments of `Optimizer`.

    Parameters
    ----------
    learning_rate : float
        Learning rate, at least 0.
    rho : float
        Decay of the moving average of the squared gradient, in [0, 1).
    momentum : float
        Momentum coefficient in [0, 1).
    epsilon : float
        Added to the root of the mean square for stability, greater than 0.
    weight_decay : float
        Weight decay, added to the gradient as ``weight_decay * w``.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an invalid value.

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
    """Adagrad: steps divided by the root of the sum of all squared gradients so far.

    ``v = v + g ** 2`` and ``w = w - learning_rate * g / (sqrt(v) + epsilon)``. Also accepts the
    arguments of `Optimizer`.

    Parameters
    ----------
    learning_rate : float
        Learning rate, at least 0.
    epsilon : float
        Added to the root of the sum for stability, greater than 0.
    weight_decay : float
        Weight decay, added to the gradient as ``weight_decay * w``.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an invalid value.

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
    """Updates every weight by the learning rate, in the direction of the sign of the momentum.

    ``w = w - learning_rate * (sign(beta_1 * m + (1 - beta_1) * g) + weight_decay * w)``, and then
    ``m = beta_2 * m + (1 - beta_2) * g``. Use a learning rate three to ten times smaller than for
    `AdamW`, and a weight decay larger by the same factor. Takes the arguments of `Optimizer` too.

    Parameters
    ----------
    learning_rate : float
        Learning rate, at least 0.
    beta_1, beta_2 : float
        Weight of the momentum in a step, and decay of the momentum, in [0, 1).
    weight_decay : float
        Decoupled weight decay: ``w`` shrinks by ``learning_rate * weight_decay * w``.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an invalid value.

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
"""The optimizers by name, as accepted by ``CNN`` and stored in files."""


def from_dict(values: object) -> Optimizer:
    """Create an optimizer from its dictionary form.

    Parameters
    ----------
    values : object
        What an optimizer's ``to_dict`` returned.

    Returns
    -------
    Optimizer
        An equal optimizer.

    Raises
    ------
    TypeError
        If `values` is not a dictionary, or an argument has the wrong type.
    ConfigError
        If the kind or an argument is unknown, missing or invalid.
    """
    return _spec.from_dict(values, REGISTRY, "optimizer")


def resolve(value: object) -> Optimizer:
    """Return an optimizer, given an optimizer or its name.

    Parameters
    ----------
    value : object
        An `Optimizer`, or a key of `REGISTRY` such as "sgd" or "adamw".

    Returns
    -------
    Optimizer
        The optimizer; with default arguments if a name is given.

    Raises
    ------
    TypeError
        If `value` is neither an optimizer nor a string.
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
