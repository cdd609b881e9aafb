"""What a network is, apart from what it can do: its parts, its shapes, its table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cnnx._engine.protocol import Network
from cnnx._network.summary import summary
from cnnx.io import Architecture
from cnnx.layers import Layer
from cnnx.losses import Loss
from cnnx.optimizers import Optimizer


class Description:
    """The read-only side of `CNN`, which sets these attributes when it is built."""

    _layers: tuple[Layer, ...]
    _input_shape: tuple[int, ...]
    _output_shape: tuple[int, ...]
    _dtype: np.dtype[Any]
    _seed: int
    _loss: Loss
    _optimizer: Optimizer
    _exact_conv: bool
    _epochs_trained: int
    _frozen: tuple[str, ...]
    _network: Network

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers, in order."""
        return self._layers

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one image."""
        return self._input_shape

    @property
    def output_shape(self) -> tuple[int, ...]:
        """The shape of one image's output."""
        return self._output_shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The precision of weights and computation: float32 or float64."""
        return self._dtype

    @property
    def seed(self) -> int:
        """What the initial weights and the shuffling were drawn from."""
        return self._seed

    @property
    def loss(self) -> Loss:
        """The loss."""
        return self._loss

    @property
    def parameter_count(self) -> int:
        """The number of weights and biases."""
        return sum(int(info["parameters"]) for info in self._network.layer_info())

    def __repr__(self) -> str:
        """Show the layers' kinds and the shapes of input and output."""
        kinds = ", ".join(type(layer).__name__ for layer in self._layers)
        return f"CNN({self._input_shape} -> {kinds} -> {self._output_shape})"

    def summary(self, print_fn: Callable[[str], object] | None = print) -> str:
        """Print a table of the layers: output shape, parameters, FLOPs."""
        text = summary(self._network, self._layers, self._input_shape)
        if print_fn is not None:
            print_fn(text)
        return text

    def _architecture(self) -> Architecture:
        """Describe the network for a file."""
        return Architecture(
            layers=self._layers,
            input_shape=self._input_shape,
            loss=self._loss,
            optimizer=self._optimizer,
            seed=self._seed,
            dtype=self._dtype.name,
            exact_conv=self._exact_conv,
            epochs_trained=self._epochs_trained,
            frozen=self._frozen,
        )
