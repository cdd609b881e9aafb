"""What the command line writes: results on standard output, messages on standard error."""

from __future__ import annotations

import contextlib
import errno
import json
import math
import os
import sys
import warnings
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator


def emit(text: str) -> None:
    """Print a result on standard output."""
    if sys.stdout is None:
        raise OSError(errno.EBADF, "standard output is closed")
    print(text)


def emit_json(document: dict[str, Any]) -> None:
    """Print a document as JSON; numbers that JSON does not have (NaN, infinity) become null."""
    emit(json.dumps(_finite(document), indent=2, allow_nan=False))


def note(text: str) -> None:
    """Print a message on standard error; there is nowhere left to report a failure of that."""
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def describe(error: Exception) -> str:
    """Say in one line what went wrong."""
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename is not None else ""
        return f"{where}{error.strerror}"
    return str(error) or type(error).__name__


def flush() -> None:
    """Write out what standard output still holds, so that a full disk is noticed."""
    if sys.stdout is not None:
        sys.stdout.flush()


def silence_broken_streams() -> None:
    """Keep Python from failing at exit, with a code of its own, over what cannot be written."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except OSError:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)


def open_missing_stderr() -> None:
    """Give libraries that write to standard error something to write to where it is closed."""
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123 - as long as the process lives


@contextlib.contextmanager
def warnings_in_lines() -> Iterator[None]:
    """Show warnings meant for the user as errors are: in one line, without a place in the code."""
    before = warnings.showwarning

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if issubclass(category, UserWarning):
            note(f"cnnx: warning: {message}")
        else:
            before(message, category, filename, lineno, file, line)

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield


def _finite(value: Any) -> Any:
    """Replace what JSON cannot hold by None, all the way down."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
