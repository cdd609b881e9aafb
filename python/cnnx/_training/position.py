"""Where a run stands: everything about it that is not in the network."""

from __future__ import annotations

from dataclasses import dataclass, field

from cnnx._types import Logs


@dataclass(slots=True)
class Position:
    """Where a training stands: everything about it that is not in the network."""

    first_epoch: int
    epoch: int = 0
    batch: int = 0
    images: int = 0
    loss_sum: float = 0.0
    correct: int = 0
    step: int = 0
    logs: Logs = field(default_factory=dict)
    finished: bool = False
    first_loss: float | None = None
    confirmed: bool = False

    def judge(self, loss: float) -> None:
        """Judge the weights of the last checkpoint by the mean loss of the batch after it."""
        if self.first_loss is None:
            self.first_loss = loss
        self.confirmed = loss <= max(10.0 * self.first_loss, self.first_loss + 10.0)

    def end_epoch(self, logs: Logs) -> None:
        """Move on to the next epoch."""
        self.epoch += 1
        self.step += self.batch
        self.batch = self.images = self.correct = 0
        self.loss_sum = 0.0
        self.logs = dict(logs)
