"""Where in the user's code a call came from."""

from __future__ import annotations


def levels_to_the_caller() -> int:
    """Count the calls between a warning and the user's code, so that it names the user's line."""
    import inspect  # noqa: PLC0415 - only warnings need it

    frame, level = inspect.currentframe(), 0
    while frame is not None and frame.f_globals.get("__name__", "").startswith("cnnx."):
        frame, level = frame.f_back, level + 1
    return level
