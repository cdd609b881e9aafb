"""The position of a run: the part of its state that is not in the network."""

from __future__ import annotations

from dataclasses import dataclass, field

from cnnx._types import Logs


@dataclass(slots=True)
class Position:
    """The current epoch and batch of a run, with the running sums of the epoch.

    Positions are saved in checkpoints.
    """

    first_epoch: int
    """The number of epochs that the network had been trained before the run."""
    epoch: int = 0
    """The current epoch, starting at 0."""
    batch: int = 0
    """The number of batches processed in the current epoch; below, the number of images."""
    images: int = 0
    loss_sum: float = 0.0
    correct: int = 0
    step: int = 0
    """The number of batches processed by the run before the current epoch."""
    logs: Logs = field(default_factory=dict)
    """The metrics of the last completed epoch."""
    finished: bool = False
    first_loss: float | None = None
    """The mean loss of the first batch of the run."""
    confirmed: bool = False
    """Whether the loss after the last checkpoint shows that its weights have not diverged."""

    @property
    def number(self) -> int:
        """The number of the current epoch since the network was built."""
        return self.first_epoch + self.epoch

    @property
    def place(self) -> str:
        """The position in words."""
        if self.batch > 0:
            loss = self.loss_sum / self.images
            return f"epoch {self.epoch + 1}, batch {self.batch}, loss {loss:.4g}"
        if "loss" in self.logs:
            return f"the end of epoch {self.epoch}, loss {self.logs['loss']:.4g}"
        return "before the first step"

    def judge(self, loss: float) -> None:
        """Assess the weights of the last checkpoint by the mean loss of the batch after it."""
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
