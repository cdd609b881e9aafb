"""`Batches`: an iterable of batches together with what it cannot say about itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from cnnx._checks.scalars import describe, integer


class Batches:
    """Batches that come without end, cut into epochs.

    Parameters
    ----------
    batches : iterable or callable
        An iterator of batches (x, y) or (x, y, weights), from which each epoch takes the next
        ones; or an iterable or a function that makes one, with which each epoch begins anew. The
        function is given the number of the epoch if it takes an argument.
    steps : int
        How many batches make an epoch.

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
                "Batches: batches must be an iterable of (x, y), or a function that makes one, "
                f"got {describe(batches)}"
            )
        self.batches = batches
        self.steps = integer(steps, "Batches", "steps")


__all__ = ["Batches"]
