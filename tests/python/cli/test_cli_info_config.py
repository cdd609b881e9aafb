"""``cnnx info`` and ``cnnx config``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import cnnx
from cnnx import CNN
from cnnx.cli.recipes import RECIPES

Run = Callable[..., Any]


def test_info(call: Run, model: Path) -> None:
    result = call("info", model)
    assert result.returncode == 0
    assert result.stderr == ""
    net = CNN.load(model)
    assert result.stdout.startswith(net.summary(print_fn=None))
    assert f"{net.parameter_count:,}" in result.stdout
    loss = "loss            cross_entropy, label_smoothing=0.0"
    for line in ("epochs_trained  2", "seed            0", loss):
        assert line in result.stdout.splitlines()
    assert "None" not in result.stdout
    assert f"{RECIPES['digits'].optimizer.kind}, learning_rate=" in result.stdout


def test_info_json(call_json: Run, model: Path) -> None:
    document = call_json("info", model)
    net = CNN.load(model)
    assert document["layers"] == [layer.to_dict() for layer in net.layers]
    assert document["parameter_count"] == net.parameter_count
    assert document["parameters"] == {k: list(v.shape) for k, v in net.state_dict().items()}
    assert document["input_shape"] == [1, 8, 8]
    assert document["output_shape"] == [10]
    assert document["epochs_trained"] == 2
    assert document["bytes"] == model.stat().st_size


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "empty"), (b"PK\3\4 torch", "zip"), (b"x" * 100, "safetensors")],
)
def test_files_that_are_no_models(call: Run, tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "net.safetensors"
    path.write_bytes(content)
    for command in (["info", path], ["evaluate", path, "digits"], ["predict", path, path]):
        result = call(*command)
        assert result.returncode == 1
        assert result.stdout == ""
        assert result.stderr.startswith(f"cnnx: error: {path}")
        assert message in result.stderr


def test_config(call: Run, call_json: Run) -> None:
    settings = cnnx.show_config("dict")
    assert call_json("config") == settings
    result = call("config")
    assert result.returncode == 0
    for name, value in settings.items():
        assert any(line.split(None, 1) == [name, str(value)] for line in result.stdout.splitlines())
