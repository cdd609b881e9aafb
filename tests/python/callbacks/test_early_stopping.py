"""`EarlyStopping` counts epochs without improvement as Keras does, and puts the best back."""

from __future__ import annotations

import math
from typing import Any

import pytest

from cnnx import Callback, ConfigError
from cnnx.callbacks import EarlyStopping, Logs
from support.small import small_data, small_model, weights


class Scores(Callback):
    """Puts given scores in the place of an epoch's."""

    def __init__(self, name: str, values: list[float]) -> None:
        self.name, self.values = name, values
        self.weights: list[bytes] = []

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        logs[self.name] = self.values[epoch]
        self.weights.append(weights(self.model))


def run(values: list[float], name: str = "loss", **options: Any) -> tuple[EarlyStopping, Scores]:
    x, y = small_data(20)
    scores, stopping = Scores(name, values), EarlyStopping(monitor=name, **options)
    model = small_model()
    model.train(x, y, epochs=len(values), batch_size=10, verbose=0, callbacks=[scores, stopping])
    scores.weights.append(weights(model))
    return stopping, scores


@pytest.mark.parametrize(
    ("values", "options", "stopped"),
    [
        ([3, 2, 1, 0.5], {}, None),
        ([3, 3, 1, 0.5], {}, 1),
        ([3, 4, 1, 0.5], {"patience": 1}, 1),
        ([3, 4, 1, 2, 2], {"patience": 2}, 4),
        ([3, 2.9, 2.8, 2.5], {"min_delta": 0.2}, 1),
        ([3, 2.9, 2.8, 2.5], {"min_delta": 0.2, "patience": 3}, None),
        ([1, 2, 3, 2], {"mode": "max"}, 3),
        ([math.nan, math.nan, 1, 2], {"patience": 3}, None),
    ],
)
def test_when_it_stops(values: list[float], options: Any, stopped: int | None) -> None:
    stopping, scores = run(values, **options)
    assert stopping.stopped_epoch == stopped
    assert len(scores.weights) - 1 == (len(values) if stopped is None else stopped + 1)


@pytest.mark.parametrize(
    ("name", "values", "best"),
    [
        ("loss", [2.0, 1.0, 3.0], 1.0),
        ("my_error", [2.0, 1.0, 3.0], 1.0),
        ("accuracy", [0.1, 0.5, 0.3], 0.5),
        ("f1", [0.1, 0.5, 0.3], 0.5),
    ],
)
def test_the_name_tells_what_is_better(name: str, values: list[float], best: float) -> None:
    stopping, _ = run(values, name, patience=5)
    assert stopping.best == best
    assert stopping.best_epoch == 1


@pytest.mark.parametrize("patience", [1, 9])
def test_the_best_weights_come_back(patience: int) -> None:
    _, scores = run([3, 1, 2, 2.5], restore_best=True, patience=patience)
    assert scores.weights[-1] == scores.weights[1]
    _, scores = run([3, 1, 2, 2.5], restore_best=False, patience=patience)
    assert scores.weights[-1] == scores.weights[-2]


def test_a_second_training_begins_anew() -> None:
    x, y = small_data(20)
    stopping = EarlyStopping("loss", mode="max")
    model = small_model()
    for _ in range(2):
        history = model.train(x, y, epochs=9, verbose=0, callbacks=[stopping])
        assert 1 < len(history.epoch) < 9
        assert stopping.best == max(history.history["loss"])


def test_unusable() -> None:
    x, y = small_data(20)
    with pytest.raises(ConfigError, match=r'"val_loss" requires validation data.*monitor "loss"'):
        small_model().train(x, y, verbose=0, callbacks=[EarlyStopping()])
    with pytest.raises(ConfigError, match=r'must be one of loss, accuracy.*did you mean "loss"'):
        small_model().train(x, y, verbose=0, callbacks=[EarlyStopping("lost")])
    with pytest.raises(ConfigError, match="patience must be at least 0"):
        EarlyStopping(patience=-1)
    with pytest.raises(ConfigError, match="mode must be one of"):
        EarlyStopping(mode="down")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="monitor must be a name"):
        EarlyStopping(monitor=3)  # type: ignore[arg-type]
