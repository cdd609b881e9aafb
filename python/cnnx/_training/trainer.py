"""The training loop over epochs, with validation, callbacks and checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING

from cnnx._network import divergence, scoring
from cnnx._network.network import Network
from cnnx._training.epoch import train_epoch
from cnnx._training.plan import Plan
from cnnx._training.position import Position
from cnnx._types import Logs
from cnnx.callbacks import CallbackList
from cnnx.errors import DivergenceError

if TYPE_CHECKING:
    from cnnx._training.resume import Resume


class Trainer:
    """Executes a plan. The order of the hooks is documented in `cnnx.callbacks.Callback`."""

    def __init__(
        self, network: Network, plan: Plan, callbacks: CallbackList, resume: Resume | None
    ) -> None:
        self._network = network
        self._plan = plan
        self._callbacks = callbacks
        self._resume = resume

    def run(self) -> None:
        """Train, from the start or from the newest checkpoint."""
        network = self._network
        network.stop_training, network.running = False, True
        try:
            with self._folder(), self._augmentation():
                self._run()
        except DivergenceError as error:
            error.checkpoint = None if self._resume is None else self._resume.good
            raise
        finally:
            network.running = False

    def _run(self) -> None:
        network, callbacks, resume = self._network, self._callbacks, self._resume
        position = Position(network.epochs_trained)
        found = None if resume is None else resume.find()
        if resume is not None and found is not None:
            resume.restore(network, found)
            position = resume.position(found)
            if position.finished:
                resume.give_back(found)
                return
        callbacks.call("on_train_begin", {})
        save: Callable[[], None] | None = None
        if resume is not None:
            save = partial(resume.write, network, position)
            if found is None:
                save()
            elif position.batch == 0:
                resume.give_back(found)
        while position.epoch < self._plan.epochs and not network.stop_training:
            epoch = position.epoch
            callbacks.call("on_epoch_begin", epoch, {})
            if resume is not None and found is not None and position.batch > 0:
                resume.restore(network, found)  # undoes the effect of repeating the hook
                resume.give_back(found)
            found = None
            network.epochs_trained = position.number + 1
            logs = self._epoch(position, save)
            callbacks.call("on_epoch_end", epoch, logs)
            position.end_epoch(logs)
            if save is not None:
                save()
        callbacks.call("on_train_end", position.logs)
        position.finished = True
        if save is not None:
            save()

    def _epoch(self, position: Position, save: Callable[[], None] | None) -> Logs:
        """Train for one epoch and validate."""
        callbacks, plan = self._callbacks, self._plan
        logs, rate = train_epoch(self._network, plan, position, callbacks, save, self._way_back)
        callbacks.update_params(samples=position.images, steps=position.batch)
        if plan.schedule is not None:
            logs["learning_rate"] = rate
        if plan.validation is not None:
            callbacks.call("on_test_begin", {})
            scores = self._validate()
            callbacks.call("on_test_end", dict(scores))
            logs |= {f"val_{name}": value for name, value in scores.items()}
        return logs

    def _validate(self) -> Logs:
        """Evaluate on the validation data, with averaged weights if the optimizer has them."""
        network, validation = self._network, self._plan.validation
        assert validation is not None  # noqa: S101
        averaged = network.optimizer.ema is not None
        with network.averaged_weights() if averaged else nullcontext():
            return scoring.score(network, validation, owner="train: validation_data")

    def _way_back(self) -> str:
        """Return advice for a run that has diverged."""
        return divergence.LOST if self._resume is None else self._resume.way_back()

    @contextmanager
    def _folder(self) -> Iterator[None]:
        """Lock the checkpoint folder during the run."""
        folder = self._plan.folder
        with nullcontext() if folder is None else folder.locked():
            yield

    @contextmanager
    def _augmentation(self) -> Iterator[None]:
        """Enable augmentation in the engine during the run."""
        network, steps = self._network, self._plan.augment
        if not steps:
            yield
            return
        network.engine.set_augmentation(steps, network.seed)
        try:
            yield
        finally:
            network.engine.set_augmentation([], network.seed)
