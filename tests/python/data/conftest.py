"""Every test of this folder leaves no thread behind."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    gc.collect()
    for thread in threading.enumerate():
        if thread.name == "cnnx-prefetch":
            thread.join(10)
            assert not thread.is_alive()
