"""Threads and the engine's settings, as they are set and shown."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import numpy as np
import pytest

import cnnx
from cnnx import ConfigError, _core


def test_threads() -> None:
    cnnx.set_num_threads(1)
    assert cnnx.get_num_threads() == 1
    cnnx.set_num_threads(np.int64(3))  # type: ignore[arg-type]
    assert cnnx.get_num_threads() == _core.get_num_threads() == 3


@pytest.mark.parametrize(
    ("n", "error", "message"),
    [
        (0, ConfigError, "set_num_threads: n must be at least 1, got 0"),
        (10**6, ConfigError, "n must be at most 4096"),
        (2.0, TypeError, "n must be an integer, got 2.0 (float); write n=2"),
        (True, TypeError, "n must be an integer, got True"),
        ("all", TypeError, "n must be an integer, got 'all'"),
    ],
)
def test_unusable_threads(n: Any, error: type[Exception], message: str) -> None:
    before = cnnx.get_num_threads()
    with pytest.raises(error) as caught:
        cnnx.set_num_threads(n)
    assert message in str(caught.value)
    assert cnnx.get_num_threads() == before


def test_show_config(capsys: pytest.CaptureFixture[str]) -> None:
    settings = cnnx.show_config("dict")
    assert settings["version"] == cnnx.__version__
    assert settings["threads"] == cnnx.get_num_threads()
    assert settings["isa"] == _core.get_isa()
    assert capsys.readouterr().out == ""
    assert cnnx.show_config() is None
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(settings)
    assert f"version{' ' * (max(map(len, settings)) - 5)}{cnnx.__version__}" in lines
    with pytest.raises(ConfigError, match='mode must be "stdout" or "dict", got \'json\''):
        cnnx.show_config("json")  # type: ignore[call-overload]


def test_everything_that_is_announced_is_there() -> None:
    for name in cnnx.__all__:
        if name != "datasets":
            assert getattr(cnnx, name) is not None
    with pytest.raises(AttributeError, match="module 'cnnx' has no attribute 'nothing'"):
        _ = cnnx.nothing


def test_a_missing_engine_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    import cnnx._engine

    monkeypatch.delattr(cnnx, "_core")
    monkeypatch.setitem(sys.modules, "cnnx._core", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"compiled extension cnnx._core is missing"):
        importlib.reload(cnnx._engine)
