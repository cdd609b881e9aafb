"""The worker process of one library: reads requests from stdin as JSON lines and times calls.

{"do": "versions"}                              -> {"versions": {...}}
{"do": "prepare", "case": {...}, "seconds": s}  -> {"images": n}
{"do": "measure", "seconds": s}                 -> {"seconds": of one call, "idle": share}

"idle" is the processor time used since the last answer, as a fraction of the elapsed time: a
waiting library must not take processor time from the others. Any answer may be {"error": text}
instead. Between requests, the process is blocked in a read.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
import traceback
from importlib import import_module
from typing import Any

from sides import SIDES, Prepared, Side
from timing import median_seconds, warm_up


class Worker:
    """Answers the requests for one library."""

    def __init__(self, name: str, threads: int) -> None:
        info = SIDES[name]
        module = import_module(f"sides.{info.module}")
        self._side: Side = module.Side(info.variant, threads)
        self._prepared: Prepared | None = None
        self._rested = (time.perf_counter(), time.process_time())

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Process a request."""
        if request["do"] == "versions":
            return {"versions": self._side.versions()}
        if request["do"] == "prepare":
            self._prepared = None
            gc.collect()
            prepared = self._side.prepare(request["case"])
            warm_up(prepared.call, request["seconds"])
            self._prepared = prepared
            return {"images": prepared.images}
        if self._prepared is None:
            raise RuntimeError("measure before prepare")
        idle = self._idle()
        return {"seconds": median_seconds(self._prepared.call, request["seconds"]), "idle": idle}

    def rest(self) -> None:
        """Record the time of the last answer."""
        self._rested = (time.perf_counter(), time.process_time())

    def _idle(self) -> float:
        clock, processor = self._rested
        passed = time.perf_counter() - clock
        return (time.process_time() - processor) / passed if passed > 0 else 0.0


def main() -> None:
    """Process requests until the end of stdin."""
    # Libraries may print to stdout, so answers use a separate channel.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    name, threads = sys.argv[1], int(sys.argv[2])
    worker: Worker | None = None
    for line in sys.stdin:
        try:
            worker = worker or Worker(name, threads)
            answer = worker.answer(json.loads(line))
        except Exception as error:  # noqa: BLE001 (reported to the caller, who continues)
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
        if worker is not None:
            worker.rest()


if __name__ == "__main__":
    main()
