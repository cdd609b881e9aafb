"""Transfer of weights from another network."""

from __future__ import annotations

from collections.abc import Mapping

from numpy.typing import ArrayLike

from cnnx._checks.state_dict import check_state
from cnnx._network.network import Network
from cnnx._network.selection import Selection
from cnnx._types import Array
from cnnx.errors import ConfigError


def transfer(
    network: Network, state: Mapping[str, ArrayLike], layers: Selection
) -> tuple[str, ...]:
    """Set the selected weights whose names and shapes match, and return their names."""
    current = network.state_dict()
    wanted = {name: current[name] for name in network.chosen(layers, "transfer")}
    found: dict[str, Array] = {}
    for name, weights in wanted.items():
        if name in state and getattr(state[name], "shape", None) == weights.shape:
            found |= check_state({name: state[name]}, {name: weights}, True, "transfer")
    if not found:
        raise ConfigError(
            "transfer: no name and shape of the source matches this network; it has "
            f"{', '.join(list(map(str, state))[:6]) or 'no weights'}, but "
            f"{', '.join(list(wanted)[:6])} were expected"
        )
    network.set_weights(found)
    return tuple(found)
