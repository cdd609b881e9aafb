"""What all sources have in common, beside the batches that they give."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from cnnx._checks.scalars import describe
from cnnx._types import Array
from cnnx.data.source import Batch
from cnnx.errors import ConfigError

VALIDATION_BATCH = 256
"""How many images are scored at once in validation; the scores do not depend on it."""


@contextmanager
def opened(batches: Iterator[Batch]) -> Iterator[Iterator[Batch]]:
    """Close batches that are made ahead, also when they are left early."""
    try:
        yield batches
    finally:
        close = getattr(batches, "close", None)
        if close is not None:
            close()


class PreparedSource(ABC):
    """A source of checked batches, and what is known about it before the first one."""

    samples: int | None = None
    steps: int | None = None
    labels: Array | None = None
    """The checked labels of all images, where they are known."""
    once: bool = False
    """Whether there is one epoch only."""

    @abstractmethod
    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """Give the batches of one epoch from batch `start` on."""

    @property
    def described(self) -> dict[str, Any]:
        """The data as plain values, by which a checkpoint is told from that of another call."""
        return {"samples": self.samples, "batches": self.steps}

    def split(self, fraction: float) -> tuple[Self, PreparedSource]:
        """Hold out the last part of the images."""
        raise ConfigError("train: validation_split goes with arrays, x and y; pass validation_data")

    def weighted(self, weights: Array) -> Self:
        """Give each image a weight, where the images are known."""
        raise TypeError(
            "train: weights of images go with arrays; let x give batches of (x, y, weights) instead"
        )


class UsersSource(PreparedSource):
    """A source that a user wrote; its batches are in the engine's form already."""

    def __init__(self, source: Any, name: str = "x") -> None:
        self._source = source
        self._name = name
        self.samples, self.steps = source.samples, source.steps

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """Give the batches of one epoch from batch `start` on."""
        with opened(self._source.epoch(number, start)) as batches:
            for batch in batches:
                if not isinstance(batch, Batch):
                    raise TypeError(
                        f"{self._name}: {type(self._source).__name__}.epoch must give objects of "
                        f"cnnx.data.Batch, got {describe(batch)}; give Batch(x, y), or pass a "
                        "function that makes a generator of (x, y)"
                    )
                yield batch
