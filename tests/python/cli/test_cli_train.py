"""``cnnx train``."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnx import CNN, datasets
from cnnx.cli.recipes import RECIPES
from support.idx_files import write_fashion_mnist

Run = Callable[..., Any]


def test_digits_learn(run: Run, tmp_path: Path) -> None:
    """The command of the README: progress on standard error, the score on standard output."""
    result = run("train", "digits", "--out", "net.safetensors")
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0].startswith("test accuracy 9")
    assert float(lines[0].split()[2].rstrip("%,")) >= 99
    assert lines[1:] == ["saved net.safetensors"]
    assert result.stderr.count("val_accuracy") == RECIPES["digits"].epochs
    assert [file.name for file in tmp_path.iterdir()] == ["net.safetensors"]
    _, (x_test, y_test) = datasets.digits()
    accuracy = CNN.load(tmp_path / "net.safetensors").evaluate(x_test, y_test)["accuracy"]
    assert f"test accuracy {accuracy:.2%}," in lines[0]


def test_json_stands_alone(run: Run) -> None:
    result = run("train", "digits", "--epochs", 2, "--seed", 3, "--json", "--threads", 1)
    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    assert set(document) == {
        "dataset", "classes", "config", "parameters", "history", "test", "seconds", "model",
    }  # fmt: skip
    assert document["dataset"] == "digits"
    assert document["config"]["epochs"] == 2
    assert document["config"]["seed"] == 3
    assert document["config"]["threads"] == 1
    assert document["config"]["optimizer"] == RECIPES["digits"].optimizer.to_dict()
    assert set(document["history"]) == {
        "loss", "accuracy", "learning_rate", "val_loss", "val_accuracy",
    }  # fmt: skip
    assert all(len(values) == 2 for values in document["history"].values())
    assert document["history"]["loss"][1] < document["history"]["loss"][0]
    assert 0.5 < document["test"]["accuracy"] <= 1
    assert document["seconds"] > 0
    assert document["model"] is None
    assert "Epoch 2/2" in result.stderr


def test_quiet_shows_the_score_only(call: Run) -> None:
    result = call("train", "digits", "--epochs", 1, "--quiet")
    assert result.returncode == 0
    assert result.stderr == ""
    assert result.stdout.startswith("test accuracy")
    assert result.stdout.count("\n") == 1


def test_the_seed_decides(call_json: Run) -> None:
    first, again, other = (
        call_json("train", "digits", "--epochs", 1, "--seed", seed)["history"] for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], {}),
        (["--lr", "0.005"], {"learning_rate": 0.005}),
        (["--optimizer", "adamw"], {}),
        (["--optimizer", "sgd"], {"kind": "sgd", "learning_rate": 0.01, "momentum": 0.0}),
        (
            ["--optimizer", "sgd", "--lr", "0.1", "--momentum", "0.5"],
            {"kind": "sgd", "learning_rate": 0.1, "momentum": 0.5},
        ),
        (["--optimizer", "adam"], {"kind": "adam", "learning_rate": 0.001, "weight_decay": 0.0}),
    ],
)
def test_the_optimizer(call_json: Run, arguments: list[str], expected: dict[str, Any]) -> None:
    if "kind" not in expected:
        expected = RECIPES["digits"].optimizer.to_dict() | expected
    document = call_json("train", "digits", "--epochs", 1, "--batch-size", 512, *arguments)
    assert document["config"]["batch_size"] == 512
    assert expected.items() <= document["config"]["optimizer"].items()


def test_validation_on_a_split_or_on_the_test_images(call_json: Run) -> None:
    document = call_json("train", "digits", "--epochs", 1, "--validation-split", 0)
    assert document["config"]["validation_split"] == 0
    assert document["history"]["val_accuracy"] == [document["test"]["accuracy"]]
    (x, _), _ = datasets.digits()
    document = call_json("train", "digits", "--epochs", 1, "--validation-split", 0.25)
    held_out = len(x) - int(len(x) * 0.75)
    correct = document["history"]["val_accuracy"][0] * held_out
    assert correct == pytest.approx(round(correct), abs=1e-6)


def test_fashion_mnist_from_a_folder(call_json: Run, tmp_path: Path) -> None:
    write_fashion_mnist(tmp_path, train=200, test=50)
    path = tmp_path / "net.safetensors"
    document = call_json(
        "train", "fashion-mnist", "--epochs", 1, "--data-root", tmp_path, "--out", path
    )
    assert document["model"] == str(path)
    assert document["config"]["batch_size"] == 64
    assert {"kind": "sgd", "learning_rate": 0.02, "momentum": 0.9}.items() <= document["config"][
        "optimizer"
    ].items()
    kinds = [layer.kind for layer in CNN.load(path).layers]
    assert kinds == [
        "rescale", "conv2d", "max_pool2d", "conv2d", "max_pool2d", "flatten", "dense", "dense",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "arguments",
    [
        ["mnist"],
        [],
        ["digits", "--epochs", "0"],
        ["digits", "--epochs", "1.5"],
        ["digits", "--epochs", "-1"],
        ["digits", "--batch-size", "0"],
        ["digits", "--lr", "0"],
        ["digits", "--lr", "-1"],
        ["digits", "--lr", "nan"],
        ["digits", "--lr", "inf"],
        ["digits", "--lr", "fast"],
        ["digits", "--momentum", "1"],
        ["digits", "--optimizer", "adam", "--momentum", "0.9"],
        ["digits", "--optimizer", "lbfgs"],
        ["digits", "--seed", "-1"],
        ["digits", "--seed", str(2**63)],
        ["digits", "--threads", "0"],
        ["digits", "--threads", "5000"],
        ["digits", "--validation-split", "1"],
        ["digits", "--validation-split", "-0.1"],
        ["digits", "--validation-split", "0.9999"],
        ["digits", "--data-root", "."],
        ["digits", "--out", "net.pt"],
        ["digits", "--out", "net"],
    ],
    ids=" ".join,
)
def test_wrong_usage(call: Run, arguments: list[str]) -> None:
    result = call("train", *arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert "cnnx train: error:" in result.stderr
    assert "Epoch" not in result.stderr


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("missing/net.safetensors", "no directory"),
        ("folder.safetensors", "directory"),
        ("full.safetensors", "device"),
    ],
)
def test_an_unwritable_output_is_found_before_the_first_epoch(
    call: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str, message: str
) -> None:
    (tmp_path / "folder.safetensors").mkdir()
    (tmp_path / "full.safetensors").symlink_to("/dev/full")
    monkeypatch.setattr(CNN, "train", lambda *_, **__: pytest.fail("it trained"))
    before = sorted(tmp_path.rglob("*"))
    result = call("train", "digits", "--out", tmp_path / out)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith("cnnx: error: ")
    assert message in result.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_a_disk_that_fills_up_leaves_the_old_file(run: Run, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    path = tmp_path / "net.safetensors"
    path.write_text("precious")
    result = run(
        "train", "digits", "--epochs", 1, "--out", path,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
    )  # fmt: skip
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert f"cnnx: error: {path}" in result.stderr
    assert path.read_text() == "precious"
    assert list(tmp_path.iterdir()) == [path]


def test_divergence_is_a_failure(call: Run, tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    result = call("train", "digits", "--quiet", "--optimizer", "sgd", "--lr", 1e30, "--out", path)
    assert result.returncode == 1
    assert "diverged" in result.stderr
    assert result.stdout == ""
    assert not path.exists()


def test_missing_data_is_a_failure(call: Run, tmp_path: Path) -> None:
    result = call("train", "fashion-mnist", "--data-root", tmp_path)
    assert result.returncode == 1
    assert result.stderr.startswith("cnnx: error: ")
    assert str(tmp_path) in result.stderr


def test_without_data_or_pooch_it_says_what_to_install(
    call: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = importlib.import_module("cnnx.datasets.fashion_mnist")
    monkeypatch.setattr(module, "_DEBIAN_ROOT", tmp_path)
    monkeypatch.setitem(sys.modules, "pooch", None)
    result = call("train", "fashion-mnist")
    assert result.returncode == 1
    assert "pip install pooch" in result.stderr
    assert "apt-get install dataset-fashion-mnist" in result.stderr


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_fits_its_data(name: str, tmp_path: Path) -> None:
    """A row without data that its own network accepts is found here."""
    recipe = RECIPES[name]
    if recipe.has_root:
        write_fashion_mnist(tmp_path)
    (x, y), (x_test, y_test) = recipe.data(str(tmp_path))
    model = CNN(recipe.layers(x.shape[1:], 10), x.shape[1:], optimizer=recipe.optimizer)
    assert model.predict(x[:2]).shape == (2, 10)
    loss, _ = model.train_batch(x[:4], y[:4])
    assert np.isfinite(loss)
    assert model.evaluate(x_test[:4], y_test[:4])["loss"] > 0
    assert min(recipe.epochs, recipe.batch_size) >= 1
    assert 0 <= recipe.validation_split < 1
