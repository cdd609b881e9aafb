"""`train` takes every source of batches, and resumes within its epochs too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnx import Callback, ConfigError
from cnnx.callbacks import Logs, ProgressBar
from support.small import small_data, small_model, weights

X, Y = small_data(50)
SIZE = 16
BATCHES = [(X[i : i + SIZE], Y[i : i + SIZE]) for i in range(0, 50, SIZE)]
VALIDATION = small_data(20, seed=1)


class Stop(Exception):
    pass


class StopAfter(Callback):
    def __init__(self, batches: int) -> None:
        self.left = batches

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        self.left -= 1
        if self.left == 0:
            raise Stop


def generate() -> Iterator[Any]:
    yield from BATCHES


def plain(**other: Any) -> tuple[bytes, dict[str, list[float]]]:
    model = small_model()
    history = model.train(X, Y, 2, SIZE, VALIDATION, shuffle=False, verbose=0, **other)
    return weights(model), history.history


@pytest.mark.parametrize("x", [BATCHES, generate])
def test_batches_one_by_one_train_as_arrays_do(x: Any) -> None:
    model = small_model()
    history = model.train(x, epochs=2, validation_data=VALIDATION, shuffle=False, verbose=0)
    expected, scores = plain()
    assert weights(model) == expected
    assert history.history == scores
    assert all(rate > 0 for rate in history.images_per_second)


def test_validation_by_batches() -> None:
    def held_out() -> Iterator[Any]:
        for i in range(0, 20, 7):
            yield VALIDATION[0][i : i + 7], VALIDATION[1][i : i + 7]

    model = small_model()
    history = model.train(X, Y, 2, SIZE, held_out, shuffle=False, verbose=0).history
    _, scores = plain()
    assert history["val_accuracy"] == scores["val_accuracy"]
    np.testing.assert_allclose(history["val_loss"], scores["val_loss"], rtol=1e-6)


def test_mapped_arrays(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    for arguments in ({}, {"validation_split": 0.3}):
        models = [small_model() for _ in range(2)]
        histories = [
            model.train(x, Y, 2, SIZE, verbose=0, **arguments).history  # type: ignore[arg-type]
            for model, x in zip(models, (X, mapped), strict=True)
        ]
        assert weights(models[0]) == weights(models[1])
        assert histories[0] == histories[1]


@pytest.mark.parametrize("x", [BATCHES, generate])
@pytest.mark.parametrize("batches", [1, 3, 4, 6])
def test_streams_go_on_from_checkpoints(tmp_path: Path, x: Any, batches: int) -> None:
    def train(folder: str, *callbacks: Callback) -> tuple[bytes, Any]:
        model = small_model(optimizer="adam")
        history = model.train(
            x, epochs=3, verbose=0, checkpoint=tmp_path / folder, every=1, callbacks=callbacks
        )
        return weights(model), history.history

    expected = train("whole")
    with pytest.raises(Stop):
        train("run", StopAfter(batches))
    assert train("run") == expected


@pytest.mark.parametrize("x", [BATCHES, generate])
def test_the_bar_of_any_length(x: Any, capsys: pytest.CaptureFixture[str]) -> None:
    small_model().train(x, epochs=2, callbacks=[ProgressBar(refresh=0)])
    assert "Epoch 2/2 loss" in capsys.readouterr().err


def test_class_weights_of_batches() -> None:
    models = [small_model() for _ in range(2)]
    models[0].train(BATCHES, shuffle=False, verbose=0, class_weight={1: 3.0})
    models[1].train(X, Y, 1, SIZE, shuffle=False, verbose=0, class_weight={1: 3.0})
    assert weights(models[0]) == weights(models[1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"schedule": "cosine"}, 'schedule "cosine" needs the number of batches per epoch'),
        ({"validation_split": 0.1}, "validation_split goes with arrays"),
        ({"sample_weight": [1.0]}, "sample_weight goes with arrays"),
        ({"class_weight": "balanced"}, "counts labels"),
    ],
)
def test_what_streams_cannot_have(arguments: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        small_model().train(generate, verbose=0, **arguments)


def test_a_generator_that_is_used_up() -> None:
    with pytest.raises(ValueError, match="expected some batches in an epoch, got none"):
        small_model().train(lambda: iter(()), verbose=0)
