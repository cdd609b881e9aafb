"""`Batches`: an infinite stream of batches, split into epochs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from cnnx._checks.scalars import describe, integer


class Batches:
    """Splits an infinite stream of batches into epochs.

    Parameters
    ----------
    batches : iterable or callable
        An iterator of batches (x, y) or (x, y, weights), which continues from epoch to epoch; or an
        iterable, or a function that returns one, which is restarted for each epoch. The function is
        called with the number of the epoch if it accepts an argument.
    steps : int
        The number of batches per epoch.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If `steps` is smaller than 1.
    """

    __slots__ = ("batches", "steps")

    def __init__(self, batches: Iterable[Any] | Callable[..., Iterable[Any]], steps: int) -> None:
        if not isinstance(batches, Iterable) and not callable(batches):
            raise TypeError(
                "Batches: batches must be an iterable of (x, y), or a function that returns one, "
                f"got {describe(batches)}"
            )
        self.batches = batches
        self.steps = integer(steps, "Batches", "steps")


__all__ = ["Batches"]
