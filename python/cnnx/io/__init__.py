"""Saving and loading models, by the suffix of the file.

A new format is one module with ``write(path, model)`` and ``read(path)``, and one row in
`FORMATS`.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Protocol, cast

from cnnx._network.architecture import FORMAT_VERSION, Architecture
from cnnx._network.snapshot import ModelFile, Training
from cnnx.errors import ConfigError, FileFormatError

if TYPE_CHECKING:
    from pathlib import Path


class Format(Protocol):
    """The interface of a file format's module."""

    def write(self, path: str | os.PathLike[str], model: ModelFile) -> None:
        """Write a model."""

    def read(self, path: str | os.PathLike[str]) -> ModelFile:
        """Read a model."""
        ...


FORMATS = {".safetensors": "safetensors"}
"""The modules of the formats by suffix; each is imported when a file of it is used."""


def check_writable(path: str | os.PathLike[str]) -> None:
    """Check that a model can be saved at a path, before it is trained.

    Parameters
    ----------
    path : path-like
        Where the model is going to be saved. An existing file is not changed.

    Raises
    ------
    TypeError
        If it is not a path.
    ConfigError
        If no format has the path's suffix.
    OSError
        If the file cannot be written.
    """
    if _suffix(path) not in FORMATS:
        raise ConfigError(f"{os.fspath(path)}: {_known()} to save a model, got {_got(path)}")
    from cnnx.io import _atomic  # noqa: PLC0415 - only files need it

    _atomic.check_writable(path)


def write(path: str | os.PathLike[str], model: ModelFile) -> None:
    """Write a model in the format of the path's suffix.

    Parameters
    ----------
    path : path-like
        The file; one of that name is replaced in one step, or stays as it is.
    model : ModelFile
        What to write.

    Raises
    ------
    TypeError
        If it is not a path.
    ConfigError
        If no format has the path's suffix.
    OSError
        If the file cannot be written.
    """
    if _suffix(path) not in FORMATS:
        raise ConfigError(f"{os.fspath(path)}: {_known()} to save a model, got {_got(path)}")
    _format(path).write(path, model)


def read(path: str | os.PathLike[str]) -> ModelFile:
    """Read a model in the format of the path's suffix.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    ModelFile
        What it holds.

    Raises
    ------
    TypeError
        If it is not a path.
    FileFormatError
        If no format has the path's suffix, or the file is damaged, cut short or not a model.
    OSError
        If the file cannot be read.
    """
    if _suffix(path) not in FORMATS:
        _path(path).stat()  # a missing file is missing, whatever its suffix
        raise FileFormatError(f"{os.fspath(path)}: {_known()} of a model, got {_got(path)}")
    return _format(path).read(path)


def _path(path: str | os.PathLike[str]) -> Path:
    """Make a `Path` of it."""
    from pathlib import Path  # noqa: PLC0415 - only files need it

    return Path(path)


def _suffix(path: str | os.PathLike[str]) -> str:
    """Take the path's suffix in small letters."""
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"path: expected a string or a path, got {type(path).__name__}")
    return _path(path).suffix.lower()


def _format(path: str | os.PathLike[str]) -> Format:
    """Import the format of the path's suffix."""
    return cast(Format, importlib.import_module(f"{__name__}.{FORMATS[_suffix(path)]}"))


def _known() -> str:
    """Say which suffixes there are."""
    return f"expected a file name that ends in {' or '.join(FORMATS)}"


def _got(path: str | os.PathLike[str]) -> str:
    """Say which suffix was received."""
    return _path(path).suffix or "none"


__all__ = [
    "FORMATS",
    "FORMAT_VERSION",
    "Architecture",
    "Format",
    "ModelFile",
    "Training",
    "check_writable",
    "read",
    "write",
]
