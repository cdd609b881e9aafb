"""Running the command line: in a process of its own, or in this one where that is enough."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cnnx.cli import main

Result = subprocess.CompletedProcess[str]


def buffered() -> dict[str, str]:
    """Environment in which standard output is buffered, as it is for users."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Result]:
    """Run ``cnnx`` in a process of its own, in an empty folder."""

    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}

    def run(*arguments: object, **options: Any) -> Result:
        options = pipes | {"cwd": tmp_path, "env": buffered()} | options
        command = [sys.executable, "-m", "cnnx", *map(str, arguments)]
        result: Result = subprocess.run(command, text=True, timeout=60, check=False, **options)
        return result

    return run


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Run ``cnnx`` in this process."""

    def call(*arguments: object) -> Result:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return subprocess.CompletedProcess([], code, out, err)

    return call


@pytest.fixture
def call_json(call: Callable[..., Result]) -> Callable[..., dict[str, Any]]:
    """Run ``cnnx ... --json`` in this process, with success, and read the document."""

    def call_json(*arguments: object) -> dict[str, Any]:
        result = call(*arguments, "--json")
        assert result.returncode == 0, result.stderr
        document = json.loads(result.stdout, parse_constant=pytest.fail)
        assert isinstance(document, dict)
        return document

    return call_json


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved network that has learned the digits for two epochs."""
    path = tmp_path_factory.mktemp("model") / "digits.safetensors"
    assert main(["train", "digits", "--epochs", "2", "--quiet", "--out", str(path)]) == 0
    return path
