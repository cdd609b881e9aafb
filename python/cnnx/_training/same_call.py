"""Comparison of calls of `train`: only the same call can resume a run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from cnnx.errors import ConfigError

_SHOWN = 6


def check_same(there: Mapping[str, Any], here: Mapping[str, Any], where: str) -> None:
    """Reject a checkpoint that was written by a call with different arguments."""
    old, new = (dict(_flat(json.loads(json.dumps(call)))) for call in (there, here))
    absent = "not set"
    different = [
        f"{name} is {new.get(name, absent)} but was {old.get(name, absent)}"
        for name in {**new, **old}
        if old.get(name, absent) != new.get(name, absent)
    ]
    if different:
        rest = len(different) - _SHOWN
        more = [f"and {rest} more"] if rest > 0 else []
        raise ConfigError(
            f"train: {where} was written by a different call: "
            f"{'; '.join(different[:_SHOWN] + more)}. Pass another folder as checkpoint (training "
            "then starts from the current weights), or resume=False to start over in this folder, "
            "which removes its checkpoints"
        )


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the plain values within dictionaries and lists with their names; skips ``None``."""
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
