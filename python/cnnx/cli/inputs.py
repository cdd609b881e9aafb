"""Arrays that the command line reads: .npy, .npz and IDX files, told apart by their content."""

from __future__ import annotations

import math
import tokenize
import zipfile
import zlib
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from cnnx import datasets
from cnnx.errors import FileFormatError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NPY_MAGIC = b"\x93NUMPY"
_ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")

_NPY_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
    (3, 0): np.lib.format.read_array_header_2_0,  # differs in the names of fields only
}

IMAGE_NAMES = ("x", "images", "x_test", "arr_0")
"""Names of the images in an .npz file, in order of preference."""

LABEL_NAMES = ("y", "labels", "y_test", "arr_1")
"""Names of the labels in an .npz file."""


def read_array(path: str, names: tuple[str, ...] = IMAGE_NAMES) -> NDArray[Any]:
    """Read one array from a file."""
    with Path(path).open("rb") as file:
        start = file.read(len(_NPY_MAGIC))
    if start == _NPY_MAGIC:
        return _read_npy(path)
    if start.startswith(_ZIP_MAGICS):
        return _read_npz(path, names)
    if start.startswith((b"\0\0", b"\x1f\x8b")):
        return datasets.read_idx(path)
    raise FileFormatError(
        f"{path}: expected a .npy, .npz or IDX file, found one that begins with "
        f"{start[:4].hex(' ') or 'nothing: it is empty'}"
    )


def is_npz(path: str) -> bool:
    """Tell whether a file is a zip archive, as .npz files are."""
    with Path(path).open("rb") as file:
        return file.read(4).startswith(_ZIP_MAGICS)


def names_in(path: str) -> set[str]:
    """Name the arrays of an .npz file."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {name.removesuffix(".npy") for name in archive.namelist()}
    except zipfile.BadZipFile as error:
        raise FileFormatError(f"{path}: damaged .npz file: {error}") from error


def as_images(array: NDArray[Any], input_shape: tuple[int, ...]) -> NDArray[Any]:
    """Add the axes that image files leave out."""
    grey = input_shape[1:] if len(input_shape) == 3 and input_shape[0] == 1 else None
    if array.shape[1:] == input_shape:
        return array
    if array.shape == input_shape:
        return array[np.newaxis]
    if array.shape[1:] == grey:
        return array[:, np.newaxis]
    if array.shape == grey:
        return array[np.newaxis, np.newaxis]
    return array


def _read_npy(path: str) -> NDArray[Any]:
    """Map a .npy file."""
    with Path(path).open("rb") as file:
        shape, dtype = _read_npy_header(path, file, Path(path).stat().st_size)
    try:
        if math.prod(shape) == 0:  # nothing to map
            return np.empty(shape, dtype)
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OverflowError) as error:
        raise FileFormatError(f"{path}: damaged .npy file: {error}") from error
    return array


def _read_npz(path: str, names: tuple[str, ...]) -> NDArray[Any]:
    """Read one array of an .npz file."""
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {
                entry.filename.removesuffix(".npy"): entry.file_size
                for entry in archive.infolist()
                if entry.filename.endswith(".npy")
            }
            name = _choose(path, list(sizes), names)
            with archive.open(f"{name}.npy") as file:
                _read_npy_header(path, file, sizes[name])
        with np.load(path, allow_pickle=False) as arrays:
            array: NDArray[Any] = arrays[name]
            return array
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise FileFormatError(f"{path}: damaged .npz file: {error}") from error


def _choose(path: str, present: list[str], names: tuple[str, ...]) -> str:
    """Find the wanted array of an .npz file."""
    for name in names:
        if name in present:
            return name
    if len(present) == 1:
        return present[0]
    raise FileFormatError(
        f"{path}: expected an array named {' or '.join(map(repr, names))}, "
        f"found {', '.join(map(repr, present)) or 'none'}"
    )


def _read_npy_header(
    path: str, file: IO[bytes], size: int
) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Read the header of a .npy file or member of `size` bytes, and check it against that."""
    try:
        version = np.lib.format.read_magic(file)
        shape, _, dtype = _NPY_HEADERS[version](file)
    except (ValueError, KeyError, SyntaxError, tokenize.TokenError) as error:
        raise FileFormatError(f"{path}: damaged .npy header: {error}") from error
    if dtype.hasobject:
        raise FileFormatError(
            f"{path}: holds Python objects (dtype {dtype}); save a plain numeric array instead"
        )
    if min(shape, default=0) < 0:
        raise FileFormatError(f"{path}: .npy header states the impossible shape {shape}")
    expected, found = math.prod(shape) * dtype.itemsize, size - file.tell()
    if found != expected:
        raise FileFormatError(
            f"{path}: an array of shape {shape} and dtype {dtype} needs {expected} bytes, "
            f"found {found}"
        )
    return shape, dtype
