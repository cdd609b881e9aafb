"""Fixtures shared by every Python test."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

# Many tests ask for more threads than there are processors. Threads that wait for each other by
# spinning then take the processors from those that work; read once, when OpenMP is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")


@pytest.hookimpl(trylast=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes ``isa`` once on every instruction set of this machine.

    Last, so that the runs of one test with the same other arguments follow each other: what the
    oracle says about them is computed once and kept until the next.
    """
    if "isa" in metafunc.fixturenames:
        from cnnx import _core

        metafunc.parametrize("isa", _core.available_isas(), indirect=True)


@pytest.fixture
def isa(request: pytest.FixtureRequest) -> Iterator[str]:
    """Name of an instruction set, in use for the length of the test."""
    from cnnx import _core

    before = _core.get_isa()
    _core.set_isa(request.param)
    assert _core.get_isa() == request.param
    yield str(request.param)
    _core.set_isa(before)


@pytest.fixture(autouse=True)
def _same_threads_afterwards() -> Iterator[None]:
    """A test may set the number of threads; the next one starts with the old number."""
    core = sys.modules.get("cnnx._core")
    before = core.get_num_threads() if core is not None else None
    yield
    if core is not None:
        core.set_num_threads(before)
