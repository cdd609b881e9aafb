"""Augmentations that change pixel values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from cnnx._checks.constraints import Between
from cnnx._checks.scalars import describe, real
from cnnx._spec import checked
from cnnx.augment._base import FILL, Augmentation
from cnnx.errors import ConfigError


def _interval(value: object, owner: str, name: str, most: float) -> tuple[float, float]:
    """Check an interval of positive numbers."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise TypeError(f"{owner}: {name} must be two numbers (low, high), got {describe(value)}")
    low = real(value[0], owner, f"{name}[0]", above=0.0)
    high = Between(0.0, most)(value[1], owner, f"{name}[1]")
    if low > high:
        raise ConfigError(
            f"{owner}: {name} must be (low, high) with low at most high, got ({low:g}, {high:g})"
        )
    return low, high


def _area(value: object, owner: str, name: str) -> tuple[float, float]:
    """Check the range of the fraction of the image."""
    return _interval(value, owner, name, 1.0)


def _ratio(value: object, owner: str, name: str) -> tuple[float, float]:
    """Check the range of the ratio of height to width."""
    return _interval(value, owner, name, 1e6)


@dataclass(frozen=True, slots=True)
class Erase(Augmentation):
    """Random erasing: fills a random rectangle with a constant value.

    Its area, as a fraction of the image's, is uniform in `area`; the logarithm of its aspect ratio
    (height / width) is uniform between those of `ratio`; sides are rounded to whole pixels, and all
    positions are equally likely. A rectangle that does not fit is drawn again, at most ten times;
    then the image is not changed.

    Parameters
    ----------
    p : float
        Probability, 0 to 1.
    area : (float, float)
        Smallest and largest fraction of the image, in (0, 1].
    ratio : (float, float)
        Smallest and largest ratio of height to width, greater than 0.
    fill : float
        Value, in the units of the data.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an invalid value.

    References
    ----------
    Z. Zhong, L. Zheng, G. Kang, S. Li, Y. Yang: Random erasing data augmentation. arXiv 1708.04896
    (2017), AAAI (2020).
    """

    kind: ClassVar[str] = "erase"

    p: float = field(default=0.5, metadata=checked(Between(0.0, 1.0)))
    area: tuple[float, float] = field(default=(0.02, 0.33), metadata=checked(_area))
    ratio: tuple[float, float] = field(default=(0.3, 3.3), metadata=checked(_ratio))
    fill: float = field(default=0.0, metadata=checked(FILL))


@dataclass(frozen=True, slots=True)
class Brightness(Augmentation):
    """Multiplies all values of an image by a random factor.

    uint8 images are clipped to 0 to 255 (and not rounded); others have no bounds.

    Parameters
    ----------
    amount : float
        Largest relative change, 0 to 1.

    Raises
    ------
    TypeError
        If `amount` is not a number.
    ConfigError
        If `amount` is outside 0 to 1.
    """

    kind: ClassVar[str] = "brightness"

    amount: float = field(default=0.2, metadata=checked(Between(0.0, 1.0)))


@dataclass(frozen=True, slots=True)
class Contrast(Augmentation):
    """Multiply the difference from the image's mean by a factor in ``[1 - amount, 1 + amount]``.

    The mean is taken over all channels. uint8 images are clipped to 0 to 255 (and not rounded);
    others have no bounds.

    Parameters
    ----------
    amount : float
        Largest relative change, 0 to 1.

    Raises
    ------
    TypeError
        If `amount` is not a number.
    ConfigError
        If `amount` is outside 0 to 1.
    """

    kind: ClassVar[str] = "contrast"

    amount: float = field(default=0.2, metadata=checked(Between(0.0, 1.0)))


__all__ = ["Brightness", "Contrast", "Erase"]
