"""Timing of calls; has no dependencies, so that it can be imported in every environment."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

LEAST_CALLS = 3


def median_seconds(call: Callable[[], object], seconds: float) -> float:
    """Call repeatedly for the given time, and return the median duration of a call.

    The first call, which wakes up threads and fills caches, is not counted.
    """
    call()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < LEAST_CALLS or time.perf_counter() < end:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def warm_up(call: Callable[[], object], seconds: float) -> None:
    """Call repeatedly for the given time, for compilation and allocation to take place."""
    end = time.perf_counter() + seconds
    calls = 0
    while calls < LEAST_CALLS or time.perf_counter() < end:
        call()
        calls += 1
