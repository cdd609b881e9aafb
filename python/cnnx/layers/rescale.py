"""Rescaling of pixels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from cnnx._checks.constraints import Real
from cnnx._spec import checked
from cnnx.errors import ConfigError
from cnnx.layers._base import Layer


@dataclass(frozen=True, slots=True)
class Rescale(Layer):
    """Rescale inputs: ``y = x * scale + offset``.

    ``Rescale(1/255)`` maps bytes to the range 0 to 1, ``Rescale(1/127.5, -1)`` to -1 to 1. As the
    first layer of a network, it accepts uint8 images.

    Parameters
    ----------
    scale : float
        Factor, not zero.
    offset : float
        Offset, added after scaling.

    Raises
    ------
    TypeError
        If an argument is not a number.
    ConfigError
        If an argument is not finite, or `scale` is 0.
    """

    kind: ClassVar[str] = "rescale"

    scale: float = field(metadata=checked(Real()))
    offset: float = field(default=0.0, metadata=checked(Real()))

    def _check_together(self) -> None:
        """Refuse a scale that erases the image."""
        if self.scale == 0.0:
            raise ConfigError("Rescale: scale must not be 0, which would erase the image")
