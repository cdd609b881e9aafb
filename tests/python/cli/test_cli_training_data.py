"""DATA of ``cnnx train``: folders of images and .npz files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnx import CNN, datasets

Run = Callable[..., Any]

QUICK = ("--epochs", 1, "--quiet")


@pytest.fixture(scope="module")
def arrays() -> tuple[Any, Any]:
    """The digits as bytes."""
    (x, y), test = datasets.digits(dtype="uint8")
    return (x[:400] * np.uint8(15), y[:400]), (test[0][:60] * np.uint8(15), test[1][:60])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, arrays: tuple[Any, Any]) -> Path:
    """Some of the digits as image files, in a folder for each."""
    image = pytest.importorskip("PIL.Image")
    root = tmp_path_factory.mktemp("digits")
    (x, y), _ = arrays
    for number, (pixels, label) in enumerate(zip(x[:200], y[:200], strict=True)):
        path = root / f"digit {label}" / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        image.fromarray(pixels[0]).save(path)
    return root


def test_a_folder(call: Run, call_json: Run, folder: Path, tmp_path: Path) -> None:
    net = tmp_path / "net.safetensors"
    size = ("--size", "8", "--channels", 1)
    document = call_json(
        "train", folder, *size, "--epochs", 4, "--quiet", "--batch-size", 8, "--out", net
    )
    assert document["classes"] == [f"digit {label}" for label in range(10)]
    assert document["config"]["validation_split"] == 0.2
    assert document["history"]["loss"][-1] < document["history"]["loss"][0]
    assert document["history"]["val_loss"][-1] == pytest.approx(document["validation"]["loss"])
    model = CNN.load(net)
    assert model.input_shape == (1, 8, 8)
    assert model.layers[0].kind == "rescale"
    evaluated = call_json("evaluate", net, folder)
    assert evaluated["images"] == 200
    assert evaluated["test"]["accuracy"] > 0.5
    result = call("train", folder, *size, *QUICK, "--validation-split", 0)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("trained in")


def test_folder_options_decide_the_shape(call_json: Run, folder: Path, tmp_path: Path) -> None:
    net = tmp_path / "net.safetensors"
    call_json(
        "train", folder, "--size", "6x10", "--aspect", "pad", "--class-weight", "balanced",
        *QUICK, "--out", net,
    )  # fmt: skip
    assert CNN.load(net).input_shape == (3, 6, 10)
    assert call_json("evaluate", net, folder, "--aspect", "pad")["images"] == 200


def test_npz_with_a_test_part(call_json: Run, arrays: tuple[Any, Any], tmp_path: Path) -> None:
    (x, y), (x_test, y_test) = arrays
    path, net = tmp_path / "data.npz", tmp_path / "net.safetensors"
    np.savez(path, x_train=x[:, 0], y_train=y, x_test=x_test[:, 0], y_test=y_test)
    document = call_json("train", path, *QUICK, "--out", net)
    model = CNN.load(net)
    assert model.input_shape == (1, 8, 8)
    assert document["test"] == model.evaluate(x_test, y_test)
    assert document["history"]["val_loss"] == [document["test"]["loss"]]


def test_npz_without_a_test_part(call_json: Run, tmp_path: Path, arrays: tuple[Any, Any]) -> None:
    (x, y), _ = arrays
    order = np.argsort(y, kind="stable")  # the last fifth would be the nines alone
    path = tmp_path / "data.npz"
    np.savez(path, x=x[order].astype(np.float32) / 255, y=y[order])
    document = call_json("train", path, *QUICK)
    assert "test" not in document
    held_out = sum(round(count * 0.2) for count in np.bincount(y))
    correct = document["validation"]["accuracy"] * held_out
    assert correct == pytest.approx(round(correct), abs=1e-3)
    assert document["config"]["validation_split"] == 0.2


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": np.zeros((4, 8, 8, 3)), "y": np.arange(4)}, "channels last"),
        ({"x": np.zeros((4, 8)), "y": np.arange(4)}, "got shape (4, 8)"),
        ({"x": np.zeros((4, 8, 8)), "y": np.arange(3)}, "4 images but 3 labels"),
        ({"x": np.zeros((4, 8, 8)), "y": np.arange(4.0)}, "expected class indices"),
        ({"x": np.zeros((4, 8, 8)), "y": np.arange(4) - 1}, "expected class indices"),
        ({"x": np.zeros((4, 8, 8)), "z": np.arange(4)}, "expected an array named 'y'"),
        ({"x": np.zeros((4, 8, 8)), "y": np.arange(4)}, "at least two images per class"),
    ],
)
def test_unusable_npz(call: Run, tmp_path: Path, arrays: dict[str, Any], message: str) -> None:
    np.savez(tmp_path / "data.npz", **arrays)
    result = call("train", tmp_path / "data.npz")
    assert result.returncode == 1
    assert result.stderr.startswith("cnnx: error: ")
    assert message in result.stderr


def test_data_that_are_none(call: Run, tmp_path: Path, folder: Path, model: Path) -> None:
    result = call("train", "digit")
    assert result.returncode == 2
    assert 'did you mean "digits"' in result.stderr
    (tmp_path / "notes.txt").write_text("no data")
    result = call("train", tmp_path / "notes.txt")
    assert result.returncode == 1
    assert "expected an .npz file" in result.stderr
    (tmp_path / "empty").mkdir()
    assert call("train", tmp_path / "empty").returncode == 1
    for arguments in (
        ("digits", "--size", 8), ("digits", "--channels", 1), ("digits", "--aspect", "pad"),
        (folder, "--data-root", "."), (folder, "--size", "0x8"), (folder, "--channels", 2),
    ):  # fmt: skip
        result = call("train", *arguments)
        assert result.returncode == 2, arguments
    assert call("evaluate", model, "digits", "--aspect", "pad").returncode == 2
    assert call("evaluate", model, folder, "--labels", "y.npy").returncode == 2


def test_a_folder_with_other_classes_is_refused(call: Run, model: Path, tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    for name in ("cats", "dogs"):
        (tmp_path / name).mkdir()
        image.new("L", (8, 8)).save(tmp_path / name / "1.png")
    result = call("evaluate", model, tmp_path)
    assert result.returncode == 1
    assert "has 2 classes" in result.stderr
