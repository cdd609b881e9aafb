"""Training on whole data sets: epochs, validation, callbacks, checkpoints."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
from numpy.typing import ArrayLike

from cnnx import io, optimizers
from cnnx._checks.scalars import flag, integer, real
from cnnx._checks.state_dict import check_state
from cnnx._network import divergence, scoring
from cnnx._network.freezing import Freezing
from cnnx._spec import Configurable
from cnnx._training.epoch import train_epoch
from cnnx._training.plan import Steps
from cnnx._training.position import Position
from cnnx.callbacks import Callback, CallbackList, Logs, check_callbacks
from cnnx.callbacks.history import History
from cnnx.callbacks.progress import Verbose, progress_for
from cnnx.data._classes import Classes
from cnnx.data._reader import BatchReader, Data
from cnnx.errors import ConfigError, DivergenceError

if TYPE_CHECKING:
    from cnnx._training.resume import Resume
    from cnnx.checkpoint import Checkpoint
    from cnnx.data import Source
    from cnnx.model import CNN
    from cnnx.schedules import Schedule

ClassWeight = Mapping[int, float] | Sequence[float] | Literal["balanced"]

CHUNK = 256
"""How many images are scored at once unless the caller says otherwise."""


class Fitting(Freezing):
    """The part of `CNN` that trains on whole data sets."""

    stop_training: bool
    """Set by callbacks to end training after the running epoch."""

    _reader: BatchReader
    _largest: float
    _left: dict[str, tuple[optimizers.Optimizer, optimizers.Optimizer]]
    """By folder of checkpoints: the optimizer that a call began with, and the one it left."""

    @property
    def optimizer(self) -> optimizers.Optimizer:
        """The optimizer; setting another one forgets the momentum of the last."""
        return self._optimizer

    @optimizer.setter
    def optimizer(self, value: str | optimizers.Optimizer) -> None:
        optimizer = optimizers.resolve(value)
        self._network.set_optimizer(optimizer.to_dict())
        self._optimizer = optimizer

    @property
    def learning_rate(self) -> float:
        """The optimizer's learning rate; setting it keeps the momentum."""
        return self._optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self._optimizer = self._optimizer.with_learning_rate(value)

    def train(
        self,
        x: object,
        y: ArrayLike | None = None,
        epochs: int = 1,
        batch_size: int = 32,
        validation_data: object = None,
        validation_split: float = 0.0,
        shuffle: bool = True,
        verbose: Verbose = "auto",
        callbacks: Sequence[Callback] | None = None,
        *,
        schedule: str | Schedule | None = None,
        augment: Sequence[str | Configurable] | None = None,
        class_weight: ClassWeight | None = None,
        sample_weight: ArrayLike | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        every: int | None = None,
        resume: bool = True,
    ) -> History:
        """Train on images and their labels; a further call goes on where the last one ended."""
        # Imported here, as what only some trainings need, so that importing cnnx stays quick.
        from cnnx import checkpoint as checkpoints  # noqa: PLC0415
        from cnnx import schedules  # noqa: PLC0415
        from cnnx._training.resume import Resume  # noqa: PLC0415
        from cnnx.data._prepare import make_sets  # noqa: PLC0415

        epochs = integer(epochs, "train", "epochs")
        batch_size = integer(batch_size, "train", "batch_size")
        fraction = real(validation_split, "train", "validation_split", minimum=0.0, below=1.0)
        shuffle = flag(shuffle, "train", "shuffle")
        user_callbacks = check_callbacks(callbacks)
        progress = progress_for(verbose, user_callbacks)
        images = _augmentations(augment)
        folder = None if checkpoint is None else checkpoints.CheckpointFolder(checkpoint)
        if every is not None:
            every = integer(every, "train", "every")
            if folder is None:
                raise ConfigError('train: every needs a folder; pass checkpoint="run/" with it')
        resume = flag(resume, "train", "resume")
        sets = make_sets(
            x,
            y,
            self._reader,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=self._seed,
            validation_data=validation_data,
            fraction=fraction,
            class_weight=class_weight,
            sample_weight=sample_weight,
            classes=Classes(self._loss.kind, self._output_shape),
            warn=True,
        )
        self._warn_of_frozen("train", 3)
        plan = None if schedule is None else schedules.resolve_for(schedule, sets.source.steps)
        history = History()
        params: dict[str, Any] = {
            "epochs": epochs,
            "steps": sets.source.steps,
            "batch_size": batch_size,
            "samples": sets.source.samples,
            "verbose": verbose,
            "validation": sets.validation is not None,
        }
        shown = [progress] if progress is not None else []
        hooks = CallbackList([*user_callbacks, history, *shown], cast("CNN", self), params)
        began = self._optimizer
        saved = None
        if folder is not None:
            if self._left.get(folder.key, (None, None))[1] == began:
                began = self._left[folder.key][0]  # this network has trained into that folder
            call = {
                "model": replace(self._architecture(), optimizer=began, epochs_trained=0).to_dict(),
                "epochs": epochs,
                "batch_size": batch_size,
                "shuffle": shuffle,
                "schedule": None if plan is None else plan.to_dict(),
                "augment": images,
                **sets.described,
            }
            saved = Resume(folder, not resume, call, user_callbacks, history)
        self.stop_training = False
        steps = Steps(
            source=sets.source,
            epochs=epochs,
            learning_rate=self._rate,
            schedule=plan,
            augmented=bool(images),
            largest_loss=self._largest,
            every=every,
            way_back=lambda: divergence.LOST if saved is None else saved.way_back(),
        )
        try:
            with nullcontext() if folder is None else folder.locked():
                if images:
                    self._network.set_augmentation(images, self._seed)
                self._fit(steps, sets.validation, hooks, params, saved)
        except DivergenceError as error:
            error.checkpoint = None if saved is None else saved.good
            raise
        finally:
            if images:
                self._network.set_augmentation([], self._seed)
            if folder is not None:
                self._left[folder.key] = began, self._optimizer
            if progress is not None:
                progress.close()
        return history

    def _fit(
        self,
        steps: Steps,
        validation: Data | Source | None,
        hooks: CallbackList,
        params: dict[str, Any],
        saved: Resume | None,
    ) -> None:
        """Train, from the begin or from the newest checkpoint."""
        position = Position(self._epochs_trained)
        found = None if saved is None else saved.find()
        if saved is not None and found is not None:
            self._restore(found)
            position = saved.position(found)
            if position.finished:
                saved.give_back(found)
                return
        hooks.call("on_train_begin", {})
        if saved is not None:
            steps = replace(steps, save=partial(self._checkpoint, saved, position))
            if found is None:
                self._checkpoint(saved, position)
            elif position.batch == 0:
                saved.give_back(found)
        while position.epoch < steps.epochs and not self.stop_training:
            epoch = position.epoch
            hooks.call("on_epoch_begin", epoch, {})
            if saved is not None and found is not None and position.batch > 0:
                self._restore(found)  # undoes what the hook did a second time
                saved.give_back(found)
            found = None
            self._epochs_trained = position.first_epoch + epoch + 1
            logs, rate = train_epoch(self._network, steps, position, hooks)
            params["samples"] = position.images
            params["steps"] = position.batch
            if steps.schedule is not None:
                logs["learning_rate"] = rate
            if validation is not None:
                hooks.call("on_test_begin", {})
                scores = self._validate(validation)
                hooks.call("on_test_end", dict(scores))
                logs |= {f"val_{name}": value for name, value in scores.items()}
            hooks.call("on_epoch_end", epoch, logs)
            position.end_epoch(logs)
            if steps.save is not None:
                steps.save()
        hooks.call("on_train_end", position.logs)
        position.finished = True
        if steps.save is not None:
            steps.save()

    def _validate(self, validation: Data | Source) -> Logs:
        """Score after an epoch, with averaged weights where the optimizer keeps them."""
        averaged = getattr(self._optimizer, "ema", None) is not None
        if averaged:
            self._network.swap_average()
        try:
            if isinstance(validation, Data):
                return self._evaluate(validation, CHUNK)
            return scoring.evaluate_source(self._network, validation)
        finally:
            if averaged:
                self._network.swap_average()

    def _evaluate(self, data: Data, chunk: int) -> Logs:
        """Score checked data; rounded to the network's precision, so that chunks do not show."""
        found = scoring.evaluate(self._network, data, chunk)
        if abs(found["loss"]) <= self._largest:
            found["loss"] = float(self._dtype.type(found["loss"]))
        return found

    def _rate(self) -> float:
        """Give the learning rate, which callbacks may change at any time."""
        return self._optimizer.learning_rate

    def _checkpoint(self, saved: Resume, position: Position) -> None:
        """Write a checkpoint, unless the weights are no numbers any more."""
        weights = self.state_dict()
        for name, array in weights.items():
            if not np.isfinite(array).all():
                place = f"epoch {position.epoch + 1}, after batch {position.batch}"
                what = f"{name} is not finite in {place}"
                raise divergence.diverged(what, self.learning_rate, saved.way_back())
        saved.write(
            position,
            self.stop_training,
            partial(io.ModelFile, self._architecture(), weights, self._network.optimizer_state()),
        )

    def _restore(self, checkpoint: Checkpoint) -> None:
        """Become what a checkpoint holds."""
        file = checkpoint.file
        if file.architecture.optimizer != self._optimizer:
            self.optimizer = file.architecture.optimizer
        if file.architecture.frozen != self._frozen:
            self._set_frozen(file.architecture.frozen)
        self._set(check_state(file.parameters, self.state_dict(), True, str(checkpoint.path)))
        self._network.load_optimizer_state(file.optimizer_state)
        self._epochs_trained = file.architecture.epochs_trained
        self.stop_training = bool(checkpoint.training.values["stop"])


def _augmentations(value: object) -> list[dict[str, Any]]:
    """Check a list of augmentations, and write them down as the engine takes them."""
    if value is None:
        return []
    # Imported here because only trainings with augmentation need it.
    augment = importlib.import_module("cnnx.augment")
    return [entry.to_dict() for entry in augment.resolve(value)]
