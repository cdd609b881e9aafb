"""Checkpoints: a folder with the complete state of a run, from which it can be resumed.

``CNN.train(..., checkpoint="run/")`` writes them. Each is one safetensors file, which `CNN.load`
reads too: the model, its optimizer's state, and the state of the run. A file is renamed to its
final name when it is on disk, so there is always an intact one; the newest two are kept.
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
    """A checkpoint.

    Attributes
    ----------
    path : Path
        Its file.
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
        The files, newest first; empty if there is no folder.
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
        Its contents.

    Raises
    ------
    OSError
        If it cannot be read.
    FileFormatError
        If it is damaged, cut short, or not a checkpoint.
    """
    file = io.read(path)
    if file.training is None:
        raise FileFormatError(
            f"{os.fspath(path)}: a model, but not a checkpoint; read it with CNN.load"
        )
    return Checkpoint(Path(path), file, file.training)


def newest(folder: str | os.PathLike[str]) -> Checkpoint | None:
    """Read the newest intact checkpoint of a folder.

    Newer ones that are damaged are skipped with a warning.

    Parameters
    ----------
    folder : path-like
        The folder that was passed to ``CNN.train``.

    Returns
    -------
    Checkpoint or None
        The checkpoint; ``None`` if the folder has none.

    Raises
    ------
    OSError
        If one cannot be read.
    FileFormatError
        If all are damaged.
    """
    return _newest(Path(folder))[0]


def _newest(folder: Path) -> tuple[Checkpoint | None, list[Path]]:
    """Read the newest intact checkpoint, and name the newer ones that are damaged."""
    damaged: list[Path] = []
    for path in paths(folder):
        try:
            found = read(path)
        except FileFormatError as error:
            damaged.append(path)
            warnings.warn(
                f"{error}; the checkpoint before it is used instead", UserWarning, stacklevel=2
            )
            continue
        return found, damaged
    if damaged:
        raise FileFormatError(
            f"{folder}: none of its {len(damaged)} checkpoints is intact; pass resume=False to "
            "start over"
        )
    return None, []


class CheckpointFolder:
    """The checkpoints of one run; no other run may use the folder at the same time.

    Parameters
    ----------
    folder : path-like
        The folder; it is created when training starts.

    Raises
    ------
    TypeError
        If it is not a path.
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
        """A unique name of the folder, however it was spelled."""
        return os.path.realpath(self.path)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Create the folder and keep other runs out of it until the block ends.

        The lock belongs to the process and ends with it, however it ends.

        Raises
        ------
        OSError
            If the folder cannot be made or written.
        BlockingIOError
            If another run uses it.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / ".lock").open("ab") as file:
            _lock(file.fileno(), self.path)
            yield

    def newest(self) -> Checkpoint | None:
        """Read the newest intact checkpoint; newer ones that are damaged are renamed.

        Returns
        -------
        Checkpoint or None
            The checkpoint; ``None`` if the folder has none.

        Raises
        ------
        OSError
            If one cannot be read.
        FileFormatError
            If all are damaged.
        """
        found, damaged = _newest(self.path)
        for path in damaged:  # it must not count among the newest two that are kept
            path.replace(path.with_suffix(".damaged"))
        return found

    def write(self, step: int, file: io.ModelFile, keep: Path | None = None) -> Path:
        """Write a checkpoint, then remove all but the newest two.

        Parameters
        ----------
        step : int
            Number of batches of the run so far, which names the file.
        file : ModelFile
            What to write.
        keep : Path, optional
            An older checkpoint to keep as well.

        Returns
        -------
        Path
            Its file.

        Raises
        ------
        OSError
            If it cannot be written; existing ones are kept.
        """
        path = self.path / _NAME.format(step)
        try:
            io.write(path, file)
        except OSError as error:
            kept = [old.name for old in paths(self.path)]
            way_out = (
                f"{kept[0]} is intact: make room or grant access, and make the same call again"
                if kept
                else "make room, grant access, or choose another folder"
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
        """Remove the files of earlier processes.

        Parameters
        ----------
        everything : bool
            Whether to remove checkpoints too, and not only incomplete files.

        Raises
        ------
        OSError
            If something cannot be removed.
        """
        for path in self.path.glob(f".{_PATTERN}.*.tmp"):
            path.unlink(missing_ok=True)
        if everything:
            # The oldest first: should this be cut off, the newest is the one that is left.
            for path in reversed(paths(self.path)):
                path.unlink(missing_ok=True)


def _lock(descriptor: int, folder: Path) -> None:
    """Take the lock of a folder, where the system has locks."""
    try:
        import fcntl  # noqa: PLC0415 - POSIX only
    except ImportError:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BlockingIOError(
            f"train: another run writes its checkpoints to {folder}; wait for it, or choose "
            "another folder"
        ) from None
    except OSError as error:
        if error.errno not in {errno.ENOLCK, errno.EOPNOTSUPP}:  # a file system without locks
            raise


__all__ = ["Checkpoint", "CheckpointFolder", "newest", "paths", "read"]
