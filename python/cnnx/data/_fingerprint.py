"""Fingerprints of training data, used to detect whether a checkpoint belongs to another call."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

from cnnx._types import Array
from cnnx.data._reader import Data

_ROWS = 64
"""The number of images in a fingerprint; size, shape and labels distinguish most datasets."""


def of_array(array: Array | None) -> str | None:
    """Compute a checksum of an array, with its dtype and shape."""
    if array is None:
        return None
    bits = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
    return f"{array.dtype.name} {list(array.shape)} {zlib.crc32(bits):08x}"


def of_data(data: Data) -> dict[str, Any]:
    """Compute a fingerprint of images and labels without reading all images."""
    chosen = np.linspace(0, len(data) - 1, min(_ROWS, len(data))).astype(np.int64)
    return {
        "shape": list(data.x.shape),
        "dtype": data.x.dtype.name,
        "images": of_array(data.x[chosen]),
        "labels": of_array(data.y),
    }
