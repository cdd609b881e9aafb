"""Augmentations that move pixels. Consecutive ones are carried out as one map."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from cnnx._checks.constraints import Between, Pair
from cnnx._spec import checked
from cnnx.augment._base import FILL, Augmentation
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
        If an argument has an invalid value.
    """

    kind: ClassVar[str] = "crop"

    padding: int | tuple[int, int] = field(default=4, metadata=checked(Pair(0)))
    fill: float = field(default=0.0, metadata=checked(FILL))


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

    p: float = field(default=0.5, metadata=checked(Between(0.0, 1.0)))


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

    p: float = field(default=0.5, metadata=checked(Between(0.0, 1.0)))


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
        If an argument has an invalid value.
    """

    kind: ClassVar[str] = "shift"

    fraction: float = field(default=0.1, metadata=checked(Between(0.0, 1.0)))
    fill: float = field(default=0.0, metadata=checked(FILL))


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
        If an argument has an invalid value.
    """

    kind: ClassVar[str] = "rotate"

    degrees: float = field(default=10.0, metadata=checked(Between(0.0, 180.0)))
    fill: float = field(default=0.0, metadata=checked(FILL))


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
        If an argument has an invalid value.
    """

    kind: ClassVar[str] = "scale"

    low: float = field(default=0.9, metadata=checked(Between(0.01, 100.0)))
    high: float = field(default=1.1, metadata=checked(Between(0.01, 100.0)))
    fill: float = field(default=0.0, metadata=checked(FILL))

    def _check_together(self) -> None:
        """Compare the bounds."""
        if self.low > self.high:
            raise ConfigError(
                f"Scale: low must not be greater than high, got {self.low:g} and {self.high:g}; "
                "exchange them"
            )


__all__ = ["HorizontalFlip", "RandomCrop", "Rotation", "Scale", "Shift", "VerticalFlip"]
