"""The weights of a network, as arrays by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from numpy.typing import ArrayLike

from cnnx._arrays import Array
from cnnx._description import Description
from cnnx._state import check_state
from cnnx._validate import flag


class Weights(Description):
    """The part of `CNN` that takes weights out and puts them in."""

    def state_dict(self) -> dict[str, Array]:
        """Copy the weights out, with PyTorch's names and layouts.

        Returns
        -------
        dict[str, ndarray]
            "0.weight", "0.bias" and so on, numbered by layer; convolutions (filters, channels /
            groups, height, width), dense layers (units, features), of the network's dtype.
        """
        return {name: self._network.get_parameter(name) for name in self._network.parameter_names()}

    def load_state_dict(self, state: Mapping[str, ArrayLike], strict: bool = True) -> None:
        """Set the weights; the optimizer's state stays.

        Parameters
        ----------
        state : Mapping[str, array-like]
            Arrays of any floating dtype by name, as `state_dict` gives them.
        strict : bool
            Whether all names have to be there, and no others; otherwise those that are known are
            used.

        Raises
        ------
        TypeError
            If an entry is not an array of real numbers.
        ConfigError
            If names are missing or unknown.
        ShapeError
            If an array has another shape.
        ValueError
            If a number becomes infinite in the network's dtype. In each case nothing was changed.
        """
        strict = flag(strict, "load_state_dict", "strict")
        self._set(check_state(state, self.state_dict(), strict))

    @contextmanager
    def averaged_weights(self) -> Iterator[None]:
        """Use the moving average of the weights inside a ``with`` block.

        For an optimizer with ``ema``: scoring, predicting, ``state_dict`` and saving without the
        optimizer then see the average, which is often better than the last weights. Afterwards the
        network has its own weights back, bit for bit. It cannot be trained inside the block.

        Raises
        ------
        ConfigError
            If there is no average: the optimizer has no ``ema``, or has made no step yet.

        Examples
        --------
        >>> with model.averaged_weights():
        ...     print(model.evaluate(x, y))
        """
        self._network.swap_average()
        try:
            yield
        finally:
            self._network.swap_average()

    def _set(self, state: Mapping[str, Array]) -> None:
        """Set checked weights."""
        for name, value in state.items():
            self._network.set_parameter(name, value)
