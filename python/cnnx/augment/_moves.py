"""Augmentations that move pixels. Consecutive ones are carried out as one map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cnnx._checks.scalars import pair
from cnnx.augment._base import Augmentation, fill_value, within
from cnnx.errors import ConfigError


@dataclass(frozen=True, slots=True)
class RandomCrop(Augmentation):
    """Pad all sides, then cut out a window of the image's size at a random place.

    The window's corner is one of the ``(2 * padding + 1) ** 2`` possible ones, each as likely.
    Values are copied as they are.

    Parameters
    ----------
    padding : int or (int, int)
        Pixels added at each side, in height and in width; smaller than the image.
    fill : float
        Their value, in the units of the data (0 to 255 for bytes).

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an unusable value.
    """

    kind: ClassVar[str] = "crop"

    padding: int | tuple[int, int] = 4
    fill: float = 0.0

    def __post_init__(self) -> None:
        """Check the arguments and bring them into one form."""
        self._set("padding", pair(self.padding, "RandomCrop", "padding", minimum=0))
        self._set("fill", fill_value(self.fill, "RandomCrop"))


@dataclass(frozen=True, slots=True)
class HorizontalFlip(Augmentation):
    """Mirror left and right.

    Parameters
    ----------
    p : float
        The probability, 0 to 1.

    Raises
    ------
    TypeError
        If it is not a number.
    ConfigError
        If it lies outside 0 to 1.
    """

    kind: ClassVar[str] = "flip"

    p: float = 0.5

    def __post_init__(self) -> None:
        """Check the probability."""
        self._set("p", within(self.p, "HorizontalFlip", "p", 0.0, 1.0))


@dataclass(frozen=True, slots=True)
class VerticalFlip(Augmentation):
    """Mirror top and bottom.

    Parameters
    ----------
    p : float
        The probability, 0 to 1.

    Raises
    ------
    TypeError
        If it is not a number.
    ConfigError
        If it lies outside 0 to 1.
    """

    kind: ClassVar[str] = "vflip"

    p: float = 0.5

    def __post_init__(self) -> None:
        """Check the probability."""
        self._set("p", within(self.p, "VerticalFlip", "p", 0.0, 1.0))


@dataclass(frozen=True, slots=True)
class Shift(Augmentation):
    """Move the image by whole pixels.

    The distance down is uniform in ``[-fraction, fraction] * height``, the one to the right in
    ``[-fraction, fraction] * width``, both rounded to whole pixels, so that values are copied as
    they are.

    Parameters
    ----------
    fraction : float
        The largest distance as a part of the image's size, 0 to 1.
    fill : float
        The value of pixels that come in, in the units of the data.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an unusable value.
    """

    kind: ClassVar[str] = "shift"

    fraction: float = 0.1
    fill: float = 0.0

    def __post_init__(self) -> None:
        """Check the arguments."""
        self._set("fraction", within(self.fraction, "Shift", "fraction", 0.0, 1.0))
        self._set("fill", fill_value(self.fill, "Shift"))


@dataclass(frozen=True, slots=True)
class Rotation(Augmentation):
    """Turn about the centre, by an angle uniform in ``[-degrees, degrees]``; bilinear.

    Parameters
    ----------
    degrees : float
        The largest angle, 0 to 180.
    fill : float
        The value of pixels that come in, in the units of the data.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an unusable value.
    """

    kind: ClassVar[str] = "rotate"

    degrees: float = 10.0
    fill: float = 0.0

    def __post_init__(self) -> None:
        """Check the arguments."""
        self._set("degrees", within(self.degrees, "Rotation", "degrees", 0.0, 180.0))
        self._set("fill", fill_value(self.fill, "Rotation"))


@dataclass(frozen=True, slots=True)
class Scale(Augmentation):
    """Enlarge or shrink about the centre, by a factor uniform in ``[low, high]``; bilinear.

    The image keeps its size: above 1 its border is lost, below 1 a border comes in.

    Parameters
    ----------
    low, high : float
        The smallest and the largest factor, 0.01 to 100.
    fill : float
        The value of pixels that come in, in the units of the data.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an unusable value.
    """

    kind: ClassVar[str] = "scale"

    low: float = 0.9
    high: float = 1.1
    fill: float = 0.0

    def __post_init__(self) -> None:
        """Check the arguments."""
        low = within(self.low, "Scale", "low", 0.01, 100.0)
        high = within(self.high, "Scale", "high", 0.01, 100.0)
        if low > high:
            raise ConfigError(
                f"Scale: low must not be greater than high, got {low:g} and {high:g}; exchange them"
            )
        self._set("low", low)
        self._set("high", high)
        self._set("fill", fill_value(self.fill, "Scale"))


__all__ = ["HorizontalFlip", "RandomCrop", "Rotation", "Scale", "Shift", "VerticalFlip"]
