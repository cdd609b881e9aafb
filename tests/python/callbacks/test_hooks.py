"""The order in which hooks are called, as the docstring of `Callback` has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnx import Callback
from support.small import small_data, small_model

HOOKS = (
    "on_train_begin",
    "on_epoch_begin",
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_test_begin",
    "on_test_end",
    "on_epoch_end",
    "on_train_end",
)
BATCH = ["on_train_batch_begin", "on_train_batch_end"]
EPOCH = ["on_epoch_begin", *BATCH, *BATCH, "on_test_begin", "on_test_end", "on_epoch_end"]


class Recorder(Callback):
    """Notes every call."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.calls: list[str] = []
        self.given: list[Mapping[str, Any]] = []
        self.stop_after = stop_after
        for hook in HOOKS:
            setattr(self, hook, self._noting(hook))

    def _noting(self, hook: str) -> Any:
        def note(*arguments: Any) -> None:
            self.calls.append(hook)
            if hook == "on_train_batch_end" and len(self.calls) == self.stop_after:
                raise KeyboardInterrupt

        return note

    def set_model(self, model: Any) -> None:
        self.calls.append("set_model")
        super().set_model(model)

    def set_params(self, params: Mapping[str, Any]) -> None:
        self.given.append(dict(params))
        super().set_params(params)

    def state_dict(self) -> dict[str, Any]:
        return {"calls": len(self.calls)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.calls.append("load_state_dict")


def test_the_order_of_a_run() -> None:
    x, y = small_data(20)
    recorder = Recorder()
    small_model().train(x, y, 2, 10, validation_data=(x, y), verbose=0, callbacks=[recorder])
    assert recorder.calls == ["set_model", "on_train_begin", *EPOCH, *EPOCH, "on_train_end"]
    assert len(recorder.given) == 1


def test_the_order_of_a_resumed_run(tmp_path: Path) -> None:
    x, y = small_data(20)

    def run(recorder: Recorder) -> list[str]:
        small_model().train(
            x, y, 2, 10, verbose=0, callbacks=[recorder], checkpoint=tmp_path, every=1
        )
        return recorder.calls

    with pytest.raises(KeyboardInterrupt):
        run(Recorder(stop_after=7))  # in the second batch of the first epoch
    epoch = ["on_epoch_begin", *BATCH, *BATCH, "on_epoch_end"]
    assert run(Recorder()) == [
        *("set_model", "on_train_begin", "on_epoch_begin", "load_state_dict"),
        *(*BATCH, "on_epoch_end", *epoch, "on_train_end"),
    ]
    assert run(Recorder()) == ["set_model", "load_state_dict"]


def test_parameters_that_an_epoch_has_shown() -> None:
    """Nobody knows beforehand how many batches a generator has."""
    x, y = small_data(20)

    def batches() -> Iterator[tuple[Any, Any]]:
        yield x[:12], y[:12]
        yield x[12:], y[12:]

    recorder = Recorder()
    small_model().train(batches, epochs=2, verbose=0, callbacks=[recorder])
    known = [(given["steps"], given["samples"]) for given in recorder.given]
    assert known == [(None, None), (2, 20)]


def test_a_rate_that_a_callback_set_is_no_other_call(tmp_path: Path) -> None:
    """The same call resumes in the same process, whatever callbacks did to the learning rate."""

    class Falling(Callback):
        def on_train_batch_end(self, batch: int, logs: dict[str, float]) -> None:
            self.model.learning_rate *= 0.9

    x, y = small_data(20)
    model, other = small_model(), small_model()
    for _ in range(2):
        history = model.train(
            x, y, 2, 10, verbose=0, callbacks=[Falling()], checkpoint=tmp_path / "one"
        )
    assert len(history.epoch) == 2
    other.train(x, y, 2, 10, verbose=0, callbacks=[Falling()], checkpoint=tmp_path / "other")
    assert np.isclose(model.learning_rate, 0.9**4 * small_model().learning_rate)
    assert model.state_dict()["0.weight"].tobytes() == other.state_dict()["0.weight"].tobytes()
