"""The check of the wording finds planted phrases, and accepts similar ones that are correct."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "check_english.py"


def check(root: Path) -> tuple[int, str]:
    """Exit code and output of the check for a folder."""
    result = subprocess.run(
        [sys.executable, SCRIPT, "--root", root], capture_output=True, text=True, check=False
    )
    assert result.stderr == ""
    return result.returncode, result.stdout


def plant(root: Path, name: str, text: str) -> None:
    """Write a file into a folder."""
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "text", "line", "better"),
    [
        ("a.md", "A loss is what training makes small.\n", 1, "loss functions"),
        ("a.md", "Figures of\nmerit.\n", 1, "evaluation metrics"),
        ("a.md", "one\n\n- a list, and\n  right\n  answers\n", 4, "correct predictions"),
        ("a.py", '"""The bar is shown by\nitself."""\n', 1, "by default"),
        ("a.py", "# Counted since the\n# begin of the epoch.\n", 1, "the start"),
        ("a.py", 'x = (\n    f"{path}: the file was cut "\n    "short"\n)\n', 2, "truncated"),
        ("a.py", "x = 1  # a training of one step\n", 1, "a run"),
        ("a.py", '"""Trainings, one by one."""\n', 1, "runs"),
        ("a.py", '"""What gives batches."""\n', 1, "a source of batches"),
        ("a.py", 'def f():\n    """Give the factor."""\n', 2, "Return, Compute"),
        ("a.py", '"""Loops of one\'s own."""\n', 1, "custom"),
        ("a.cpp", "// Mend the\n// tables.\n", 1, "fix, repair"),
        ("a.h", "int a;  // images a second\n", 1, "per"),
        ("CMakeLists.txt", "# the data sets\n", 1, "dataset"),
        ("a.toml", "# images are there more than once\n", 1, "duplicates"),
        ("a.yml", "# a name which is none\n", 1, "not one, invalid"),
        ("a.cmake", "# build the network again\n", 1, "rebuild the network"),
    ],
)
def test_phrases(tmp_path: Path, name: str, text: str, line: int, better: str) -> None:
    plant(tmp_path, name, text)
    code, output = check(tmp_path)
    assert code == 1
    assert output.startswith(f'{name}:{line}: "'), output
    assert better in output


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.md", "Recommend a training run, a training set and training images.\n"),
        ("a.md", "Figures of\n\nmerit are not a phrase over two paragraphs.\n"),
        ("a.py", "way_out = way_back()\nbegin = datasets.begin\n"),
        ("a.py", '"""Whether the givers of batches begin."""\n'),
        ("a.py", '"""Give every parameter a value."""\n'),
        ("a.txt", "figures of merit\n"),
    ],
)
def test_other_words(tmp_path: Path, name: str, text: str) -> None:
    plant(tmp_path, name, text)
    plant(tmp_path, "b.md", "Text.\n")
    count = 1 if name == "a.txt" else 2
    assert check(tmp_path) == (0, f"{count} files, no phrase to replace\n")


def test_every_phrase_is_reported(tmp_path: Path) -> None:
    plant(tmp_path, "docs/a.md", "By itself.\n\nBy themselves, and\nby itself.\n")
    code, output = check(tmp_path)
    assert code == 1
    assert [line.split(": ")[0] for line in output.splitlines()] == [
        "docs/a.md:1",
        "docs/a.md:3",
        "docs/a.md:4",
    ]
