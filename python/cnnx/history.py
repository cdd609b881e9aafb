"""`History` under its public path; it is a callback like any other."""

from __future__ import annotations

from cnnx.callbacks.history import History

__all__ = ["History"]
