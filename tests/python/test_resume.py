"""A run resumed from a checkpoint ends with the same bits as an uninterrupted one."""

from __future__ import annotations

import errno
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnnx
from cnnx import CNN, Callback, ConfigError, DivergenceError, FileFormatError, checkpoint, io
from cnnx import optimizers as optim
from cnnx.callbacks import CSVLogger, EarlyStopping, Logs, ReduceOnPlateau
from rows import OPTIMIZERS
from small import small_data, small_model, weights
from support import hash_arrays

X, Y = small_data(60)
BATCHES = 3  # an epoch: 48 images of the 60, 16 in each
EPOCHS = 4


class Stop(Exception):
    """Raised to interrupt a run."""


class StopAfter(Callback):
    """Interrupts a run after some batches, as an unexpected event would."""

    def __init__(self, batches: int) -> None:
        self.left = batches

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        self.left -= 1
        if self.left == 0:
            raise Stop


class Counter(Callback):
    """Remembers numbers, arrays and lists."""

    def __init__(self) -> None:
        self.batches, self.losses, self.last = 0, np.zeros(0), [np.zeros(1), (1, "a", None)]

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        self.batches += 1
        self.losses = np.append(self.losses, logs["loss"])

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        self.batches += 1000

    def state_dict(self) -> dict[str, Any]:
        return {"batches": self.batches, "losses": self.losses, "last": self.last}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.batches, self.losses = state["batches"], state["losses"]
        self.last = state["last"]


def state(model: CNN) -> str:
    return hash_arrays(model.state_dict()) + hash_arrays(model._network.engine.optimizer_state())


def train(model: CNN, folder: Path, *extra: Callback, **other: Any) -> Any:
    callbacks = [EarlyStopping("loss", 3, restore_best=True), ReduceOnPlateau("loss", patience=1)]
    arguments = {
        "epochs": EPOCHS,
        "batch_size": 16,
        "validation_split": 0.2,
        "schedule": "one-cycle",
        "checkpoint": folder,
        "verbose": 0,
        "every": 2,
    }
    return model.train(X, Y, callbacks=[*callbacks, *extra], **arguments | other)


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_every_optimizer_goes_on_with_the_same_bits(tmp_path: Path, kind: str) -> None:
    def make() -> CNN:
        return small_model(optimizer=OPTIMIZERS[kind][0])

    whole = make()
    expected = train(whole, tmp_path / "whole").history
    for every, stops in [(1, [4, 3]), (2, [3, 4])]:
        folder = tmp_path / f"every {every}"
        for threads, batches in enumerate(stops, start=1):
            cnnx.set_num_threads(threads)
            with pytest.raises(Stop):
                train(make(), folder, StopAfter(batches), every=every)
        model = make()
        history = train(model, folder, every=every)
        assert state(model) == state(whole)
        assert history.history == expected
        assert history.epoch == list(range(EPOCHS))
        assert len(history.seconds) == len(history.images_per_second) == EPOCHS
        assert model.learning_rate == whole.learning_rate


@pytest.mark.parametrize("every", [2, 3, None])
def test_every_batch_may_be_the_last(tmp_path: Path, every: int | None) -> None:
    whole = small_model(optimizer="adam")
    expected = train(whole, tmp_path / "whole", every=every).history
    for batches in (1, 2, 3, 4, 8, 11, 12):
        folder = tmp_path / str(batches)
        with pytest.raises(Stop):
            train(small_model(optimizer="adam"), folder, StopAfter(batches), every=every)
        model = small_model(optimizer="adam")
        assert train(model, folder, every=every).history == expected
        assert state(model) == state(whole)


def test_the_same_network_goes_on_after_an_interrupt(tmp_path: Path) -> None:
    """In a notebook the cell runs again, and the network is where the interrupt left it."""
    whole, model = small_model(), small_model()
    expected = train(whole, tmp_path / "whole").history
    for batches in (5, 2, 4):
        with pytest.raises(Stop):
            train(model, tmp_path / "run", StopAfter(batches))
    assert train(model, tmp_path / "run").history == expected
    assert state(model) == state(whole)
    assert train(model, tmp_path / "run").history == expected  # it is finished


