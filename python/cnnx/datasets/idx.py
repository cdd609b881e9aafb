"""Reading of IDX files, the format of MNIST and similar datasets.

An IDX file consists of a header and the elements of an array, all big-endian: two zero
bytes, a byte for the element type, a byte for the number of dimensions, four bytes for
the length of each dimension, and the elements in row-major order. Files are often
compressed with gzip, which is detected by content, not by name.
"""

from __future__ import annotations

import gzip
import math
import os
import struct
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import numpy as np

from cnnx.errors import FileFormatError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ELEMENT_TYPES: dict[int, np.dtype[Any]] = {
    0x08: np.dtype(">u1"),
    0x09: np.dtype(">i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}
_GZIP_MAGIC = b"\x1f\x8b"
_MAX_DIMENSIONS = 32  # supported by every version of NumPy
_CHUNK = 1 << 20


def read_idx(path: str | os.PathLike[str]) -> NDArray[Any]:
    """Read an IDX file, uncompressed or compressed with gzip.

    The header is checked before memory is allocated for the elements: the size of an
    uncompressed file must match the header exactly, and a compressed file is
    decompressed in chunks, never beyond that size.

    Parameters
    ----------
    path : str or os.PathLike
        The file.

    Returns
    -------
    numpy.ndarray
        A writable array with the shape and dtype given in the header (uint8, int8, int16,
        int32, float32 or float64), in native byte order.

    Raises
    ------
    FileFormatError
        If the file is not an IDX file, is truncated, has bytes after the last element,
        states an impossible shape, or is a corrupted gzip file.
    OSError
        If the file cannot be opened or read.
    """
    name = os.fspath(path)
    with Path(path).open("rb") as file:
        compressed = file.read(2) == _GZIP_MAGIC
        file.seek(0)
        if not compressed:
            return _read(name, file, os.fstat(file.fileno()).st_size)
        try:
            with gzip.GzipFile(fileobj=file) as unpacked:
                return _read(name, cast("BinaryIO", unpacked), None)
        except (gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise FileFormatError(f"{name}: corrupted gzip file: {error}") from error


def _read(name: str, file: BinaryIO, size: int | None) -> NDArray[Any]:
    """Read header and elements; `size` is the size of the file, if known."""
    dtype, shape = _read_header(name, file)
    expected = math.prod(shape) * dtype.itemsize
    header = 4 + 4 * len(shape)
    if size is not None and size != header + expected:
        raise _wrong_length(name, shape, dtype, expected, f"{size - header}")

    data = bytearray()
    while len(data) < expected:
        chunk = file.read(min(_CHUNK, expected - len(data)))
        if not chunk:
            raise _wrong_length(name, shape, dtype, expected, f"{len(data)}")
        data += chunk
    if file.read(1):  # reading to the end also makes gzip verify its checksum
        raise _wrong_length(name, shape, dtype, expected, "more")
    array = np.frombuffer(data, dtype).reshape(shape)
    return array.astype(dtype.newbyteorder("="), copy=False)


def _read_header(name: str, file: BinaryIO) -> tuple[np.dtype[Any], tuple[int, ...]]:
    """Read and check the header."""
    magic = file.read(4)
    if len(magic) < 4:
        raise FileFormatError(
            f"{name}: not an IDX file: expected a header of at least 8 bytes, "
            f"found {len(magic)} bytes in total"
        )
    if magic[:2] != b"\0\0":
        raise FileFormatError(
            f"{name}: not an IDX file: expected it to start with bytes 00 00 "
            f"(or 1f 8b for gzip), found {magic.hex(' ')}"
        )
    dtype = _ELEMENT_TYPES.get(magic[2])
    if dtype is None:
        known = ", ".join(f"{code:02x}" for code in _ELEMENT_TYPES)
        raise FileFormatError(
            f"{name}: unknown IDX element type {magic[2]:02x}; expected one of {known}"
        )
    rank = magic[3]
    if not 1 <= rank <= _MAX_DIMENSIONS:
        raise FileFormatError(
            f"{name}: IDX header states {rank} dimensions; expected 1 to {_MAX_DIMENSIONS}"
        )
    lengths = file.read(4 * rank)
    if len(lengths) < 4 * rank:
        raise FileFormatError(
            f"{name}: truncated IDX header: {rank} dimensions need {4 * rank} bytes, "
            f"found {len(lengths)}"
        )
    shape = struct.unpack(f">{rank}I", lengths)
    if math.prod(length or 1 for length in shape) * dtype.itemsize > sys.maxsize:
        raise FileFormatError(
            f"{name}: IDX header states the impossible shape {shape} of {dtype.name}: "
            "more bytes than can be addressed"
        )
    return dtype, shape


def _wrong_length(
    name: str, shape: tuple[int, ...], dtype: np.dtype[Any], expected: int, found: str
) -> FileFormatError:
    return FileFormatError(
        f"{name}: shape {shape} of {dtype.name} needs {expected} bytes after the IDX header, "
        f"found {found}"
    )
