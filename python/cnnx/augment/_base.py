"""The base class of all augmentations, and checks that several of them share."""

from __future__ import annotations

from dataclasses import dataclass

from cnnx._configurable import Configurable
from cnnx._validate import real
from cnnx.errors import ConfigError

LARGEST_FILL = 1e30


@dataclass(frozen=True, slots=True)
class Augmentation(Configurable):
    """One random change of training images, as its user wrote it.

    It holds arguments only; the engine draws and applies it while it loads a batch.
    """


def within(value: object, owner: str, name: str, low: float, high: float) -> float:
    """Check a number between two bounds, both included.

    Parameters
    ----------
    value : object
        The argument as given.
    owner, name : str
        What the message calls it.
    low, high : float
        The bounds.

    Returns
    -------
    float
        The number.

    Raises
    ------
    TypeError
        If it is not a number.
    ConfigError
        If it is not finite or lies outside the bounds.
    """
    number = real(value, owner, name)
    if not low <= number <= high:
        raise ConfigError(f"{owner}: {name} must be between {low:g} and {high:g}, got {number:g}")
    return number


def fill_value(value: object, owner: str) -> float:
    """Check the value that new pixels get.

    Parameters
    ----------
    value : object
        The argument as given.
    owner : str
        What the message calls its owner.

    Returns
    -------
    float
        The number.

    Raises
    ------
    TypeError
        If it is not a number.
    ConfigError
        If it is not finite or very large.
    """
    return within(value, owner, "fill", -LARGEST_FILL, LARGEST_FILL)
