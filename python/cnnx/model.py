"""`CNN`: a network that trains, scores, predicts, saves and loads."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from cnnx import io, losses, optimizers
from cnnx._checks.scalars import LARGEST_SEED, flag, integer
from cnnx._checks.shapes import check_dtype, check_input_shape
from cnnx._checks.state_dict import check_state
from cnnx._engine import core
from cnnx._network import divergence
from cnnx._training.fitting import CHUNK
from cnnx._types import Array
from cnnx.data._reader import BatchReader
from cnnx.diagnosis.trial import Diagnosis
from cnnx.errors import FileFormatError
from cnnx.layers import Layer
from cnnx.layers._base import check_layers


class CNN(Diagnosis):
    """A convolutional neural network: layers in a row, a loss and an optimizer.

    Parameters
    ----------
    layers : sequence of Layer
        What an image passes through, in order.
    input_shape : tuple[int, ...]
        The shape of one image, (channels, height, width), or (features,).
    loss : str or Loss
        "cross_entropy" (the default), "mse", or an object from `cnnx.losses`.
    optimizer : str or Optimizer
        "sgd", "adam", "adamw", or an object from `cnnx.optimizers` with its settings.
    seed : int
        Decides the initial weights and the shuffling; the same seed gives the same network.
    dtype : "float32" or "float64"
        The precision of weights and of all computation.
    exact_conv : bool
        Use direct convolution only, never the faster Winograd form with its larger rounding.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an unusable value.
    ShapeError
        If a layer does not fit the output of the one before it; the message names both.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        input_shape: Sequence[int],
        loss: str | losses.Loss = "cross_entropy",
        optimizer: str | optimizers.Optimizer = "sgd",
        seed: int = 0,
        dtype: DTypeLike = "float32",
        exact_conv: bool = False,
    ) -> None:
        self._layers = check_layers(layers)
        self._input_shape = check_input_shape(input_shape)
        self._loss = losses.resolve(loss)
        self._optimizer = optimizers.resolve(optimizer)
        self._seed = integer(seed, "CNN", "seed", minimum=0, maximum=LARGEST_SEED)
        self._dtype = check_dtype(dtype)
        self._largest = float(np.finfo(self._dtype).max)
        self._exact_conv = flag(exact_conv, "CNN", "exact_conv")
        network = core.Network32 if self._dtype == np.float32 else core.Network64
        self._network: core.Network32 | core.Network64 = network(
            [layer.to_dict() for layer in self._layers],
            self._input_shape,
            self._loss.to_dict(),
            self._optimizer.to_dict(),
            self._seed,
            self._exact_conv,
        )
        self._output_shape = tuple(self._network.output_shape)
        self._reader = BatchReader(
            self._input_shape,
            self._output_shape,
            self._dtype,
            self._loss.kind,
            takes_bytes=self._layers[0].kind in {"rescale", "normalize"},
            all_finite=core.all_finite,
        )
        self._epochs_trained = 0
        self._frozen: tuple[str, ...] = ()
        self._left: dict[str, tuple[optimizers.Optimizer, optimizers.Optimizer]] = {}
        self.stop_training = False

    # Training and scoring

    def train_batch(self, x: ArrayLike, y: ArrayLike) -> tuple[float, float]:
        """Make one training step; for loops of one's own.

        Nothing is copied where `x` is a C-contiguous float32, float64 or uint8 array and `y` an
        int64 one.

        Parameters
        ----------
        x : array-like
            Images of shape (N, *input_shape), as `train` takes them.
        y : array-like
            Their labels or targets.

        Returns
        -------
        tuple[float, float]
            The batch's mean loss and accuracy before the step. The accuracy is NaN for a network
            with a single output, where it is not defined.

        Raises
        ------
        TypeError, ShapeError, ValueError
            If an argument cannot be used; nothing was changed then.
        DivergenceError
            If the loss is NaN or too large for the network's precision.
        """
        data = self._reader.batch(x, y)
        try:
            loss, correct = self._network.train_batch(data.x, data.y, None, self.learning_rate)
        except ValueError:
            self._reader.data(x, y)  # says more about what is wrong, if it is the data
            raise
        if not loss <= self._largest:  # NaN is not, either
            what = f"the loss is {loss / len(data):g} in this batch"
            raise divergence.diverged(what, self.learning_rate, divergence.LOST)
        accuracy = correct / len(data) if correct >= 0 else float("nan")
        return loss / len(data), accuracy

    def evaluate(self, x: ArrayLike, y: ArrayLike, batch_size: int = CHUNK) -> dict[str, float]:
        """Score the network on images and their labels.

        Parameters
        ----------
        x : array-like
            Images of shape (N, *input_shape), as `train` takes them.
        y : array-like
            Their labels or targets.
        batch_size : int
            How many are scored at once; the result does not depend on it. Ctrl-C works in between.

        Returns
        -------
        dict[str, float]
            "loss" and "accuracy", averaged over all images. A network with a single output has no
            accuracy.

        Raises
        ------
        TypeError, ShapeError, ConfigError, ValueError
            If an argument cannot be used.
        """
        batch_size = integer(batch_size, "evaluate", "batch_size")
        return self._evaluate(self._reader.data(x, y), batch_size)

    def predict(self, x: ArrayLike, batch_size: int = CHUNK) -> Array:
        """Compute the network's outputs.

        Parameters
        ----------
        x : array-like
            Images of shape (N, *input_shape), as `train` takes them.
        batch_size : int
            How many are computed at once; the result does not depend on it, bit for bit. Ctrl-C
            works in between.

        Returns
        -------
        ndarray
            Of the network's dtype and shape (N, *output_shape). Where the network ends with
            softmax, rows are probabilities.

        Raises
        ------
        TypeError, ShapeError, ConfigError, ValueError
            If an argument cannot be used.
        """
        batch_size = integer(batch_size, "predict", "batch_size")
        inputs = self._reader.images(x)
        outputs = np.empty((len(inputs), *self._output_shape), self._dtype)
        for start in range(0, len(inputs), batch_size):
            part = slice(start, start + batch_size)
            outputs[part] = self._network.predict(inputs[part])
        return outputs

    # Files

    def save(self, path: str | os.PathLike[str], include_optimizer: bool = True) -> None:
        """Save the network as one file, which `load` reads.

        The file appears whole or not at all. It holds the architecture as JSON and arrays, never
        code.

        Parameters
        ----------
        path : path-like
            The file, whose name ends in ``.safetensors``.
        include_optimizer : bool
            Whether the optimizer's state is saved too, so that training goes on after loading as
            if it had never stopped.

        Raises
        ------
        TypeError
            If an argument has the wrong type.
        ConfigError
            If the file's suffix is unknown.
        OSError
            If the file cannot be written.
        """
        include_optimizer = flag(include_optimizer, "save", "include_optimizer")
        state = self._network.optimizer_state() if include_optimizer else None
        io.write(path, io.ModelFile(self._architecture(), self.state_dict(), state))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Load a network that was saved with `save`.

        Parameters
        ----------
        path : path-like
            The file.

        Returns
        -------
        CNN
            The network, ready to predict, to score and to train on.

        Raises
        ------
        TypeError
            If it is not a path.
        FileFormatError
            If the file is damaged, cut short, or not a model of cnnx.
        OSError
            If it cannot be read.
        """
        file = io.read(path)
        try:
            return cls._from_file(file)
        except (ValueError, TypeError, KeyError) as error:
            raise FileFormatError(f"{os.fspath(path)}: cannot be used: {error}") from error

    @classmethod
    def _from_file(cls, file: io.ModelFile) -> Self:
        """Make the network that a file describes."""
        built = file.architecture
        model = cls(
            built.layers,
            built.input_shape,
            built.loss,
            built.optimizer,
            built.seed,
            built.dtype,
            built.exact_conv,
        )
        model._set(check_state(file.parameters, model.state_dict(), True, "its weights"))
        if built.frozen:
            model._set_frozen(built.frozen)
        if file.optimizer_state is not None:
            model._network.load_optimizer_state(file.optimizer_state)
        model._epochs_trained = built.epochs_trained
        return model

    def _copy(self) -> Self:
        """Make a network with the same weights and a new optimizer, for trials."""
        return self._from_file(io.ModelFile(self._architecture(), self.state_dict(), None))
