"""`CSVLogger`, `ModelCheckpoint` and `TensorBoard` write what they should, where they should."""

from __future__ import annotations

import csv
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from cnnx import CNN, ConfigError
from cnnx.callbacks import CSVLogger, ModelCheckpoint, TensorBoard
from cnnx.callbacks.history import History
from support.small import small_data, small_model, weights


def train(*callbacks: Any, epochs: int = 3, model: CNN | None = None) -> tuple[CNN, History]:
    x, y = small_data(40)
    model = model or small_model()
    return model, model.train(
        x, y, epochs=epochs, validation_split=0.25, verbose=0, callbacks=list(callbacks)
    )


def read(path: Path, separator: str = ",") -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file, delimiter=separator))


@pytest.mark.parametrize("separator", [",", ";"])
def test_csv(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "log.csv"
    path.write_text("something old")
    _, history = train(CSVLogger(path, separator=separator))
    rows = read(path, separator)
    assert [row["epoch"] for row in rows] == ["0", "1", "2"]
    for name, values in history.history.items():
        assert [float(row[name]) for row in rows] == values


def test_csv_appends(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    for _ in range(2):
        train(CSVLogger(path, append=True), epochs=2)
    assert [row["epoch"] for row in read(path)] == ["0", "1", "0", "1"]


def test_csv_unusable(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no directory"):
        train(CSVLogger(tmp_path / "no" / "log.csv"))
    with pytest.raises(TypeError, match="path must be a string or a path"):
        CSVLogger(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="one character"):
        CSVLogger("log.csv", separator=", ")


def test_model_checkpoint_fills_the_fields(tmp_path: Path) -> None:
    path = tmp_path / "net-{epoch:02d}-{val_accuracy:.2f}.safetensors"
    model, history = train(ModelCheckpoint(path))
    names = [
        f"net-{epoch + 1:02d}-{accuracy:.2f}.safetensors"
        for epoch, accuracy in enumerate(history.history["val_accuracy"])
    ]
    assert sorted(file.name for file in tmp_path.iterdir()) == names
    assert weights(CNN.load(tmp_path / names[-1])) == weights(model)


def test_model_checkpoint_of_the_best(tmp_path: Path) -> None:
    path = tmp_path / "{epoch}.safetensors"
    callback = ModelCheckpoint(path, "loss", save_best_only=True, mode="max")
    _, history = train(callback)
    losses = history.history["loss"]
    records = [i for i, loss in enumerate(losses) if loss > max(losses[:i], default=0.0)]
    assert sorted(int(file.stem) for file in tmp_path.iterdir()) == [i + 1 for i in records]
    assert callback.best == max(losses)


def test_model_checkpoint_without_fields_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    model, _ = train(ModelCheckpoint(path, include_optimizer=False))
    assert [file.name for file in tmp_path.iterdir()] == ["net.safetensors"]
    assert weights(CNN.load(path)) == weights(model)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("{val_acuracy}.safetensors", 'did you mean "val_accuracy"'),
        ("{}.safetensors", "cannot be formatted"),
        ("{epoch:q}.safetensors", "cannot be formatted"),
        ("net.h5", "ends in .safetensors"),
    ],
)
def test_model_checkpoint_unusable(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        train(ModelCheckpoint(tmp_path / name))
    with pytest.raises(FileNotFoundError, match="there is no directory"):
        train(ModelCheckpoint(tmp_path / "no" / "net.safetensors"))


class Writer:
    """Stands for tensorboardX's ``SummaryWriter``."""

    made: list[Writer]

    def __init__(self, folder: str, **options: Any) -> None:
        self.folder, self.options = folder, options
        self.scalars: list[tuple[str, float, int]] = []
        self.closed = False
        type(self).made.append(self)

    def add_scalar(self, tag: str, value: float, step: int) -> None:
        self.scalars.append((tag, value, step))

    def flush(self) -> None:
        assert self.scalars

    def close(self) -> None:
        self.closed = True


def test_tensorboard(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    module = types.ModuleType("tensorboardX")
    module.SummaryWriter = Writer  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tensorboardX", module)
    Writer.made = []
    _, history = train(TensorBoard(tmp_path), epochs=2)
    (writer,) = Writer.made
    assert writer.folder == str(tmp_path)
    assert writer.options == {}
    assert writer.closed
    scores = history.history
    assert writer.scalars == [
        (tag, scores[name][epoch], epoch)
        for epoch in range(2)
        for name, tag in [
            ("loss", "loss/training"),
            ("accuracy", "accuracy/training"),
            ("val_loss", "loss/validation"),
            ("val_accuracy", "accuracy/validation"),
        ]
    ]


def test_tensorboard_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(ImportError, match=r'pip install "cnnx\[tensorboard\]"'):
        TensorBoard("logs")
    with pytest.raises(TypeError, match="log_dir must be a string or a path"):
        TensorBoard(3)  # type: ignore[arg-type]


def test_tensorboard_files(tmp_path: Path) -> None:
    pytest.importorskip("tensorboardX")
    train(TensorBoard(tmp_path))
    assert [file for file in tmp_path.iterdir() if file.stat().st_size > 100]
