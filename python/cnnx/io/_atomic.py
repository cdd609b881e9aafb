"""Atomic replacement of files."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def check_writable(path: str | os.PathLike[str]) -> None:
    """Check that a file can be written, without changing an existing one.

    Parameters
    ----------
    path : path-like
        The file.

    Raises
    ------
    OSError
        If the file cannot be written: the directory does not exist, permission is denied, or the
        path is a directory or a device.
    """
    target = _target(path)
    temporary = _create_beside(target)
    temporary.unlink()


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary file to write, which then replaces `path` atomically."""
    target = _target(path)
    temporary = _create_beside(target)
    mode = stat.S_IMODE((target if target.exists() else temporary).stat().st_mode)
    try:
        yield temporary
        temporary.chmod(mode)  # the writer may have created a new file with another mode
        _flush_to_disk(temporary, os.O_RDWR)
        temporary.replace(target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    if os.name == "posix":
        _flush_to_disk(target.parent, os.O_RDONLY)


def _target(path: str | os.PathLike[str]) -> Path:
    """Resolve symbolic links, and reject targets that must not be replaced."""
    target = Path(os.path.realpath(path))
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return target
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(f"{os.fspath(path)}: expected a file to write, got a directory")
    if not stat.S_ISREG(mode):
        raise OSError(f"{os.fspath(path)}: expected a file to write, got a device, pipe or socket")
    if not os.access(target, os.W_OK):
        raise PermissionError(f"{os.fspath(path)}: the file exists and is not writable")
    return target


def _create_beside(target: Path) -> Path:
    """Create an empty file with a unique name in the target's directory."""
    if not target.parent.is_dir():
        raise FileNotFoundError(f"{target}: there is no directory {target.parent}; create it first")
    temporary = target.with_name(f".{target.name[:100]}.{os.urandom(6).hex()}.tmp")
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY
    try:
        os.close(os.open(temporary, flags, 0o666))  # respects the user's umask
    except OSError as error:
        raise type(error)(
            error.errno, f"{error.strerror}; cannot write in this directory", str(target.parent)
        ) from None
    return temporary


def _flush_to_disk(path: Path, flags: int) -> None:
    """Wait until a file or directory has been written to disk."""
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
