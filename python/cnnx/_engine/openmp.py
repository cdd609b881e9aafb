"""How long idle threads of the engine spin before they sleep."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

_SPINS = "GOMP_SPINCOUNT"
# Some tens of microseconds: longer than the sequential parts within a step, and much shorter than
# the time slice of another program that may be running on a core.
_SPIN_COUNT = "2000"


@contextmanager
def short_waits() -> Iterator[None]:
    """Configure GNU OpenMP to spin briefly, unless the user has configured waiting."""
    if _SPINS in os.environ or "OMP_WAIT_POLICY" in os.environ:
        yield
        return
    os.environ[_SPINS] = _SPIN_COUNT
    try:
        yield
    finally:
        os.environ.pop(_SPINS, None)
