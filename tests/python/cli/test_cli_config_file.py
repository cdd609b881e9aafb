"""``--config`` and ``--print-config``: one set of names, checked once, the command line on top."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


@pytest.fixture
def config(tmp_path: Path) -> Callable[[str], Path]:
    """Write a configuration."""

    def write(text: str) -> Path:
        path = tmp_path / "run.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def options(call: Run, *arguments: object) -> dict[str, Any]:
    """The output of ``--print-config``, parsed."""
    result = call("train", "digits", *arguments, "--print-config")
    assert result.returncode == 0, result.stderr
    return tomllib.loads(result.stdout)


def test_the_options_in_use_are_printed(call: Run) -> None:
    found = options(call)
    assert found["epochs"] == 12
    assert found["batch-size"] == 32
    assert found["optimizer"] == "adamw"
    assert (found["lr"], found["weight-decay"]) == (0.01, 0.05)
    assert (found["schedule"], found["augment"]) == ("one-cycle", "shift,rotate,scale")
    assert found["validation-split"] == 0.1
    assert found["model"] == "recipe"
    assert found["resume"] is True
    assert not {"quiet", "json", "config", "print-config", "out", "momentum"} & set(found)


def test_what_is_printed_can_be_read_again(call: Run, config: Callable[[str], Path]) -> None:
    given = (
        "--epochs", 3, "--augment", "flip,crop=2", "--no-resume", "--checkpoint", 'a "run"\\ä',
        "--optimizer", "sgd", "--momentum", 0.5, "--nesterov", "--lr", 1e-05, "--quiet",
    )  # fmt: skip
    first = options(call, *given)
    assert first["checkpoint"] == 'a "run"\\ä'
    assert (first["resume"], first["nesterov"], first["quiet"]) == (False, True, True)
    text = call("train", "digits", *given, "--print-config").stdout
    assert options(call, "--config", config(text)) == first


def test_the_command_line_wins(call: Run, config: Callable[[str], Path]) -> None:
    path = config(
        'epochs = 7\nlr = 0.5\noptimizer = "sgd"\nnesterov = true\nmomentum = 0.9\n'
        'augment = ["flip", "crop"]\nresume = false\nquiet = false\n'
    )
    found = options(call, "--config", path)
    assert (found["epochs"], found["lr"], found["optimizer"]) == (7, 0.5, "sgd")
    assert found["augment"] == "flip,crop"
    assert (found["nesterov"], found["resume"]) == (True, False)
    for arguments in (
        ("--config", path, "--epochs", 2, "--no-nesterov", "--resume"),
        ("--epochs", 2, "--no-nesterov", "--resume", "--config", path),
    ):
        found = options(call, *arguments)
        assert (found["epochs"], found["lr"], found["nesterov"]) == (2, 0.5, False)
        assert found["resume"] is True


def test_it_decides_the_training(call_json: Run, config: Callable[[str], Path]) -> None:
    path = config('epochs = 1\noptimizer = "sgd"\nlr = 0.02\nquiet = true\n')
    document = call_json("train", "digits", "--config", path)
    assert len(document["history"]["loss"]) == 1
    assert document["config"]["optimizer"]["kind"] == "sgd"
    assert document["config"]["optimizer"]["learning_rate"] == 0.02


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("batch_size = 3", "unknown option 'batch_size'; did you mean \"batch-size\"?"),
        ("epoch = 3", 'did you mean "epochs"?'),
        ("data = 'digits'", "unknown option 'data'"),
        ("config = 'other.toml'", "unknown option 'config'"),
        ("epochs = 0", "argument --epochs: expected a whole number from 1"),
        ("epochs = 1.5", "argument --epochs"),
        ("epochs = true", "epochs must be a number, a string or a list of strings, got True"),
        ("epochs = [1]", "epochs must be a number"),
        ("epochs = 2020-01-01", "epochs must be a number"),
        ("resume = 'no'", "resume must be true or false, got 'no'"),
        ("optimizer = 'lbfgs'", "argument --optimizer: invalid choice: 'lbfgs'"),
        ("[train]\nepochs = 1", "unknown option 'train'"),
        ("out = 'net.pt'", "argument --out"),
    ],
)
def test_wrong_entries(call: Run, config: Callable[[str], Path], text: str, message: str) -> None:
    result = call("train", "digits", "--config", config(text))
    assert result.returncode == 2
    assert result.stdout == ""
    assert "cnnx train: error:" in result.stderr
    assert message in result.stderr


def test_files_that_cannot_be_read(
    call: Run, config: Callable[[str], Path], tmp_path: Path
) -> None:
    result = call("train", "digits", "--config", tmp_path / "missing.toml")
    assert result.returncode == 1
    assert "missing.toml: No such file" in result.stderr
    for content in ("epochs = ", "epochs = 1\nepochs = 2"):
        result = call("train", "digits", "--config", config(content))
        assert result.returncode == 1
        assert "run.toml: not valid TOML" in result.stderr
    (tmp_path / "run.toml").write_bytes(b"out = '\xff'")
    assert call("train", "digits", "--config", tmp_path / "run.toml").returncode == 1
