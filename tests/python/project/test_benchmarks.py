"""The benchmarks run: what needs no peer, short and small; figures are not looked at."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[3] / "benchmarks"

pytestmark = pytest.mark.skipif(not BENCHMARKS.exists(), reason="not in source distributions")


def run(script: str, *arguments: object) -> str:
    """Output of a benchmark that succeeds."""
    result = subprocess.run(
        [sys.executable, BENCHMARKS / script, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.mark.parametrize("script", ["networks.py", "sweep.py", "overhead.py"])
def test_help(script: str) -> None:
    assert "--quick" in run(script, "--help")


@pytest.mark.parametrize("option", ["--threads=1", "--exact"])
def test_networks_without_peers(tmp_path: Path, option: str) -> None:
    arguments = ("--quick", "--workloads", "lenet5", "--peers", tmp_path, "--output", tmp_path)
    output = run("networks.py", *arguments, option)
    assert "No environment for: torch" in output
    (file,) = tmp_path.glob("networks-*.json")
    rows = json.loads(file.read_text(encoding="utf-8"))["rows"]
    assert [row["task"] for row in rows] == ["train", "infer"]
    for row in rows:
        (side,) = row["sides"].values()
        assert side["images_per_second"] > 0


def test_sweep_without_peers(tmp_path: Path) -> None:
    run("sweep.py", "--quick", "--peers", tmp_path, "--output", tmp_path)
    content = json.loads((tmp_path / "sweep-1-thread.json").read_text(encoding="utf-8"))
    assert len(content["rows"]) == 10
    assert not any(row["errors"] for row in content["rows"])


def test_overhead_without_peers(tmp_path: Path) -> None:
    sections = ("step", "batches", "threads", "imports", "size", "allocations", "memory")
    arguments = ("--quick", "--peers", tmp_path, "--output", tmp_path)
    run("overhead.py", *arguments, "--sections", *sections)
    content = json.loads((tmp_path / "overhead.json").read_text(encoding="utf-8"))
    allocations = [f["value"] for f in content["figures"] if "allocations" in f["name"]]
    assert allocations == [0, 0, 0]
