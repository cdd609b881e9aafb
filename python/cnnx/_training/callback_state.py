"""Serialization of the state of callbacks to plain values and arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cnnx._checks.scalars import describe
from cnnx._types import Array
from cnnx.callbacks import Callback

_ARRAY = "__array__"


def remembering(callbacks: Sequence[Callback]) -> list[Callback]:
    """Return the callbacks that have a state."""
    return [c for c in callbacks if type(c).state_dict is not Callback.state_dict]


def take_apart(state: object, owner: str, arrays: dict[str, Array], name: str) -> Any:
    """Replace the arrays within a state by their names."""
    if isinstance(state, np.ndarray):
        arrays[name] = state
        return {_ARRAY: name}
    if isinstance(state, np.generic):
        return state.item()
    if isinstance(state, Mapping):
        for key in state:
            if not isinstance(key, str) or key == _ARRAY:
                raise TypeError(f"{owner}: keys of state_dict must be strings, got {key!r}")
        return {k: take_apart(v, owner, arrays, f"{name}.{k}") for k, v in state.items()}
    if isinstance(state, (list, tuple)):
        return [take_apart(v, owner, arrays, f"{name}.{i}") for i, v in enumerate(state)]
    if state is None or isinstance(state, (bool, int, float, str)):
        return state
    raise TypeError(
        f"{owner}: state_dict may contain numbers, strings, booleans, None, arrays, and lists and "
        f"dicts of them, got {describe(state)} as {name.partition('.')[2]}"
    )


def put_together(state: Any, arrays: Mapping[str, Array]) -> Any:
    """Restore a state from plain values and arrays."""
    if isinstance(state, dict):
        if _ARRAY in state:
            return arrays[state[_ARRAY]]
        return {key: put_together(value, arrays) for key, value in state.items()}
    if isinstance(state, list):
        return [put_together(value, arrays) for value in state]
    return state
