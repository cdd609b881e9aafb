"""Learning-rate schedules.

A schedule is called with the number of the step, the total number of steps and the number of steps
per epoch, and returns a factor for the optimizer's learning rate. A new one is one class and one
row in `REGISTRY`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from cnnx import _spec
from cnnx._checks.constraints import Integer, Real
from cnnx._spec import Spec, checked
from cnnx.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Schedule(Spec):
    """Base class of all schedules."""

    needs_length: ClassVar[bool] = True
    """Whether the number of batches per epoch must be known in advance."""

    def __call__(self, step: int, total_steps: int, steps_per_epoch: int) -> float:
        """Return the factor for the optimizer's learning rate at one step.

        Parameters
        ----------
        step : int
            Number of steps made before this one.
        total_steps : int
            Total number of steps of the run.
        steps_per_epoch : int
            Number of steps per epoch.

        Returns
        -------
        float
            The factor, at least 0.
        """
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Constant(Schedule):
    """Keeps the optimizer's learning rate constant."""

    kind: ClassVar[str] = "constant"
    needs_length: ClassVar[bool] = False

    def __call__(self, step: int, total_steps: int, steps_per_epoch: int) -> float:
        """Return 1."""
        return 1.0


@dataclass(frozen=True, slots=True)
class Step(Schedule):
    """Multiplies the learning rate by a factor every few epochs.

    Parameters
    ----------
    every_epochs : int
        Number of epochs between two changes.
    factor : float
        Factor by which the learning rate is multiplied, greater than 0.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an invalid value.
    """

    kind: ClassVar[str] = "step"

    every_epochs: int = field(default=10, metadata=checked(Integer()))
    factor: float = field(default=0.1, metadata=checked(Real(above=0.0)))

    def __call__(self, step: int, total_steps: int, steps_per_epoch: int) -> float:
        """Return the power of `factor` for the step's epoch."""
        return float(self.factor ** (step // steps_per_epoch // self.every_epochs))


@dataclass(frozen=True, slots=True)
class Exponential(Schedule):
    """Multiplies the learning rate by a factor after every epoch.

    Parameters
    ----------
    factor : float
        Factor by which the learning rate is multiplied, greater than 0.

    Raises
    ------
    TypeError
        If `factor` is not a number.
    ConfigError
        If `factor` is not greater than 0.
    """

    kind: ClassVar[str] = "exponential"

    factor: float = field(default=0.9, metadata=checked(Real(above=0.0)))

    def __call__(self, step: int, total_steps: int, steps_per_epoch: int) -> float:
        """Return the power of `factor` for the step's epoch."""
        return float(self.factor ** (step // steps_per_epoch))


@dataclass(frozen=True, slots=True)
class Cosine(Schedule):
    """Cosine decay from the learning rate to a final value, without restarts.

    Parameters
    ----------
    final : float
        The factor at the end of the run, at least 0.

    Raises
    ------
    TypeError
        If `final` is not a number.
    ConfigError
        If `final` is negative.

    References
    ----------
    I. Loshchilov, F. Hutter: SGDR: stochastic gradient descent with warm restarts. ICLR (2017).
    """

    kind: ClassVar[str] = "cosine"

    final: float = field(default=0.0, metadata=checked(Real(minimum=0.0)))

    def __call__(self, step: int, total_steps: int, steps_per_epoch: int) -> float:
        """Return the point of the cosine."""
        return _between(1.0, self.final, step / total_steps)


@dataclass(frozen=True, slots=True)
class OneCycle(Schedule):
    """One-cycle schedule: rises to the optimizer's learning rate, then falls, each along a cosine.

    The optimizer's learning rate is the peak, which may be several times as large as a constant
    learning rate; `CNN.find_learning_rate` suggests one.

    Parameters
    ----------
    warmup : float
        Fraction of the steps in which it rises, in (0, 1).
    start : float
        The factor of the first step, at least 0.
    final : float
        The factor at the end of the run, at least 0.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an invalid value.

    References
    ----------
    L. N. Smith: A disciplined approach to neural network hyper-parameters, part 1.
    arXiv:1803.09820 (2018).
    """

    kind: ClassVar[str] = "one-cycle"

    warmup: float = field(default=0.3, metadata=checked(Real(above=0.0, below=1.0)))
    start: float = field(default=1 / 25, metadata=checked(Real(minimum=0.0)))
    final: float = field(default=1e-4, metadata=checked(Real(minimum=0.0)))

    def __call__(self, step: int, total_steps: int, steps_per_epoch: int) -> float:
        """Return the point of the cycle."""
        peak = self.warmup * total_steps
        if step < peak:
            return _between(self.start, 1.0, step / peak)
        return _between(1.0, self.final, (step - peak) / (total_steps - peak))


@dataclass(frozen=True, slots=True)
class Warmup(Schedule):
    """Linear warm-up, then another schedule.

    Parameters
    ----------
    epochs : float
        Length of the warm-up in epochs, greater than 0; may be a fraction.
    then : Schedule or str
        The schedule that follows; its steps count from the end of the warm-up.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an invalid value.

    References
    ----------
    P. Goyal et al.: Accurate, large minibatch SGD: training ImageNet in 1 hour.
    arXiv:1706.02677 (2017).
    """

    kind: ClassVar[str] = "warmup"

    epochs: float = field(default=1.0, metadata=checked(Real(above=0.0)))
    then: Schedule = field(default_factory=Constant)

    def _check_together(self) -> None:
        """Resolve the schedule that follows, which may not be another warm-up."""
        then = from_dict(self.then) if isinstance(self.then, Mapping) else self.then
        self._set("then", resolve(then, "Warmup", "then"))
        if isinstance(self.then, Warmup):
            raise ConfigError("Warmup: then must be a schedule other than Warmup")

    def to_dict(self) -> dict[str, Any]:
        """Return the dictionary form of this schedule.

        Returns
        -------
        dict[str, Any]
            The arguments and the kind; "then" is the dictionary form of the schedule after the
            warm-up.
        """
        return {"kind": self.kind, "epochs": self.epochs, "then": self.then.to_dict()}

    def __call__(self, step: int, total_steps: int, steps_per_epoch: int) -> float:
        """Return the point of the line, or the factor of the schedule that follows."""
        rise = max(round(self.epochs * steps_per_epoch), 1)
        rest = max(total_steps - rise, 1)
        if step < rise:
            return (step + 1) / rise * self.then(0, rest, steps_per_epoch)
        return self.then(step - rise, rest, steps_per_epoch)


def _between(first: float, last: float, done: float) -> float:
    """Interpolate between two numbers along half a cosine."""
    return last + (first - last) * 0.5 * (1.0 + math.cos(math.pi * done))


REGISTRY: dict[str, type[Schedule]] = {
    schedule.kind: schedule for schedule in (Constant, Step, Exponential, Cosine, OneCycle, Warmup)
}
"""The schedules by name, as accepted by ``CNN.train``."""


def from_dict(values: object) -> Schedule:
    """Create a schedule from its dictionary form.

    Parameters
    ----------
    values : object
        What a schedule's ``to_dict`` returned.

    Returns
    -------
    Schedule
        An equal schedule.

    Raises
    ------
    TypeError
        If `values` is not a dictionary, or an argument has the wrong type.
    ConfigError
        If the kind or an argument is unknown, missing or invalid.
    """
    return _spec.from_dict(values, REGISTRY, "schedule")


def resolve(value: object, owner: str = "train", name: str = "schedule") -> Schedule:
    """Return a schedule, given a schedule or its name.

    Parameters
    ----------
    value : object
        A `Schedule`, or one of the names in `REGISTRY`.
    owner, name : str
        The names of the function and the argument, for error messages.

    Returns
    -------
    Schedule
        The schedule; with default arguments if a name is given.

    Raises
    ------
    TypeError
        If `value` is neither a schedule nor a string.
    ConfigError
        If no schedule has that name.
    """
    return _spec.resolve(value, REGISTRY, Schedule, name, owner)


def resolve_for(value: object, steps_per_epoch: int | None) -> Schedule:
    """Resolve a schedule for a run.

    Parameters
    ----------
    value : object
        A `Schedule`, or one of the names in `REGISTRY`.
    steps_per_epoch : int, optional
        Number of batches per epoch, if known.

    Returns
    -------
    Schedule
        The schedule.

    Raises
    ------
    TypeError
        If `value` is neither a schedule nor a string.
    ConfigError
        If no schedule has that name, or the schedule needs the unknown number of batches.
    """
    schedule = resolve(value)
    if schedule.needs_length and steps_per_epoch is None:
        raise ConfigError(
            f'train: schedule "{schedule.kind}" needs the number of batches per epoch, and x has '
            "no length; give it one, or set the learning rate in a callback"
        )
    return schedule


__all__ = [
    "REGISTRY",
    "Constant",
    "Cosine",
    "Exponential",
    "OneCycle",
    "Schedule",
    "Step",
    "Warmup",
    "from_dict",
    "resolve",
    "resolve_for",
]
