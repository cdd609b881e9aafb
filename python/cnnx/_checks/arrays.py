"""Any array-like object -> a C-contiguous array of a type that the engine reads, or a clear error.

Nothing is copied where the array already fits. The scan for NaN is passed in by the caller, which
knows the engine; where a bad value stands is searched for only when there is one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from cnnx._checks.scalars import describe
from cnnx._types import AllFinite, Array
from cnnx.errors import ShapeError

_LARGEST_FLOAT32 = float(np.finfo(np.float32).max)
_EXACT = {np.dtype(np.float32): 2**24, np.dtype(np.float64): 2**53}
"""Up to where every integer has its own floating-point number."""

_PASSED_ON = frozenset(np.dtype(t) for t in (np.float32, np.float64, np.uint8))


def as_array(value: object, name: str, owner: str = "") -> Array:
    """Make an array of numbers in this machine's byte order; its values stay as they are."""
    where = f"{owner}: {name}" if owner else name
    if value is None:
        raise TypeError(f"{where}: expected an array of numbers, got None")
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(
            f"{where}: masked arrays are not supported; fill the gaps first with {name}.filled(...)"
        )
    try:
        array = np.asarray(_bounded(value))
    except ValueError:
        if hasattr(value, "__array__"):
            raise
        raise ShapeError(
            f"{where}: expected an array, got a list whose rows differ in length; "
            "bring all images to one size first"
        ) from None
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"{where}: expected numbers (float32, float64, uint8, other integers or booleans), "
            f"got dtype {array.dtype}{_way_out(array, name)}"
        )
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    return array


def _bounded(value: object) -> object:
    """Take as many items of a user's sequence as it says it has; iterating it may never end."""
    known = isinstance(value, (list, tuple, str, bytes, bytearray, memoryview, Mapping))
    if known or not hasattr(type(value), "__len__") or not hasattr(type(value), "__getitem__"):
        return value
    if hasattr(value, "__array__") or hasattr(value, "__array_interface__"):
        return value
    try:
        return memoryview(value)  # type: ignore[arg-type]  # whether it has one is the question
    except TypeError:
        return [value[i] for i in range(len(value))]  # type: ignore[index, arg-type]


def _way_out(array: Array, name: str) -> str:
    """Say what to do about a dtype that holds no real numbers."""
    if array.dtype.kind == "c":
        return f"; take one part of it, {name}.real or abs({name})"
    if array.dtype.kind == "O" and array.ndim == 0:
        return f", made from {describe(array[()])}"
    if array.dtype.kind == "O":
        return f"; make it one array of one dtype, for example np.stack({name}).astype(np.float32)"
    if array.dtype.kind in "US":
        return "; convert the text to numbers first"
    return ""


def as_numbers(
    array: Array, name: str, dtype: np.dtype[Any], *, keep: bool, owner: str = ""
) -> Array:
    """Bring an array of numbers into a C-contiguous one of a type that the engine reads."""
    if keep and array.dtype in _PASSED_ON:
        return np.asarray(array, order="C")
    limit = _EXACT[dtype]
    if array.dtype.kind in "iu" and np.iinfo(array.dtype).max > limit and array.size:
        low, high = int(array.min()), int(array.max())
        if low < -limit or high > limit:
            place, bad = first_where(array, lambda part: (part > limit) | (part < -limit))
            where = f"{owner}: {name}" if owner else name
            raise ValueError(
                f"{where}: integers up to {limit} are exact in {dtype}, got {bad} at "
                f"{name}[{place}]; scale the values first and pass them as {dtype}"
            )
    with np.errstate(over="ignore"):  # an infinity is reported by the check for finiteness
        return np.asarray(array, dtype=dtype, order="C")


def first_where(array: Array, test: Callable[[Array], Array]) -> tuple[str, Any]:
    """Find the first entry that a test holds for, without a large temporary."""
    row_size = max(1, math.prod(array.shape[1:]))
    step = max(1, 2**20 // row_size)
    for start in range(0, len(array), step):
        part = array[start : start + step]
        found = np.flatnonzero(test(part))
        if found.size:
            index = np.unravel_index(int(found[0]), part.shape)
            place = (start + int(index[0]), *(int(i) for i in index[1:]))
            return ", ".join(map(str, place)), array[place]
    raise LookupError("no entry passes the test")


def check_finite(array: Array, name: str, dtype: np.dtype[Any], all_finite: AllFinite) -> None:
    """Refuse NaN, infinities, and numbers that become infinite in the network's precision."""
    if array.dtype.kind != "f" or array.size == 0:
        return
    if not all_finite(array):
        place, bad = first_where(array, lambda part: ~np.isfinite(part))
        raise ValueError(
            f"{name}: expected finite numbers, got {bad} at {name}[{place}]; "
            "remove or fill such images first"
        )
    if array.dtype.itemsize > dtype.itemsize and (
        array.max() > _LARGEST_FLOAT32 or array.min() < -_LARGEST_FLOAT32
    ):
        place, bad = first_where(array, lambda part: np.abs(part) > _LARGEST_FLOAT32)
        raise ValueError(
            f"{name}: expected numbers within float32's range (up to {_LARGEST_FLOAT32:.3g}), "
            f'got {bad:.6g} at {name}[{place}]; scale the data, or build CNN(..., dtype="float64")'
        )
