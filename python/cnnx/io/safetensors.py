"""Models as safetensors files: tensors by name, the architecture as JSON beside them, no code.

The metadata has the architecture under "cnnx" and a checksum of it and of all tensors under
"cnnx.crc32". Parameters have PyTorch's names and layouts; the optimizer's state has the prefix
"optimizer.". Checkpoints have where the training stands under "cnnx.training", and its arrays with
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
    """Write a model; a file of that name is replaced in one step, or stays as it is.

    Parameters
    ----------
    path : path-like
        The file.
    model : ModelFile
        What to write.

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
        except SafetensorError as error:  # it wraps what the system said, a full disk for example
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
        What it holds.

    Raises
    ------
    OSError
        If the file cannot be read.
    FileFormatError
        If it is damaged, cut short, or not a model of cnnx.
    """
    metadata, tensors = _read_tensors(path)
    if "cnnx" not in metadata:
        raise FileFormatError(
            f"{os.fspath(path)}: a safetensors file, but not a model of cnnx (it describes no "
            "network); build the network and pass the tensors to its load_state_dict"
        )
    description = metadata["cnnx"]
    if metadata.get("cnnx.crc32") != _checksum(_text(metadata), tensors):
        raise FileFormatError(
            f"{os.fspath(path)}: the checksum does not fit the contents; the file was damaged or "
            "changed after cnnx wrote it"
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
        # The checksum fits, so cnnx wrote it.
        training = Training(json.loads(metadata["cnnx.training"]), kept[_TRAINING])
    return ModelFile(architecture, parameters, kept[_OPTIMIZER] or None, training)


def _read_tensors(path: str | os.PathLike[str]) -> tuple[dict[str, str], dict[str, Array]]:
    """Read the metadata and every tensor, or say what is wrong with the file."""
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
        # Only now: the first bytes of a sound file are a length and may look like anything.
        for magic, what in _FOREIGN.items():
            if start.startswith(magic):
                raise FileFormatError(
                    f"{os.fspath(path)}: expected a safetensors file, got {what}"
                ) from error
        raise FileFormatError(
            f"{os.fspath(path)}: not a safetensors file, or damaged or cut short: {error}"
        ) from error
    return metadata, tensors


def _text(metadata: dict[str, str]) -> str:
    """Give the text that the checksum covers."""
    return metadata["cnnx"] + metadata.get("cnnx.training", "")


def _checksum(text: str, tensors: dict[str, Array]) -> str:
    """Sum up the text and, in the order of their names, the tensors."""
    crc = zlib.crc32(text.encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        crc = zlib.crc32(f"{name} {tensor.dtype.name} {tensor.shape}".encode(), crc)
        crc = zlib.crc32(tensor.reshape(-1).view(np.uint8).data, crc)
    return f"{crc:08x}"


def _no_constant(text: str) -> NoReturn:
    """Refuse NaN and infinities, which JSON does not have."""
    raise ConfigError(f"its description contains {text}")
