"""Saving and loading of models; the format is selected by the suffix of the file.

To add a format, add a module with ``write(path, model)`` and ``read(path)``, and a row in
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
    """Interface of the module of a file format."""

    def write(self, path: str | os.PathLike[str], model: ModelFile) -> None:
        """Write a model."""

    def read(self, path: str | os.PathLike[str]) -> ModelFile:
        """Read a model."""
        ...


FORMATS = {".safetensors": "safetensors"}
"""The modules of the formats by suffix; imported on first use."""


def check_writable(path: str | os.PathLike[str]) -> None:
    """Check that a model can be saved to a path, for example before training.

    Parameters
    ----------
    path : path-like
        The file. An existing file is not changed.

    Raises
    ------
    TypeError
        If `path` is not a path.
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
        The file; an existing file is replaced atomically.
    model : ModelFile
        The model.

    Raises
    ------
    TypeError
        If `path` is not a path.
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
        The model.

    Raises
    ------
    TypeError
        If `path` is not a path.
    FileFormatError
        If no format has the path's suffix, or the file is corrupted, truncated or not a model.
    OSError
        If the file cannot be read.
    """
    if _suffix(path) not in FORMATS:
        _path(path).stat()  # raises FileNotFoundError for a missing file, whatever its suffix
        raise FileFormatError(f"{os.fspath(path)}: {_known()} of a model, got {_got(path)}")
    return _format(path).read(path)


def _path(path: str | os.PathLike[str]) -> Path:
    """Convert a path to a `Path`."""
    from pathlib import Path  # noqa: PLC0415 - only files need it

    return Path(path)


def _suffix(path: str | os.PathLike[str]) -> str:
    """Return the suffix of a path in lower case."""
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"path: expected a string or a path, got {type(path).__name__}")
    return _path(path).suffix.lower()


def _format(path: str | os.PathLike[str]) -> Format:
    """Import the module of the format with the path's suffix."""
    return cast(Format, importlib.import_module(f"{__name__}.{FORMATS[_suffix(path)]}"))


def _known() -> str:
    """Describe the known suffixes for a message."""
    return f"expected a file name that ends in {' or '.join(FORMATS)}"


def _got(path: str | os.PathLike[str]) -> str:
    """Describe the suffix of a path for a message."""
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
