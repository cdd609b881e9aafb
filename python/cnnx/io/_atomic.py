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
        Where a file is going to be written.

    Raises
    ------
    OSError
        If it cannot be: no such directory, no permission, a directory, a device.
    """
    target = _target(path)
    temporary = _create_beside(target)
    temporary.unlink()


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary file, which then replaces `path` in one step."""
    target = _target(path)
    temporary = _create_beside(target)
    mode = stat.S_IMODE((target if target.exists() else temporary).stat().st_mode)
    try:
        yield temporary
        temporary.chmod(mode)  # whoever wrote it may have made a new file of another mode
        _flush_to_disk(temporary, os.O_RDWR)
        temporary.replace(target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    if os.name == "posix":
        _flush_to_disk(target.parent, os.O_RDONLY)


def _target(path: str | os.PathLike[str]) -> Path:
    """Follow symbolic links, and refuse what must not be replaced."""
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
        raise PermissionError(f"{os.fspath(path)}: the file is there and may not be written")
    return target


def _create_beside(target: Path) -> Path:
    """Create an empty file of a new name in the target's directory."""
    if not target.parent.is_dir():
        raise FileNotFoundError(f"{target}: there is no directory {target.parent}; create it first")
    temporary = target.with_name(f".{target.name[:100]}.{os.urandom(6).hex()}.tmp")
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY
    try:
        os.close(os.open(temporary, flags, 0o666))  # so that the user's umask counts
    except OSError as error:
        raise type(error)(
            error.errno, f"{error.strerror}; cannot write in this directory", str(target.parent)
        ) from None
    return temporary


def _flush_to_disk(path: Path, flags: int) -> None:
    """Wait until a file, or a directory's list of names, has reached the disk."""
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
