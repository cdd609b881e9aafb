"""A built network: the engine's network with its optimizer, frozen weights and epochs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from cnnx._checks.state_dict import check_state
from cnnx._engine import core
from cnnx._engine.protocol import EngineNetwork
from cnnx._network import divergence, selection
from cnnx._network.architecture import Architecture
from cnnx._network.snapshot import ModelFile
from cnnx._types import Array
from cnnx.data._classes import Classes
from cnnx.data._reader import BatchReader
from cnnx.optimizers import Optimizer


class Network:
    """A built network, on which all modules below `cnnx.model` work instead of the model."""

    def __init__(self, architecture: Architecture) -> None:
        self._built = architecture
        self.layers = architecture.layers
        self.input_shape = architecture.input_shape
        self.loss = architecture.loss
        self.seed = architecture.seed
        self.dtype = np.dtype(architecture.dtype)
        self.largest = float(np.finfo(self.dtype).max)
        make = core.Network32 if self.dtype == np.float32 else core.Network64
        self.engine: EngineNetwork = make(
            [layer.to_dict() for layer in self.layers],
            self.input_shape,
            self.loss.to_dict(),
            architecture.optimizer.to_dict(),
            self.seed,
            architecture.exact_conv,
        )
        self.output_shape: tuple[int, ...] = tuple(self.engine.output_shape)
        self.reader = BatchReader(
            self.input_shape,
            self.output_shape,
            self.dtype,
            self.loss.kind,
            takes_bytes=self.layers[0].kind in {"rescale", "normalize"},
            all_finite=core.all_finite,
        )
        self._optimizer = architecture.optimizer
        self.configured = architecture.optimizer
        """The optimizer as set outside of runs, without changes made by callbacks."""
        self.running = False
        self.frozen: tuple[str, ...] = ()
        self.epochs_trained = 0
        self.stop_training = False

    # Properties

    @property
    def architecture(self) -> Architecture:
        """The current architecture."""
        return replace(
            self._built,
            optimizer=self._optimizer,
            epochs_trained=self.epochs_trained,
            frozen=self.frozen,
        )

    @cached_property
    def classes(self) -> Classes:
        """The interpretation of targets as classes."""
        return Classes(self.loss.kind, self.output_shape)

    @property
    def parameter_count(self) -> int:
        """The number of weights and biases."""
        return sum(int(info["parameters"]) for info in self.engine.layer_info())

    # The optimizer

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer; setting a new one resets its state."""
        return self._optimizer

    @optimizer.setter
    def optimizer(self, value: Optimizer) -> None:
        self.engine.set_optimizer(value.to_dict())
        self._set_optimizer(value)

    @property
    def learning_rate(self) -> float:
        """The optimizer's learning rate; setting it keeps the optimizer's state."""
        return self._optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self._set_optimizer(self._optimizer.with_learning_rate(value))

    def _set_optimizer(self, value: Optimizer) -> None:
        """Store a new optimizer or learning rate."""
        self._optimizer = value
        if not self.running:
            self.configured = value

    def train_batch(self, x: ArrayLike, y: ArrayLike) -> tuple[float, float]:
        """Perform a training step; return the mean loss and accuracy of the batch before it."""
        data = self.reader.batch(x, y)
        try:
            loss, correct = self.engine.train_batch(data.x, data.y, None, self.learning_rate)
        except ValueError:
            self.reader.data(x, y)  # raises a more specific error if the data is invalid
            raise
        if not loss <= self.largest:  # also true for NaN
            what = f"the loss is {loss / len(data):g} in this batch"
            raise divergence.diverged(what, self.learning_rate, divergence.LOST)
        accuracy = correct / len(data) if correct >= 0 else float("nan")
        return loss / len(data), accuracy

    # The weights

    def state_dict(self) -> dict[str, Array]:
        """Return a copy of the weights by name."""
        return {name: self.engine.get_parameter(name) for name in self.engine.parameter_names()}

    def set_weights(self, state: Mapping[str, Array]) -> None:
        """Set weights that have been checked."""
        for name, value in state.items():
            self.engine.set_parameter(name, value)

    @contextmanager
    def averaged_weights(self) -> Iterator[None]:
        """Use the moving average of the weights inside the block."""
        self.engine.swap_average()
        try:
            yield
        finally:
            self.engine.swap_average()

    def set_frozen(self, names: Iterable[str]) -> tuple[str, ...]:
        """Freeze these weights and no others."""
        chosen = set(names)
        known = self.engine.parameter_names()
        frozen = tuple(name for name in known if name in chosen)
        self.engine.set_trainable([name for name in known if name not in chosen])
        self.frozen = frozen
        return frozen

    def chosen(self, layers: selection.Selection, owner: str) -> list[str]:
        """Return the names of the selected weights."""
        return selection.names(layers, owner, self.engine.parameter_names(), len(self.layers))

    @property
    def all_frozen(self) -> bool:
        """Whether there are weights and all of them are frozen."""
        return bool(self.frozen) and len(self.frozen) == len(self.engine.parameter_names())

    # Copies of the network

    def snapshot(self, *, include_optimizer: bool = True) -> ModelFile:
        """Return a copy of everything that is saved in a file."""
        state = self.engine.optimizer_state() if include_optimizer else None
        return ModelFile(self.architecture, self.state_dict(), state)

    def restore(self, file: ModelFile, source: str) -> None:
        """Restore the state from a file with the same layers; `source` names it in messages."""
        weights = check_state(file.parameters, self.state_dict(), True, source)
        if file.architecture.optimizer != self._optimizer:
            self.optimizer = file.architecture.optimizer
        if file.architecture.frozen != self.frozen:
            self.set_frozen(file.architecture.frozen)
        self.set_weights(weights)
        if file.optimizer_state is not None:
            self.engine.load_optimizer_state(file.optimizer_state)
        self.epochs_trained = file.architecture.epochs_trained

    @classmethod
    def from_file(cls, file: ModelFile) -> Self:
        """Build the network saved in a file."""
        network = cls(file.architecture)
        network.restore(file, "its weights")
        return network

    def copy(self) -> Self:
        """Build a network with the same weights and a new optimizer state."""
        return self.from_file(self.snapshot(include_optimizer=False))
