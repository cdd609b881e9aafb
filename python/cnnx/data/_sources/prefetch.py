"""Prefetching: the next batches are prepared in a background thread during training.

The engine releases Python's global interpreter lock, so generators, decoders and disk access can
run meanwhile. A single thread consumes the iterator in order, so that the batches and their order
are the same as without prefetching.
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
"""The number of batches in the queue: a second one absorbs variations in preparation time."""

_PATIENCE = 10.0
"""How long `Prefetcher.close` waits for the iterator to finish an item, in seconds."""


class _Queue(Generic[T]):
    """The state shared by the thread and the consumer.

    The thread has no other reference to the consumer, so that the consumer can be deleted.
    """

    def __init__(self, depth: int) -> None:
        self._changed = threading.Condition()
        self._items: deque[T] = deque()
        self._depth = depth
        self._stopped = False
        self._ended = False
        self._error: BaseException | None = None

    def put(self, item: T) -> bool:
        """Add an item when there is room; False if the queue was stopped."""
        with self._changed:
            while len(self._items) >= self._depth and not self._stopped:
                self._changed.wait()
            if self._stopped:
                return False
            self._items.append(item)
            self._changed.notify_all()
            return True

    def end(self, error: BaseException | None) -> None:
        """Mark the end of the items, with the error that caused it, if any."""
        with self._changed:
            self._ended, self._error = True, error
            self._changed.notify_all()

    def take(self) -> T:
        """Wait for the next item; errors of the thread are raised after the items before them."""
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
            del error  # breaks a reference cycle with this frame

    def stop(self) -> None:
        """Make the thread end at its next item, and discard the queued items."""
        with self._changed:
            self._stopped = self._ended = True
            self._items.clear()
            self._changed.notify_all()


def _work(items: Iterator[Any], queue: _Queue[Any]) -> None:
    """Move items into the queue until there are no more or the queue is stopped."""
    failure: BaseException | None = None
    try:
        for item in items:
            if not queue.put(item):
                break
            del item  # do not keep the consumer's item alive
        close = getattr(items, "close", None)
        if close is not None:
            close()
    except BaseException as error:  # noqa: BLE001 - raised again in the consumer
        failure = error
    queue.end(failure)
    del failure  # breaks a reference cycle with this frame


class Prefetcher(Iterator[T]):
    """An iterator that prepares the items of another iterator ahead of time, in a thread."""

    def __init__(self, items: Iterator[T], depth: int = _DEPTH) -> None:
        self._queue: _Queue[T] = _Queue(depth)
        self._process = os.getpid()
        self._closed = False
        self._started = False
        # A daemon thread: it need not finish at exit, as it has no effect outside this process.
        self._thread = threading.Thread(
            target=_work, args=(items, self._queue), name="cnnx-prefetch", daemon=True
        )

    def __next__(self) -> T:
        """Return the next item; errors of the iterator are raised here, with their traceback."""
        if self._process != os.getpid():
            raise RuntimeError(
                "prefetch: this iterator belongs to the parent process, whose threads do not "
                "exist in a forked process; start a new epoch in this process"
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
        """Stop the thread and wait for it; further calls have no effect."""
        if self._closed or self._process != os.getpid():
            return
        self._closed = True
        if not self._started:
            return
        self._queue.stop()
        # If Ctrl-C interrupted the start of the thread, it cannot be joined yet.
        with contextlib.suppress(RuntimeError):
            self._thread.join(_PATIENCE)
        if self._thread.is_alive():
            warnings.warn(
                f"prefetch: the source of batches was still preparing a batch {_PATIENCE:g} s "
                "after the end of training; its thread continues in the background",
                RuntimeWarning,
                stacklevel=2,
            )

    def __enter__(self) -> Prefetcher[T]:
        """Return this iterator, which is closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the iterator."""
        self.close()

    def __del__(self) -> None:
        """Stop the thread without waiting for it."""
        if getattr(self, "_started", False) and not self._closed:
            self._closed = True
            if self._process == os.getpid():
                self._queue.stop()


__all__ = ["Prefetcher"]
