"""Progress goes to standard error, in the form that fits the place, and leaves stdout clean."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cnnx import Callback, ConfigError
from cnnx.callbacks import Logs
from cnnx.callbacks.progress import LineProgress, ProgressBar, progress_for
from support.small import small_data, small_model

FOLDER = Path(__file__).parents[1]


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def run(verbose: object, capsys: pytest.CaptureFixture[str], **other: object) -> str:
    x, y = small_data(40)
    small_model().train(x, y, epochs=2, batch_size=16, verbose=verbose, **other)  # type: ignore[arg-type]
    out, err = capsys.readouterr()
    assert out == ""
    return err


def test_silence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(0, capsys) == ""
    assert run(False, capsys) == ""


@pytest.mark.parametrize("verbose", ["auto", 2])
def test_one_line_an_epoch(verbose: object, capsys: pytest.CaptureFixture[str]) -> None:
    lines = run(verbose, capsys, validation_split=0.25).splitlines()
    assert len(lines) == 2
    for epoch, line in enumerate(lines, start=1):
        assert re.fullmatch(
            rf"Epoch {epoch}/2: \d+\.\d s, loss \d+\.\d{{4}}, accuracy \d\.\d{{4}}, "
            r"val_loss \d+\.\d{4}, val_accuracy \d\.\d{4}, \d+ images/s",
            line,
        )


def test_the_speed_after_going_on_counts_what_was_trained(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An epoch of 96 images, of which 32 are left, within one second."""
    clock = iter([0.0, 1.0])
    monkeypatch.setattr("cnnx.callbacks.progress.time.perf_counter", lambda: next(clock))
    lines = LineProgress()
    lines.set_params({"epochs": 1, "samples": 96, "batch_size": 16})
    lines.on_epoch_begin(0, {})
    for batch in (4, 5):
        lines.on_train_batch_end(batch, {})
    lines.on_epoch_end(0, {"loss": 1.0})
    assert capsys.readouterr().err == "Epoch 1/1: 1.0 s, loss 1.0000, 32 images/s\n"


def test_bar(capsys: pytest.CaptureFixture[str]) -> None:
    err = run(1, capsys, validation_split=0.25)
    lines = [line.rpartition("\r")[2] for line in err.strip("\n").split("\n")]
    assert len(lines) == 2
    for epoch, line in enumerate(lines, start=1):
        assert re.fullmatch(
            rf"Epoch {epoch}/2 loss \d+\.\d{{4}} acc \d\.\d{{4}} "
            r"val_loss \d+\.\d{4} val_acc \d\.\d{4} \d+ img/s",
            line.rstrip(),
        )
        assert len(line.rstrip()) <= 80
    assert "2/2" in err  # batches: 30 images of the 40, 16 in each


def test_bar_shows_running_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", stream := Terminal())
    x, y = small_data(40)
    small_model().train(x, y, batch_size=10, callbacks=[ProgressBar(refresh=0)])
    for batches in range(1, 5):
        assert re.search(rf"{batches}/4 \S+, loss \S+ acc \S+ \d+ img/s", stream.getvalue())


def test_an_interrupted_bar_is_closed(capsys: pytest.CaptureFixture[str]) -> None:
    class Interrupt(Callback):
        def on_train_batch_begin(self, batch: int, logs: Logs) -> None:
            if batch == 1:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(1, capsys, callbacks=[Interrupt()])
    assert capsys.readouterr().err.endswith("\n")


def test_auto_looks_at_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert type(progress_for("auto")) is LineProgress
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert type(progress_for("auto")) is ProgressBar
    assert type(progress_for(2)) is LineProgress
    monkeypatch.setattr(sys, "stderr", None)
    assert progress_for("auto") is None


def test_auto_finds_notebooks(monkeypatch: pytest.MonkeyPatch) -> None:
    class ZMQInteractiveShell:
        pass

    class IPython:
        @staticmethod
        def get_ipython() -> object:
            return ZMQInteractiveShell()

    monkeypatch.setattr(sys, "stderr", io.StringIO())
    monkeypatch.setitem(sys.modules, "IPython", IPython)
    assert type(progress_for("auto")) is ProgressBar


@pytest.mark.parametrize(
    ("verbose", "error"),
    [("loud", ConfigError), (3, ConfigError), (None, TypeError), (1.5, TypeError)],
)
def test_unusable(verbose: object, error: type[Exception]) -> None:
    with pytest.raises(error, match='train: verbose must be "auto", 0, 1 or 2, got'):
        progress_for(verbose)


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs pseudo-terminals")
@pytest.mark.parametrize(("rows", "columns"), [(0, 0), (24, 80)])
def test_bar_in_terminals_with_and_without_a_size(rows: int, columns: int) -> None:
    termios = pytest.importorskip("termios")
    code = (
        "from support.small import small_data, small_model\n"
        "small_model().train(*small_data(40), validation_split=0.25)"
    )
    reader, terminal = os.openpty()
    termios.tcsetwinsize(terminal, (rows, columns))
    subprocess.run([sys.executable, "-c", code], stderr=terminal, check=True, cwd=FOLDER)
    shown = os.read(reader, 10_000).decode()
    os.close(terminal)
    os.close(reader)
    assert "Epoch 1/1 |" in shown
    assert re.search(r"val_loss \S+ val_acc \S+ \d+ img/s", shown)
