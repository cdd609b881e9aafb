"""The augmentations that a user passes -> what the engine takes."""

from __future__ import annotations

import importlib
from typing import Any

from cnnx._configurable import Configurable
from cnnx._validate import describe


def augmentations(value: object) -> list[dict[str, Any]] | None:
    """Check a list of augmentations.

    Parameters
    ----------
    value : object
        ``None``, or a list or tuple of objects from ``cnnx.augment`` or their names.

    Returns
    -------
    list[dict[str, Any]] or None
        Their dict forms, in order; ``None`` where there are none.

    Raises
    ------
    TypeError
        If it is something else, or an entry is.
    ConfigError
        If no augmentation has a name.
    """
    if value is None:
        return None
    if not isinstance(value, (list, tuple)):
        way_out = "; put it in a list" if isinstance(value, (str, Configurable)) else ""
        raise TypeError(
            "train: augment must be a list of objects from cnnx.augment, got "
            f"{describe(value)}{way_out}"
        )
    found = []
    for i, item in enumerate(value):
        if isinstance(item, type) and issubclass(item, Configurable):
            raise TypeError(
                f"train: augment[{i}] is the class itself; call it: {item.__name__}(...)"
            )
        resolved = item
        if isinstance(item, str):
            resolved = importlib.import_module("cnnx.augment").resolve(item)
        if not isinstance(resolved, Configurable):
            raise TypeError(
                f"train: augment[{i}] must be an object from cnnx.augment, got {describe(item)}"
            )
        found.append(resolved.to_dict())
    return found or None
