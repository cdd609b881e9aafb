"""Lazy imports: names of a package that are imported on first use.

Type checkers see the names through imports under ``TYPE_CHECKING``; at run time, the package's
``__getattr__`` imports them, once each.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


def finder(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a package."""

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value: Any = importlib.import_module(f"{package}.{homes[name]}")
        if name != homes[name]:
            value = getattr(value, name)
        setattr(sys.modules[package], name, value)
        return value

    return find


class Registry(Mapping[str, type[T]]):
    """Classes by kind, imported on first use."""

    def __init__(self, package: str, names: Mapping[str, str]) -> None:
        self._package = package
        self._names = names

    def __getitem__(self, kind: str) -> type[T]:
        """Return the class of a kind; raises ``KeyError`` if there is none."""
        found: type[T] = getattr(sys.modules[self._package], self._names[kind])
        return found

    def __contains__(self, kind: object) -> bool:
        """Whether a kind exists."""
        return kind in self._names

    def __iter__(self) -> Iterator[str]:
        """Iterate over the kinds."""
        return iter(self._names)

    def __len__(self) -> int:
        """Return the number of kinds."""
        return len(self._names)
