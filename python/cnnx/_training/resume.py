"""The checkpoints of one call of `CNN.train`: what is in them beside the model, and which fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cnnx import io
from cnnx._network.divergence import LOST
from cnnx._training.callback_state import put_together, remembering, take_apart
from cnnx._training.position import Position
from cnnx._training.same_call import check_same
from cnnx._types import Array
from cnnx.callbacks import Callback
from cnnx.callbacks.history import History
from cnnx.checkpoint import Checkpoint, CheckpointFolder


class Resume:
    """Writes and reads the checkpoints of one call."""

    def __init__(
        self,
        folder: CheckpointFolder,
        start_over: bool,
        call: Mapping[str, Any],
        callbacks: Sequence[Callback],
        history: History,
    ) -> None:
        self.folder = folder
        self._start_over = start_over
        self._callbacks = remembering(callbacks)
        names = [type(callback).__name__ for callback in self._callbacks]
        self._call = {**call, "callbacks that remember": names}
        self._history = history
        # Each with its place in the training. Whether the newest is good shows after the next step.
        self._newest: tuple[Path, str] | None = None
        self._good: tuple[Path, str] | None = None
        self._position: Position | None = None

    def find(self) -> Checkpoint | None:
        """Read the newest intact checkpoint, if the folder has one and it is to be used."""
        found = None if self._start_over else self.folder.newest()
        if found is not None:
            check_same(found.training.values["call"], self._call, str(found.path))
        self.folder.clean(everything=self._start_over)
        if found is not None:
            values = found.training.values
            self._newest = found.path, values["place"]
            self._good = self._newest
            if values["good"] is not None:
                name, place = values["good"]
                self._good = self.folder.path / name, place
        return found

    def position(self, checkpoint: Checkpoint) -> Position:
        """Tell where the training stood."""
        self._position = Position(**checkpoint.training.values["position"])
        return self._position

    def give_back(self, checkpoint: Checkpoint) -> None:
        """Give callbacks and history what they remembered."""
        values, arrays = checkpoint.training.values, checkpoint.training.arrays
        self._history.load_state_dict(values["history"])
        for callback, state in zip(self._callbacks, values["callbacks"], strict=True):
            callback.load_state_dict(put_together(state, arrays))

    def write(self, position: Position, stop: bool, model: Callable[..., io.ModelFile]) -> None:
        """Write a checkpoint."""
        self._good = self._last_good()
        good = None if self._good is None else (self._good[0].name, self._good[1])
        arrays: dict[str, Array] = {}
        values = {
            "call": self._call,
            "position": asdict(position) | {"confirmed": False},
            "place": _place(position),
            "good": good,
            "stop": stop,
            "history": self._history.state_dict(),
            "callbacks": [
                take_apart(callback.state_dict(), type(callback).__name__, arrays, str(i))
                for i, callback in enumerate(self._callbacks)
            ],
        }
        path = self.folder.write(
            position.step + position.batch,
            model(training=io.Training(values, arrays)),
            keep=None if self._good is None else self._good[0],
        )
        self._newest = path, _place(position)
        self._position = position
        position.confirmed = False

    @property
    def good(self) -> Path | None:
        """The newest checkpoint after which the loss was still as it should be."""
        found = self._last_good()
        return None if found is None else found[0]

    def _last_good(self) -> tuple[Path, str] | None:
        """Find it, with its place."""
        confirmed = self._position is not None and self._position.confirmed
        return self._newest if confirmed or self._good is None else self._good

    def way_back(self) -> str:
        """Say what can be done when training has diverged."""
        good = self._last_good()
        if good is None:
            return LOST
        path, place = good
        return (
            f"The last good checkpoint is {path} ({place}); the same call would diverge again, so "
            f'load it, model = CNN.load("{path}"), change what is to be tried, and train on with '
            "another folder as checkpoint"
        )


def _place(position: Position) -> str:
    """Say where a training stands."""
    if position.batch > 0:
        loss = position.loss_sum / position.images
        return f"epoch {position.epoch + 1}, batch {position.batch}, loss {loss:.4g}"
    if "loss" in position.logs:
        return f"the end of epoch {position.epoch}, loss {position.logs['loss']:.4g}"
    return "before the first step"