def test_a_finished_run_returns_its_history_at_once(tmp_path: Path) -> None:
    class Never(Callback):
        def on_train_begin(self, logs: Logs) -> None:
            raise AssertionError

    model, again = small_model(), small_model()
    history = train(model, tmp_path)
    back = train(again, tmp_path, Never())
    assert back.history == history.history
    assert back.seconds == history.seconds
    assert state(again) == state(model)
    # Both continue alike, so a script with two runs can be repeated as a whole.
    histories = [train(m, tmp_path / "second", epochs=2).history for m in (model, again)]
    assert histories[0] == histories[1]
    assert state(again) == state(model)


def test_resume_false_starts_over(tmp_path: Path) -> None:
    first = small_model()
    train(first, tmp_path)
    other = small_model(seed=7)
    whole = small_model(seed=7)
    expected = train(whole, tmp_path / "whole").history
    with pytest.raises(Stop):
        train(other, tmp_path, StopAfter(1), resume=False)
    assert [path.name for path in checkpoint.paths(tmp_path)] == [
        "checkpoint-000000000.safetensors"
    ]
    other = small_model(seed=7)
    assert train(other, tmp_path).history == expected
    assert state(other) == state(whole)


def test_early_stopping_is_remembered(tmp_path: Path) -> None:
    def run(folder: Path, *extra: Callback) -> tuple[Any, CNN]:
        model = small_model(optimizer=optim.SGD(0.5))
        stopping = EarlyStopping("loss", 2, mode="max", restore_best=True)
        history = model.train(
            X, Y, 9, 16, verbose=0, callbacks=[stopping, *extra], checkpoint=folder, every=1
        )
        return history, model

    expected, whole = run(tmp_path / "whole")
    assert len(expected.epoch) < 9
    for batches in (2, 4, 5):
        with pytest.raises(Stop):
            run(tmp_path / "run", StopAfter(batches))
    history, model = run(tmp_path / "run")
    assert history.history == expected.history
    assert weights(model) == weights(whole)
    assert run(tmp_path / "run")[0].history == expected.history


def test_a_users_callback_is_remembered(tmp_path: Path) -> None:
    whole, counter = Counter(), Counter()
    train(small_model(), tmp_path / "whole", whole)
    for batches in (2, 3, 4):
        with pytest.raises(Stop):
            train(small_model(), tmp_path / "run", Counter(), StopAfter(batches))
    train(small_model(), tmp_path / "run", counter)
    assert counter.batches == whole.batches == 1000 * EPOCHS + BATCHES * EPOCHS
    np.testing.assert_array_equal(counter.losses, whole.losses)
    np.testing.assert_array_equal(counter.last[0], np.zeros(1))
    assert counter.last[1] == [1, "a", None]


def test_a_state_that_a_file_cannot_hold(tmp_path: Path) -> None:
    class Bad(Callback):
        def state_dict(self) -> dict[str, Any]:
            return {"a": {"file": {1, 2}}}

    with pytest.raises(
        TypeError, match=r"Bad: state_dict may contain .*, got \{1, 2\}.* as a.file"
    ):
        train(small_model(), tmp_path, Bad())


def test_csv_lines_of_repeated_epochs_are_cut_off(tmp_path: Path) -> None:
    train(small_model(), tmp_path / "a", CSVLogger(tmp_path / "a.csv"), every=None)
    log = CSVLogger(tmp_path / "b.csv")
    for batches in (4, 4, 1):
        with pytest.raises(Stop):
            train(small_model(), tmp_path / "b", log, StopAfter(batches), every=None)
        with (tmp_path / "b.csv").open("a") as file:
            file.write("9,of an epoch that was not finished\n")
    train(small_model(), tmp_path / "b", log, every=None)
    assert (tmp_path / "b.csv").read_text() == (tmp_path / "a.csv").read_text()


def test_two_are_kept_and_each_is_a_model(tmp_path: Path) -> None:
    model = small_model()
    train(model, tmp_path)
    files = checkpoint.paths(tmp_path)
    assert [file.name for file in files] == [
        "checkpoint-000000012.safetensors",
        "checkpoint-000000010.safetensors",
    ]
    assert weights(CNN.load(files[0])) == weights(model)
    newest = checkpoint.newest(tmp_path)
    assert newest is not None
    assert newest.path == files[0]
    assert checkpoint.newest(tmp_path / "nothing") is None
    model.save(tmp_path / "model.safetensors")
    with pytest.raises(FileFormatError, match="a model, not a checkpoint"):
        checkpoint.read(tmp_path / "model.safetensors")


