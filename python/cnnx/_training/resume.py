"""The checkpoints of a run: selecting, writing and restoring them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from cnnx._network.divergence import LOST, diverged
from cnnx._network.network import Network
from cnnx._network.snapshot import Training
from cnnx._training.callback_state import put_together, remembering, take_apart
from cnnx._training.plan import Plan
from cnnx._training.position import Position
from cnnx._training.same_call import check_same
from cnnx._types import Array
from cnnx.callbacks import Callback
from cnnx.callbacks.history import History
from cnnx.checkpoint import Checkpoint, CheckpointFolder


class Resume:
    """Writes and reads the checkpoints of a run."""

    def __init__(
        self,
        folder: CheckpointFolder,
        network: Network,
        plan: Plan,
        callbacks: Sequence[Callback],
        history: History,
    ) -> None:
        self._folder = folder
        self._start_over = plan.start_over
        self._callbacks = remembering(callbacks)
        self._call = {
            "model": replace(
                network.architecture, optimizer=network.configured, epochs_trained=0
            ).to_dict(),
            **plan.call,
            "callbacks that remember": [type(callback).__name__ for callback in self._callbacks],
        }
        self._history = history
        # Each with its position in words. The next step shows whether the newest one is good.
        self._newest: tuple[Path, str] | None = None
        self._good: tuple[Path, str] | None = None
        self._position: Position | None = None

    def find(self) -> Checkpoint | None:
        """Read the newest intact checkpoint, if there is one and the run is to be resumed."""
        found = None if self._start_over else self._folder.newest()
        if found is not None:
            check_same(found.training.values["call"], self._call, str(found.path))
        self._folder.clean(everything=self._start_over)
        if found is not None:
            values = found.training.values
            self._newest = found.path, values["place"]
            self._good = self._newest
            if values["good"] is not None:
                name, place = values["good"]
                self._good = self._folder.path / name, place
        return found

    def position(self, checkpoint: Checkpoint) -> Position:
        """Return the position saved in a checkpoint."""
        self._position = Position(**checkpoint.training.values["position"])
        return self._position

    def restore(self, network: Network, checkpoint: Checkpoint) -> None:
        """Restore the network from a checkpoint."""
        network.restore(checkpoint.file, str(checkpoint.path))
        network.stop_training = bool(checkpoint.training.values["stop"])

    def give_back(self, checkpoint: Checkpoint) -> None:
        """Restore the state of the callbacks and the history."""
        values, arrays = checkpoint.training.values, checkpoint.training.arrays
        self._history.load_state_dict(values["history"])
        for callback, state in zip(self._callbacks, values["callbacks"], strict=True):
            callback.load_state_dict(put_together(state, arrays))

    def write(self, network: Network, position: Position) -> None:
        """Write a checkpoint; raises DivergenceError if weights are not finite."""
        file = network.snapshot()
        for name, array in file.parameters.items():
            if not np.isfinite(array).all():
                place = f"epoch {position.epoch + 1}, after batch {position.batch}"
                what = f"{name} is not finite in {place}"
                raise diverged(what, network.learning_rate, self.way_back())
        self._good = self._last_good()
        good = None if self._good is None else (self._good[0].name, self._good[1])
        arrays: dict[str, Array] = {}
        values = {
            "call": self._call,
            "position": asdict(position) | {"confirmed": False},
            "place": position.place,
            "good": good,
            "stop": network.stop_training,
            "history": self._history.state_dict(),
            "callbacks": [
                take_apart(callback.state_dict(), type(callback).__name__, arrays, str(i))
                for i, callback in enumerate(self._callbacks)
            ],
        }
        path = self._folder.write(
            position.step + position.batch,
            replace(file, training=Training(values, arrays)),
            keep=None if self._good is None else self._good[0],
        )
        self._newest = path, position.place
        self._position = position
        position.confirmed = False

    @property
    def good(self) -> Path | None:
        """The newest checkpoint after which the loss had not diverged."""
        found = self._last_good()
        return None if found is None else found[0]

    def _last_good(self) -> tuple[Path, str] | None:
        """Return the newest good checkpoint with its position in words."""
        confirmed = self._position is not None and self._position.confirmed
        return self._newest if confirmed or self._good is None else self._good

    def way_back(self) -> str:
        """Return advice for a run that has diverged."""
        good = self._last_good()
        if good is None:
            return LOST
        path, place = good
        return (
            f"The last good checkpoint is {path} ({place}). The same call would diverge again, so "
            f'load it with model = CNN.load("{path}"), change the settings, and continue training '
            "with another checkpoint folder"
        )
