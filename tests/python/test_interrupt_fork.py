"""Ctrl-C stops within one batch and leaves a usable model; training works after a fork."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bad_calls
import cnnx
from support import hash_arrays

LIMIT = 90.0


def _process(name: str, *arguments: str) -> dict[str, Any]:
    """The result of a function of ``processes.py``, run in a separate process."""
    script = Path(__file__).parent / "processes.py"
    # The interpreter warns of a fork beside threads; that is the point. OpenMP as users have it.
    environment = os.environ | {"PYTHONWARNINGS": "ignore"}
    environment.pop("OMP_WAIT_POLICY")
    done = subprocess.run(
        [sys.executable, str(script), name, *arguments],
        capture_output=True,
        text=True,
        timeout=LIMIT,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


@pytest.mark.parametrize("delay", [0.15, 0.4, 0.77])
def test_interrupt_stops_training_within_one_batch(delay: float) -> None:
    result = _process("interrupt_training", str(delay))
    assert result["caught"], result
    assert result["steps"] > 0, result
    # The batch that runs, and the one that may have begun before its counter was raised.
    assert 0 <= result["batches after the signal"] <= 2, result
    assert result["latency"] <= 5 * result["batch"] + 1.0, result
    assert result["at a batch boundary"], result
    assert result["same outputs"], result
    assert result["usable"], result


@pytest.mark.parametrize("how", ["predict", "evaluate"])
def test_interrupt_stops_prediction(how: str) -> None:
    result = _process("interrupt_predicting", how)
    assert result["caught"], result
    assert result["latency"] < 0.2 + 0.3 * result["whole"], result
    assert result["same outputs"], result
    assert result["same weights"], result


def test_training_after_a_fork() -> None:
    result = _process("fork")
    assert result["child"] == result["parent before"]
    assert result["child of a child"] == result["parent before"]
    assert result["parent after"] == result["parent before"]
    assert result["other seed"] != result["parent before"]


def test_fork_between_two_batches() -> None:
    result = _process("fork_in_training")
    assert result["child"] == result["parent"] == result["without"]


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_training_in_a_pool(method: str) -> None:
    result = _process("pool", method)
    zero, one = result["before"]
    assert zero != one
    assert result["workers"] == [zero, one, zero]
    assert result["after"] == one


def _in_threads(count: int, work: Any) -> list[Any]:
    """Run ``work(i)`` in threads that start together."""
    results: list[Any] = [None] * count
    together = threading.Barrier(count)

    def run(i: int) -> None:
        together.wait()
        results[i] = work(i)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT)
        assert not thread.is_alive()
    return results


def test_networks_in_python_threads() -> None:
    """Each network belongs to one thread; they run beside each other and give the same bits."""
    x, y = bad_calls.good_data()
    x, y = np.concatenate([x] * 20), np.concatenate([y] * 20)

    def train(i: int) -> str:
        model = bad_calls.standard_model()
        model.train(x, y, epochs=4 + i % 2, verbose=0)
        return hash_arrays(model.state_dict())

    cnnx.set_num_threads(2)
    expected = [train(i) for i in range(2)]
    assert _in_threads(4, train) == expected * 2


def test_one_network_in_python_threads() -> None:
    """Predictions of one network from several threads are those of one thread."""
    x, _ = bad_calls.good_data()
    rng = np.random.default_rng(0)
    many = np.stack([rng.permutation(np.concatenate([x] * 60)) for _ in range(4)])
    model = bad_calls.standard_model()
    cnnx.set_num_threads(2)
    expected = [model.predict(images) for images in many]

    def predict(i: int) -> bool:
        return all(np.array_equal(model.predict(many[i]), expected[i]) for _ in range(10))

    assert _in_threads(4, predict) == [True] * 4
