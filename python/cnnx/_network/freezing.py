"""Which weights are trained, and weights taken over from another network."""

from __future__ import annotations

import fnmatch
import os
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from numpy.typing import ArrayLike

from cnnx import io
from cnnx._checks.scalars import describe, integer, near
from cnnx._checks.state_dict import check_state
from cnnx._network.weights import Weights
from cnnx._types import Array
from cnnx.errors import ConfigError

Choice: TypeAlias = int | str | Callable[[str], bool]
"""A layer's index, a name or its beginning or pattern, or a function of the name."""


class Freezing(Weights):
    """The part of `CNN` that decides which weights training changes."""

    @property
    def frozen(self) -> tuple[str, ...]:
        """The names of the weights that training leaves as they are."""
        return self._frozen

    def freeze(self, layers: Choice | Iterable[Choice] | None = None) -> tuple[str, ...]:
        """Keep weights as they are while the rest trains; more calls freeze more."""
        return self._set_frozen({*self._frozen, *self._chosen(layers, "freeze")})

    def unfreeze(self, layers: Choice | Iterable[Choice] | None = None) -> tuple[str, ...]:
        """Train weights again that were frozen."""
        return self._set_frozen(set(self._frozen) - set(self._chosen(layers, "unfreeze")))

    def transfer(
        self,
        source: Weights | Mapping[str, ArrayLike] | str | os.PathLike[str],
        layers: Choice | Iterable[Choice] | None = None,
    ) -> tuple[str, ...]:
        """Take weights over from another network, where names and shapes fit."""
        if isinstance(source, Weights):
            state: Mapping[str, ArrayLike] = source.state_dict()
        elif isinstance(source, (str, os.PathLike)):
            state = io.read(source).parameters
        elif isinstance(source, Mapping):
            state = source
        else:
            raise TypeError(
                "transfer: source must be a CNN, a dict of arrays, or the path of a saved one, "
                f"got {describe(source)}"
            )
        current = self.state_dict()
        wanted = {name: current[name] for name in self._chosen(layers, "transfer", current)}
        found: dict[str, Array] = {}
        for name, weights in wanted.items():
            if name in state and getattr(state[name], "shape", None) == weights.shape:
                found |= check_state({name: state[name]}, {name: weights}, True, "transfer")
        if not found:
            raise ConfigError(
                "transfer: no name and shape of the source fits this network's; it has "
                f"{', '.join(list(map(str, state))[:6]) or 'nothing'}, and "
                f"{', '.join(list(wanted)[:6])} were wanted"
            )
        self._set(found)
        return tuple(found)

    def _warn_of_frozen(self, owner: str, stacklevel: int) -> None:
        """Warn where nothing can be learned."""
        if self._frozen and len(self._frozen) == len(self._network.parameter_names()):
            warnings.warn(
                f"{owner}: all weights are frozen, so that nothing is learned; name those that are "
                "to learn: model.unfreeze(-1)",
                UserWarning,
                stacklevel=stacklevel,
            )

    def _set_frozen(self, names: Iterable[str]) -> tuple[str, ...]:
        """Tell the engine what it may change."""
        chosen = set(names)
        known = self._network.parameter_names()
        frozen = tuple(name for name in known if name in chosen)
        self._network.set_trainable([name for name in known if name not in chosen])
        self._frozen = frozen
        return frozen

    def _chosen(self, layers: object, owner: str, names: Iterable[str] | None = None) -> list[str]:
        """Find the names that are meant."""
        known = list(self._network.parameter_names() if names is None else names)
        if layers is None:
            return known
        choices: Iterable[object] = [layers]
        if not (isinstance(layers, (int, str)) or callable(layers)):
            if not isinstance(layers, Iterable):
                raise TypeError(
                    f"{owner}: layers must be indices, names or a function, got {describe(layers)}"
                )
            choices = layers
        found: set[str] = set()
        for choice in choices:
            found |= self._meant(choice, owner, known)
        return [name for name in known if name in found]

    def _meant(self, choice: object, owner: str, known: list[str]) -> set[str]:
        """Find the names that one choice means."""
        if isinstance(choice, str):
            names = {n for n in known if n == choice or n.startswith(f"{choice}.")}
            names = names or set(fnmatch.filter(known, choice))
            if not names:
                raise ConfigError(
                    f"{owner}: no weights are called {choice!r}{near(choice, known)}; there are "
                    f"{', '.join(known[:12])}{', ...' if len(known) > 12 else ''}"
                )
            return names
        if callable(choice):
            return {name for name in known if choice(name)}
        count = len(self._layers)
        index = integer(choice, owner, "a layer's index", minimum=-count, maximum=count - 1)
        return {name for name in known if name.startswith(f"{index % count}.")}
