"""IDX files for tests, written independently of the reader."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

CODES = {
    "uint8": 0x08,
    "int8": 0x09,
    "int16": 0x0B,
    "int32": 0x0C,
    "float32": 0x0D,
    "float64": 0x0E,
}


def idx_bytes(array: npt.NDArray[Any]) -> bytes:
    """Content of an IDX file with this array."""
    header = bytes([0, 0, CODES[array.dtype.name], array.ndim])
    header += struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


def write_fashion_mnist(
    root: Path, *, compressed: bool = True, train: int = 6, test: int = 4
) -> None:
    """Write the four files of Fashion-MNIST, with a few random images each."""
    rng = np.random.default_rng(0)
    root.mkdir(parents=True, exist_ok=True)
    for part, count in (("train", train), ("t10k", test)):
        images = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        labels = np.arange(count, dtype=np.uint8) % 10
        for kind, array in (("images-idx3", images), ("labels-idx1", labels)):
            path, content = root / f"{part}-{kind}-ubyte", idx_bytes(array)
            if compressed:
                path, content = path.with_name(f"{path.name}.gz"), gzip.compress(content, mtime=0)
            path.write_bytes(content)
