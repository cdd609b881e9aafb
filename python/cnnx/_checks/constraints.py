"""Constraints of arguments, declared once: each checks a value and can be asked for its bounds.

A dataclass field declares its constraint with ``metadata=checked(...)`` of `cnnx._spec`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cnnx._checks import scalars
from cnnx._checks.scalars import LARGEST_INT
from cnnx.errors import unusable

Constraint = Callable[[object, str, str], object]
"""Takes a value, its owner and its name; returns the checked value or raises an error."""


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number in a closed range."""

    minimum: int = 1
    maximum: int = LARGEST_INT

    def __call__(self, value: object, owner: str, name: str) -> int:
        """Check a value."""
        return scalars.integer(value, owner, name, minimum=self.minimum, maximum=self.maximum)


@dataclass(frozen=True, slots=True)
class Pair:
    """A whole number, or two of them for height and width."""

    minimum: int = 1

    def __call__(self, value: object, owner: str, name: str) -> tuple[int, int]:
        """Check a value."""
        return scalars.pair(value, owner, name, minimum=self.minimum)


@dataclass(frozen=True, slots=True)
class Real:
    """A finite number within bounds: greater than, at least, less than."""

    above: float | None = None
    minimum: float | None = None
    below: float | None = None

    def __call__(self, value: object, owner: str, name: str) -> float:
        """Check a value."""
        return scalars.real(
            value, owner, name, above=self.above, minimum=self.minimum, below=self.below
        )


@dataclass(frozen=True, slots=True)
class Between:
    """A finite number in a closed range."""

    low: float
    high: float

    def __call__(self, value: object, owner: str, name: str) -> float:
        """Check a value."""
        number = scalars.real(value, owner, name)
        if not self.low <= number <= self.high:
            expected = f"between {self.low:g} and {self.high:g}"
            raise unusable(owner, name, expected, f"{number:g}")
        return number


@dataclass(frozen=True, slots=True)
class Flag:
    """True or False."""

    def __call__(self, value: object, owner: str, name: str) -> bool:
        """Check a value."""
        return scalars.flag(value, owner, name)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several names; ``None`` stands for `default` where there is one."""

    options: tuple[str, ...]
    default: str | None = None

    def __call__(self, value: object, owner: str, name: str) -> str:
        """Check a value."""
        if value is None and self.default is not None:
            return self.default
        return scalars.choice(value, owner, name, self.options)


@dataclass(frozen=True, slots=True)
class Maybe:
    """``None``, or what another constraint accepts."""

    inner: Constraint

    def __call__(self, value: object, owner: str, name: str) -> object:
        """Check a value."""
        return None if value is None else self.inner(value, owner, name)
