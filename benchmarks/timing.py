"""Timing one call, many times; needs no package, so that every environment can import it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

LEAST_CALLS = 3


def median_seconds(call: Callable[[], object], seconds: float) -> float:
    """Call for about that long, and take the median of the calls' times.

    One call goes before and does not count: it wakes threads and fills caches.
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
    """Call a few times at least, until compilers have compiled and allocators have allocated."""
    end = time.perf_counter() + seconds
    calls = 0
    while calls < LEAST_CALLS or time.perf_counter() < end:
        call()
        calls += 1
