"""Zero padding layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np

from cnnx._checks.scalars import integer, pair
from cnnx._spec import checked
from cnnx.errors import ConfigError
from cnnx.layers._base import Layer

Sides = tuple[tuple[int, int], tuple[int, int]]


def _sides(value: object, owner: str = "ZeroPad2D", name: str = "padding") -> Sides:
    """Convert the padding to the form ((top, bottom), (left, right))."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, (tuple, list)) and any(isinstance(v, (tuple, list)) for v in value):
        if len(value) != 2 or not all(isinstance(v, (tuple, list)) and len(v) == 2 for v in value):
            raise ConfigError(
                f"{owner}: {name} must be a number, (height, width) or "
                f"((top, bottom), (left, right)), got {value!r}"
            )
        rows, columns = (
            (_count(side[0], i, 0), _count(side[1], i, 1)) for i, side in enumerate(value)
        )
        return rows, columns
    height, width = pair(value, owner, name, minimum=0)
    return (height, height), (width, width)


def _count(value: object, axis: int, side: int) -> int:
    return integer(value, "ZeroPad2D", f"padding[{axis}][{side}]", minimum=0)


@dataclass(frozen=True, slots=True)
class ZeroPad2D(Layer):
    """Zero padding: rows and columns of zeros around each map.

    Input (channels, height, width) per image, output (channels, top + height + bottom,
    left + width + right). The padding of `Conv2D` costs nothing; use this layer for what it cannot
    do, such as different numbers on opposite sides.

    Parameters
    ----------
    padding : int, (int, int) or ((int, int), (int, int))
        Number of zeros: on all sides; (height, width); or ((top, bottom), (left, right)).

    Raises
    ------
    TypeError
        If `padding` has none of these forms.
    ConfigError
        If a number is negative or too large.
    """

    kind: ClassVar[str] = "zero_pad2d"

    padding: int | tuple[int, int] | Sides = field(metadata=checked(_sides))

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as a dict, with the padding as [top, bottom, left, right].

        Returns
        -------
        dict[str, Any]
            ``{"kind": "zero_pad2d", "padding": [top, bottom, left, right]}``.
        """
        rows, columns = _sides(self.padding)
        return {"kind": self.kind, "padding": [*rows, *columns]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Create a layer from its dictionary form.

        Parameters
        ----------
        values : Mapping[str, Any]
            What `to_dict` returned.

        Returns
        -------
        Self
            An equal layer.

        Raises
        ------
        ConfigError
            If an argument is unknown, missing or has an invalid value.
        TypeError
            If `padding` has the wrong type.
        """
        padding = values.get("padding")
        if isinstance(padding, (list, tuple)) and len(padding) == 4:
            values = {**values, "padding": (tuple(padding[:2]), tuple(padding[2:]))}
        return super(ZeroPad2D, cls).from_dict(values)
