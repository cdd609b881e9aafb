"""Weights that do not fit, damaged and foreign files, places that cannot be written."""

from __future__ import annotations

import gzip
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from cnnx import CNN, datasets
from cnnx.errors import ConfigError, FileFormatError, ShapeError
from cnnx.layers import Conv2D, Flatten

from .scene import BadCall, Scene


def _changed_state(s: Scene, **changed: Any) -> dict[str, Any]:
    state: dict[str, Any] = s.model.state_dict()
    for name, value in changed.items():
        state[name.replace("_", ".")[1:]] = value
    return {name: value for name, value in state.items() if value is not ...}


def _cut(s: Scene, length: int) -> Path:
    return s.file("cut.safetensors", s.saved.read_bytes()[:length])


def _flipped(s: Scene, place: int) -> Path:
    content = bytearray(s.saved.read_bytes())
    content[place] ^= 0x40
    return s.file("flipped.safetensors", bytes(content))


def _header(s: Scene, text: bytes, length: int | None = None) -> Path:
    size = len(text) if length is None else length
    return s.file("header.safetensors", struct.pack("<Q", size) + text)


def _foreign(s: Scene) -> Path:
    from safetensors.numpy import save_file

    save_file({"weight": np.zeros((2, 2), np.float32)}, s.folder / "foreign.safetensors")
    return s.folder / "foreign.safetensors"


STATE = [
    BadCall("state with a weight missing",
            lambda s: s.model.load_state_dict(_changed_state(s, _3_bias=...)),
            ConfigError, ("load_state_dict", "missing 3.bias")),
    BadCall("state with a weight too many",
            lambda s: s.model.load_state_dict(_changed_state(s, _9_bias=np.zeros(3))),
            ConfigError, ("load_state_dict", "unknown 9.bias")),
    BadCall("state of another shape",
            lambda s: s.model.load_state_dict(_changed_state(s, _3_weight=np.zeros((27, 5)))),
            ShapeError, ("load_state_dict", "3.weight", "(5, 27)", "(27, 5)")),
    BadCall("state of text",
            lambda s: s.model.load_state_dict(_changed_state(s, _0_bias=["a", "b", "c"])),
            TypeError, ("0.bias", "<U", "numbers")),
    BadCall("state of objects",
            lambda s: s.model.load_state_dict(_changed_state(s, _0_bias=[None] * 3)),
            TypeError, ("0.bias", "object", "numbers")),
    BadCall("state that is no dictionary",
            lambda s: s.model.load_state_dict([1, 2]),  # type: ignore[arg-type]
            TypeError, ("load_state_dict", "dict", "[1, 2]")),
    BadCall("state beyond float32",
            lambda s: s.model.load_state_dict(_changed_state(s, _0_bias=[0.0, 1e300, 0.0])),
            ValueError, ("load_state_dict", "0.bias", "float32")),
    BadCall("last weight bad, first good",
            lambda s: s.model.load_state_dict(
                _changed_state(s, _0_weight=np.ones((3, 2, 3, 3)), _3_bias=np.ones(4))),
            ShapeError, ("load_state_dict", "3.bias", "(5,)", "(4,)")),
]  # fmt: skip

