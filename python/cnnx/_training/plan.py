"""What a run does, checked and fixed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnnx.data import Source
    from cnnx.schedules import Schedule


@dataclass(frozen=True, slots=True)
class Steps:
    """How the steps of a training are made."""

    source: Source
    epochs: int
    learning_rate: Callable[[], float]
    schedule: Schedule | None
    augmented: bool
    largest_loss: float
    every: int | None
    way_back: Callable[[], str]
    save: Callable[[], None] | None = None

    def rate(self, step: int) -> Callable[[int], float]:
        """Give what tells the learning rate of each batch of an epoch."""
        base, schedule, steps = self.learning_rate, self.schedule, self.source.steps
        if schedule is None:
            return lambda _: base()
        an_epoch = steps or 1  # a schedule that needs the number was refused without it
        total = self.epochs * an_epoch
        return lambda batch: base() * schedule(step + batch, total, an_epoch)