@pytest.mark.parametrize("size", [0, 3, 500, -1])
def test_a_torn_file_gives_way_to_the_one_before(tmp_path: Path, size: int) -> None:
    whole = small_model()
    expected = train(whole, tmp_path / "whole").history
    with pytest.raises(Stop):
        train(small_model(), tmp_path / "run", StopAfter(8))
    newest, before = checkpoint.paths(tmp_path / "run")
    os.truncate(newest, size if size >= 0 else newest.stat().st_size + size)
    model = small_model()
    with pytest.warns(UserWarning, match="the previous checkpoint is used instead"):
        history = train(model, tmp_path / "run")
    assert history.history == expected
    assert state(model) == state(whole)
    assert newest.with_suffix(".damaged").exists()
    assert not before.exists()


@pytest.mark.parametrize("place", [0.3, 0.6, 0.99])
def test_a_changed_byte_is_found(tmp_path: Path, place: float) -> None:
    train(small_model(), tmp_path)
    newest, before = checkpoint.paths(tmp_path)
    content = bytearray(newest.read_bytes())
    content[int(len(content) * place)] ^= 1
    newest.write_bytes(content)
    with pytest.warns(UserWarning, match="the previous checkpoint is used instead"):
        found = checkpoint.newest(tmp_path)
    assert found is not None
    assert found.path == before


def test_nothing_intact_is_an_error(tmp_path: Path) -> None:
    train(small_model(), tmp_path)
    for path in checkpoint.paths(tmp_path):
        os.truncate(path, 100)
    model = small_model()
    before = state(model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(FileFormatError, match="all 2 checkpoints are corrupted"):
            train(model, tmp_path)
        assert state(model) == before
        assert len(checkpoint.paths(tmp_path)) == 2
    train(model, tmp_path, resume=False)


def test_remains_of_a_killed_process_are_removed(tmp_path: Path) -> None:
    remains = tmp_path / ".checkpoint-000000002.safetensors.0123456789ab.tmp"
    remains.write_bytes(b"half")
    other = tmp_path / "notes.txt"
    other.write_text("mine")
    train(small_model(), tmp_path)
    assert not remains.exists()
    assert other.read_text() == "mine"
    assert {path.name for path in tmp_path.glob(".*")} == {".lock"}


def test_a_full_disk_keeps_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = small_model()
    expected = train(whole, tmp_path / "whole").history
    write, calls = io.write, []

    def full(path: Any, model: Any) -> None:
        calls.append(path)
        if len(calls) == 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, model)

    monkeypatch.setattr(io, "write", full)
    with pytest.raises(
        OSError, match=r"could not be written.*No space.*is intact: free disk space"
    ):
        train(small_model(), tmp_path / "run")
    monkeypatch.undo()
    assert len(checkpoint.paths(tmp_path / "run")) == 2
    model = small_model()
    assert train(model, tmp_path / "run").history == expected
    assert state(model) == state(whole)


def test_folders_that_cannot_be_used(tmp_path: Path) -> None:
    model = small_model()
    before = state(model)
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(FileExistsError):
        train(model, tmp_path / "file")
    with pytest.raises(NotADirectoryError):
        train(model, tmp_path / "file" / "run")
    if os.geteuid() != 0:  # the superuser may write everywhere
        (tmp_path / "sealed").mkdir(mode=0o500)
        with pytest.raises(PermissionError):
            train(model, tmp_path / "sealed")
    assert state(model) == before


