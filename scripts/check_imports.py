"""Check who imports whom in the Python package: the rules of docs/architecture.md.

Nothing imports upwards in TIERS, modules and rooms make no circle, only the engine's room imports
the extension, and nothing below model.py names the class CNN. Imports for the type checker and
imports inside functions count like all others, but a circle within a room may be broken by one
inside a function.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# From the ground up: a room (a module or a package directly in cnnx) imports from its own tier and
# from those before it.
TIERS: list[set[str]] = [
    {"_types", "errors", "_lazy"},
    {"_checks"},
    {"_spec", "_engine"},
    {
        *("layers", "losses", "optimizers", "schedules", "augment", "models", "data"),
        *("callbacks", "metrics"),
    },
    {"_network"},
    {"io", "diagnosis"},
    {"checkpoint"},
    {"_training"},
    {"model"},
    {"__init__", "__main__", "ops", "history", "datasets", "cli"},
]
TIER = {room: tier for tier, rooms in enumerate(TIERS) for room in rooms}
ENGINE = "_engine"
EXTENSION = "cnnx._core"
MODEL = "model"
CLASS = "CNN"


class Module:
    """One file: its dotted name, its room, and what it imports."""

    def __init__(self, package: Path, file: Path) -> None:
        parts = [package.name, *file.relative_to(package).with_suffix("").parts]
        self.path = f"python/{'/'.join(parts)}.py"
        self.is_package = parts[-1] == "__init__"
        self.name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        self.room = parts[1]
        self.tree = ast.parse(file.read_text(encoding="utf-8"), str(file))

    def imported(self, node: ast.AST, modules: Mapping[str, Module]) -> list[str]:
        """Name the modules of the package that a statement imports."""
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.Call):
            names = _called_for(node)
        elif isinstance(node, ast.ImportFrom):
            base = self._base(node)
            inner = [f"{base}.{alias.name}" for alias in node.names]
            names = [name if name in modules or name == EXTENSION else base for name in inner]
        else:
            return []
        return [name for name in names if name.split(".")[0] == "cnnx"]

    def _base(self, node: ast.ImportFrom) -> str:
        """Name the module that a statement imports from, also where it is relative."""
        if node.level == 0:
            return node.module or ""
        parts = self.name.split(".")
        around = parts[: len(parts) - node.level + self.is_package]
        return ".".join([*around, *filter(None, [node.module])])

    def imports(self, modules: Mapping[str, Module], *, everywhere: bool) -> set[str]:
        """Name what it imports when it is loaded, or also within functions."""
        found: set[str] = set()
        waiting: list[ast.AST] = [self.tree]
        while waiting:
            node = waiting.pop()
            found.update(self.imported(node, modules))
            if everywhere or not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                waiting.extend(ast.iter_child_nodes(node))
        return found - {self.name}


def _called_for(node: ast.Call) -> list[str]:
    """Name the module that a call of ``import_module`` asks for."""
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if name != "import_module" or not node.args or not isinstance(node.args[0], ast.Constant):
        return []
    return [str(node.args[0].value)]


def problems(root: Path) -> Iterator[str]:
    """Yield one line for each rule that is broken."""
    package = root / "python" / "cnnx"
    files = [Module(package, file) for file in sorted(package.rglob("*.py"))]
    modules = {module.name: module for module in files}
    for module in files:
        if module.room not in TIER:
            yield f"{module.path}: the room {module.room} has no place in TIERS"
            continue
        yield from _upwards(module, modules)
        yield from _names(module)
    yield from _circles(files, modules)


def _upwards(module: Module, modules: Mapping[str, Module]) -> Iterator[str]:
    """Yield the imports that a module may not have."""
    for name in sorted(module.imports(modules, everywhere=True)):
        if name == EXTENSION:
            if module.room != ENGINE:
                yield f"{module.path}: imports {name}; only {ENGINE} may"
            continue
        room = _room(name)
        if room in TIER and TIER[room] > TIER[module.room]:
            yield f"{module.path}: imports {name}, which stands above it"


def _names(module: Module) -> Iterator[str]:
    """Yield the places below the model that name its class in code."""
    if TIER[module.room] >= TIER[MODEL]:
        return
    for node in ast.walk(module.tree):
        named = isinstance(node, ast.Name) and node.id == CLASS
        if isinstance(node, ast.alias):
            named = CLASS in {node.name, node.asname}
        if isinstance(node, ast.Attribute):
            named = node.attr == CLASS
        if named:
            line = getattr(node, "lineno", 0)
            yield f"{module.path}:{line}: names {CLASS}, which stands above it"


def _circles(files: list[Module], modules: Mapping[str, Module]) -> Iterator[str]:
    """Yield a circle between rooms, and one between modules."""
    rooms: dict[str, set[str]] = {}
    graph: dict[str, set[str]] = {}
    for module in files:
        found = module.imports(modules, everywhere=True) & modules.keys()
        rooms.setdefault(module.room, set()).update(map(_room, found))
        graph[module.name] = module.imports(modules, everywhere=False) & modules.keys()
    for room in rooms:
        rooms[room] -= {room}
    for what, edges in (("rooms", rooms), ("modules", graph)):
        try:
            TopologicalSorter(edges).prepare()
        except CycleError as error:
            yield f"circle of {what}: {' <- '.join(error.args[1])}"


def _room(name: str) -> str:
    """Name the room of a module."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def main() -> int:
    """Check the project; 0 when every rule is kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT, help="folder of the project")
    found = list(problems(parser.parse_args().root.resolve()))
    for line in found:
        print(line)
    if not found:
        print("Import rules: kept")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
