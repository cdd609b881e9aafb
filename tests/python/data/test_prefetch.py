"""The thread that prepares batches: same items, errors in their place, and no thread left over."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import traceback
import weakref
from collections.abc import Iterator

import pytest

from cnnx.data._sources import prefetch as _prefetch
from cnnx.data._sources.prefetch import Prefetcher


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "cnnx-prefetch"]


@pytest.mark.parametrize("depth", [1, 2, 100])
def test_the_items_come_in_order_and_from_the_thread(depth: int) -> None:
    def items() -> Iterator[tuple[int, str]]:
        for i in range(20):
            yield i, threading.current_thread().name

    assert list(Prefetcher(items(), depth)) == [(i, "cnnx-prefetch") for i in range(20)]
    assert threads() == []


def test_no_thread_before_the_first_item() -> None:
    prefetcher = Prefetcher(iter(range(3)))
    assert threads() == []
    prefetcher.close()
    assert list(prefetcher) == []


def test_it_runs_ahead_but_not_further_than_the_depth() -> None:
    made: list[int] = []
    reached = threading.Event()

    def items() -> Iterator[int]:
        for i in range(10):
            made.append(i)
            if i == 3:
                reached.set()
            yield i

    with Prefetcher(items(), depth=2) as prefetcher:
        assert next(prefetcher) == 0
        # Item 0 is taken, 1 and 2 wait, 3 is in the thread's hands: made before it is asked for.
        assert reached.wait(10)
        assert made == [0, 1, 2, 3]
        assert list(prefetcher) == list(range(1, 10))


def test_an_error_comes_after_the_items_before_it_and_with_its_traceback() -> None:
    def breaks_here() -> Iterator[int]:
        yield 1
        yield 2
        raise LookupError("no third")

    prefetcher = Prefetcher(breaks_here())
    assert [next(prefetcher), next(prefetcher)] == [1, 2]
    with pytest.raises(LookupError, match="no third") as caught:
        next(prefetcher)
    names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert "breaks_here" in names
    assert threads() == []
    assert next(prefetcher, None) is None


def test_leaving_early_closes_the_iterator_in_the_thread() -> None:
    closed_by: list[str] = []

    def items() -> Iterator[int]:
        try:
            while True:
                yield 0
        finally:
            closed_by.append(threading.current_thread().name)

    with Prefetcher(items()) as prefetcher:
        next(prefetcher)
    assert closed_by == ["cnnx-prefetch"]
    assert threads() == []
    assert next(prefetcher, None) is None
    prefetcher.close()


def test_dropping_it_ends_the_thread() -> None:
    prefetcher = Prefetcher(iter(range(10**9)))
    next(prefetcher)
    [thread] = threads()
    del prefetcher
    thread.join(10)
    assert not thread.is_alive()


def test_errors_and_items_are_not_kept_alive() -> None:
    class Item:
        pass

    class StopHereError(Exception):  # can be referred to weakly, as Python's own cannot
        pass

    def items() -> Iterator[Item]:
        yield Item()
        raise StopHereError

    gc.disable()  # what only the collector can free is a cycle
    try:
        prefetcher = Prefetcher(items())
        item = weakref.ref(next(prefetcher))
        assert item() is None
        error: weakref.ref[BaseException] | None = None
        try:
            next(prefetcher)
        except StopHereError as caught:
            error = weakref.ref(caught)
        assert error is not None
        assert error() is None
    finally:
        gc.enable()


def test_a_stuck_iterator_is_left_behind_with_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_prefetch, "_PATIENCE", 0.05)
    release = threading.Event()

    def items() -> Iterator[int]:
        yield 0
        release.wait()
        yield 1

    prefetcher = Prefetcher(items())
    next(prefetcher)
    with pytest.warns(RuntimeWarning, match="still preparing a batch"):
        prefetcher.close()
    release.set()


FORK = """
import os, sys
from cnnx.data._sources.prefetch import Prefetcher

outer = Prefetcher(iter(range(5)))
assert next(outer) == 0
child = os.fork()
if child == 0:
    try:
        next(outer)
    except RuntimeError as error:
        assert "start a new epoch in this process" in str(error), error
    else:
        os._exit(1)
    outer.close()
    os._exit(0 if list(Prefetcher(iter(range(5)))) == [0, 1, 2, 3, 4] else 2)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert list(outer) == [1, 2, 3, 4]
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_after_a_fork() -> None:
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORK],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr


INTERRUPT = """
import os, signal, threading, time
from cnnx.data._sources.prefetch import Prefetcher

def items():
    yield 0
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.2)
    yield 1

prefetcher = Prefetcher(items())
try:
    for _ in prefetcher:
        pass
    time.sleep(1)
except KeyboardInterrupt:
    assert threading.active_count() == 1, threading.enumerate()
    print("interrupted")
"""


def test_an_interrupt_ends_the_thread() -> None:
    result = subprocess.run(
        [sys.executable, "-c", INTERRUPT], capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout == "interrupted\n"


def test_a_process_ends_while_the_thread_waits() -> None:
    code = (
        "from cnnx.data._sources.prefetch import Prefetcher\n"
        "prefetcher = Prefetcher(iter(range(10**9)))\nprint(next(prefetcher))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "0\n", "")
