"""`ReduceOnPlateau` and `LearningRateScheduler` change the learning rate when they should."""

from __future__ import annotations

from typing import Any

import pytest

from cnnx import Callback, ConfigError
from cnnx.callbacks import LearningRateScheduler, Logs, ReduceOnPlateau
from support.small import small_data, small_model


class Scores(Callback):
    def __init__(self, values: list[float]) -> None:
        self.values = values

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        logs["loss"] = self.values[epoch]


def plateau(values: list[float], **options: Any) -> list[float]:
    """The learning rate of each epoch, and the one that is left."""
    x, y = small_data(20)
    model = small_model(optimizer="sgd")
    model.learning_rate = 1.0
    callback = ReduceOnPlateau("loss", **{"factor": 0.5, "min_delta": 0.0} | options)
    history = model.train(x, y, epochs=len(values), verbose=0, callbacks=[Scores(values), callback])
    return [*history.history["learning_rate"], model.learning_rate]


@pytest.mark.parametrize(
    ("values", "options", "rates"),
    [
        ([3, 2, 1], {}, [1, 1, 1, 1]),
        ([3, 3, 2, 2], {"patience": 1}, [1, 1, 0.5, 0.5, 0.25]),
        ([3, 3, 3, 3, 3], {"patience": 2}, [1, 1, 1, 0.5, 0.5, 0.25]),
        ([3, 3, 3, 3], {"patience": 1, "min_lr": 0.4}, [1, 1, 0.5, 0.4, 0.4]),
        ([3, 3, 3, 3, 3, 3], {"patience": 1, "cooldown": 2}, [1, 1, 0.5, 0.5, 0.25, 0.25, 0.125]),
        ([3, 2.9, 2.8], {"patience": 1, "min_delta": 0.5}, [1, 1, 0.5, 0.25]),
        ([3, 2, 1], {"patience": 1, "mode": "max"}, [1, 1, 0.5, 0.25]),
    ],
)
def test_plateau(values: list[float], options: Any, rates: list[float]) -> None:
    assert plateau(values, **options) == pytest.approx(rates)


def test_scheduler() -> None:
    x, y = small_data(20)
    model = small_model()
    callback = LearningRateScheduler(lambda epoch: 0.1 / (1 + epoch))
    history = model.train(x, y, epochs=3, verbose=0, callbacks=[callback])
    assert history.history["learning_rate"] == [0.1, 0.05, 0.1 / 3]
    assert model.learning_rate == 0.1 / 3


def test_unusable() -> None:
    with pytest.raises(TypeError, match=r"schedule must be a function.*train\(\.\.\., schedule="):
        LearningRateScheduler("cosine")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="ReduceOnPlateau: factor must be smaller than 1"):
        ReduceOnPlateau(factor=1.0)
    x, y = small_data(20)
    with pytest.raises(ConfigError, match=r"ReduceOnPlateau.*requires validation data"):
        small_model().train(x, y, verbose=0, callbacks=[ReduceOnPlateau()])
