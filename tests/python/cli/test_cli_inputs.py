"""The files that the command line reads."""

from __future__ import annotations

import io
import pickle
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnx import FileFormatError
from cnnx.cli import inputs


def npy(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def header(shape: str, descr: str = "'<f4'", version: tuple[int, int] = (1, 0)) -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY" + bytes(version) + len(text).to_bytes(2, "little") + text


def npz(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return buffer.getvalue()


X = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
VALID = npy(X)
ZIPPED = npz(x=VALID)

DAMAGED = {
    "empty": (b"", "nothing: it is empty"),
    "text": (b"1 2 3", "31 20 32 20"),
    "pickle": (pickle.dumps([1, 2]), "expected a .npy, .npz or IDX file"),
    "npy cut in its data": (VALID[:-1], "needs 96 bytes, found 95"),
    "npy with more": (VALID + b"1", "needs 96 bytes, found 97"),
    "npy cut in its header": (VALID[:40], "damaged .npy header"),
    "npy of objects": (npy(np.array([{}], dtype=object)), "Python objects"),
    "npy of a later version": (header("(2,)", version=(9, 0)), "damaged .npy header"),
    "npy with a damaged header": (header("(2,", "'<f4'"), "damaged .npy header"),
    "npy of unknown type": (header("(2,)", "'<q9'"), "damaged .npy header"),
    "npy of a negative shape": (header("(-1, 2)"), "impossible shape"),
    "npy larger than memory": (header(f"({2**40}, {2**20})"), f"needs {2**62} bytes, found 0"),
    "npy whose size overflows": (header(f"({2**62}, {2**62})"), f"needs {2**126} bytes, found 0"),
    "npy, empty, whose size overflows": (header(f"(0, {2**62}, {2**62})"), "damaged .npy"),
    "npz cut": (ZIPPED[:-30], "damaged .npz"),
    "npz with a flipped bit": (
        ZIPPED[:50] + bytes([ZIPPED[50] ^ 1]) + ZIPPED[51:],
        "damaged .npz",
    ),
    "npz of objects": (npz(x=npy(np.array([{}], dtype=object))), "Python objects"),
    "npz of something else": (npz(x=b"hello"), "damaged .npy header"),
    "npz with other names": (npz(a=VALID, b=VALID), "found 'a', 'b'"),
    "npz without arrays": (npz(), "found none"),
    "npz larger than memory": (npz(x=header(f"({2**40},)")), "needs 4398046511104 bytes, found 0"),
    "npz member cut": (npz(x=VALID[:-4]), "needs 96 bytes, found 92"),
    "npz member with more": (npz(x=VALID + b"1234"), "needs 96 bytes, found 100"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_damaged_files_are_refused(tmp_path: Path, case: str) -> None:
    content, message = DAMAGED[case]
    path = tmp_path / "input"
    path.write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(FileFormatError) as caught:
            inputs.read_array(str(path))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert str(path) in str(caught.value)
    assert message in str(caught.value)
    assert peak < 4_000_000


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)], ids=str)
def test_every_version_of_npy(tmp_path: Path, version: tuple[int, int]) -> None:
    path = tmp_path / "x"
    with path.open("wb") as file:
        np.lib.format.write_array(file, X, version=version)
    np.testing.assert_array_equal(inputs.read_array(str(path)), X, strict=True)
    with zipfile.ZipFile(tmp_path / "z", "w") as archive:
        archive.write(path, "x.npy")
    np.testing.assert_array_equal(inputs.read_array(str(tmp_path / "z")), X, strict=True)


def test_empty_arrays(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    np.save(path, np.zeros((0, 3, 4), np.uint8))
    found = inputs.read_array(str(path))
    assert found.shape == (0, 3, 4)
    assert found.dtype == np.uint8


@pytest.mark.parametrize(
    ("shape", "input_shape", "wanted"),
    [
        ((5, 1, 8, 8), (1, 8, 8), (5, 1, 8, 8)),
        ((5, 8, 8), (1, 8, 8), (5, 1, 8, 8)),
        ((1, 8, 8), (1, 8, 8), (1, 1, 8, 8)),
        ((8, 8), (1, 8, 8), (1, 1, 8, 8)),
        ((8, 8, 8), (1, 8, 8), (8, 1, 8, 8)),
        ((3, 8, 8), (3, 8, 8), (1, 3, 8, 8)),
        ((5, 8, 8), (3, 8, 8), (5, 8, 8)),
        ((8, 8), (3, 8, 8), (8, 8)),
        ((7, 4), (4,), (7, 4)),
        ((4,), (4,), (1, 4)),
        ((), (4,), ()),
    ],
)
def test_axes_that_files_leave_out(
    shape: tuple[int, ...], input_shape: tuple[int, ...], wanted: tuple[int, ...]
) -> None:
    array = np.zeros(shape)
    found = inputs.as_images(array, input_shape)
    assert found.shape == wanted
    assert found is array or np.shares_memory(found, array)
