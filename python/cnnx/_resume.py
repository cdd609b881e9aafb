"""The checkpoints of one call of `CNN.train`: what is in them beside the model, and which fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cnnx import io
from cnnx._arrays import Array
from cnnx._callback_state import put_together, remembering, take_apart
from cnnx._fingerprint import check_same
from cnnx._training import LOST, Position
from cnnx.callbacks import Callback
from cnnx.checkpoint import Checkpoint, CheckpointFolder, paths, read
from cnnx.history import History


class Resume:
    """Writes and reads the checkpoints of one call.

    Parameters
    ----------
    folder : CheckpointFolder
        Where they are.
    every : int, optional
        After how many batches one is written, beside the one at the end of every epoch.
    start_over : bool
        Whether those that are there are removed instead of read.
    call : Mapping[str, Any]
        What makes the call what it is, as plain values.
    callbacks : sequence of Callback
        The user's.
    history : History
        The record.
    """

    def __init__(
        self,
        folder: CheckpointFolder,
        every: int | None,
        start_over: bool,
        call: Mapping[str, Any],
        callbacks: Sequence[Callback],
        history: History,
    ) -> None:
        self.folder, self.every = folder, every
        self._start_over = start_over
        self._callbacks = remembering(callbacks)
        names = [type(callback).__name__ for callback in self._callbacks]
        self._call = {**call, "callbacks that remember": names}
        self._history = history
        self.good: Path | None = None
        """The newest checkpoint that was written before the loss rose, if it did."""
        self._described = ""

    def find(self) -> Checkpoint | None:
        """Read the newest intact checkpoint, if the folder has one and it is to be used.

        Returns
        -------
        Checkpoint or None
            The checkpoint.

        Raises
        ------
        ConfigError
            If it was written by another call.
        FileFormatError
            If all are damaged.
        OSError
            If one cannot be read, or files cannot be removed.
        """
        found = None if self._start_over else self.folder.newest()
        if found is not None:
            check_same(found.training.values["call"], self._call, str(found.path))
        self.folder.clean(everything=self._start_over)
        if found is not None:
            self._find_good(found)
        return found

    def position(self, checkpoint: Checkpoint) -> Position:
        """Tell where the training stood.

        Parameters
        ----------
        checkpoint : Checkpoint
            The checkpoint.

        Returns
        -------
        Position
            A new object.
        """
        return Position(**checkpoint.training.values["position"])

    def give_back(self, checkpoint: Checkpoint) -> None:
        """Give callbacks and history what they remembered.

        Parameters
        ----------
        checkpoint : Checkpoint
            The checkpoint.
        """
        values, arrays = checkpoint.training.values, checkpoint.training.arrays
        self._history.load_state_dict(values["history"])
        for callback, state in zip(self._callbacks, values["callbacks"], strict=True):
            callback.load_state_dict(put_together(state, arrays))

    def write(self, position: Position, stop: bool, model: Callable[..., io.ModelFile]) -> None:
        """Write a checkpoint.

        Parameters
        ----------
        position : Position
            Where the training stands.
        stop : bool
            Whether it ends after the running epoch.
        model : callable
            Makes the file's contents, given ``training=``.

        Raises
        ------
        TypeError
            If a callback's state cannot be written.
        OSError
            If the file cannot be written.
        """
        arrays: dict[str, Array] = {}
        values = {
            "call": self._call,
            "position": asdict(position),
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
            keep=None if position.good else self.good,
        )
        if position.good:
            self._note(position, path)

    def way_back(self) -> str:
        """Say what can be done when training has diverged.

        Returns
        -------
        str
            The sentence, with the last good checkpoint.
        """
        if self.good is None:
            return LOST
        return (
            f"The last good checkpoint is {self.good} ({self._described}); the same call would "
            f'diverge again, so load it, model = CNN.load("{self.good}"), change what is to be '
            "tried, and train on with another folder as checkpoint"
        )

    def _find_good(self, found: Checkpoint) -> None:
        """Look for the last good one among those that an earlier process left."""
        candidates = [found]
        if not self.position(found).good:
            older = [path for path in paths(self.folder.path) if path < found.path]
            candidates += [read(path) for path in older]
        for candidate in candidates:
            position = self.position(candidate)
            if position.good:
                self._note(position, candidate.path)
                return

    def _note(self, position: Position, path: Path) -> None:
        """Remember a good one for `way_back`."""
        self.good = path
        place = f"epoch {position.epoch + 1}"
        if position.batch > 0:
            place += f", batch {position.batch}, loss {position.loss_sum / position.images:.4g}"
        elif "loss" in position.logs:
            place = f"the end of epoch {position.epoch}, loss {position.logs['loss']:.4g}"
        else:
            place = "before the first step"
        self._described = place
