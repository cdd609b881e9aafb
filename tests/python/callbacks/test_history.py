"""The history has one entry per epoch, of metrics and times."""

from __future__ import annotations

import time

import pytest

from cnnx import Callback
from cnnx.callbacks import Logs
from cnnx.callbacks.history import History
from support.small import small_data, small_model


def test_one_entry_an_epoch() -> None:
    x, y = small_data()
    history = small_model().train(x, y, epochs=3, validation_split=0.25, verbose=0)
    assert list(history.history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert all(len(values) == 3 for values in history.history.values())
    assert history.epoch == [0, 1, 2]
    assert len(history.seconds) == len(history.images_per_second) == 3
    assert all(type(value) is float for values in history.history.values() for value in values)


def test_no_validation_no_validation_scores() -> None:
    x, y = small_data()
    assert list(small_model().train(x, y, verbose=0).history) == ["loss", "accuracy"]


def test_times() -> None:
    class Slow(Callback):
        def on_train_batch_end(self, batch: int, logs: Logs) -> None:
            time.sleep(0.01)

        def on_test_begin(self, logs: Logs) -> None:
            time.sleep(0.1)

    x, y = small_data(40)
    start = time.perf_counter()
    history = small_model().train(
        x, y, batch_size=10, validation_data=(x, y), verbose=0, callbacks=[Slow()]
    )
    assert 0.14 < history.seconds[0] < time.perf_counter() - start
    assert 40 / history.seconds[0] < history.images_per_second[0] < 40 / 0.04


def test_repr() -> None:
    assert repr(History()) == "History(epochs=0)"
    history = History()
    history.set_params({"samples": 10})
    history.on_epoch_begin(0, {})
    history.on_epoch_end(0, {"loss": 0.5})
    assert repr(history) == "History(epochs=1, loss=0.5000)"


@pytest.mark.parametrize("epochs", [1, 2])
def test_each_call_has_a_history_of_its_own(epochs: int) -> None:
    x, y = small_data()
    model = small_model()
    model.train(x, y, epochs=2, verbose=0)
    assert len(model.train(x, y, epochs=epochs, verbose=0).history["loss"]) == epochs
