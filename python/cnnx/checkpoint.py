"""Checkpoints: a folder with the complete training state, from which a run can be resumed.

``CNN.train(..., checkpoint="run/")`` writes checkpoints. Each is a safetensors file, which
`CNN.load` can also read, with the model, the optimizer's state and the position in the run. A file
is renamed atomically after it has been written to disk, so that there is an intact one at any time.
The newest two are kept.
"""

from __future__ import annotations

import errno
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cnnx import io
from cnnx._checks.scalars import describe
from cnnx.errors import FileFormatError

_KEPT = 2
_NAME = "checkpoint-{:09d}.safetensors"
_PATTERN = "checkpoint-*.safetensors"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint in memory.

    Attributes
    ----------
    path : Path
        The file.
    file : ModelFile
        The model.
    training : Training
        The state of the run.
    """

    path: Path
    file: io.ModelFile
    training: io.Training


def paths(folder: str | os.PathLike[str]) -> list[Path]:
    """List the checkpoints of a folder.

    Parameters
    ----------
    folder : path-like
        The folder that was passed to ``CNN.train``.

    Returns
    -------
    list[Path]
        The files, newest first; empty if the folder does not exist.
    """
    return sorted(Path(folder).glob(_PATTERN), reverse=True)


def read(path: str | os.PathLike[str]) -> Checkpoint:
    """Read a checkpoint.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    Checkpoint
        The checkpoint.

    Raises
    ------
    OSError
        If the file cannot be read.
    FileFormatError
        If the file is corrupted, truncated, or not a checkpoint.
    """
    file = io.read(path)
    if file.training is None:
        raise FileFormatError(
            f"{os.fspath(path)}: the file is a model, not a checkpoint; read it with CNN.load"
        )
    return Checkpoint(Path(path), file, file.training)


def newest(folder: str | os.PathLike[str]) -> Checkpoint | None:
    """Read the newest intact checkpoint of a folder.

    Newer checkpoints that are corrupted cause a warning and are ignored.

    Parameters
    ----------
    folder : path-like
        The folder that was passed to ``CNN.train``.

    Returns
    -------
    Checkpoint or None
        The checkpoint, or ``None`` if the folder has no checkpoints.

    Raises
    ------
    OSError
        If a file cannot be read.
    FileFormatError
        If all checkpoints are corrupted.
    """
    return _newest(Path(folder))[0]


def _newest(folder: Path) -> tuple[Checkpoint | None, list[Path]]:
    """Read the newest intact checkpoint, and list newer ones that are corrupted."""
    damaged: list[Path] = []
    for path in paths(folder):
        try:
            found = read(path)
        except FileFormatError as error:
            damaged.append(path)
            warnings.warn(
                f"{error}; the previous checkpoint is used instead", UserWarning, stacklevel=2
            )
            continue
        return found, damaged
    if damaged:
        raise FileFormatError(
            f"{folder}: all {len(damaged)} checkpoints are corrupted; pass resume=False to start "
            "over"
        )
    return None, []


class CheckpointFolder:
    """The checkpoint folder of a run.

    Parameters
    ----------
    folder : path-like
        The folder; it is created when training starts.

    Raises
    ------
    TypeError
        If `folder` is not a path.
    """

    def __init__(self, folder: object) -> None:
        if not isinstance(folder, (str, os.PathLike)):
            raise TypeError(
                "train: checkpoint must be the path of a folder, such as "
                f'checkpoint="run/", got {describe(folder)}'
            )
        self.path = Path(os.fsdecode(folder))

    @property
    def key(self) -> str:
        """The canonical path of the folder."""
        return os.path.realpath(self.path)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Create the folder and lock it for other runs until the end of the block.

        The lock is released when the process ends, for whatever reason.

        Raises
        ------
        OSError
            If the folder cannot be created or written to.
        BlockingIOError
            If another run is using the folder.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / ".lock").open("ab") as file:
            _lock(file.fileno(), self.path)
            yield

    def newest(self) -> Checkpoint | None:
        """Read the newest intact checkpoint, and rename newer ones that are corrupted.

        Returns
        -------
        Checkpoint or None
            The checkpoint, or ``None`` if the folder has no checkpoints.

        Raises
        ------
        OSError
            If a file cannot be read.
        FileFormatError
            If all checkpoints are corrupted.
        """
        found, damaged = _newest(self.path)
        for path in damaged:  # they must not count among the two checkpoints that are kept
            path.replace(path.with_suffix(".damaged"))
        return found

    def write(self, step: int, file: io.ModelFile, keep: Path | None = None) -> Path:
        """Write a checkpoint, then remove all but the newest two.

        Parameters
        ----------
        step : int
            The number of batches since the start of the run; used in the file name.
        file : ModelFile
            The model and training state.
        keep : Path, optional
            An older checkpoint that is not removed.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        OSError
            If the file cannot be written; existing checkpoints are kept.
        """
        path = self.path / _NAME.format(step)
        try:
            io.write(path, file)
        except OSError as error:
            kept = [old.name for old in paths(self.path)]
            way_out = (
                f"{kept[0]} is intact: free disk space or grant access, and repeat the call"
                if kept
                else "free disk space, grant access, or choose another folder"
            )
            message = f"the checkpoint could not be written ({error}); {way_out}"
            if error.errno is None:
                raise OSError(message) from error
            raise type(error)(error.errno, message) from error
        for old in paths(self.path)[_KEPT:]:
            if old != keep:
                old.unlink(missing_ok=True)
        return path

    def clean(self, *, everything: bool) -> None:
        """Remove files of earlier processes.

        Parameters
        ----------
        everything : bool
            Whether to remove all checkpoints, and not only temporary files.

        Raises
        ------
        OSError
            If a file cannot be removed.
        """
        for path in self.path.glob(f".{_PATTERN}.*.tmp"):
            path.unlink(missing_ok=True)
        if everything:
            # Oldest first: if this is interrupted, the newest checkpoint remains.
            for path in reversed(paths(self.path)):
                path.unlink(missing_ok=True)


def _lock(descriptor: int, folder: Path) -> None:
    """Lock a folder, if the system supports it."""
    try:
        import fcntl  # noqa: PLC0415 - POSIX only
    except ImportError:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BlockingIOError(
            f"train: another run is writing checkpoints to {folder}; wait for it, or choose "
            "another folder"
        ) from None
    except OSError as error:
        if error.errno not in {errno.ENOLCK, errno.EOPNOTSUPP}:  # the file system has no locks
            raise


__all__ = ["Checkpoint", "CheckpointFolder", "newest", "paths", "read"]
