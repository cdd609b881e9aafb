"""The weights of a network, as arrays by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from numpy.typing import ArrayLike

from cnnx._checks.scalars import flag
from cnnx._checks.state_dict import check_state
from cnnx._network.description import Description
from cnnx._types import Array


class Weights(Description):
    """The part of `CNN` that takes weights out and puts them in."""

    def state_dict(self) -> dict[str, Array]:
        """Copy the weights out, with PyTorch's names and layouts."""
        return {name: self._network.get_parameter(name) for name in self._network.parameter_names()}

    def load_state_dict(self, state: Mapping[str, ArrayLike], strict: bool = True) -> None:
        """Set the weights; the optimizer's state stays."""
        strict = flag(strict, "load_state_dict", "strict")
        self._set(check_state(state, self.state_dict(), strict))

    @contextmanager
    def averaged_weights(self) -> Iterator[None]:
        """Use the moving average of the weights inside a ``with`` block."""
        self._network.swap_average()
        try:
            yield
        finally:
            self._network.swap_average()

    def _set(self, state: Mapping[str, Array]) -> None:
        """Set checked weights."""
        for name, value in state.items():
            self._network.set_parameter(name, value)
