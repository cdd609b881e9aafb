"""The examples run as they stand, each in a process of its own, and show what they say they do."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import cnnx

FOLDER = Path(__file__).resolve().parents[3] / "examples"
NAMES = sorted(path.name for path in FOLDER.glob("[!_]*.py"))


def run(name: str, folder: Path, *arguments: str) -> str:
    """Run an example in an empty folder; what it prints."""
    result = subprocess.run(
        [sys.executable, str(FOLDER / name), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def accuracies(text: str) -> list[float]:
    """The accuracy for each seed."""
    return [float(number) for number in re.findall(r"^seed \d+: ([\d.]+)% on", text, re.MULTILINE)]


@pytest.fixture
def _fashion_mnist() -> None:
    """Skip where the images are not installed; nothing is downloaded for a test."""
    try:
        cnnx.datasets.fashion_mnist("/usr/share/datasets/fashion-mnist")
    except OSError:
        pytest.skip("needs Fashion-MNIST: apt-get install dataset-fashion-mnist")


def test_the_readme_lists_them() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert sorted(set(re.findall(r"python examples/(\w+\.py)", text))) == NAMES


def test_digits(tmp_path: Path) -> None:
    found = accuracies(run("digits.py", tmp_path, "--seeds", "0", "1", "2", "--quiet"))
    assert len(found) == 3
    assert min(found) >= 99


def test_own_loop(tmp_path: Path) -> None:
    text = run("own_loop.py", tmp_path, "--epochs", "6")
    assert text.count("averaged") == 6
    assert accuracies(text)[0] > 95


def test_image_folder(tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    text = run("image_folder.py", tmp_path, "--epochs", "3")
    assert "1151 images for training, 287 for validation" in text
    found = re.search(r"validation accuracy ([\d.]+)%", text)
    assert found is not None
    assert float(found.group(1)) > 80


@pytest.mark.usefixtures("_fashion_mnist")
def test_augmentation_sheet(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    assert "saved out.png" in run("augmentation_sheet.py", tmp_path, "out.png")
    with image.open(tmp_path / "out.png") as file:
        sheet = np.asarray(file).reshape(11, 84, 7, 84)[:, ::3, :, ::3]
    (x, _), _ = cnnx.datasets.fashion_mnist()
    for row in range(11):
        assert np.array_equal(sheet[row, :, 0], x[row, 0])
        assert (sheet[row, :, 1:] != sheet[row, :, :1]).any()


@pytest.mark.usefixtures("_fashion_mnist")
def test_resume(tmp_path: Path) -> None:
    text = run("resume.py", tmp_path, "--epochs", "2", "--kills", "2")
    assert text.endswith("the same weights, bit for bit\n")


@pytest.mark.slow
@pytest.mark.usefixtures("_fashion_mnist")
def test_resume_after_many_kills(tmp_path: Path) -> None:
    text = run("resume.py", tmp_path, "--epochs", "12", "--kills", "10")
    assert text.endswith("the same weights, bit for bit\n")
    assert "kill 2" in text


@pytest.mark.slow
@pytest.mark.usefixtures("_fashion_mnist")
@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("transfer.py", 75.0),
        ("learning_rate_finder.py", 80.0),
        ("fashion_mnist_resnet20.py", 80.0),
        ("fashion_mnist_quickest.py", 80.0),
    ],
)
def test_on_fashion_mnist(tmp_path: Path, name: str, least: float) -> None:
    text = run(name, tmp_path, "--seeds", "0", "--epochs", "1", "--quiet")
    assert accuracies(text)[0] > least
