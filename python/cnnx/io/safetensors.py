"""Models as safetensors files: named tensors, and the architecture as JSON in the metadata.

The metadata contains the architecture as "cnnx", and a checksum of it and all tensors as
"cnnx.crc32". Parameters have PyTorch's names and layouts; the optimizer's state has the prefix
"optimizer.". Checkpoints also contain the state of the run as "cnnx.training", and its arrays with
the prefix "training.".
"""

from __future__ import annotations

import json
import os
import zlib
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from cnnx._network.architecture import Architecture
from cnnx._network.snapshot import ModelFile, Training
from cnnx._types import Array
from cnnx.errors import ConfigError, FileFormatError
from cnnx.io._atomic import replacing

_OPTIMIZER = "optimizer."
_TRAINING = "training."
_FOREIGN = {
    b"PK\x03\x04": "a zip archive (a PyTorch or Keras file?)",
    b"\x89HDF": "an HDF5 file (from Keras?)",
    b"\x93NUM": "a NumPy array file",
    b"\x80\x02": "a pickle, which cnnx never reads",
    b"\x80\x04": "a pickle, which cnnx never reads",
    b"\x80\x05": "a pickle, which cnnx never reads",
}


def write(path: str | os.PathLike[str], model: ModelFile) -> None:
    """Write a model.

    Parameters
    ----------
    path : path-like
        The file; an existing file is replaced atomically.
    model : ModelFile
        The model.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    from safetensors import SafetensorError  # noqa: PLC0415 - only files need it
    from safetensors.numpy import save_file  # noqa: PLC0415

    tensors = {name: np.ascontiguousarray(a) for name, a in model.parameters.items()}
    for name, state in (model.optimizer_state or {}).items():
        tensors[_OPTIMIZER + name] = np.asarray(state, order="C")
    description = json.dumps(model.architecture.to_dict(), allow_nan=False)
    metadata = {"cnnx": description}
    if model.training is not None:
        for name, array in model.training.arrays.items():
            tensors[_TRAINING + name] = np.asarray(array, order="C")
        metadata["cnnx.training"] = json.dumps(model.training.values)
    metadata["cnnx.crc32"] = _checksum(_text(metadata), tensors)
    with replacing(path) as temporary:
        try:
            save_file(tensors, temporary, metadata=metadata)
        except SafetensorError as error:  # wraps errors of the system, such as a full disk
            raise OSError(f"{os.fspath(path)}: could not be written: {error}") from error


def read(path: str | os.PathLike[str]) -> ModelFile:
    """Read a model.

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
    OSError
        If the file cannot be read.
    FileFormatError
        If the file is corrupted, truncated, or not a cnnx model.
    """
    metadata, tensors = _read_tensors(path)
    if "cnnx" not in metadata:
        raise FileFormatError(
            f"{os.fspath(path)}: a safetensors file without an architecture, so not a cnnx model; "
            "build the network and pass the tensors to its load_state_dict"
        )
    description = metadata["cnnx"]
    if metadata.get("cnnx.crc32") != _checksum(_text(metadata), tensors):
        raise FileFormatError(
            f"{os.fspath(path)}: the checksum does not match the contents; the file was corrupted "
            "or modified"
        )
    try:
        values = json.loads(description, parse_constant=_no_constant)
        architecture = Architecture.from_dict(values)
    except (ValueError, TypeError, RecursionError) as error:
        raise FileFormatError(f"{os.fspath(path)}: cannot be used: {error}") from error
    kept = {
        prefix: {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
        for prefix in (_OPTIMIZER, _TRAINING)
    }
    parameters = {n: t for n, t in tensors.items() if not n.startswith((_OPTIMIZER, _TRAINING))}
    training = None
    if "cnnx.training" in metadata:
        # The checksum matches, so the contents were written by cnnx.
        training = Training(json.loads(metadata["cnnx.training"]), kept[_TRAINING])
    return ModelFile(architecture, parameters, kept[_OPTIMIZER] or None, training)


def _read_tensors(path: str | os.PathLike[str]) -> tuple[dict[str, str], dict[str, Array]]:
    """Read the metadata and all tensors; errors say what is wrong with the file."""
    from safetensors import SafetensorError, safe_open  # noqa: PLC0415 - only files need it

    with Path(path).open("rb") as file:  # for Python's own errors about missing files
        start = file.read(4)
    if not start:
        raise FileFormatError(f"{os.fspath(path)}: the file is empty")
    try:
        with safe_open(path, framework="np") as opened:
            metadata: dict[str, str] = opened.metadata() or {}
            tensors: dict[str, Any] = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError) as error:
        # Checked only after a failure: a valid file starts with a length, which may be any bytes.
        for magic, what in _FOREIGN.items():
            if start.startswith(magic):
                raise FileFormatError(
                    f"{os.fspath(path)}: expected a safetensors file, got {what}"
                ) from error
        raise FileFormatError(
            f"{os.fspath(path)}: not a safetensors file, or corrupted or truncated: {error}"
        ) from error
    return metadata, tensors


def _text(metadata: dict[str, str]) -> str:
    """Return the text that is covered by the checksum."""
    return metadata["cnnx"] + metadata.get("cnnx.training", "")


def _checksum(text: str, tensors: dict[str, Array]) -> str:
    """Compute the checksum of the text and the tensors, sorted by name."""
    crc = zlib.crc32(text.encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        crc = zlib.crc32(f"{name} {tensor.dtype.name} {tensor.shape}".encode(), crc)
        crc = zlib.crc32(tensor.reshape(-1).view(np.uint8).data, crc)
    return f"{crc:08x}"


def _no_constant(text: str) -> NoReturn:
    """Reject NaN and infinities, which are not valid JSON."""
    raise ConfigError(f"its description contains {text}")
