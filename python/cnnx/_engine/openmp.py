"""How long the engine's idle threads wait awake before they sleep."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

_SPINS = "GOMP_SPINCOUNT"
# Some tens of microseconds: longer than the engine goes without parallel work within a step, and
# far shorter than the time slice of another program that runs on a core we wait for.
_SPIN_COUNT = "2000"


@contextmanager
def short_waits() -> Iterator[None]:
    """Have GNU OpenMP start with short waits, unless the user has set how it is to wait."""
    if _SPINS in os.environ or "OMP_WAIT_POLICY" in os.environ:
        yield
        return
    os.environ[_SPINS] = _SPIN_COUNT
    try:
        yield
    finally:
        os.environ.pop(_SPINS, None)
