"""The error for a run whose loss or weights are no longer finite."""

from __future__ import annotations

from cnnx.errors import DivergenceError

LOST = "The weights can no longer be used; rebuild the network or load a saved one"
"""The advice for a network that diverged without a checkpoint."""


def diverged(what: str, learning_rate: float, way_back: str) -> DivergenceError:
    """Create the error for a loss or weights that are no longer finite."""
    return DivergenceError(
        f"training diverged: {what}; try a learning rate smaller than {learning_rate:g} "
        "(model.find_learning_rate finds one), clip_norm=1.0 in the optimizer, or "
        'schedule="warmup", and check that images are scaled (to 0..1 or to mean 0 and '
        f"standard deviation 1; see model.check). {way_back}"
    )
