"""Monitoring of a metric, shared by several callbacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from cnnx._checks.scalars import choice, describe, near, real
from cnnx._types import Logs
from cnnx.callbacks._base import Callback
from cnnx.errors import ConfigError

Mode = Literal["auto", "min", "max"]
"""Whether lower or higher values of a metric are better; "auto" infers it from the name."""

_FALLING = ("loss", "error", "mse", "mae")


class Monitor:
    """Monitors one metric."""

    def __init__(self, owner: str, name: object, mode: object, min_delta: object) -> None:
        if not isinstance(name, str):
            raise TypeError(
                f'{owner}: monitor must be a name like "val_loss", got {describe(name)}'
            )
        mode = choice(mode, owner, "mode", ("auto", "min", "max"))
        self._owner, self.name = owner, name
        self._min_delta = real(min_delta, owner, "min_delta", minimum=0.0)
        falls = mode == "min" or (mode == "auto" and any(word in name for word in _FALLING))
        self._sign = -1.0 if falls else 1.0
        self.best: float | None = None

    def reset(self, callback: Callback) -> None:
        """Forget the best value, at the start of a run."""
        self.best = None
        if self.name.startswith("val_") and not callback.params.get("validation", True):
            raise ConfigError(
                f'{self._owner}: monitor="{self.name}" requires validation data; pass '
                f"validation_data=(x, y) or validation_split=0.1 to train, or monitor "
                f'"{self.name.removeprefix("val_")}"'
            )

    def value(self, logs: Logs) -> float:
        """Find the metric among the scores of an epoch."""
        if self.name not in logs:
            raise ConfigError(
                f"{self._owner}: monitor must be one of {', '.join(logs)}, "
                f"got {self.name!r}{near(self.name, tuple(logs))}"
            )
        return float(logs[self.name])

    def improved(self, value: float) -> bool:
        """Whether a value is better than the best so far, which it then replaces; NaN never is."""
        better = value == value and (  # noqa: PLR0124 - that is how NaN is told
            self.best is None or self._sign * (value - self.best) > self._min_delta
        )
        if better:
            self.best = value
        return better

    def load(self, state: Mapping[str, Any]) -> None:
        """Restore the best value from a callback's state."""
        self.best = None if state["best"] is None else float(state["best"])
