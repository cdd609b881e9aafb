"""Callbacks are called in Keras' order, with the scores that belong there."""

from __future__ import annotations

from typing import Any

import pytest

from cnnx import Callback
from cnnx.callbacks import Logs
from support.small import small_data, small_model

HOOKS = [name for name in vars(Callback) if name.startswith("on_")]


class Recorder(Callback):
    """Notes every call."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[Any, ...]]] = []

    def __getattribute__(self, name: str) -> Any:
        if name in HOOKS:
            return lambda *arguments: self.calls.append((name, arguments))
        return super().__getattribute__(name)


for _hook in HOOKS:  # a hook counts when its class overrides it
    setattr(Recorder, _hook, lambda *_: None)


def record(**other: Any) -> Recorder:
    x, y = small_data(40)
    recorder = Recorder()
    small_model().train(x, y, batch_size=16, verbose=0, callbacks=[recorder], **other)
    return recorder


def test_order_of_the_hooks() -> None:
    batches = ["on_train_batch_begin", "on_train_batch_end"] * 3
    epoch = ["on_epoch_begin", *batches, "on_test_begin", "on_test_end", "on_epoch_end"]
    recorder = record(epochs=2, validation_data=small_data(9))
    assert [name for name, _ in recorder.calls] == [
        "on_train_begin", *epoch, *epoch, "on_train_end"
    ]  # fmt: skip
    numbers = [arguments[0] for name, arguments in recorder.calls if name == "on_train_batch_end"]
    assert numbers == [0, 1, 2, 0, 1, 2]
    assert recorder.params["steps"] == 3
    assert recorder.params["samples"] == 40
    assert recorder.model.input_shape == (1, 6, 6)


def test_scores_in_the_hooks() -> None:
    recorder = record(validation_data=small_data(9))
    logs = {name: arguments[-1] for name, arguments in recorder.calls}  # the last of each
    assert logs["on_epoch_begin"] == logs["on_train_batch_begin"] == {}
    assert set(logs["on_train_batch_end"]) == {"loss", "accuracy"}
    assert set(logs["on_epoch_end"]) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert logs["on_test_end"] == {
        "loss": logs["on_epoch_end"]["val_loss"],
        "accuracy": logs["on_epoch_end"]["val_accuracy"],
    }
    assert logs["on_epoch_end"]["loss"] == logs["on_train_batch_end"]["loss"]
    assert logs["on_train_end"] == logs["on_epoch_end"]


def test_stop_training_ends_after_the_epoch() -> None:
    class Stop(Callback):
        def on_train_batch_begin(self, batch: int, logs: Logs) -> None:
            self.model.stop_training = True

    x, y = small_data()
    model = small_model()
    assert len(model.train(x, y, epochs=5, verbose=0, callbacks=[Stop()]).epoch) == 1
    assert len(model.train(x, y, epochs=5, verbose=0).epoch) == 5


def test_a_schedule_may_change_the_learning_rate_between_batches() -> None:
    class Freeze(Callback):
        def on_train_batch_begin(self, batch: int, logs: Logs) -> None:
            self.model.learning_rate = 0.0

    x, y = small_data()
    model = small_model()
    before = model.state_dict()
    model.train(x, y, epochs=2, verbose=0, callbacks=[Freeze()])
    assert all((before[name] == value).all() for name, value in model.state_dict().items())


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (Callback(), "put it in a list"),
        ([Callback], r"callbacks\[0\] is the class itself; call it: Callback"),
        ([Callback(), print], r"callbacks\[1\] must be a cnnx.callbacks.Callback"),
        ("early_stopping", "must be a list of Callback objects"),
    ],
)
def test_unusable(value: Any, message: str) -> None:
    x, y = small_data()
    with pytest.raises(TypeError, match=message):
        small_model().train(x, y, verbose=0, callbacks=value)
