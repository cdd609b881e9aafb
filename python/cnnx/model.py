"""`CNN`: a network that trains, scores, predicts, saves and loads."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from cnnx import _core, _training, io, losses, optimizers
from cnnx._arrays import Array
from cnnx._batches import BatchReader, Data, check_pair
from cnnx._construction import check_dtype, check_input_shape, check_layers
from cnnx._state import check_state
from cnnx._validate import LARGEST_SEED, flag, integer, real
from cnnx._weights import Weights
from cnnx.callbacks import Callback, CallbackList, check_callbacks
from cnnx.errors import ConfigError, FileFormatError
from cnnx.history import History
from cnnx.layers import Layer, Normalize, Rescale
from cnnx.progress import Verbose, progress_for

_CHUNK = 256
"""How many images are scored at once unless the caller says otherwise."""


class CNN(Weights):
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

    stop_training: bool
    """Set by callbacks to end training after the running epoch."""

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
        network = _core.Network32 if self._dtype == np.float32 else _core.Network64
        self._network: _core.Network32 | _core.Network64 = network(
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
            takes_bytes=isinstance(self._layers[0], (Rescale, Normalize)),
            all_finite=_core.all_finite,
        )
        self._epochs_trained = 0
        self.stop_training = False

    @property
    def optimizer(self) -> optimizers.Optimizer:
        """The optimizer; setting another one forgets the momentum of the last."""
        return self._optimizer

    @optimizer.setter
    def optimizer(self, value: str | optimizers.Optimizer) -> None:
        optimizer = optimizers.resolve(value)
        self._network.set_optimizer(optimizer.to_dict())
        self._optimizer = optimizer

    @property
    def learning_rate(self) -> float:
        """The optimizer's learning rate; setting it keeps the momentum."""
        return self._optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self._optimizer = self._optimizer.with_learning_rate(value)

    # Training and scoring

    def train(
        self,
        x: ArrayLike,
        y: ArrayLike,
        epochs: int = 1,
        batch_size: int = 32,
        validation_data: tuple[ArrayLike, ArrayLike] | None = None,
        validation_split: float = 0.0,
        shuffle: bool = True,
        verbose: Verbose = "auto",
        callbacks: Sequence[Callback] | None = None,
    ) -> History:
        """Train on images and their labels; a further call goes on where the last one ended.

        Everything is checked before the first step. Ctrl-C ends training after the running batch.

        Parameters
        ----------
        x : array-like
            Images of shape (N, *input_shape): float32, float64, uint8; other integers and booleans
            become the network's dtype. uint8 is meant for networks that begin with ``Rescale`` or
            ``Normalize``.
        y : array-like
            Class indices of shape (N,), or rows of the shape of the output: probabilities for
            "cross_entropy", any targets for "mse".
        epochs : int
            How often every image is used.
        batch_size : int
            How many images make one step; the last batch of an epoch may be smaller.
        validation_data : (x, y), optional
            Images and labels that are scored after every epoch.
        validation_split : float
            Or the fraction of `x` and `y` that is held out for it, from their end.
        shuffle : bool
            Whether every epoch has an order of its own, drawn from the seed.
        verbose : "auto", 0, 1 or 2
            The progress on standard error: a bar in terminals and notebooks and lines elsewhere,
            nothing, a bar, or one line an epoch.
        callbacks : sequence of Callback, optional
            What is called while it trains.

        Returns
        -------
        History
            The scores: ``history.history["loss"]``, "accuracy", "val_loss" and "val_accuracy" are
            lists with one entry an epoch.

        Raises
        ------
        TypeError, ShapeError, ConfigError, ValueError
            If an argument cannot be used; nothing was changed then.
        DivergenceError
            If the loss turns NaN or too large for the network's precision.
        """
        epochs = integer(epochs, "train", "epochs")
        batch_size = integer(batch_size, "train", "batch_size")
        fraction = real(validation_split, "train", "validation_split", minimum=0.0, below=1.0)
        shuffle = flag(shuffle, "train", "shuffle")
        progress = progress_for(verbose)
        user_callbacks = check_callbacks(callbacks)
        data = self._reader.data(x, y)
        validation = None
        if validation_data is not None:
            if fraction > 0.0:
                raise ConfigError("train: pass validation_data or validation_split, not both")
            validation = self._reader.data(
                *check_pair(validation_data), "validation_data[0]", "validation_data[1]"
            )
        elif fraction > 0.0:
            data, validation = _training.split(data, fraction)

        history = History()
        hooks = CallbackList(
            [*user_callbacks, history, *([progress] if progress else [])],
            self,
            {
                "epochs": epochs,
                "steps": -(-len(data) // batch_size),
                "batch_size": batch_size,
                "samples": len(data),
                "verbose": verbose,
            },
        )
        self.stop_training = False
        logs: dict[str, float] = {}
        try:
            hooks.call("on_train_begin", {})
            for epoch in range(epochs):
                hooks.call("on_epoch_begin", epoch, {})
                order = self._order(len(data), shuffle)
                title = f"epoch {epoch + 1} of {epochs}"
                logs = _training.train_epoch(
                    self._network, data, order, batch_size, self._rate, self._largest, hooks, title
                )
                if validation is not None:
                    hooks.call("on_test_begin", {})
                    found = self._evaluate(validation, _CHUNK)
                    hooks.call("on_test_end", dict(found))
                    logs |= {f"val_{name}": value for name, value in found.items()}
                hooks.call("on_epoch_end", epoch, logs)
                if self.stop_training:
                    break
            hooks.call("on_train_end", logs)
        finally:
            if progress is not None:
                progress.close()
        return history

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
            raise _training.diverged(loss / len(data), "this batch", self.learning_rate)
        accuracy = correct / len(data) if correct >= 0 else float("nan")
        return loss / len(data), accuracy

    def evaluate(self, x: ArrayLike, y: ArrayLike, batch_size: int = _CHUNK) -> dict[str, float]:
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

    def predict(self, x: ArrayLike, batch_size: int = _CHUNK) -> Array:
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
    def load(cls, path: str | os.PathLike[str]) -> CNN:
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
        built = file.architecture
        try:
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
            if file.optimizer_state is not None:
                model._network.load_optimizer_state(file.optimizer_state)
        except (ValueError, TypeError, KeyError) as error:
            raise FileFormatError(f"{os.fspath(path)}: cannot be used: {error}") from error
        model._epochs_trained = built.epochs_trained
        return model

    # Inside

    def _rate(self) -> float:
        """Give the learning rate, which callbacks may change at any time."""
        return self._optimizer.learning_rate

    def _order(self, images: int, shuffle: bool) -> Array:
        """Draw the order of the next epoch; no two epochs of this network have the same."""
        epoch = self._epochs_trained
        self._epochs_trained += 1
        return _core.permutation(images, self._seed, epoch) if shuffle else np.arange(images)

    def _evaluate(self, data: Data, chunk: int) -> dict[str, float]:
        """Score checked data; rounded to the network's precision, so that chunks do not show."""
        found = _training.evaluate(self._network, data, chunk)
        if abs(found["loss"]) <= self._largest:
            found["loss"] = float(self._dtype.type(found["loss"]))
        return found
