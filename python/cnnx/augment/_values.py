"""Augmentations that change the values of pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from cnnx._checks.scalars import describe, real
from cnnx.augment._base import Augmentation, fill_value, within
from cnnx.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Erase(Augmentation):
    """Fill a random rectangle with one value.

    Its area, as a part of the image's, is uniform in `area`; the logarithm of its height over its
    width is uniform between those of `ratio`; sides are rounded to whole pixels and all places are
    as likely. A rectangle that does not fit is drawn again, ten times at most; then the image stays
    as it is.

    Parameters
    ----------
    p : float
        The probability, 0 to 1.
    area : (float, float)
        The smallest and the largest part of the image, greater than 0 and at most 1.
    ratio : (float, float)
        The smallest and the largest ratio of height to width, greater than 0.
    fill : float
        The value, in the units of the data.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an unusable value.

    References
    ----------
    Z. Zhong, L. Zheng, G. Kang, S. Li, Y. Yang: Random erasing data augmentation. arXiv 1708.04896
    (2017), AAAI (2020).
    """

    kind: ClassVar[str] = "erase"

    p: float = 0.5
    area: tuple[float, float] = (0.02, 0.33)
    ratio: tuple[float, float] = (0.3, 3.3)
    fill: float = 0.0

    def __post_init__(self) -> None:
        """Check the arguments and bring them into one form."""
        self._set("p", within(self.p, "Erase", "p", 0.0, 1.0))
        self._set("area", _interval(self.area, "area", 1.0))
        self._set("ratio", _interval(self.ratio, "ratio", 1e6))
        self._set("fill", fill_value(self.fill, "Erase"))


@dataclass(frozen=True, slots=True)
class Brightness(Augmentation):
    """Multiply all values by one factor, uniform in ``[1 - amount, 1 + amount]``.

    Images of bytes stay within 0 to 255 (and are not rounded); others have no bounds.

    Parameters
    ----------
    amount : float
        The largest relative change, 0 to 1.

    Raises
    ------
    TypeError
        If it is not a number.
    ConfigError
        If it lies outside 0 to 1.
    """

    kind: ClassVar[str] = "brightness"

    amount: float = 0.2

    def __post_init__(self) -> None:
        """Check the amount."""
        self._set("amount", within(self.amount, "Brightness", "amount", 0.0, 1.0))


@dataclass(frozen=True, slots=True)
class Contrast(Augmentation):
    """Multiply the distance from the image's mean by a factor of ``[1 - amount, 1 + amount]``.

    The mean is that of all values of all channels. Images of bytes stay within 0 to 255 (and are
    not rounded); others have no bounds.

    Parameters
    ----------
    amount : float
        The largest relative change, 0 to 1.

    Raises
    ------
    TypeError
        If it is not a number.
    ConfigError
        If it lies outside 0 to 1.
    """

    kind: ClassVar[str] = "contrast"

    amount: float = 0.2

    def __post_init__(self) -> None:
        """Check the amount."""
        self._set("amount", within(self.amount, "Contrast", "amount", 0.0, 1.0))


def _interval(value: object, name: str, most: float) -> tuple[float, float]:
    """Check two positive numbers in order."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise TypeError(f"Erase: {name} must be two numbers (low, high), got {describe(value)}")
    low = real(value[0], "Erase", f"{name}[0]", above=0.0)
    high = within(value[1], "Erase", f"{name}[1]", 0.0, most)
    if low > high:
        raise ConfigError(
            f"Erase: {name} must be (low, high) with low at most high, got ({low:g}, {high:g})"
        )
    return low, high


__all__ = ["Brightness", "Contrast", "Erase"]