def test_one_folder_is_for_one_training(tmp_path: Path) -> None:
    class Second(Callback):
        def on_train_batch_end(self, batch: int, logs: Logs) -> None:
            with pytest.raises(BlockingIOError, match="another run is writing checkpoints"):
                train(small_model(), tmp_path)

    train(small_model(), tmp_path, Second())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 5}, "epochs is 5 but was 4"),
        ({"batch_size": 8}, "batch_size is 8 but was 16"),
        ({"schedule": "cosine"}, r"schedule.kind is cosine but was one-cycle"),
        ({"schedule": None}, r"schedule.kind is not set but was one-cycle"),
        ({"shuffle": False}, "shuffle is False but was True"),
        ({"validation_split": 0.5}, r"data.shape is \[30, 1, 6, 6\]"),
    ],
)
def test_another_call_is_refused(tmp_path: Path, change: Any, message: str) -> None:
    train(small_model(), tmp_path)
    model = small_model()
    before = state(model)
    with pytest.raises(
        ConfigError, match=rf"was written by a different call: .*{message}.*resume=False"
    ):
        train(model, tmp_path, **change)
    assert state(model) == before
    assert len(checkpoint.paths(tmp_path)) == 2
    train(model, tmp_path, every=None, verbose=2)  # these change nothing of the result


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": 2}, "model.seed is 2 but was 1"),
        ({"dtype": "float64"}, "model.dtype is float64 but was float32"),
        ({"loss": "mse"}, "model.loss.kind is mse"),
        ({"optimizer": "adam"}, "model.optimizer.kind is adam but was sgd"),
        ({"optimizer": optim.SGD(0.1)}, "model.optimizer.learning_rate is 0.1 but was 0.01"),
        (
            {"layers": [cnnx.layers.Flatten(), cnnx.layers.Dense(3)]},
            r"model.layers\[0\].kind is flatten but was conv2d",
        ),
    ],
)
def test_another_network_is_refused(tmp_path: Path, change: Any, message: str) -> None:
    train(small_model(), tmp_path)
    y = np.eye(3)[Y] if change.get("loss") == "mse" else Y
    with pytest.raises(ConfigError, match=message):
        small_model(**change).train(X, y, EPOCHS, 16, verbose=0, checkpoint=tmp_path)


def test_other_data_or_callbacks_are_refused(tmp_path: Path) -> None:
    small_model().train(X, Y, verbose=0, checkpoint=tmp_path)
    for x, y, what in [(X + 1, Y, "data.images"), (X, (Y + 1) % 3, "data.labels")]:
        with pytest.raises(ConfigError, match=f"was written by a different call: {what} is"):
            small_model().train(x, y, verbose=0, checkpoint=tmp_path)
    with pytest.raises(ConfigError, match=r"callbacks that remember is \['EarlyStopping'\]"):
        small_model().train(X, Y, verbose=0, checkpoint=tmp_path, callbacks=[EarlyStopping("loss")])


def test_unusable() -> None:
    for arguments, error, message in [
        ({"checkpoint": 3}, TypeError, "checkpoint must be the path of a folder"),
        ({"every": 5}, ConfigError, "every requires checkpoint"),
        ({"checkpoint": "run", "every": 0}, ConfigError, "every must be at least 1"),
        ({"checkpoint": "run", "resume": "yes"}, TypeError, "resume must be True or False"),
    ]:
        with pytest.raises(error, match=message):
            small_model().train(X, Y, verbose=0, **arguments)
    assert not Path("run").exists()


def test_divergence_names_the_last_good_checkpoint(tmp_path: Path) -> None:
    class Explode(Callback):
        def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
            if epoch == 2:
                self.model.learning_rate = 1e9

    model = small_model(optimizer=optim.SGD(0.05))
    with pytest.raises(DivergenceError, match=r"the loss is .*The last good checkpoint") as caught:
        model.train(X, Y, 9, 4, verbose=0, checkpoint=tmp_path, every=1, callbacks=[Explode()])
    good = caught.value.checkpoint
    assert good is not None
    assert good in checkpoint.paths(tmp_path)
    assert str(good) in str(caught.value)
    assert 'schedule="warmup"' in str(caught.value)
    back = CNN.load(good)
    assert back.evaluate(X, Y)["loss"] < small_model().evaluate(X, Y)["loss"]
    back.learning_rate = 0.01
    back.train(X, Y, verbose=0, checkpoint=tmp_path / "again")


def test_divergence_without_checkpoints() -> None:
    with pytest.raises(DivergenceError, match="rebuild the network") as caught:
        small_model(optimizer=optim.SGD(1e30)).train(X, Y, epochs=9, verbose=0)
    assert caught.value.checkpoint is None


def test_weights_that_are_no_numbers_are_not_written(tmp_path: Path) -> None:
    class Spoil(Callback):
        def on_epoch_end(self, epoch: int, logs: Logs) -> None:
            self.model._network.engine.set_parameter("3.bias", np.full(3, np.nan, np.float32))

    with pytest.raises(DivergenceError, match=r"3\.bias is not finite") as caught:
        small_model().train(X, Y, 3, verbose=0, checkpoint=tmp_path, callbacks=[Spoil()])
    assert caught.value.checkpoint == tmp_path / "checkpoint-000000000.safetensors"
