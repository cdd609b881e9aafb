"""``cnnx predict``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from cnnx import CNN, datasets
from cnnx.layers import Conv2D, Dense
from support.idx_files import idx_bytes

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def images() -> npt.NDArray[np.float32]:
    _, (x, _) = datasets.digits()
    return x[:20]


@pytest.fixture(scope="module")
def outputs(model: Path, images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return CNN.load(model).predict(images)


def lines(outputs: npt.NDArray[np.float32]) -> str:
    return "".join(f"{i}\t{row.argmax()}\t{row.max():.4f}\n" for i, row in enumerate(outputs))


def test_lines(call: Run, model: Path, images: Any, outputs: Any, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", images)
    result = call("predict", model, tmp_path / "x.npy", "--threads", 1)
    assert result.returncode == 0, result.stderr
    assert result.stdout == lines(outputs)
    assert result.stderr == ""


def test_out(
    call: Run, call_json: Run, model: Path, images: Any, outputs: Any, tmp_path: Path
) -> None:
    np.save(tmp_path / "x.npy", images)
    out = tmp_path / "predictions"  # no suffix is added
    result = call("predict", model, tmp_path / "x.npy", "--out", out)
    assert result.returncode == 0
    assert result.stdout == f"saved {out}: float32 (20, 10)\n"
    np.testing.assert_array_equal(np.load(out), outputs, strict=True)
    document = call_json("predict", model, tmp_path / "x.npy", "--out", out)
    assert document["out"] == str(out)
    assert document["outputs"] is None
    assert sorted(file.name for file in tmp_path.iterdir()) == ["predictions", "x.npy"]


def test_json(call_json: Run, model: Path, images: Any, outputs: Any, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", images)
    document = call_json("predict", model, tmp_path / "x.npy")
    assert document["classes"] == outputs.argmax(axis=1).tolist()
    np.testing.assert_array_equal(np.float32(document["outputs"]), outputs)


@pytest.mark.parametrize("form", ["npz", "npz of one", "three axes", "one image", "float64", "idx"])
def test_forms_of_input(
    call: Run, model: Path, images: Any, outputs: Any, tmp_path: Path, form: str
) -> None:
    path = tmp_path / "input"
    with path.open("wb") as file:
        match form:
            case "npz":
                np.savez(file, labels=np.zeros(3), x=images)
            case "npz of one":
                np.savez_compressed(file, anything=images)
            case "three axes":
                np.save(file, images[:, 0])
            case "one image":
                np.save(file, images[0])
                outputs = outputs[:1]
            case "float64":
                np.save(file, images.astype(">f8"))
            case "idx":
                file.write(idx_bytes(images[:, 0]))
    result = call("predict", model, path)
    assert result.returncode == 0, result.stderr
    assert result.stdout == lines(outputs)


def test_outputs_that_are_no_classes(call: Run, call_json: Run, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((3, 1, 8, 8), np.float32))
    for name, layers, width in (
        ("one", [Conv2D(1, 8)], 1),
        ("maps", [Conv2D(2, 7)], 8),
    ):
        path = tmp_path / f"{name}.safetensors"
        CNN(layers, (1, 8, 8), loss="mse").save(path)
        result = call("predict", path, tmp_path / "x.npy")
        assert result.returncode == 0, result.stderr
        rows = [line.split("\t") for line in result.stdout.splitlines()]
        assert [row[0] for row in rows] == ["0", "1", "2"]
        wanted = CNN.load(path).predict(np.load(tmp_path / "x.npy")).reshape(3, -1)
        np.testing.assert_allclose([[*map(float, row[1:])] for row in rows], wanted, rtol=1e-5)
        assert wanted.shape == (3, width)
        assert call_json("predict", path, tmp_path / "x.npy")["classes"] is None


def test_features(call: Run, tmp_path: Path) -> None:
    CNN([Dense(3, activation="softmax")], (5,)).save(tmp_path / "net.safetensors")
    np.save(tmp_path / "x.npy", np.eye(5, dtype=np.float32))
    result = call("predict", tmp_path / "net.safetensors", tmp_path / "x.npy")
    assert result.returncode == 0
    assert result.stdout.count("\n") == 5


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((2, 3, 8, 8), np.float32), "(2, 3, 8, 8)"),
        (np.zeros((0, 1, 8, 8), np.float32), "at least one image"),
        (np.zeros((2, 1, 8, 8), np.complex64), "complex64"),
        (np.zeros((2, 1, 8, 8), "U1"), "<U1"),
        (np.full((2, 1, 8, 8), np.nan, np.float32), "got nan"),
        (np.float32(3), "()"),
    ],
)
def test_unusable_images(
    call: Run, model: Path, tmp_path: Path, array: npt.NDArray[Any], message: str
) -> None:
    np.save(tmp_path / "x.npy", array)
    result = call("predict", model, tmp_path / "x.npy")
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith("cnnx: error: ")
    assert message in result.stderr


def test_the_output_is_checked_before_anything_is_read(call: Run, tmp_path: Path) -> None:
    result = call("predict", "no model", "no input", "--out", tmp_path / "missing" / "out.npy")
    assert result.returncode == 1
    assert "missing" in result.stderr
    assert "no model" not in result.stderr


def test_a_disk_that_fills_up_leaves_the_old_file(run: Run, model: Path, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    np.save(tmp_path / "x.npy", np.zeros((300, 1, 8, 8), np.float32))
    path = tmp_path / "out.npy"
    path.write_text("precious")
    result = run(
        "predict", model, "x.npy", "--out", path,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
    )  # fmt: skip
    assert result.returncode == 1
    assert f"cnnx: error: {path}: could not be written" in result.stderr
    assert "Traceback" not in result.stderr
    assert path.read_text() == "precious"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["out.npy", "x.npy"]