FILES = [
    BadCall("load a missing file", lambda s: CNN.load(s.folder / "missing.safetensors"),
            FileNotFoundError, ("missing.safetensors",)),
    BadCall("load a folder", lambda s: CNN.load(s.folder / "sub.safetensors"),
            IsADirectoryError, ("sub.safetensors",),
            lambda s: (s.folder / "sub.safetensors").mkdir()),
    BadCall("load a number", lambda s: CNN.load(7),  # type: ignore[arg-type]
            TypeError, ("path", "int")),
    BadCall("load another suffix", lambda s: CNN.load(s.folder / "model.h5"),
            FileFormatError, ("model.h5", ".safetensors"),
            lambda s: s.file("model.h5", b"\x89HDF\r\n")),
    BadCall("load an empty file", lambda s: CNN.load(s.folder / "empty.safetensors"),
            FileFormatError, ("empty.safetensors", "empty"),
            lambda s: s.file("empty.safetensors", b"")),
    BadCall("load four bytes", lambda s: CNN.load(s.folder / "cut.safetensors"),
            FileFormatError, ("cut.safetensors", "truncated"), lambda s: _cut(s, 4)),
    BadCall("load half a header", lambda s: CNN.load(s.folder / "cut.safetensors"),
            FileFormatError, ("cut.safetensors", "truncated"), lambda s: _cut(s, 100)),
    BadCall("load without the last byte", lambda s: CNN.load(s.folder / "cut.safetensors"),
            FileFormatError, ("cut.safetensors", "truncated"),
            lambda s: _cut(s, s.saved.stat().st_size - 1)),
    BadCall("load a flipped weight", lambda s: CNN.load(s.folder / "flipped.safetensors"),
            FileFormatError, ("flipped.safetensors", "checksum"), lambda s: _flipped(s, -1)),
    BadCall("load a header length of exabytes",
            lambda s: CNN.load(s.folder / "header.safetensors"),
            FileFormatError, ("header.safetensors", "corrupted"),
            lambda s: _header(s, b"{}", 2**60)),
    BadCall("load a header that is not JSON",
            lambda s: CNN.load(s.folder / "header.safetensors"),
            FileFormatError, ("header.safetensors", "corrupted"),
            lambda s: _header(s, b"hello, I am not JSON at all")),
    BadCall("load a foreign model", lambda s: CNN.load(s.folder / "foreign.safetensors"),
            FileFormatError, ("foreign.safetensors", "not a cnnx model"), _foreign),
    BadCall("load a pickle", lambda s: CNN.load(s.folder / "pickle.safetensors"),
            FileFormatError, ("pickle.safetensors", "pickle"),
            lambda s: s.file("pickle.safetensors", pickle.dumps({"a": 1}))),
    BadCall("load a zip archive", lambda s: CNN.load(s.folder / "zip.safetensors"),
            FileFormatError, ("zip.safetensors", "zip archive"),
            lambda s: s.file("zip.safetensors", b"PK\x03\x04" + bytes(50))),
    BadCall("load an unknown layer", lambda s: CNN.load(s.folder / "bad.safetensors"),
            FileFormatError, ("bad.safetensors", "kind", "'conv9d'"),
            lambda s: s.model_file(layers=[{"kind": "conv9d"}])),
    BadCall("load layers that do not fit", lambda s: CNN.load(s.folder / "bad.safetensors"),
            FileFormatError, ("bad.safetensors", "Dense (layer 0)", "Flatten"),
            lambda s: s.model_file(layers=[{"kind": "dense", "units": 3}])),
    BadCall("load other layers than weights", lambda s: CNN.load(s.folder / "bad.safetensors"),
            FileFormatError, ("bad.safetensors", "unknown 3.bias, 3.weight"),
            lambda s: s.model_file(layers=[Conv2D(3, 5).to_dict(), Flatten().to_dict()])),
    BadCall("load weights of another shape", lambda s: CNN.load(s.folder / "bad.safetensors"),
            FileFormatError, ("bad.safetensors", "0.weight", "(3, 2, 5, 5)", "(3, 2, 3, 3)"),
            lambda s: s.model_file(layers=[
                Conv2D(3, 5, padding=2).to_dict(),
                *s.model._network.architecture.to_dict()["layers"][1:],
            ])),
    BadCall("load momentum of another shape",
            lambda s: CNN.load(s.folder / "bad.safetensors"),
            FileFormatError, ("bad.safetensors", "3.bias", "(5,)", "(7,)"),
            lambda s: s.model_file(tensors={"optimizer.3.bias.momentum": np.zeros(7, np.float32)})),
    BadCall("load momentum for no weight", lambda s: CNN.load(s.folder / "bad.safetensors"),
            FileFormatError, ("bad.safetensors", "optimizer state", "5 entries", "got 6"),
            lambda s: s.model_file(tensors={"optimizer.9.bias.momentum": np.zeros(7, np.float32)})),
    BadCall("load a negative step", lambda s: CNN.load(s.folder / "bad.safetensors"),
            FileFormatError, ("bad.safetensors", "step", "-1"),
            lambda s: s.model_file(tensors={"optimizer.step": np.array(-1)})),
    BadCall("load a newer format", lambda s: CNN.load(s.folder / "bad.safetensors"),
            FileFormatError, ("bad.safetensors", "version 99", "upgrade"),
            lambda s: s.model_file(format_version=99)),
    BadCall("load without a seed", lambda s: CNN.load(s.folder / "bad.safetensors"),
            FileFormatError, ("bad.safetensors", "has no seed"),
            lambda s: s.model_file(seed=...)),
    BadCall("load sizes that overflow", lambda s: CNN.load(s.folder / "bad.safetensors"),
            FileFormatError, ("bad.safetensors", "overflow"),
            lambda s: s.model_file(input_shape=[2**31 - 1] * 3)),
    BadCall("save with another suffix", lambda s: s.model.save(s.folder / "model.pt"),
            ConfigError, ("model.pt", ".safetensors")),
    BadCall("save without a suffix", lambda s: s.model.save(s.folder / "model"),
            ConfigError, ("model", ".safetensors")),
    BadCall("save into a missing folder", lambda s: s.model.save(s.folder / "a/b.safetensors"),
            FileNotFoundError, ("b.safetensors", "no directory")),
    BadCall("save over a folder", lambda s: s.model.save(s.folder / "sub.safetensors"),
            IsADirectoryError, ("sub.safetensors", "directory"),
            lambda s: (s.folder / "sub.safetensors").mkdir()),
    BadCall("save below a file", lambda s: s.model.save(s.saved / "b.safetensors"),
            NotADirectoryError, ("good.safetensors",)),
    BadCall("save to None", lambda s: s.model.save(None),  # type: ignore[arg-type]
            TypeError, ("path", "None")),
]  # fmt: skip


