"""`History`, re-exported from `cnnx.callbacks`."""

from __future__ import annotations

from cnnx.callbacks.history import History

__all__ = ["History"]
