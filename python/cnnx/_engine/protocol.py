"""The methods of the engine's networks, for the type checker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from cnnx._types import Array


class EngineNetwork(Protocol):
    """The engine's network of either precision, ``Network32`` or ``Network64``."""

    @property
    def output_shape(self) -> tuple[int, ...]:
        """The shape of the output for one image."""
        ...

    def train_batch(
        self,
        x: Array,
        y: Array,
        index: Array | None = ...,
        learning_rate: float | None = ...,
        *,
        weights: Array | None = ...,
        epoch: int = ...,
        first_row: int = ...,
    ) -> tuple[float, int]:
        """Run forward, backward and update on a batch."""
        ...

    def set_augmentation(self, steps: Sequence[Mapping[str, Any]], seed: int) -> None:
        """Set the augmentation of training images; an empty list turns it off."""
        ...

    def evaluate_batch(
        self, x: Array, y: Array, index: Array | None = ..., *, weights: Array | None = ...
    ) -> tuple[float, int]:
        """Run forward and the loss on a batch."""
        ...

    def predict(self, x: Array, index: Array | None = ...) -> Array:
        """Run forward on a batch."""
        ...

    def layer_info(self) -> list[dict[str, Any]]:
        """Describe each layer: "kind", "name", "output_shape", "parameters", "flops"."""
        ...

    def parameter_names(self) -> list[str]:
        """Return the names of the weights and biases."""
        ...

    def get_parameter(self, name: str) -> Array:
        """Copy one parameter."""
        ...

    def set_parameter(self, name: str, value: Any) -> None:
        """Set one parameter."""
        ...

    def optimizer_state(self) -> dict[str, Array]:
        """Copy the optimizer's state, with the number of steps as "step"."""
        ...

    def load_optimizer_state(self, state: Any) -> None:
        """Set the optimizer's state."""
        ...

    def set_optimizer(self, optimizer: Any) -> None:
        """Replace the optimizer."""
        ...

    def set_trainable(self, names: list[str]) -> None:
        """Set the parameters that the optimizer updates."""
        ...

    def swap_average(self) -> None:
        """Swap the weights with their moving average."""
        ...
