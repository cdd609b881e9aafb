"""The base class of all augmentations, and checks that several of them share."""

from __future__ import annotations

from dataclasses import dataclass

from cnnx._checks.scalars import real
from cnnx._spec import Configurable
from cnnx.errors import ConfigError

LARGEST_FILL = 1e30


@dataclass(frozen=True, slots=True)
class Augmentation(Configurable):
    """One random change of training images, as its user wrote it.

    It holds arguments only; the engine draws and applies it while it loads a batch.
    """


def within(value: object, owner: str, name: str, low: float, high: float) -> float:
    """Check a number between two bounds, both included."""
    number = real(value, owner, name)
    if not low <= number <= high:
        raise ConfigError(f"{owner}: {name} must be between {low:g} and {high:g}, got {number:g}")
    return number


def fill_value(value: object, owner: str) -> float:
    """Check the value that new pixels get."""
    return within(value, owner, "fill", -LARGEST_FILL, LARGEST_FILL)
