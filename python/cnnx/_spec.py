"""What layers, losses and optimizers have in common: a kind, a dict form and a registry row.

The dict form is what the C++ engine receives and what a saved model holds: the kind and the
arguments as plain integers, floats, booleans, strings and lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, ClassVar, Self, TypeVar

from cnnx._checks.constraints import Constraint
from cnnx._checks.scalars import choice, describe, suggestion
from cnnx.errors import ConfigError, unusable

_CHECK = "check"


def checked(constraint: Constraint) -> Mapping[str, Constraint]:
    """Declare the constraint of a dataclass field, as its ``metadata``."""
    return {_CHECK: constraint}


def check_fields(instance: Any, owner: str) -> None:
    """Bring each declared argument of a dataclass into its checked form."""
    for argument in fields(instance):
        check = argument.metadata.get(_CHECK)
        if check is not None:
            value = check(getattr(instance, argument.name), owner, argument.name)
            object.__setattr__(instance, argument.name, value)


@dataclass(frozen=True, slots=True)
class Spec:
    """A frozen description of one part of a network, made of plain values."""

    kind: ClassVar[str] = ""

    def __post_init__(self) -> None:
        """Bring each argument into its checked form, then compare them."""
        check_fields(self, type(self).__name__)
        self._check_together()

    def _check_together(self) -> None:
        """Check what relates several arguments; each has been checked alone before."""

    @classmethod
    def constraints(cls) -> dict[str, Constraint]:
        """Return the declared constraints by argument."""
        return {f.name: f.metadata[_CHECK] for f in fields(cls) if _CHECK in f.metadata}

    def to_dict(self) -> dict[str, Any]:
        """Write this down as plain values."""
        values: dict[str, Any] = {"kind": self.kind}
        for field in fields(self):
            values[field.name] = _plain(getattr(self, field.name))
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Make one from its dict form."""
        arguments = {name: value for name, value in values.items() if name != "kind"}
        known = {field.name: field for field in fields(cls)}
        for name in arguments:
            if name not in known:
                raise ConfigError(f"{cls.__name__}: unknown argument {name!r}")
        for name, field in known.items():
            needed = field.default is MISSING and field.default_factory is MISSING
            if needed and name not in arguments:
                raise ConfigError(f"{cls.__name__}: argument {name!r} is missing")
        return cls(**arguments)

    def _set(self, name: str, value: object) -> None:
        """Replace an argument, in `_check_together` only."""
        object.__setattr__(self, name, value)


def _plain(value: Any) -> Any:
    """Write a value as JSON would hold it."""
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.to_dict() if isinstance(value, Spec) else value


T = TypeVar("T", bound=Spec)


def from_dict(values: object, registry: Mapping[str, type[T]], what: str) -> T:
    """Make the object that a dict describes.

    Parameters
    ----------
    values : object
        The dict, with the kind under ``"kind"``.
    registry : Mapping[str, type[T]]
        The classes by kind.
    what : str
        What a message calls such an object: "layer", "loss", "optimizer".

    Returns
    -------
    T
        The object.

    Raises
    ------
    TypeError
        If it is not a dict, or an argument has the wrong type.
    ConfigError
        If the kind or an argument is unknown, missing or unusable.
    """
    if not isinstance(values, Mapping):
        raise TypeError(f"{what}: expected a dict, got {describe(values)}")
    kind = choice(values.get("kind"), what, "kind", registry)
    return registry[kind].from_dict(values)


def resolve(
    value: object, registry: Mapping[str, type[T]], base: type[T], what: str, owner: str = "CNN"
) -> T:
    """Take what a user may give for a loss or an optimizer: an object, or its kind as a string.

    Parameters
    ----------
    value : object
        The argument as given.
    registry : Mapping[str, type[T]]
        The classes by kind.
    base : type[T]
        The class that all of them derive from.
    what : str
        The argument's name.
    owner : str
        What a message begins with.

    Returns
    -------
    T
        The object; for a string one with default arguments.

    Raises
    ------
    TypeError
        If it is neither.
    ConfigError
        If no kind has that name.
    """
    if isinstance(value, base):
        return value
    if isinstance(value, str):
        if value not in registry:
            known = ", ".join(f'"{kind}"' for kind in registry)
            hint = suggestion(value, tuple(registry))
            raise unusable(owner, what, f"one of {known}, or an object", repr(value), hint)
        return registry[value]()
    if isinstance(value, type) and issubclass(value, base):
        raise TypeError(f"{owner}: {what} is the class itself; call it: {value.__name__}(...)")
    known = ", ".join(f'"{kind}"' for kind in registry)
    raise TypeError(f"{owner}: {what} must be one of {known}, or an object, got {describe(value)}")
