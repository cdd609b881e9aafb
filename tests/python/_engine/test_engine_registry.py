"""Layers, losses and optimizers are declared as the rows of the engine's registry say."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields
from typing import Any

import pytest

from cnnx import layers, losses, optimizers
from cnnx._checks.constraints import Choice, Flag, Integer, Maybe, Pair, Real
from cnnx._engine import core
from cnnx._spec import Spec
from cnnx.layers._base import padding_value

REGISTRIES: dict[str, dict[str, type[Spec]]] = {
    "layers": dict(layers.REGISTRY),
    "losses": dict(losses.REGISTRY),
    "optimizers": dict(optimizers.REGISTRY),
}
ROWS = [(table, kind) for table, registry in REGISTRIES.items() for kind in registry]
ARGUMENTS = [
    (table, kind, field) for table, kind in ROWS for field in fields(REGISTRIES[table][kind])
]


def row(table: str, kind: str) -> dict[str, Any]:
    """Return the engine's row."""
    return core.registry()[table][kind]


@pytest.mark.parametrize("table", REGISTRIES)
def test_the_same_kinds(table: str) -> None:
    assert set(core.registry()[table]) == set(REGISTRIES[table])


@pytest.mark.parametrize(("table", "kind"), ROWS)
def test_the_same_arguments(table: str, kind: str) -> None:
    names = {field.name for field in fields(REGISTRIES[table][kind])}
    assert set(row(table, kind)["arguments"]) == names


@pytest.mark.parametrize(("table", "kind", "field"), ARGUMENTS)
def test_the_same_bounds(table: str, kind: str, field: Field[Any]) -> None:
    declared = REGISTRIES[table][kind].constraints()[field.name]
    if isinstance(declared, Maybe):
        declared = declared.inner
    engine = row(table, kind)["arguments"][field.name]
    bounds = (engine["at_least"], engine["above"], engine["below"])
    match declared:
        case Integer():
            assert (engine["type"], bounds) == ("integer", (declared.minimum, None, None))
        case Pair():
            assert (engine["type"], engine["count"]) == ("integers", 2)
            assert bounds == (declared.minimum, None, None)
        case Real():
            assert engine["type"] == "number"
            assert bounds == (declared.minimum, declared.above, declared.below)
        case Flag():
            assert engine["type"] == "flag"
        case Choice():
            # The engine may know names that are for its own use, such as the initializer "ones".
            assert engine["type"] == "text"
            assert set(declared.options) <= set(engine["choices"])
        case _ if declared is padding_value:
            assert (engine["type"], engine["count"]) == ("text", 2)
            assert engine["choices"] == ["valid", "same"]
        case _:  # a function of the class's own: of several numbers, layers or a required name
            assert engine["type"] in {"integers", "numbers", "layers", "text"}


@pytest.mark.parametrize(("table", "kind", "field"), ARGUMENTS)
def test_the_same_defaults(table: str, kind: str, field: Field[Any]) -> None:
    engine = row(table, kind)["arguments"][field.name]
    if kind == "concat":  # in the engine, several inputs may stand for branches
        assert field.default is MISSING
        return
    assert engine["required"] == (field.default is MISSING)
    if field.default is MISSING:
        return
    constraint = REGISTRIES[table][kind].constraints()[field.name]
    assert constraint(field.default, kind, field.name) == (
        engine["default"]
        if engine["count"] == 0 or isinstance(engine["default"], str)
        else engine["default"]
        if engine["default"] is None
        else (engine["default"], engine["default"])
    )


@pytest.mark.parametrize("kind", layers.REGISTRY)
def test_inputs(kind: str) -> None:
    assert row("layers", kind)["inputs"] == ((1, 32) if kind == "concat" else (1, 1))
