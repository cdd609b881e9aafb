"""Selection of weights by layer index, name, pattern or function."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from cnnx._checks.scalars import describe, integer, near
from cnnx.errors import ConfigError

Choice: TypeAlias = int | str | Callable[[str], bool]
"""A layer's index, a name, a prefix or pattern of names, or a function of the name."""

Selection: TypeAlias = Choice | Iterable[Choice] | None
"""One choice, several, or all weights."""


def names(layers: Selection, owner: str, known: Sequence[str], layer_count: int) -> list[str]:
    """Return the selected names, in the order of the network."""
    if layers is None:
        return list(known)
    choices: Iterable[object] = [layers]
    if not (isinstance(layers, (int, str)) or callable(layers)):
        if not isinstance(layers, Iterable):
            raise TypeError(
                f"{owner}: layers must be indices, names or a function, got {describe(layers)}"
            )
        choices = layers
    found: set[str] = set()
    for choice in choices:
        found |= _meant(choice, owner, known, layer_count)
    return [name for name in known if name in found]


def _meant(choice: object, owner: str, known: Sequence[str], layer_count: int) -> set[str]:
    """Return the names selected by one choice."""
    if isinstance(choice, str):
        meant = {n for n in known if n == choice or n.startswith(f"{choice}.")}
        meant = meant or set(fnmatch.filter(known, choice))
        if not meant:
            raise ConfigError(
                f"{owner}: no weights match {choice!r}{near(choice, known)}; the network has "
                f"{', '.join(known[:12])}{', ...' if len(known) > 12 else ''}"
            )
        return meant
    if callable(choice):
        return {name for name in known if choice(name)}
    index = integer(choice, owner, "a layer's index", minimum=-layer_count, maximum=layer_count - 1)
    return {name for name in known if name.startswith(f"{index % layer_count}.")}
