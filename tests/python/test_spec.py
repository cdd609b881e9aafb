"""One declaration on a field gives the check, its message, and what can be asked of it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

import pytest

from cnnx import ConfigError, augment, layers, losses, optimizers, schedules
from cnnx._checks.constraints import Between, Choice, Flag, Integer, Maybe, Pair, Real
from cnnx._spec import Spec, checked


@dataclass(frozen=True, slots=True)
class Sample(Spec):
    """One field of each kind."""

    kind: ClassVar[str] = "sample"

    count: int = field(default=2, metadata=checked(Integer(1, 9)))
    size: Any = field(default=3, metadata=checked(Pair()))
    rate: float = field(default=0.5, metadata=checked(Real(minimum=0.0, below=1.0)))
    share: float = field(default=0.5, metadata=checked(Between(0.0, 1.0)))
    on: bool = field(default=True, metadata=checked(Flag()))
    name: str | None = field(default=None, metadata=checked(Choice(("a", "b"), "a")))
    limit: float | None = field(default=None, metadata=checked(Maybe(Real(above=0.0))))

    def _check_together(self) -> None:
        """Compare two arguments that have been checked."""
        if self.rate > self.share:
            raise ConfigError("Sample: rate must not exceed share")


def test_values_are_brought_into_their_checked_form() -> None:
    sample = Sample(size=[4, 5], limit=2)
    assert (sample.size, sample.name, sample.limit) == ((4, 5), "a", 2.0)
    assert isinstance(sample.limit, float)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"count": 0}, ConfigError, "Sample: count must be at least 1, got 0"),
        ({"count": 10}, ConfigError, "Sample: count must be at most 9, got 10"),
        ({"count": 1.5}, TypeError, "Sample: count must be an integer, got 1.5 (float)"),
        ({"size": (1, 0)}, ConfigError, "Sample: size[1] must be at least 1, got 0"),
        ({"rate": 1}, ConfigError, "Sample: rate must be smaller than 1, got 1"),
        ({"share": 2}, ConfigError, "Sample: share must be between 0 and 1, got 2"),
        ({"on": 1}, TypeError, "Sample: on must be True or False, got 1 (int)"),
        ({"name": "c"}, ConfigError, 'Sample: name must be one of "a", "b", got \'c\''),
        ({"limit": 0}, ConfigError, "Sample: limit must be greater than 0, got 0"),
        ({"rate": 0.6}, ConfigError, "Sample: rate must not exceed share"),
    ],
)
def test_messages(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        Sample(**arguments)
    assert str(caught.value) == message


def test_declarations_can_be_asked_for() -> None:
    assert Sample.constraints()["count"] == Integer(1, 9)
    assert list(Sample.constraints()) == [argument.name for argument in fields(Sample)]


@pytest.mark.parametrize(
    "registry",
    [
        layers.REGISTRY,
        losses.REGISTRY,
        optimizers.REGISTRY,
        schedules.REGISTRY,
        augment.REGISTRY,
    ],
)
def test_every_argument_of_every_registry_is_declared(registry: Any) -> None:
    for row in registry.values():
        plain = {argument.name for argument in fields(row)} - {"then"}  # another schedule
        assert set(row.constraints()) == plain, row
