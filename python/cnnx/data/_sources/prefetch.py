"""The next batches are prepared in a thread of their own while the network trains on this one.

The engine works without Python's lock, so a generator, a decoder or a disk has that time for
itself. One thread takes from one iterator, in order: what comes out, and in which order, is the
same as without it.
"""

from __future__ import annotations

import contextlib
import os
import threading
import warnings
from collections import deque
from collections.abc import Iterator
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_DEPTH = 2
"""How many batches wait: one to take at once, one in case the next takes longer than a step."""

_PATIENCE = 10.0
"""Seconds that `Prefetcher.close` waits for a step of the iterator to end."""


class _Queue(Generic[T]):
    """What the thread and the taker share; the thread holds nothing else of the taker's."""

    def __init__(self, depth: int) -> None:
        self._changed = threading.Condition()
        self._items: deque[T] = deque()
        self._depth = depth
        self._stopped = False
        self._ended = False
        self._error: BaseException | None = None

    def put(self, item: T) -> bool:
        """Add an item when there is room; False when nobody takes them any more."""
        with self._changed:
            while len(self._items) >= self._depth and not self._stopped:
                self._changed.wait()
            if self._stopped:
                return False
            self._items.append(item)
            self._changed.notify_all()
            return True

    def end(self, error: BaseException | None) -> None:
        """Say that there are no more, and why if it is an error."""
        with self._changed:
            self._ended, self._error = True, error
            self._changed.notify_all()

    def take(self) -> T:
        """Wait for the next item; errors of the thread come out in their place among the items."""
        with self._changed:
            while not self._items and not self._ended:
                self._changed.wait()
            if self._items:
                item = self._items.popleft()
                self._changed.notify_all()
                return item
            error, self._error = self._error, None
        try:
            raise StopIteration if error is None else error
        finally:
            del error  # or it would hold this frame, which holds it

    def stop(self) -> None:
        """Have the thread end at its next item, and forget those that wait."""
        with self._changed:
            self._stopped = self._ended = True
            self._items.clear()
            self._changed.notify_all()


def _work(items: Iterator[Any], queue: _Queue[Any]) -> None:
    """Move items into the queue, until they or their taker end."""
    failure: BaseException | None = None
    try:
        for item in items:
            if not queue.put(item):
                break
            del item  # the taker's, not kept alive from here
        close = getattr(items, "close", None)
        if close is not None:
            close()
    except BaseException as error:  # noqa: BLE001 - raised again where the items are taken
        failure = error
    queue.end(failure)
    del failure  # or it would hold this frame, which holds it


class Prefetcher(Iterator[T]):
    """An iterator that runs ahead of the one who takes from it, in a thread."""

    def __init__(self, items: Iterator[T], depth: int = _DEPTH) -> None:
        self._queue: _Queue[T] = _Queue(depth)
        self._process = os.getpid()
        self._closed = False
        self._started = False
        # Never waited for at exit: what it does has no effect outside this process.
        self._thread = threading.Thread(
            target=_work, args=(items, self._queue), name="cnnx-prefetch", daemon=True
        )

    def __next__(self) -> T:
        """Give the next item; an error of the iterator is raised here, with its traceback."""
        if self._process != os.getpid():
            raise RuntimeError(
                "prefetch: this iterator belongs to the process that was forked from, and its "
                "thread does not exist here; begin a new epoch in this process"
            )
        if self._closed:
            raise StopIteration
        try:
            if not self._started:
                self._started = True
                self._thread.start()
            return self._queue.take()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the thread and wait until it has; more calls do nothing."""
        if self._closed or self._process != os.getpid():
            return
        self._closed = True
        if not self._started:
            return
        self._queue.stop()
        # A thread that Ctrl-C met while it was being started cannot be waited for yet.
        with contextlib.suppress(RuntimeError):
            self._thread.join(_PATIENCE)
        if self._thread.is_alive():
            warnings.warn(
                f"prefetch: the source of batches has been busy with one batch for {_PATIENCE:g} s "
                "after the end of training; its thread is left to end on its own",
                RuntimeWarning,
                stacklevel=2,
            )

    def __enter__(self) -> Prefetcher[T]:
        """Give this iterator, which is closed when the block is left."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def __del__(self) -> None:
        """Have the thread end; nobody waits for it here."""
        if getattr(self, "_started", False) and not self._closed:
            self._closed = True
            if self._process == os.getpid():
                self._queue.stop()


__all__ = ["Prefetcher"]
