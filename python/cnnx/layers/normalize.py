"""Normalisation by fixed means and standard deviations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from cnnx._checks.scalars import describe, real
from cnnx._spec import checked
from cnnx.errors import ConfigError
from cnnx.layers._base import Layer


def _values(value: object, owner: str, name: str, above: float | None = None) -> tuple[float, ...]:
    """Check one number, or one per channel."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, (tuple, list)):
        if not value:
            raise ConfigError(f"{owner}: {name} must have one value per channel, got none")
        return tuple(
            real(entry, owner, f"{name}[{i}]", above=above) for i, entry in enumerate(value)
        )
    if isinstance(value, str) or value is None:
        raise TypeError(
            f"{owner}: {name} must be a number, or one per channel, got {describe(value)}"
        )
    return (real(value, owner, name, above=above),)


def _positive_values(value: object, owner: str, name: str) -> tuple[float, ...]:
    """Check one positive number, or one per channel."""
    return _values(value, owner, name, above=0.0)


@dataclass(frozen=True, slots=True)
class Normalize(Layer):
    """Normalise by a fixed mean and standard deviation: ``y = (x - mean) / std`` per channel.

    Parameters
    ----------
    mean : float or sequence of float
        Mean of each channel of the training images.
    std : float or sequence of float
        Standard deviation of each channel, greater than 0.

    Raises
    ------
    TypeError
        If an argument is neither a number nor a sequence of them.
    ConfigError
        If `mean` and `std` have different lengths, a value is not finite, or a standard deviation
        is not positive.
    """

    kind: ClassVar[str] = "normalize"

    mean: float | Sequence[float] = field(metadata=checked(_values))
    std: float | Sequence[float] = field(metadata=checked(_positive_values))

    def _check_together(self) -> None:
        """Check that mean and std have the same number of channels."""
        means, stds = self.to_dict()["mean"], self.to_dict()["std"]
        if len(means) != len(stds):
            raise ConfigError(
                "Normalize: mean and std must have one value per channel, "
                f"got {len(means)} and {len(stds)}"
            )
