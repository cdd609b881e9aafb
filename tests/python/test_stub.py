"""The stub of the extension module names what is there, with the same parameters."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import cnnx
from cnnx._engine import core

STUB = ast.parse((Path(cnnx.__file__).parent / "_core.pyi").read_text(encoding="utf-8"))
FUNCTIONS = {node.name: node for node in STUB.body if isinstance(node, ast.FunctionDef)}
NETWORK = next(
    node for node in STUB.body if isinstance(node, ast.ClassDef) and node.name == "_Network"
)
METHODS = {node.name: node for node in NETWORK.body if isinstance(node, ast.FunctionDef)}
PROPERTIES = {name for name, node in METHODS.items() if node.decorator_list}


def stub_parameters(function: ast.FunctionDef) -> list[tuple[str, bool]]:
    """Return the names of the parameters, and whether each has a default."""
    arguments = function.args
    plain = arguments.posonlyargs + arguments.args
    required = len(plain) - len(arguments.defaults)
    found = [(argument.arg, i >= required) for i, argument in enumerate(plain)]
    found += [
        (argument.arg, default is not None)
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    ]
    return [parameter for parameter in found if parameter[0] != "self"]


def real_parameters(docstring: str, name: str) -> list[tuple[str, bool]]:
    """Return the same from the signature that pybind11 writes into docstrings."""
    signatures = re.findall(rf"^(?:\d+\. )?{name}\((.*)\) ->", docstring, re.MULTILINE)
    signature = next(text for text in signatures if text != "*args, **kwargs")
    found, depth, start = [], 0, 0
    for at, letter in enumerate(signature + ","):
        depth += (letter in "[(") - (letter in "])")
        if letter == "," and depth == 0:
            found.append(signature[start:at].strip())
            start = at + 1
    return [
        (text.split(":")[0], " = " in text)
        for text in found
        if text and text not in {"*", "/"} and not text.startswith("self:")
    ]


def test_the_same_names() -> None:
    public = {name for name in dir(core) if not name.startswith("_")}
    assert public == set(FUNCTIONS) | {"Network32", "Network64"}
    for network in (core.Network32, core.Network64):
        assert {name for name in dir(network) if not name.startswith("_")} == set(METHODS) - {
            "__init__"
        }


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name: str) -> None:
    docstring = getattr(core, name).__doc__
    assert stub_parameters(FUNCTIONS[name]) == real_parameters(docstring, name)


@pytest.mark.parametrize("name", sorted(set(METHODS) - PROPERTIES))
@pytest.mark.parametrize("network", [core.Network32, core.Network64])
def test_methods(network: type, name: str) -> None:
    docstring = getattr(network, name).__doc__
    assert stub_parameters(METHODS[name]) == real_parameters(docstring, name)
