"""Functions that the tests of interrupts and forks run in separate processes.

``python support/processes.py NAME [ARGUMENT...]`` runs one of the functions below, which prints a
line of JSON. They use the main thread's signal handling and fork after threads have run, neither of
which may happen inside the test process.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).parents[1]))

F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]

BATCH = 64


def _data(count: int) -> tuple[F32, I64]:
    rng = np.random.default_rng(0)
    return rng.standard_normal((count, 3, 24, 24), np.float32), rng.integers(0, 4, count)


def _model(seed: int = 0) -> Any:
    from cnnx import CNN
    from cnnx.layers import Conv2D, Dense, Flatten, MaxPool2D
    from cnnx.optimizers import SGD

    return CNN(
        [
            Conv2D(24, 3, padding="same", activation="relu"),
            MaxPool2D(2),
            Conv2D(32, 3, padding="same", activation="relu"),
            MaxPool2D(2),
            Flatten(),
            Dense(64, activation="relu"),
            Dense(4, activation="softmax"),
        ],
        (3, 24, 24),
        optimizer=SGD(1e-3, momentum=0.9),
        seed=seed,
    )


def _slow_model() -> Any:
    """A network that takes some 45 million multiply-adds for each image."""
    from cnnx import CNN
    from cnnx.layers import Conv2D, Dense, Flatten

    convolutions = [Conv2D(64, 3, padding="same", activation="relu") for _ in range(3)]
    return CNN([*convolutions, Flatten(), Dense(4, activation="softmax")], (3, 24, 24))


def _hash(model: Any) -> str:
    from support.checks import hash_arrays

    return hash_arrays(model.state_dict()) + hash_arrays(model._network.engine.optimizer_state())


class _Interrupt:
    """Sends SIGINT to this process after some seconds, and notes when and what it saw."""

    def __init__(self, seconds: float, look: Callable[[], int]) -> None:
        self.sent = 0.0
        self.seen = 0
        self.look = look
        self.thread = threading.Timer(seconds, self._send)
        self.thread.start()

    def _send(self) -> None:
        self.seen = self.look()
        self.sent = time.perf_counter()
        os.kill(os.getpid(), signal.SIGINT)


def interrupt_training(delay: str) -> dict[str, Any]:
    """Interrupt a run, then repeat its batches by hand and continue from there."""
    import cnnx
    from cnnx import Callback

    class Counter(Callback):
        batches = 0

        def on_train_batch_end(self, batch: int, logs: dict[str, float]) -> None:
            self.batches += 1

    cnnx.set_num_threads(2)
    x, y = _data(5 * BATCH)
    counter, model = Counter(), _model()
    interrupt = _Interrupt(float(delay), lambda: counter.batches)
    caught = 0.0
    try:
        model.train(
            x, y, epochs=10**6, batch_size=BATCH, shuffle=False, verbose=0, callbacks=[counter]
        )
    except KeyboardInterrupt:
        caught = time.perf_counter()
    interrupt.thread.join()
    steps = int(model._network.engine.optimizer_state()["step"])
    stopped = _hash(model)

    def batch(step: int) -> tuple[F32, I64]:
        rows = slice(step % 5 * BATCH, (step % 5 + 1) * BATCH)
        return x[rows], y[rows]

    other = _model()
    started = time.perf_counter()
    for step in range(steps):
        other.train_batch(*batch(step))
    seconds = (time.perf_counter() - started) / max(steps, 1)
    same = _hash(other) == stopped
    outputs_same = np.array_equal(model.predict(x[:9]), other.predict(x[:9]))
    for step in range(steps, steps + 3):
        model.train_batch(*batch(step))
        other.train_batch(*batch(step))
    history = model.train(x, y, epochs=1, batch_size=BATCH, verbose=0).history
    return {
        "caught": caught > 0,
        "latency": caught - interrupt.sent,
        "batch": seconds,
        "steps": steps,
        "batches after the signal": steps - interrupt.seen,
        "at a batch boundary": same,
        "same outputs": outputs_same,
        "usable": bool(np.isfinite(history["loss"]).all()) and steps > 0,
    }


def interrupt_predicting(how: str) -> dict[str, Any]:
    """Interrupt a prediction or a scoring, then do it again."""
    import cnnx

    cnnx.set_num_threads(2)
    model = _slow_model()
    x, y = _data(256)
    expected, before = model.predict(x), _hash(model)
    started = time.perf_counter()
    model.predict(x)
    seconds = time.perf_counter() - started
    times = min(max(round(2.5 / seconds), 4), 250)  # so many that it takes some seconds
    many = np.tile(x, (times, 1, 1, 1))
    interrupt = _Interrupt(0.1, lambda: 0)
    caught = 0.0
    try:
        while True:
            if how == "predict":
                model.predict(many)
            else:
                model.evaluate(many, np.tile(y, times))
    except KeyboardInterrupt:
        caught = time.perf_counter()
    interrupt.thread.join()
    return {
        "caught": caught > 0,
        "latency": caught - interrupt.sent,
        "whole": seconds * times,
        "same outputs": bool(np.array_equal(model.predict(x), expected)),
        "same weights": _hash(model) == before,
    }


def _train(seed: int) -> str:
    """Two epochs, with threads, from a seed to a hash."""
    import cnnx

    cnnx.set_num_threads(3)
    x, y = _data(2 * BATCH + 5)
    model = _model(seed)
    model.train(x, y, epochs=2, batch_size=BATCH, validation_split=0.1, verbose=0)
    return _hash(model)


def _in_a_fork(seed: int, depth: int = 1) -> str:
    """Train in a child process (of a child process ...) made by ``os.fork``."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        result = "failed"
        try:
            result = _train(seed) if depth == 1 else _in_a_fork(seed, depth - 1)
        finally:
            os.write(writer, result.encode())
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        result = pipe.read()
    os.waitpid(child, 0)
    return result


def fork() -> dict[str, Any]:
    """Train with threads, fork, train in the child, and continue in the parent."""
    first = _train(0)
    return {
        "parent before": first,
        "child": _in_a_fork(0),
        "child of a child": _in_a_fork(0, 2),
        "parent after": _train(0),
        "other seed": _train(1),
    }


def fork_in_training() -> dict[str, Any]:
    """Fork while a run is between two batches; both sides end it."""
    import cnnx
    from cnnx import Callback

    class Forks(Callback):
        child = -1

        def on_train_batch_end(self, batch: int, logs: dict[str, float]) -> None:
            if self.child < 0:
                self.child = os.fork()

    cnnx.set_num_threads(3)
    x, y = _data(2 * BATCH + 5)
    model, forks = _model(), Forks()
    reader, writer = os.pipe()
    model.train(
        x, y, epochs=2, batch_size=BATCH, validation_split=0.1, verbose=0, callbacks=[forks]
    )
    if forks.child == 0:
        os.write(writer, _hash(model).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        theirs = pipe.read()
    os.waitpid(forks.child, 0)
    return {"parent": _hash(model), "child": theirs, "without": _train(0)}


def pool(method: str) -> dict[str, Any]:
    """Train with threads, then in the workers of a pool, then here again."""
    first = [_train(seed) for seed in range(2)]
    with multiprocessing.get_context(method).Pool(2) as workers:
        theirs = workers.map_async(_train, [0, 1, 0]).get(timeout=60)
    return {"before": first, "workers": theirs, "after": _train(1)}


def main() -> None:
    name, *arguments = sys.argv[1:]
    sys.stdout.write(json.dumps(globals()[name](*arguments)) + "\n")


if __name__ == "__main__":
    main()
