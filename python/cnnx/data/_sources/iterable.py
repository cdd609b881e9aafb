"""Batches that come one after the other: generators, factories of them, loaders."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from cnnx.data._sources.base import PreparedSource
from cnnx.data._sources.items import ReadItem
from cnnx.data._sources.prefetch import Prefetcher
from cnnx.data.source import Batch


class IterableSource(PreparedSource):
    """An iterable of batches as a source; they are made in a thread, ahead of their use."""

    def __init__(
        self,
        batches: Iterable[Any] | Callable[..., Iterable[Any]],
        read: ReadItem,
        *,
        steps: int | None = None,
        name: str = "x",
    ) -> None:
        self._read_item = read
        self._limit = steps
        self._name = name
        self._begin = _beginner(batches, name)
        self._iterator = batches if isinstance(batches, Iterator) else None
        self._used = False
        self.once = self._iterator is not None and steps is None
        self.steps = steps if steps is not None else _length(batches)

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """Give the batches of one epoch from batch `start` on, prepared ahead."""
        if self.once and self._used:
            raise ValueError(once(self._name))
        self._used = True
        return Prefetcher(self._read(number, start))

    def _read(self, number: int, start: int) -> Iterator[Batch]:
        """Go through the batches of an epoch; runs in the thread."""
        items = self._iterator if self._iterator is not None else self._begin(number)
        count = 0
        for item in itertools.islice(items, self._limit):
            if count >= start:
                yield self._read_item(item, f"batch {count} of {self._name}")
            count += 1
        if self._limit is not None and count < self._limit:
            raise ValueError(
                f"{self._name}: expected {self._limit} batches in an epoch (steps={self._limit}), "
                f"got {count}; make it give more, or lower steps"
            )
        if count == 0 or count < start:
            wanted = f"at least {start} batches, to resume after them" if start else "some batches"
            got = count or "none"
            raise ValueError(f"{self._name}: expected {wanted} in an epoch, got {got}")


def once(name: str) -> str:
    """Say that an iterator does not last for several epochs, and what does."""
    call = "train(make_batches, ...)" if name == "x" else f"{name}=make_batches"
    return (
        f"{name}: an iterator can be gone through once, so it serves for epochs=1; for more pass a "
        f"function that makes one ({call}, where make_batches() is a generator), or "
        "data.Batches(iterator, steps=...) if it never ends"
    )


def _beginner(
    batches: Iterable[Any] | Callable[..., Iterable[Any]], name: str
) -> Callable[[int], Iterable[Any]]:
    """Make the function that begins an epoch, given its number."""
    if isinstance(batches, Iterable):
        return lambda _: batches
    make = batches
    if _takes_argument(make):
        return lambda number: _checked(make(number), name)
    return lambda _: _checked(make(), name)


def _checked(made: object, name: str) -> Iterable[Any]:
    """Check what a factory gave."""
    if not isinstance(made, Iterable):
        raise TypeError(
            f"{name}: the function must give an iterable of batches (x, y), as a generator "
            f"function does, got {type(made).__name__}"
        )
    return made


def _takes_argument(function: Callable[..., Any]) -> bool:
    """Whether a function has a parameter that can be given by position."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # some builtins do not say
        return False
    return any(
        parameter.kind in {parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD}
        and (parameter.default is parameter.empty or parameter.name == "epoch")
        for parameter in parameters
    )


def _length(batches: object) -> int | None:
    """Ask for the number of batches; loaders of unknown length refuse to say."""
    if not hasattr(type(batches), "__len__"):
        return None
    try:
        return len(batches)  # type: ignore[arg-type] # has __len__, as asked before
    except TypeError:
        return None
