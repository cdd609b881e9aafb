"""Importing cnnx imports nothing that only some programs need."""

from __future__ import annotations

import subprocess
import sys

import pytest

import cnnx
from cnnx import layers
from cnnx._lazy import Registry, finder

# Modules that take their time, and that neither NumPy nor building a network needs.
HEAVY = {
    "PIL",
    "concurrent.futures",
    "http",
    "inspect",
    "json",
    "multiprocessing",
    "pandas",
    "pathlib",
    "safetensors",
    "tempfile",
    "tomllib",
    "torch",
    "tqdm",
    "urllib.parse",
    "zipfile",
}
PARTS = {
    "cnnx.augment",
    "cnnx.callbacks.tensorboard",
    "cnnx.checkpoint",
    "cnnx.cli",
    "cnnx.data.image_folder",
    "cnnx.datasets",
    "cnnx.diagnosis",
    "cnnx.io.safetensors",
    "cnnx.layers.conv2d",
    "cnnx.metrics",
    "cnnx.models",
    "cnnx.ops",
    "cnnx.schedules",
}


def _imported_by(statement: str) -> set[str]:
    """List the modules imported by a statement in a fresh process that has imported NumPy."""
    code = (
        "import sys, numpy; before = set(sys.modules); "
        f"{statement}; print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "statement", ["import cnnx", "from cnnx import CNN, layers, losses, optimizers"]
)
def test_imports_nothing_heavy(statement: str) -> None:
    imported = _imported_by(statement)
    assert "cnnx._core" in imported
    assert imported & (HEAVY | PARTS) == set()


def test_the_package_alone_imports_hardly_more_than_the_engine() -> None:
    ours = {name for name in _imported_by("import cnnx") if name.startswith("cnnx")}
    assert ours == {
        "cnnx",
        "cnnx._checks",
        "cnnx._checks.scalars",
        "cnnx._core",
        "cnnx._engine",
        "cnnx._engine.config",
        "cnnx._engine.openmp",
        "cnnx._lazy",
        "cnnx.errors",
    }


@pytest.mark.parametrize("module", [cnnx, cnnx.callbacks, cnnx.data, layers])
def test_every_name_is_found_and_listed(module: object) -> None:
    for name in module.__all__:  # type: ignore[attr-defined]
        assert getattr(module, name) is getattr(module, name)
        assert name in dir(module)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        module.nothing  # type: ignore[attr-defined]  # noqa: B018 (looking it up is the test)


def test_names_are_listed_before_they_are_imported() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import cnnx; print(*dir(cnnx))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(cnnx.__all__) <= set(done.stdout.split())


def test_finder_keeps_what_it_found() -> None:
    find = finder("cnnx", {"layers": "layers", "Dense": "layers"})
    assert find("layers") is layers
    assert find("Dense") is layers.Dense
    assert vars(cnnx).pop("Dense") is layers.Dense
    with pytest.raises(AttributeError, match="module 'cnnx' has no attribute 'Pool'"):
        find("Pool")


def test_registry_is_a_mapping_of_classes() -> None:
    registry: Registry[layers.Layer] = Registry("cnnx.layers", {"dense": "Dense", "x": "Flatten"})
    assert dict(registry) == {"dense": layers.Dense, "x": layers.Flatten}
    assert len(registry) == 2
    assert "dense" in registry
    assert "conv2d" not in registry
    with pytest.raises(KeyError):
        registry["conv2d"]
