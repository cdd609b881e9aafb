"""The names that an option can have: the keys of the package's registries, listed nowhere else."""

from __future__ import annotations

import argparse
import dataclasses
import importlib
from collections.abc import Mapping
from typing import Any

from cnnx._checks.scalars import near

RECIPE = "recipe"
"""The model that suits the data, which is not in the registry."""

NONE = "none"
"""No augmentation, also for data with a default one."""


def registry(module: str) -> Mapping[str, Any]:
    """Give the registry of one of the package's modules."""
    found: Mapping[str, Any] = importlib.import_module(f"cnnx.{module}").REGISTRY
    return found


def models() -> list[str]:
    """Name the models, the recipe first."""
    return [RECIPE, *registry("models")]


def augmentations(text: str) -> list[Any]:
    """Parse a list such as "flip,crop=4": names, each with its first argument if wanted."""
    if text == NONE:
        return []
    return [_augmentation(part.strip()) for part in text.split(",")]


def _augmentation(text: str) -> Any:
    """Make one augmentation."""
    name, equals, value = text.partition("=")
    known = registry("augment")
    if name not in known:
        raise argparse.ArgumentTypeError(
            f"expected names out of {', '.join(known)}, got {name!r}{near(name, tuple(known))}"
        )
    make = known[name]
    if not equals:
        return make()
    first = next((field.name for field in dataclasses.fields(make)), None)
    if first is None:
        raise argparse.ArgumentTypeError(f"{name} takes no number, got {text!r}")
    try:
        number = _number(value)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"expected a number for {first} of {name}, got {text!r}"
        ) from None
    try:
        return make(**{first: number})
    except (ValueError, TypeError) as error:
        raise argparse.ArgumentTypeError(f"{text}: {error}") from None


def _number(text: str) -> int | float:
    """Read a whole number as one, for arguments that take no other."""
    try:
        return int(text)
    except ValueError:
        return float(text)
