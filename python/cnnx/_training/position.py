"""The position of a run: its state beside the network, saved in checkpoints."""

from __future__ import annotations

from dataclasses import dataclass, field

from cnnx._types import Logs


@dataclass(slots=True)
class Position:
    """The place of a run among its epochs and batches, with the sums of the running epoch."""

    first_epoch: int
    """How many epochs the network had trained before the run."""
    epoch: int = 0
    """The running epoch, from 0."""
    batch: int = 0
    """How many batches of it are done, and below how many images."""
    images: int = 0
    loss_sum: float = 0.0
    correct: int = 0
    step: int = 0
    """How many batches the run has done before the running epoch."""
    logs: Logs = field(default_factory=dict)
    """The scores of the last whole epoch."""
    finished: bool = False
    first_loss: float | None = None
    """The mean loss of the run's first batch."""
    confirmed: bool = False
    """Whether the loss after the last checkpoint shows that its weights can be used."""

    @property
    def number(self) -> int:
        """The number of the running epoch since the network was built."""
        return self.first_epoch + self.epoch

    @property
    def place(self) -> str:
        """The place in words."""
        if self.batch > 0:
            loss = self.loss_sum / self.images
            return f"epoch {self.epoch + 1}, batch {self.batch}, loss {loss:.4g}"
        if "loss" in self.logs:
            return f"the end of epoch {self.epoch}, loss {self.logs['loss']:.4g}"
        return "before the first step"

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
