"""Checks of scalar arguments, with messages that say what was expected and what was received.

Each function takes the value, the owner ("Conv2D") and the argument's name ("filters"), and gives
the value back in the plain Python type that the rest of the package relies on. The wrong type is a
``TypeError``, an unusable value a ``ConfigError``.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Sequence
from numbers import Real

import numpy as np

from cnnx.errors import unusable

LARGEST_INT = 2**31 - 1
"""The largest size, count or stride that is accepted."""

LARGEST_SEED = 2**63 - 1


def describe(value: object) -> str:
    """Say what a value is, in a few words, for an error message."""
    if isinstance(value, np.ndarray):
        return f"an array of dtype {value.dtype} and shape {value.shape}"
    if value is None:
        return "None"
    text = repr(value)
    if len(text) > 60:
        text = text[:57] + "..."
    return f"{text} ({type(value).__name__})"


def integer(
    value: object, owner: str, name: str, *, minimum: int = 1, maximum: int = LARGEST_INT
) -> int:
    """Check a whole number; booleans are not numbers, NumPy's integers are."""
    if isinstance(value, (bool, np.bool_)) or not hasattr(value, "__index__"):
        hint = ""
        if isinstance(value, float) and value.is_integer():
            hint = f"; write {name}={int(value)}"
        raise TypeError(f"{owner}: {name} must be an integer, got {describe(value)}{hint}")
    try:
        number = operator.index(value)
    except TypeError:  # an array of more than one element has __index__, but no use for it
        raise TypeError(f"{owner}: {name} must be an integer, got {describe(value)}") from None
    if number < minimum:
        raise unusable(owner, name, f"at least {minimum}", f"{number}")
    if number > maximum:
        raise unusable(owner, name, f"at most {maximum}", f"{number}")
    return number


def pair(value: object, owner: str, name: str, *, minimum: int = 1) -> tuple[int, int]:
    """Check one whole number, or two of them for height and width."""
    if isinstance(value, np.ndarray) and value.ndim == 1:
        value = list(value)
    if isinstance(value, (tuple, list)):
        if len(value) != 2:
            expected = "one integer or a pair (height, width)"
            raise unusable(owner, name, expected, f"{len(value)} numbers: {value!r}")
        return (
            integer(value[0], owner, f"{name}[0]", minimum=minimum),
            integer(value[1], owner, f"{name}[1]", minimum=minimum),
        )
    if isinstance(value, (bool, np.bool_, np.ndarray)) or not hasattr(value, "__index__"):
        raise TypeError(
            f"{owner}: {name} must be an integer or a pair of integers (height, width), "
            f"got {describe(value)}"
        )
    number = integer(value, owner, name, minimum=minimum)
    return number, number


def real(
    value: object,
    owner: str,
    name: str,
    *,
    above: float | None = None,
    minimum: float | None = None,
    below: float | None = None,
) -> float:
    """Check a finite real number."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (Real, np.number)):
        raise TypeError(f"{owner}: {name} must be a number, got {describe(value)}")
    if isinstance(value, np.complexfloating):
        raise TypeError(f"{owner}: {name} must be a real number, got {describe(value)}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise unusable(owner, name, "a finite number", describe(value))
    if above is not None and not number > above:
        raise unusable(owner, name, f"greater than {above:g}", f"{number:g}")
    if minimum is not None and not number >= minimum:
        raise unusable(owner, name, f"at least {minimum:g}", f"{number:g}")
    if below is not None and not number < below:
        raise unusable(owner, name, f"smaller than {below:g}", f"{number:g}")
    return number


def flag(value: object, owner: str, name: str) -> bool:
    """Check a boolean."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{owner}: {name} must be True or False, got {describe(value)}")
    return bool(value)


def choice(value: object, owner: str, name: str, options: Iterable[str]) -> str:
    """Check one of a set of names."""
    names = tuple(options)
    known = ", ".join(f'"{option}"' for option in names)
    if not isinstance(value, str):
        raise TypeError(f"{owner}: {name} must be one of {known}, got {describe(value)}")
    if value not in names:
        raise unusable(owner, name, f"one of {known}", repr(value), suggestion(value, names))
    return str(value)


def suggestion(value: str, names: Sequence[str]) -> str:
    """Suggest the name that a mistyped one was meant to be, if any is close."""
    import difflib  # noqa: PLC0415 - only mistakes need it

    found = difflib.get_close_matches(value.lower(), names, n=1)
    return f'did you mean "{found[0]}"?' if found else ""


def near(value: str, names: Sequence[str]) -> str:
    """Suggest a name as the end of a message."""
    found = suggestion(value, names)
    return f"; {found}" if found else ""
