"""Whether two calls of `train` are the same, so that one may resume the other."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from cnnx.errors import unusable

_SHOWN = 6


def check_same(there: Mapping[str, Any], here: Mapping[str, Any], where: str) -> None:
    """Refuse a checkpoint that was written by a call with other arguments."""
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
        raise unusable(
            "train",
            "checkpoint",
            "a folder of checkpoints that the same call has written",
            where,
            "pass another folder as checkpoint (training then starts from the current weights), or "
            "resume=False to start over in this one, which removes its checkpoints",
            f"{where} was written by another call: {'; '.join(different[:_SHOWN] + more)}",
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
