"""Augmentations that move pixels. Consecutive ones are combined into one transformation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from cnnx._checks.constraints import Between, Pair
from cnnx._spec import checked
from cnnx.augment._base import FILL, Augmentation
from cnnx.errors import ConfigError


@dataclass(frozen=True, slots=True)
class RandomCrop(Augmentation):
    """Pad all sides, then crop a window of the image's size at a random position.

    All ``(2 * padding + 1) ** 2`` positions are equally likely. Pixels are copied without
    interpolation.

    Parameters
    ----------
    padding : int or (int, int)
        Pixels added on each side, in height and width; smaller than the image.
    fill : float
        Value of the padding, in the units of the data (0 to 255 for uint8).

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
    """Flip images horizontally.

    Parameters
    ----------
    p : float
        Probability, 0 to 1.

    Raises
    ------
    TypeError
        If `p` is not a number.
    ConfigError
        If `p` is outside 0 to 1.
    """

    kind: ClassVar[str] = "flip"

    p: float = field(default=0.5, metadata=checked(Between(0.0, 1.0)))


@dataclass(frozen=True, slots=True)
class VerticalFlip(Augmentation):
    """Flip images vertically.

    Parameters
    ----------
    p : float
        Probability, 0 to 1.

    Raises
    ------
    TypeError
        If `p` is not a number.
    ConfigError
        If `p` is outside 0 to 1.
    """

    kind: ClassVar[str] = "vflip"

    p: float = field(default=0.5, metadata=checked(Between(0.0, 1.0)))


@dataclass(frozen=True, slots=True)
class Shift(Augmentation):
    """Shift the image by whole pixels.

    The distance down is uniform in ``[-fraction, fraction] * height``, the one to the right in
    ``[-fraction, fraction] * width``, both rounded to whole pixels. Pixels are copied without
    interpolation.

    Parameters
    ----------
    fraction : float
        Largest distance as a fraction of the image's size, 0 to 1.
    fill : float
        Value of new pixels, in the units of the data.

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
    """Rotate about the centre, by an angle uniform in ``[-degrees, degrees]``; bilinear.

    Parameters
    ----------
    degrees : float
        Largest angle, 0 to 180.
    fill : float
        Value of new pixels, in the units of the data.

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
    """Zooms images about the centre by a random factor, with bilinear interpolation.

    The image keeps its size: a factor above 1 crops it, one below 1 adds a border.

    Parameters
    ----------
    low, high : float
        Smallest and largest factor, 0.01 to 100.
    fill : float
        Value of new pixels, in the units of the data.

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
        """Check that the bounds are in order."""
        if self.low > self.high:
            raise ConfigError(
                f"Scale: low must not be greater than high, got {self.low:g} and {self.high:g}; "
                "swap them"
            )


__all__ = ["HorizontalFlip", "RandomCrop", "Rotation", "Scale", "Shift", "VerticalFlip"]
