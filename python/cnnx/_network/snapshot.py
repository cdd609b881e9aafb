"""What a model file holds, whatever its format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cnnx._network.architecture import Architecture
from cnnx._types import Array


@dataclass(frozen=True, slots=True)
class Training:
    """The state of a run, in a checkpoint.

    Attributes
    ----------
    values : dict[str, Any]
        Plain values, as JSON holds them; NaN is one.
    arrays : dict[str, ndarray]
        Arrays by name.
    """

    values: dict[str, Any]
    arrays: dict[str, Array]


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A network as a file holds it.

    Attributes
    ----------
    architecture : Architecture
        What the network is built from.
    parameters : dict[str, ndarray]
        Weights and biases by name ("0.weight"), in PyTorch's layouts.
    optimizer_state : dict[str, ndarray] or None
        The optimizer's state, if it was saved.
    training : Training or None
        The state of the run, if the file is a checkpoint.
    """

    architecture: Architecture
    parameters: dict[str, Array]
    optimizer_state: dict[str, Array] | None
    training: Training | None = None