def _idx(content: bytes) -> Callable[[Scene], Path]:
    return lambda s: s.file("bad.idx", content)


def _read(s: Scene) -> object:
    return datasets.read_idx(s.folder / "bad.idx")


_IDX = struct.pack(">HBBII", 0, 8, 2, 2, 3) + bytes(6)

IDX = [
    BadCall("idx missing", _read, FileNotFoundError, ("bad.idx",)),
    BadCall("idx empty", _read, FileFormatError, ("bad.idx", "8 bytes", "0 bytes"), _idx(b"")),
    BadCall("idx of another magic", _read, FileFormatError, ("bad.idx", "00 00", "50 4e"),
            _idx(b"PNG" + _IDX)),
    BadCall("idx of an unknown element", _read, FileFormatError, ("bad.idx", "0a", "08"),
            _idx(_IDX.replace(b"\x08", b"\x0a", 1))),
    BadCall("idx without dimensions", _read, FileFormatError, ("bad.idx", "0 dimensions"),
            _idx(_IDX[:3] + b"\0" + _IDX[4:])),
    BadCall("idx with a cut header", _read, FileFormatError, ("bad.idx", "truncated"),
            _idx(_IDX[:9])),
    BadCall("idx cut", _read, FileFormatError, ("bad.idx", "(2, 3)", "6", "5"), _idx(_IDX[:-1])),
    BadCall("idx with more", _read, FileFormatError, ("bad.idx", "(2, 3)", "6"),
            _idx(_IDX + b"\0")),
    BadCall("idx of impossible size", _read, FileFormatError, ("bad.idx", "4294967295"),
            _idx(struct.pack(">HBBIII", 0, 8, 3, *[2**32 - 1] * 3))),
    BadCall("idx with damaged gzip", _read, FileFormatError, ("bad.idx", "gzip"),
            _idx(gzip.compress(_IDX)[:-6])),
    BadCall("fashion_mnist in an empty folder",
            lambda s: datasets.fashion_mnist(s.folder / "fashion"),
            FileNotFoundError, ("train-images-idx3-ubyte",),
            lambda s: (s.folder / "fashion").mkdir()),
]  # fmt: skip
