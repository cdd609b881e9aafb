"""The IDX reader: every element type, and every kind of damage."""

from __future__ import annotations

import gzip
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from cnnx import FileFormatError
from cnnx.datasets import read_idx
from support.idx_files import CODES, idx_bytes

VALID = idx_bytes(np.arange(12, dtype=np.uint8).reshape(3, 2, 2))


@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("dtype", CODES)
@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 3, 4), (1, 1, 1, 7), (0, 28, 28)], ids=str)
def test_arrays_come_back(
    tmp_path: Path, dtype: str, shape: tuple[int, ...], compressed: bool
) -> None:
    wanted = (np.random.default_rng(0).normal(size=shape) * 100).astype(dtype)
    path = tmp_path / "any name at all"
    data = idx_bytes(wanted)
    path.write_bytes(gzip.compress(data) if compressed else data)
    found = read_idx(path)
    assert found.dtype == np.dtype(dtype)
    assert found.dtype.isnative
    assert found.flags.writeable
    np.testing.assert_array_equal(found, wanted, strict=True)


def test_string_paths_and_missing_files(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(VALID)
    assert read_idx(str(path)).shape == (3, 2, 2)
    with pytest.raises(FileNotFoundError):
        read_idx(tmp_path / "missing")
    with pytest.raises(IsADirectoryError):
        read_idx(tmp_path)


HUGE = 2**32 - 1
DAMAGED = {
    "empty file": (b"", "found 0 bytes"),
    "three bytes": (VALID[:3], "found 3 bytes"),
    "text": (b"x,y\n1,2\n", "found 78 2c 79 0a"),
    "first byte of magic": (b"\1" + VALID[1:], "found 01 00 08 03"),
    "second byte of magic": (b"\0\1" + VALID[2:], "found 00 01 08 03"),
    "little-endian magic": (b"\3\x08\0\0" + VALID[4:], "found 03 08 00 00"),
    "element type 0a": (b"\0\0\x0a" + VALID[3:], "element type 0a; expected one of 08, 09"),
    "element type 00": (bytes(64), "element type 00"),
    "no dimensions": (b"\0\0\x08\0" + b"\7", "0 dimensions"),
    "255 dimensions": (b"\0\0\x08\xff" + bytes(1020), "255 dimensions; expected 1 to 32"),
    "header cut": (VALID[:11], "3 dimensions need 12 bytes, found 7"),
    "one byte short": (
        VALID[:-1],
        "(3, 2, 2) of uint8 needs 12 bytes after the IDX header, found 11",
    ),
    "no elements": (VALID[:16], "found 0"),
    "one byte more": (VALID + b"\0", "needs 12 bytes"),
    "larger than the file": (b"\0\0\x08\3" + struct.pack(">3I", 60000, 28, 28), "47040000 bytes"),
    "product overflows": (b"\0\0\x0e\3" + struct.pack(">3I", HUGE, HUGE, HUGE), "impossible shape"),
    "zero times overflow": (b"\0\0\x08\4" + struct.pack(">4I", 0, *[HUGE] * 3), "impossible shape"),
    "float64 sizes": (b"\0\0\x0e\1" + struct.pack(">I", 2) + bytes(15), "float64 needs 16 bytes"),
}


@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("case", DAMAGED)
def test_damaged_files_are_refused(tmp_path: Path, case: str, compressed: bool) -> None:
    data, message = DAMAGED[case]
    if compressed and case == "one byte more":
        message = "found more"
    path = tmp_path / "damaged"
    path.write_bytes(gzip.compress(data) if compressed else data)
    with pytest.raises(FileFormatError) as caught:
        read_idx(path)
    assert str(path) in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize("length", range(len(VALID)))
def test_every_prefix_is_refused(tmp_path: Path, length: int) -> None:
    path = tmp_path / "cut"
    path.write_bytes(VALID[:length])
    with pytest.raises(FileFormatError):
        read_idx(path)


def test_every_prefix_of_a_gzip_file_is_refused(tmp_path: Path) -> None:
    data = gzip.compress(VALID, mtime=0)
    path = tmp_path / "cut.gz"
    for length in range(len(data)):
        path.write_bytes(data[:length])
        with pytest.raises(FileFormatError):
            read_idx(path)


def test_no_flipped_bit_of_a_gzip_file_goes_unnoticed(tmp_path: Path) -> None:
    """Only bits that carry no data (time, system) may change; the array never does."""
    data = gzip.compress(VALID, mtime=0)
    wanted = np.arange(12, dtype=np.uint8).reshape(3, 2, 2)
    path = tmp_path / "flipped.gz"
    refused = 0
    for bit in range(8 * len(data)):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        try:
            np.testing.assert_array_equal(read_idx(path), wanted, strict=True)
        except FileFormatError:
            refused += 1
    assert refused >= 8 * (len(data) - 10)


@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "gzip"])
def test_nothing_large_is_allocated_for_a_lying_header(tmp_path: Path, compressed: bool) -> None:
    data = b"\0\0\x08\3" + struct.pack(">3I", 60000, 1000, 1000) + bytes(1000)
    path = tmp_path / "liar"
    path.write_bytes(gzip.compress(data) if compressed else data)
    tracemalloc.start()
    try:
        with pytest.raises(FileFormatError, match="60000000000 bytes"):
            read_idx(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4_000_000


def test_a_plain_file_of_the_wrong_size_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "cut"
    path.write_bytes(b"\0\0\x08\1" + struct.pack(">I", 20_000_000) + bytes(19_999_999))
    tracemalloc.start()
    try:
        with pytest.raises(FileFormatError, match="found 19999999"):
            read_idx(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000


def test_a_gzip_bomb_is_not_unpacked_beyond_its_header(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(VALID + bytes(100_000_000), compresslevel=1))
    tracemalloc.start()
    try:
        with pytest.raises(FileFormatError, match="found more"):
            read_idx(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4_000_000
