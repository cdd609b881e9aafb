"""The virtual environment in which the developer scripts build, test and lint cnnx."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import textwrap
import venv
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv-test"
BUILD = ROOT / "build" / "test"
PYTHON = VENV / "bin" / "python"


def run(*command: str | Path) -> bool:
    """Print and run a command in the repository root; return whether it succeeded."""
    words = [str(word) for word in command]
    print("$", textwrap.shorten(" ".join(words), width=200, placeholder=" ..."), flush=True)
    environ = {
        **os.environ,
        "PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "CMAKE_BUILD_PARALLEL_LEVEL": os.environ.get(
            "CMAKE_BUILD_PARALLEL_LEVEL", str(os.cpu_count() or 1)
        ),
    }
    environ.pop("PYTHONPATH", None)
    return subprocess.run(words, cwd=ROOT, env=environ, check=False).returncode == 0


def fail(message: str) -> NoReturn:
    """Exit with a message and code 1."""
    sys.stdout.flush()
    sys.exit(f"{Path(sys.argv[0]).name}: {message}")


def compiler() -> str:
    """Return the C++ compiler used by CMake."""
    for name in (os.environ.get("CXX", ""), "c++", "g++", "clang++"):
        if name and (path := shutil.which(name)):
            return path
    fail("no C++ compiler found; install one with C++20 (Debian, Ubuntu: apt-get install g++)")


def has_doctest() -> bool:
    """Whether the compiler finds the doctest header."""
    probe = subprocess.run(
        [compiler(), "-E", "-x", "c++", "-", "-o", os.devnull],
        input="#include <doctest/doctest.h>\n",
        capture_output=True,
        text=True,
        check=False,
    )
    return probe.returncode == 0


def ensure_doctest() -> None:
    """Install doctest from the system's packages if possible, otherwise fail with instructions."""
    if has_doctest():
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        run("apt-get", "update", "-qq")
        run("apt-get", "install", "-qq", "-y", "--no-install-recommends", "doctest-dev")
    if not has_doctest():
        fail(
            "the C++ tests require doctest; install it with "
            "`sudo apt-get install doctest-dev` (Debian, Ubuntu), "
            "`brew install doctest` (macOS) or `sudo dnf install doctest-devel` (Fedora)"
        )


def ensure_packages(group: str) -> None:
    """Install a dependency group of pyproject.toml, unless it is already installed."""
    if not PYTHON.exists():
        print(f"Creating {VENV.name}", flush=True)
        try:
            venv.create(VENV, with_pip=True, clear=True)
        except subprocess.CalledProcessError:
            fail(
                "Python's venv module does not work (Debian, Ubuntu: apt-get install python3-venv)"
            )
        if not run(PYTHON, "-m", "pip", "install", "-q", "--upgrade", "pip>=25.1"):
            fail("pip could not be upgraded; is the package index reachable?")
    stamp = VENV / f"installed-{group}"
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    if not run(PYTHON, "-m", "pip", "install", "-q", "--group", group):
        fail(f"the packages of group {group!r} could not be installed")
    stamp.write_text(wanted)


def build() -> None:
    """Build the extension and the C++ tests with warnings as errors, and install cnnx."""
    if sys.version_info < (3, 11):  # noqa: UP036 (this script may be run with any Python)
        fail(f"Python 3.11 or newer is required; this is {sys.version.split()[0]}")
    compiler()
    ensure_doctest()
    ensure_packages("dev")
    settings = {
        "build-dir": str(BUILD),
        "cmake.define.CNNX_BUILD_TESTS": "ON",
        "cmake.define.CNNX_WERROR": "ON",
        "cmake.define.CMAKE_EXPORT_COMPILE_COMMANDS": "ON",
    }
    options = [f"--config-settings={key}={value}" for key, value in settings.items()]
    # pip always reinstalls a folder, even with the same version.
    if not run(PYTHON, "-m", "pip", "install", "-q", "--no-build-isolation", *options, "."):
        fail("the build failed")
