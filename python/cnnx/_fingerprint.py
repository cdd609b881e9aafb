"""What makes two calls of `CNN.train` the same, so that one may go on where the other stopped."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from cnnx._arrays import Array
from cnnx._batches import Data
from cnnx.errors import ConfigError

_ROWS = 64
"""How many images are looked at; their number, shape and labels tell most data sets apart."""
_SHOWN = 6


def of_array(array: Array | None) -> str | None:
    """Sum up every bit of an array.

    Parameters
    ----------
    array : ndarray, optional
        The array.

    Returns
    -------
    str or None
        A checksum with shape and dtype; ``None`` of ``None``.
    """
    if array is None:
        return None
    bits = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
    return f"{array.dtype.name} {list(array.shape)} {zlib.crc32(bits):08x}"


def of_data(data: Data) -> dict[str, Any]:
    """Describe images and labels without reading all of them.

    Parameters
    ----------
    data : Data
        The images and labels.

    Returns
    -------
    dict[str, Any]
        Shape, dtype, and sums of all labels and of images spread over the set.
    """
    chosen = np.linspace(0, len(data) - 1, min(_ROWS, len(data))).astype(np.int64)
    return {
        "shape": list(data.x.shape),
        "dtype": data.x.dtype.name,
        "images": of_array(data.x[chosen]),
        "labels": of_array(data.y),
    }


def check_same(there: Mapping[str, Any], here: Mapping[str, Any], where: str) -> None:
    """Refuse a checkpoint that was written by a call with other arguments.

    Parameters
    ----------
    there, here : Mapping[str, Any]
        The calls, as plain values: the checkpoint's and the present one.
    where : str
        What a message calls the checkpoint.

    Raises
    ------
    ConfigError
        If they differ; the message says in what.
    """
    old, new = (dict(_flat(json.loads(json.dumps(call)))) for call in (there, here))
    absent = "nothing"
    different = [
        f"{name} is {new.get(name, absent)}, there it was {old.get(name, absent)}"
        for name in {**new, **old}
        if old.get(name, absent) != new.get(name, absent)
    ]
    if different:
        rest = len(different) - _SHOWN
        more = [f"and {rest} more"] if rest > 0 else []
        raise ConfigError(
            f"train: {where} is of another call: {'; '.join(different[:_SHOWN] + more)}. Pass "
            "another folder as checkpoint (the model goes on from where it is), or resume=False "
            "to start over in this one, which removes its checkpoints"
        )


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Name every plain value within dicts and lists; ``None`` is nothing."""
    inner: Any = ()
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value):
        inner = ((f"[{i}]", item) for i, item in enumerate(value))
    elif value is not None:
        yield name, value
    for key, item in inner:
        dot = "." if name and not key.startswith("[") else ""
        yield from _flat(item, f"{name}{dot}{key}")
