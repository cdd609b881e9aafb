"""Run all static checks: formatting, linters, types and the project's own rules.

python3 scripts/lint.py         check
python3 scripts/lint.py --fix   format and fix what can be fixed automatically, then check
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import environment
from environment import BUILD, PYTHON, ROOT, VENV

BIN = VENV / "bin"
TYPED = ("python/cnnx", "scripts", "benchmarks", "examples")


def cpp_files() -> list[str]:
    """List the C++ files of the project, relative to its root."""
    files = [
        path
        for folder in ("cpp", "tests/cpp")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".cpp", ".h", ".inl"}
    ]
    return [str(path.relative_to(ROOT)) for path in sorted(files)]


def mypy() -> bool:
    """Check the types of all code except the tests."""
    folders = [folder for folder in TYPED if (ROOT / folder).exists()]
    return environment.run(PYTHON, "-m", "mypy", *folders)


def clang_tidy() -> bool:
    """Run clang-tidy on each file of the engine that has changed since it last passed."""
    commands = json.loads((BUILD / "compile_commands.json").read_text())
    entries = [entry for entry in commands if Path(entry["file"]).is_relative_to(ROOT / "cpp")]
    passed = BUILD / "clang-tidy"
    passed.mkdir(exist_ok=True)
    common = hashlib.sha256((ROOT / ".clang-tidy").read_bytes())
    for header in sorted((ROOT / "cpp").rglob("*.h")):
        common.update(header.read_bytes())

    def check(entry: dict[str, str]) -> bool:
        file = entry["file"]
        state = common.copy()
        state.update(entry["command"].encode() + Path(file).read_bytes())
        if (passed / state.hexdigest()).exists():
            return True
        # clang does not know GCC's warning flags and OpenMP header.
        options = ["-p", str(BUILD), "--quiet", "--warnings-as-errors=*"]
        options += ["--extra-arg=-Wno-unknown-warning-option", "--extra-arg=-fno-openmp"]
        result = subprocess.run(
            [BIN / "clang-tidy", *options, file],
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode != 0:
            print(result.stdout, result.stderr, sep="", flush=True)
            return False
        (passed / state.hexdigest()).touch()
        return True

    print(f"$ clang-tidy on {len(entries)} files", flush=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return all(list(pool.map(check, entries)))


CHECKS: dict[str, Callable[[], bool]] = {
    "ruff": lambda: environment.run(BIN / "ruff", "check", "."),
    "ruff format": lambda: environment.run(BIN / "ruff", "format", "--check", "."),
    "mypy": mypy,
    "stub of the extension": lambda: environment.run(PYTHON, "-m", "mypy.stubtest", "cnnx._core"),
    "include rules": lambda: environment.run(PYTHON, "scripts/check_includes.py"),
    "links": lambda: environment.run(PYTHON, "scripts/check_links.py"),
    "wording": lambda: environment.run(PYTHON, "scripts/check_english.py"),
    "clang-format": lambda: environment.run(
        BIN / "clang-format", "--dry-run", "-Werror", *cpp_files()
    ),
    "clang-tidy": clang_tidy,
}


def fix() -> None:
    """Apply automatic fixes and formatting."""
    environment.run(BIN / "ruff", "check", "--fix", "--quiet", ".")
    environment.run(BIN / "ruff", "format", "--quiet", ".")
    environment.run(BIN / "clang-format", "-i", *cpp_files())


def main(arguments: list[str]) -> int:
    """Run all checks, even if some fail; return 0 if all pass."""
    if arguments not in ([], ["--fix"]):
        print(__doc__)
        return 2
    environment.build()
    if arguments:
        fix()
    failed = [name for name, check in CHECKS.items() if not check()]
    print(f"Lint: {'FAILED: ' + ', '.join(failed) if failed else 'clean'}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
