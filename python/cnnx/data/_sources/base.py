"""The base class of all sources of batches."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from cnnx._types import Array
from cnnx.data.source import Batch
from cnnx.errors import ConfigError

VALIDATION_BATCH = 256
"""The batch size for validation; the results do not depend on it."""


@contextmanager
def opened(batches: Iterator[Batch]) -> Iterator[Iterator[Batch]]:
    """Close an iterator of batches on exit, even if it is not exhausted."""
    try:
        yield batches
    finally:
        close = getattr(batches, "close", None)
        if close is not None:
            close()


class PreparedSource(ABC):
    """A source of checked batches, with the properties that are known in advance."""

    samples: int | None = None
    steps: int | None = None
    labels: Array | None = None
    """The checked labels of all images, if known."""
    once: bool = False
    """Whether the source can be used for a single epoch only."""

    @abstractmethod
    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """Yield the batches of an epoch, from batch `start` on."""

    @property
    def described(self) -> dict[str, Any]:
        """A description of the data, to detect whether a checkpoint belongs to another call."""
        return {"samples": self.samples, "batches": self.steps}

    def split(self, fraction: float) -> tuple[Self, PreparedSource]:
        """Split off the last part of the images for validation."""
        raise ConfigError(
            "train: validation_split can only be used with arrays x and y; pass validation_data"
        )

    def weighted(self, weights: Array) -> Self:
        """Return a source with a weight for each image, if the images are known in advance."""
        raise TypeError(
            "train: sample weights can only be used with arrays; let x yield batches of "
            "(x, y, weights) instead"
        )


class UsersSource(PreparedSource):
    """A custom source, whose batches are already in the engine's format."""

    def __init__(self, source: Any) -> None:
        self._source = source
        self.samples, self.steps = source.samples, source.steps

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """Yield the batches of an epoch, from batch `start` on."""
        return self._source.epoch(number, start)  # type: ignore[no-any-return]
