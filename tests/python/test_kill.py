"""SIGKILL at any moment of a run changes nothing: its result is that of an uninterrupted run."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rows import OPTIMIZERS

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")

SCRIPT = Path(__file__).with_name("kill_run.py")
LIMIT = 120.0
ENVIRONMENT = os.environ | {"OMP_WAIT_POLICY": "passive"}


def run(folder: Path, kind: str, threads: int, kill_after: float | None = None) -> str | None:
    """Train in a process of its own; its result, or None if it was killed before the end."""
    folder.mkdir(exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), str(folder), kind, str(threads)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n", process.communicate()[1]
    if kill_after is not None:
        time.sleep(kill_after)
        process.send_signal(signal.SIGKILL)
    out, err = process.communicate(timeout=LIMIT)
    if process.returncode == -signal.SIGKILL:
        return None
    assert process.returncode == 0, err
    return out


def kill_and_go_on(folder: Path, kind: str, kills: int, seed: int) -> None:
    """Kill runs with one optimizer until there were enough kills; every result is the same."""
    chance = random.Random(seed)
    started = time.perf_counter()
    expected = run(folder / "whole", kind, 2)
    seconds = time.perf_counter() - started
    done = round_ = 0
    while done < kills:
        round_ += 1
        place = folder / f"round {round_}"
        result = None
        while result is None:
            # Without a limit, now and then, so that every round comes to an end.
            after = chance.uniform(0.0, 0.5 * seconds) if chance.random() < 0.9 else None
            result = run(place, kind, chance.choice([1, 2, 3]), after)
            done += result is None
        assert result == expected, f"round {round_} after {done} kills, seed {seed}"
        assert run(place, kind, 1) == expected  # it is finished, and says the same again
        shutil.rmtree(place)


def test_four_kills(tmp_path: Path) -> None:
    kill_and_go_on(tmp_path, "adam", 4, seed=0)


@pytest.mark.slow
@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_many_kills(tmp_path: Path, kind: str) -> None:
    """At least 100 in all."""
    kill_and_go_on(tmp_path, kind, -(-120 // len(OPTIMIZERS)), seed=1)
