"""Geometric augmentations. Consecutive ones are combined into one transformation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from cnnx._checks.constraints import Between, Pair
from cnnx._spec import checked
from cnnx.augment._base import FILL, Augmentation
from cnnx.errors import ConfigError


@dataclass(frozen=True, slots=True)
class RandomCrop(Augmentation):
    """Pads all sides, then crops a window of the original size at a random position.

    The corner of the window is uniformly distributed over the ``(2 * padding + 1) ** 2`` possible
    positions. Values are copied without interpolation.

    Parameters
    ----------
    padding : int or (int, int)
        The number of pixels added on each side, or at (top and bottom, left and right); smaller
        than the image.
    fill : float
        The value of the added pixels, in the units of the data (0 to 255 for uint8).

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
    """Flips images left and right.

    Parameters
    ----------
    p : float
        The probability of a flip, 0 to 1.

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
    """Flips images top and bottom.

    Parameters
    ----------
    p : float
        The probability of a flip, 0 to 1.

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
    """Shifts images by whole pixels.

    The vertical shift is uniform in ``[-fraction, fraction] * height``, the horizontal one in
    ``[-fraction, fraction] * width``. Both are rounded to whole pixels, so that values are copied
    without interpolation.

    Parameters
    ----------
    fraction : float
        The maximum shift as a fraction of the image size, 0 to 1.
    fill : float
        The value of pixels from outside the image, in the units of the data.

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
    """Rotates images about the centre by a random angle, with bilinear interpolation.

    Parameters
    ----------
    degrees : float
        The maximum angle in degrees, 0 to 180; the angle is uniform in ``[-degrees, degrees]``.
    fill : float
        The value of pixels from outside the image, in the units of the data.

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

    The size of the image does not change: factors above 1 crop the border, factors below 1 add
    one.

    Parameters
    ----------
    low, high : float
        The minimum and maximum factor, 0.01 to 100; the factor is uniform in ``[low, high]``.
    fill : float
        The value of pixels from outside the image, in the units of the data.

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
