"""The distributions that users install: what is in them, and that they build and work.

Each test builds the engine, some of them in a new virtual environment, so all are slow; run them
with ``python3 scripts/test.py --slow``.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
KIB = 1024


def build(kind: str, folder: Path) -> Path:
    """Build a ``wheel`` or ``sdist`` of the project with the tools of this environment."""
    code = f"import scikit_build_core.build as b; print(b.build_{kind}({str(folder)!r}))"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return folder / result.stdout.split()[-1]


def new_environment(folder: Path) -> Path:
    """Python of a new virtual environment."""
    venv.create(folder, with_pip=True)
    return folder / "bin" / "python"


def pip_install(python: Path, *arguments: object) -> None:
    """Install into an environment as a user does."""
    command = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *arguments]
    result = subprocess.run(map(str, command), capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def run(python: Path, *arguments: str, cwd: Path) -> str:
    """Standard output of a command in an environment, started away from the source."""
    result = subprocess.run(
        [str(python), *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_wheel_contents(tmp_path: Path) -> None:
    wheel = build("wheel", tmp_path)
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    extensions = [name for name in names if name.endswith(".so")]
    assert len(extensions) == 1
    assert extensions[0].startswith("cnnx/_core.")
    assert "cnnx/py.typed" in names
    assert "cnnx/_core.pyi" in names
    assert any(name.startswith("cnnx/datasets/data/digits") for name in names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    unwanted = [n for n in names if n.endswith((".a", ".cpp", ".h", ".pyc", ".o"))]
    assert unwanted == []
    assert {name.split("/")[0] for name in names} <= {
        "cnnx",
        wheel.name.split("-cp")[0] + ".dist-info",
    }
    assert wheel.stat().st_size < 1200 * KIB


def test_sdist_builds_installs_and_trains(tmp_path: Path) -> None:
    sdist = build("sdist", tmp_path)
    with tarfile.open(sdist) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    for needed in ("CMakeLists.txt", "LICENSE", "README.md", "cmake/InstructionSets.cmake"):
        assert needed in names
    assert not any(name.startswith((".venv", "build/", ".git/")) for name in names)

    python = new_environment(tmp_path / "venv")
    pip_install(python, sdist)
    score = run(python, "-m", "cnnx", "train", "digits", "--epochs", "1", "--json", cwd=tmp_path)
    assert json.loads(score)


def test_build_without_openmp_is_serial_and_says_so(tmp_path: Path) -> None:
    python = new_environment(tmp_path / "venv")
    pip_install(python, "--config-settings=cmake.define.CNNX_OPENMP=OFF", ROOT)
    report = run(python, "-c", "import cnnx; cnnx.show_config()", cwd=tmp_path)
    assert "serial" in report
    threads = run(
        python, "-c", "import cnnx; cnnx.set_num_threads(4); cnnx.show_config()", cwd=tmp_path
    )
    assert "serial" in threads
    run(python, "-m", "cnnx", "train", "digits", "--epochs", "1", "--json", cwd=tmp_path)
