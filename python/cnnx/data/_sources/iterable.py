"""Source for iterables of batches: generators, generator functions, loaders."""

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
    """A source for an iterable of batches, which is consumed in a background thread."""

    def __init__(
        self,
        batches: Iterable[Any] | Callable[..., Iterable[Any]],
        read: ReadItem,
        *,
        steps: int | None = None,
    ) -> None:
        self._read_item = read
        self._limit = steps
        self._begin = _beginner(batches)
        self._iterator = batches if isinstance(batches, Iterator) else None
        self._used = False
        self.once = self._iterator is not None and steps is None
        self.steps = steps if steps is not None else _length(batches)

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """Return the batches of an epoch from batch `start` on, prefetched by a thread."""
        if self.once and self._used:
            raise ValueError(ONCE)
        self._used = True
        return Prefetcher(self._read(number, start))

    def _read(self, number: int, start: int) -> Iterator[Batch]:
        """Yield the batches of an epoch; runs in the thread."""
        items = self._iterator if self._iterator is not None else self._begin(number)
        count = 0
        for item in itertools.islice(items, self._limit):
            if count >= start:
                yield self._read_item(item, f"batch {count} of x")
            count += 1
        if self._limit is not None and count < self._limit:
            raise ValueError(
                f"x: expected {self._limit} batches per epoch (steps={self._limit}), "
                f"got {count}; provide more batches or reduce steps"
            )
        if count == 0 or count < start:
            wanted = f"at least {start} batches, to resume after them" if start else "some batches"
            raise ValueError(f"x: expected {wanted} in an epoch, got {count or 'none'}")


ONCE = (
    "x: an iterator can be consumed only once, so it can only be used with epochs=1; for more "
    "epochs, pass a generator function (train(make_batches, ...)), or "
    "data.Batches(iterator, steps=...) if it is infinite"
)


def _beginner(
    batches: Iterable[Any] | Callable[..., Iterable[Any]],
) -> Callable[[int], Iterable[Any]]:
    """Return a function that starts an epoch, given its number."""
    if isinstance(batches, Iterable):
        return lambda _: batches
    make = batches
    if _takes_argument(make):
        return lambda number: _checked(make(number))
    return lambda _: _checked(make())


def _checked(made: object) -> Iterable[Any]:
    """Check the result of the user's function."""
    if not isinstance(made, Iterable):
        raise TypeError(
            "x: the function must return an iterable of batches (x, y), as a generator function "
            f"does, got {type(made).__name__}"
        )
    return made


def _takes_argument(function: Callable[..., Any]) -> bool:
    """Whether a function has a positional parameter for the epoch."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # some built-in functions have no signature
        return False
    return any(
        parameter.kind in {parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD}
        and (parameter.default is parameter.empty or parameter.name == "epoch")
        for parameter in parameters
    )


def _length(batches: object) -> int | None:
    """Return the number of batches, or None if it is unknown."""
    if not hasattr(type(batches), "__len__"):
        return None
    try:
        return len(batches)  # type: ignore[arg-type] # has __len__, as checked above
    except TypeError:  # raised by loaders of unknown length
        return None
