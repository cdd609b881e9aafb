"""Measures several libraries in rotation: A B C, B C A, C A B, ..., each in its own process.

The speed of a machine changes within minutes, so only measurements taken within seconds of each
other are comparable.
"""

from __future__ import annotations

import json
import os
import select
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import peers
from sides import SIDES

SCRIPT = Path(__file__).with_name("worker.py")
PREPARE_TIMEOUT = 900.0  # compilation may take long
SETTLE_SECONDS = 0.03  # threads of the previous library spin for a while before they sleep
TAIL = 400  # characters of a dead worker's log to report


class SideError(Exception):
    """A library failed to process a request."""


class Worker:
    """The process of one library; started on first use, and restarted after it has died."""

    def __init__(self, name: str, folder: Path, threads: int) -> None:
        self.name = name
        self._threads = threads
        self._environment = SIDES[name].environment
        self._python = (
            Path(sys.executable)
            if self._environment is None
            else peers.python_of(folder, self._environment)
        )
        self._process: subprocess.Popen[str] | None = None
        self._log = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 (kept open)

    def missing(self) -> bool:
        """Whether the environment does not exist."""
        return not self._python.exists()

    def ask(self, request: Mapping[str, Any], timeout: float = PREPARE_TIMEOUT) -> dict[str, Any]:
        """Send a request and return the answer; raises SideError on failure or timeout."""
        process = self._process or self._start()
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the worker has no pipes")
        try:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            ready, _, _ = select.select([process.stdout], [], [], timeout)
            line = process.stdout.readline() if ready else None
        except BrokenPipeError:
            line = ""
        if not line:
            self.stop()
            reason = f"no answer in {timeout:.0f} s" if line is None else "the process ended"
            raise SideError(f"{reason}; {self._last_words()}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise SideError(str(answer["error"]))
        return answer

    def _start(self) -> subprocess.Popen[str]:
        environ = dict(os.environ)
        for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
            environ[name] = str(self._threads)
        if self._environment is not None:
            environ.pop("PYTHONPATH", None)
        self._process = subprocess.Popen(
            [self._python, SCRIPT, self.name, str(self._threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env=environ,
        )
        return self._process

    def _last_words(self) -> str:
        self._log.seek(0)
        return self._log.read()[-TAIL:].strip()

    def stop(self) -> None:
        """Stop the process, if it is running."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@dataclass
class Series:
    """The measurements of a library for a case: seconds per image by round, or an error."""

    seconds: list[float] = field(default_factory=list)
    error: str | None = None
    idle: float = 0.0

    @property
    def median(self) -> float:
        """The median of seconds per image."""
        return statistics.median(self.seconds)

    @property
    def rate(self) -> float:
        """Images per second."""
        return 1.0 / self.median


class Sides:
    """The workers of all libraries in a run."""

    def __init__(self, names: Sequence[str], folder: Path, threads: int) -> None:
        self._workers = [Worker(name, folder, threads) for name in names]
        self.absent = [w.name for w in self._workers if w.missing()]
        self._workers = [w for w in self._workers if not w.missing()]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for worker in self._workers:
            worker.stop()

    @property
    def names(self) -> list[str]:
        """The names of the available libraries."""
        return [worker.name for worker in self._workers]

    def versions(self) -> dict[str, dict[str, str]]:
        """Return the versions of each library, or the error raised on import."""
        found = {}
        for worker in self._workers:
            try:
                found[worker.name] = worker.ask({"do": "versions"})["versions"]
            except SideError as error:
                found[worker.name] = {"error": str(error)}
        return found

    def interleave(self, case: Mapping[str, Any], rounds: int, seconds: float) -> dict[str, Series]:
        """Measure a case with every library that supports it, in rotation."""
        series: dict[str, Series] = {}
        images: dict[str, int] = {}
        for worker in self._workers:
            if case["task"] == "train" and not SIDES[worker.name].trains:
                continue
            result = series[worker.name] = Series()
            try:
                request = {"do": "prepare", "case": dict(case), "seconds": seconds / 2}
                images[worker.name] = int(worker.ask(request)["images"])
            except SideError as error:
                result.error = str(error)
        taking_part = [w for w in self._workers if w.name in images]
        for turn in range(rounds):
            shift = turn % max(1, len(taking_part))
            for worker in taking_part[shift:] + taking_part[:shift]:
                result = series[worker.name]
                if result.error is not None:
                    continue
                time.sleep(SETTLE_SECONDS)
                try:
                    answer = worker.ask({"do": "measure", "seconds": seconds})
                except SideError as error:
                    result.error, result.seconds = str(error), []
                    continue
                result.seconds.append(float(answer["seconds"]) / images[worker.name])
                if turn > 0:  # before the first round, the other libraries were prepared
                    result.idle = max(result.idle, float(answer["idle"]))
        return series
