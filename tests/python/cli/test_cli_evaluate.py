"""``cnnx evaluate``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnx import CNN, datasets
from support.idx_files import idx_bytes, write_fashion_mnist

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def wanted(model: Path) -> dict[str, float]:
    _, (x, y) = datasets.digits()
    return CNN.load(model).evaluate(x, y)


def test_a_data_set(call: Run, call_json: Run, model: Path, wanted: dict[str, float]) -> None:
    document = call_json("evaluate", model, "digits")
    assert document["test"] == wanted
    assert document["images"] == 359
    assert document["model"] == str(model)
    result = call("evaluate", model, "digits", "--threads", 1)
    assert result.returncode == 0
    assert result.stderr == ""
    assert (
        result.stdout
        == f"accuracy {wanted['accuracy']:.2%}, loss {wanted['loss']:.4f} on 359 images\n"
    )


@pytest.mark.parametrize("names", [("x", "y"), ("images", "labels"), ("arr_0", "arr_1")], ids=str)
def test_npz(
    call_json: Run, model: Path, wanted: dict[str, float], tmp_path: Path, names: tuple[str, str]
) -> None:
    _, (x, y) = datasets.digits()
    arrays: dict[str, Any] = {names[0]: x, names[1]: y}
    np.savez_compressed(tmp_path / "data.npz", **arrays)
    assert call_json("evaluate", model, tmp_path / "data.npz")["test"] == wanted


def test_images_and_labels_in_files_of_their_own(
    call_json: Run, model: Path, wanted: dict[str, float], tmp_path: Path
) -> None:
    _, (x, y) = datasets.digits()
    np.save(tmp_path / "x.npy", x[:, 0])  # without the channel axis, as IDX files have it
    (tmp_path / "y").write_bytes(idx_bytes(y.astype(np.uint8)))
    document = call_json("evaluate", model, tmp_path / "x.npy", "--labels", tmp_path / "y")
    assert document["test"] == wanted


def test_fashion_mnist(call_json: Run, tmp_path: Path) -> None:
    write_fashion_mnist(tmp_path, train=70, test=30)
    path, folder = tmp_path / "net.safetensors", ("--data-root", tmp_path)
    trained = call_json("train", "fashion-mnist", "--epochs", 1, *folder, "--out", path)
    document = call_json("evaluate", path, "fashion-mnist", *folder)
    assert document["test"] == trained["test"]
    document = call_json(
        "evaluate", path, tmp_path / "t10k-images-idx3-ubyte.gz",
        "--labels", tmp_path / "t10k-labels-idx1-ubyte.gz",
    )  # fmt: skip
    assert document["test"] == trained["test"]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["digits", "--labels", "y.npy"],
        ["digits", "--data-root", "."],
        ["x.npy", "--data-root", "."],
        ["x.npy"],
    ],
    ids=" ".join,
)
def test_wrong_usage(
    call: Run, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", np.zeros((2, 1, 8, 8), np.float32))
    result = call("evaluate", model, *arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert "cnnx evaluate: error:" in result.stderr


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": np.zeros((4, 1, 8, 8), np.float32), "y": np.zeros(3, np.int64)}, "3"),
        ({"x": np.zeros((4, 1, 9, 8), np.float32), "y": np.zeros(4, np.int64)}, "(4, 1, 9, 8)"),
        ({"x": np.zeros((4, 1, 8, 8), np.float32), "y": np.full(4, 10)}, "10"),
        (
            {"x": np.zeros((4, 1, 8, 8), np.float32), "z": np.zeros(4)},
            "expected an array named 'y'",
        ),
    ],
)
def test_unusable_data(
    call: Run, model: Path, tmp_path: Path, arrays: dict[str, Any], message: str
) -> None:
    np.savez(tmp_path / "data.npz", **arrays)
    result = call("evaluate", model, tmp_path / "data.npz")
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith("cnnx: error: ")
    assert message in result.stderr
