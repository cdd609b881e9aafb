"""The command line as a process: exit codes, streams that break, Ctrl-C, speed of start."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnnx
from cnnx import cli
from cnnx.cli import output

Run = Callable[..., Any]
COMMAND = [sys.executable, "-m", "cnnx"]

needs_dev_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")


def test_version(run: Run) -> None:
    result = run("--version")
    assert result.returncode == 0
    assert result.stdout == f"cnnx {cnnx.__version__}\n"
    assert result.stderr == ""


@pytest.mark.parametrize("command", [[], *([name] for name in cli.COMMANDS)], ids=str)
def test_help(call: Run, command: list[str]) -> None:
    result = call(*command, "--help")
    assert result.returncode == 0
    assert result.stdout.startswith(" ".join(["usage: cnnx", *command]))
    assert result.stderr == ""


@pytest.mark.parametrize(
    "arguments", [[], ["fly"], ["--fly"], ["info"], ["config", "x"], ["config", "--x"]], ids=str
)
def test_wrong_usage(run: Run, arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert "usage: cnnx" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_failure_is_one_line(run: Run) -> None:
    result = run("info", "missing.safetensors")
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr == "cnnx: error: missing.safetensors: No such file or directory\n"


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_ctrl_c(tmp_path: Path) -> None:
    command = [*COMMAND, "train", "digits", "--epochs", "100000", "--out", "net.safetensors"]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        while "Epoch 1/" not in process.stderr.readline():
            assert process.poll() is None
        pressed = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130
    assert time.monotonic() - pressed < 5
    assert out == ""
    assert err.endswith("cnnx: interrupted\n")
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def many(tmp_path: Path) -> Path:
    path = tmp_path / "x.npy"
    np.save(path, np.zeros((5000, 1, 8, 8), np.float32))
    return path


def test_a_reader_that_leaves(model: Path, many: Path) -> None:
    """As in ``cnnx predict ... | head -n 1``."""
    read, write = os.pipe()
    os.close(read)
    try:
        result = subprocess.run(
            [*COMMAND, "predict", str(model), str(many)],
            stdout=write, stderr=subprocess.PIPE, timeout=60, check=False,
        )  # fmt: skip
    finally:
        os.close(write)
    assert result.returncode == 1
    assert result.stderr == b""


@needs_dev_full
@pytest.mark.parametrize("buffering", [{}, {"PYTHONUNBUFFERED": "1"}], ids=str)
@pytest.mark.parametrize("arguments", [["config"], ["config", "--json"], ["predict"]], ids=str)
def test_a_full_disk_under_standard_output(
    run: Run, model: Path, many: Path, arguments: list[Any], buffering: dict[str, str]
) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"} | buffering
    if arguments == ["predict"]:
        arguments = ["predict", model, many]
    with Path("/dev/full").open("w") as full:
        result = run(*arguments, stdout=full, env=environment)
    assert result.returncode == 1
    assert result.stderr == "cnnx: error: No space left on device\n"


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")
def test_closed_streams(model: Path, tmp_path: Path) -> None:
    def shell(redirection: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", "-c", f'"$@" {redirection}', "sh", *COMMAND, *map(str, arguments)],
            capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path,
        )  # fmt: skip

    result = shell(">&-", "evaluate", model, "digits")
    assert (result.returncode, result.stderr) == (1, "cnnx: error: standard output is closed\n")
    result = shell("2>&-", "train", "digits", "--epochs", 1, "--json")
    assert result.returncode == 0
    assert len(json.loads(result.stdout)["history"]["loss"]) == 1
    result = shell("2>&-", "info", "missing.safetensors")
    assert (result.returncode, result.stdout) == (1, "")


@needs_dev_full
def test_standard_error_that_cannot_be_written(run: Run) -> None:
    with Path("/dev/full").open("w") as full:
        assert run("info", "missing.safetensors", stderr=full).returncode == 1
        assert run("fly", stderr=full).returncode == 2
        result = run("config", "--json", stderr=full)
    assert result.returncode == 0
    assert json.loads(result.stdout) == cnnx.show_config("dict")


def test_a_fault_in_the_program_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(args: object) -> None:
        raise AttributeError("a fault")

    monkeypatch.setattr(cli.config, "run", broken)
    with pytest.raises(AttributeError, match="a fault"):
        cli.main(["config"])


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (FileNotFoundError(2, "No such file", "x"), "x: No such file"),
        (OSError(28, "No space left"), "No space left"),
        (OSError("in words"), "in words"),
        (MemoryError(), "MemoryError"),
        (ValueError("bad"), "bad"),
    ],
)
def test_messages(error: Exception, text: str) -> None:
    assert output.describe(error) == text


def test_json_has_no_nan(call: Run, capsys: pytest.CaptureFixture[str]) -> None:
    output.emit_json({"a": float("nan"), "b": [1.5, float("inf")], "c": (1, "x", None, True)})
    document = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert document == {"a": None, "b": [1.5, None], "c": [1, "x", None, True]}


def test_the_start_imports_nothing_slow() -> None:
    code = "import sys, cnnx.cli; print(*sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    modules = set(found.stdout.split())
    assert "numpy" in modules
    assert not modules & {"tqdm", "pooch", "safetensors", "sklearn", "scipy", "requests"}
