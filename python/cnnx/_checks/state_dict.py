"""Checks of weights that come from outside, all of them before one is set."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnnx._checks.arrays import as_array, as_numbers, first_where
from cnnx._checks.scalars import describe, near
from cnnx._types import Array
from cnnx.errors import ConfigError, ShapeError


def check_state(
    state: object, current: Mapping[str, Array], strict: bool, owner: str = "load_state_dict"
) -> dict[str, Array]:
    """Check weights by name against those that a network has."""
    if not isinstance(state, Mapping):
        raise TypeError(f"{owner}: expected a dict of arrays, got {describe(state)}")
    if strict:
        _check_names(state, current, owner)
    checked = {}
    for name, weights in current.items():
        if name not in state:
            continue
        array = as_array(state[name], name)
        if array.shape != weights.shape:
            raise ShapeError(f"{owner}: {name} must have shape {weights.shape}, got {array.shape}")
        converted = as_numbers(array, name, weights.dtype, keep=False)
        if array.dtype.itemsize > converted.dtype.itemsize:
            grown = np.isinf(converted) & np.isfinite(array)
            if grown.any():
                place, _ = first_where(grown, lambda part: part)
                raise ValueError(f"{owner}: {name}[{place}] is too large for {weights.dtype}")
        checked[name] = converted
    return checked


def _check_names(state: Mapping[str, object], current: Mapping[str, Array], owner: str) -> None:
    """Refuse missing and unknown names."""
    missing = [name for name in current if name not in state]
    unknown = [str(name) for name in state if name not in current]
    if not missing and not unknown:
        return
    parts = []
    if missing:
        parts.append(f"missing {', '.join(missing)}")
    if unknown:
        hint = near(unknown[0], tuple(current)) if not missing else ""
        parts.append(f"unknown {', '.join(unknown)}{hint}")
    raise ConfigError(f"{owner}: the names do not fit this network: {'; '.join(parts)}")
