"""The contents of a model file, independent of its format."""

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
        Values that can be represented in JSON, including NaN.
    arrays : dict[str, ndarray]
        Arrays by name.
    """

    values: dict[str, Any]
    arrays: dict[str, Array]


@dataclass(frozen=True, slots=True)
class ModelFile:
    """The contents of a model file.

    Attributes
    ----------
    architecture : Architecture
        The architecture of the network.
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
