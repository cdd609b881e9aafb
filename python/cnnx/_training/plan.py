"""The plan of a run: its checked arguments, fixed before training starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cnnx._network.network import Network
from cnnx._training.arguments import Arguments
from cnnx.checkpoint import CheckpointFolder
from cnnx.data._order import Order
from cnnx.data._prepare import make_sets
from cnnx.data._sources.base import PreparedSource

if TYPE_CHECKING:
    from cnnx.schedules import Schedule


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of a run, which does not change while it is executed."""

    source: PreparedSource
    validation: PreparedSource | None
    epochs: int
    batch_size: int
    schedule: Schedule | None
    augment: list[dict[str, Any]]
    folder: CheckpointFolder | None
    every: int | None
    """The number of batches between checkpoints, besides those at the end of each epoch."""
    start_over: bool
    """Whether checkpoints of earlier calls are removed."""
    call: dict[str, Any]
    """A description of the call, to detect whether a checkpoint belongs to another call."""

    def rates(self, network: Network, step: int) -> Callable[[int], float]:
        """Return a function from the batch to its learning rate, for an epoch starting at `step`.

        The network's learning rate is read before every batch, as callbacks may change it.
        """
        schedule = self.schedule
        if schedule is None:
            return lambda _: network.learning_rate
        an_epoch = self.source.steps or 1  # checked before if the schedule needs it
        total = self.epochs * an_epoch
        return lambda batch: network.learning_rate * schedule(step + batch, total, an_epoch)

    def name_batch(self, epoch: int, batch: int) -> str:
        """Describe a batch for a message."""
        of = "" if self.source.steps is None else f" of {self.source.steps}"
        return f"epoch {epoch + 1} of {self.epochs}, batch {batch + 1}{of}"


def make_plan(network: Network, arguments: Arguments) -> Plan:
    """Check the arguments against the network and each other, and create the plan."""
    sets = make_sets(
        arguments.x,
        arguments.y,
        network.reader,
        network.classes,
        Order(arguments.batch_size, arguments.shuffle, network.seed),
        epochs=arguments.epochs,
        validation_data=arguments.validation_data,
        fraction=arguments.validation_split,
        class_weight=arguments.class_weight,
        sample_weight=arguments.sample_weight,
    )
    schedule = _schedule(arguments.schedule, sets.source.steps)
    return Plan(
        source=sets.source,
        validation=sets.validation,
        epochs=arguments.epochs,
        batch_size=arguments.batch_size,
        schedule=schedule,
        augment=arguments.augment,
        folder=arguments.checkpoint,
        every=arguments.every,
        start_over=not arguments.resume,
        call={
            "epochs": arguments.epochs,
            "batch_size": arguments.batch_size,
            "shuffle": arguments.shuffle,
            "schedule": None if schedule is None else schedule.to_dict(),
            "augment": arguments.augment,
            **sets.described,
        },
    )


def _schedule(value: object, steps: int | None) -> Schedule | None:
    """Check the schedule; its module is only imported if there is one."""
    if value is None:
        return None
    from cnnx import schedules  # noqa: PLC0415 - few programs need it

    return schedules.resolve_for(value, steps)
