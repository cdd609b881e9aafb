"""`CNN`, the model class of the package. All methods delegate to other modules.

`Model` has everything that does not depend on how the network is specified. Its docstrings are the
reference documentation of the main class, which is why this file is long.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from cnnx import io, losses, optimizers
from cnnx._checks.scalars import LARGEST_SEED, describe, flag, integer
from cnnx._checks.shapes import check_dtype, check_input_shape
from cnnx._checks.state_dict import check_state
from cnnx._network import scoring
from cnnx._network.architecture import Architecture
from cnnx._network.network import Network
from cnnx._network.selection import Selection
from cnnx._network.summary import summary
from cnnx._types import Array, Logs
from cnnx.errors import FileFormatError
from cnnx.layers import Layer, check_layers

if TYPE_CHECKING:
    from cnnx.augment import Augmentation
    from cnnx.callbacks import Callback
    from cnnx.callbacks.history import History
    from cnnx.callbacks.progress import Verbose
    from cnnx.diagnosis import CheckReport, LearningRates
    from cnnx.schedules import Schedule

ClassWeight = Mapping[int, float] | Sequence[float] | Literal["balanced"]

BATCH = 256
"""The default batch size for evaluation and prediction."""


class Model:
    """Base class of models, independent of how the network is specified."""

    def __init__(self, network: Network) -> None:
        self._network = network

    # Properties

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers, in order."""
        return self._network.layers

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one image."""
        return self._network.input_shape

    @property
    def output_shape(self) -> tuple[int, ...]:
        """The shape of the output for one image."""
        return self._network.output_shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The precision of weights and computation: float32 or float64."""
        return self._network.dtype

    @property
    def seed(self) -> int:
        """The seed of weight initialisation and shuffling."""
        return self._network.seed

    @property
    def loss(self) -> losses.Loss:
        """The loss function."""
        return self._network.loss

    @property
    def optimizer(self) -> optimizers.Optimizer:
        """The optimizer; setting a new one resets the optimizer's state."""
        return self._network.optimizer

    @optimizer.setter
    def optimizer(self, value: str | optimizers.Optimizer) -> None:
        self._network.optimizer = optimizers.resolve(value)

    @property
    def learning_rate(self) -> float:
        """The learning rate of the optimizer; setting it keeps the optimizer's state."""
        return self._network.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self._network.learning_rate = value

    @property
    def stop_training(self) -> bool:
        """Whether training stops at the end of the current epoch; set by callbacks."""
        return self._network.stop_training

    @stop_training.setter
    def stop_training(self, value: bool) -> None:
        self._network.stop_training = value

    @property
    def parameter_count(self) -> int:
        """The number of weights and biases."""
        return self._network.parameter_count

    @property
    def frozen(self) -> tuple[str, ...]:
        """The names of the frozen weights."""
        return self._network.frozen

    def __repr__(self) -> str:
        """Show the layers and the shapes of input and output."""
        kinds = ", ".join(type(layer).__name__ for layer in self.layers)
        return f"{type(self).__name__}({self.input_shape} -> {kinds} -> {self.output_shape})"

    def summary(self, print_fn: Callable[[str], object] | None = print) -> str:
        """Print a table of the layers: output shape, parameters, floating-point operations.

        Parameters
        ----------
        print_fn : callable, optional
            The function that prints the table; ``None`` prints nothing.

        Returns
        -------
        str
            The table.
        """
        text = summary(self._network)
        if print_fn is not None:
            print_fn(text)
        return text

    # Training

    def train(
        self,
        x: object,
        y: ArrayLike | None = None,
        epochs: int = 1,
        batch_size: int = 32,
        validation_data: object = None,
        validation_split: float = 0.0,
        shuffle: bool = True,
        verbose: Verbose = "auto",
        callbacks: Sequence[Callback] | None = None,
        *,
        schedule: str | Schedule | None = None,
        augment: Sequence[str | Augmentation] | None = None,
        class_weight: ClassWeight | None = None,
        sample_weight: ArrayLike | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        every: int | None = None,
        resume: bool = True,
    ) -> History:
        """Train the network, starting from the current weights.

        All arguments are checked before the first step. Ctrl-C stops training after the current
        batch.

        Parameters
        ----------
        x : array-like or source of batches
            Images of shape (N, *input_shape) and dtype float32, float64 or uint8; other integers
            and booleans are converted to the network's dtype. uint8 is intended for networks that
            start with ``Rescale`` or ``Normalize``. Without `y`, a source of batches, see
            ``cnnx.data``.
        y : array-like, optional
            Class indices of shape (N,), or targets of shape (N, *output_shape): probabilities for
            "cross_entropy", any numbers for "mse".
        epochs : int
            The number of passes over the data.
        batch_size : int
            The number of images per step; the last batch of an epoch may be smaller.
        validation_data : (x, y) or source of batches, optional
            Data on which the network is evaluated after every epoch.
        validation_split : float
            The fraction of `x` and `y` to hold out for validation, taken from the end. Cannot be
            combined with `validation_data`.
        shuffle : bool
            Whether to shuffle the data before each epoch, with the seed of the network.
        verbose : "auto", 0, 1 or 2
            The progress display on standard error: none (0), a bar (1), or one line per epoch (2).
            "auto" shows a bar in terminals and notebooks, and lines elsewhere.
        callbacks : sequence of Callback, optional
            Objects whose hooks are called during training.
        schedule : Schedule or str, optional
            The learning-rate schedule: an object from ``cnnx.schedules``, or its name, such as
            "cosine" or "one-cycle". It starts with the first step of this call.
        augment : list, optional
            Data augmentation of the training images: objects from ``cnnx.augment``, or their names.
        class_weight : dict, list or "balanced", optional
            The weight of each class in the loss; "balanced" gives all classes the same total
            weight.
        sample_weight : array-like, optional
            The weight of each image in the loss, of shape (N,).
        checkpoint : path-like, optional
            A folder to which checkpoints are written, at least at the end of every epoch. Repeating
            the call resumes from the newest checkpoint, also in a new process or with a different
            number of threads, and gives bit-identical results. If the run was completed, its
            result is restored.
        every : int, optional
            Also write a checkpoint each time this number of batches has been processed.
        resume : bool
            Whether to resume from existing checkpoints; if False, they are removed.

        Returns
        -------
        History
            The metrics: ``history.history["loss"]``, "accuracy", "val_loss" and "val_accuracy" are
            lists with one entry per epoch.

        Raises
        ------
        TypeError, ShapeError, ConfigError, ValueError
            If an argument is invalid, or a checkpoint was written by a call with other arguments.
            The network is unchanged.
        FileFormatError
            If all checkpoints are corrupted.
        OSError
            If a checkpoint cannot be written; earlier ones are kept.
        DivergenceError
            If the loss becomes NaN or too large for the network's precision.
        """
        # Imported on first use, so that importing the package stays fast.
        from cnnx._training import arguments, run  # noqa: PLC0415

        checked = arguments.Arguments(
            x=x,
            y=y,
            epochs=epochs,
            batch_size=batch_size,
            validation_data=validation_data,
            validation_split=validation_split,
            shuffle=shuffle,
            verbose=verbose,
            callbacks=callbacks,
            schedule=schedule,
            augment=augment,
            class_weight=class_weight,
            sample_weight=sample_weight,
            checkpoint=checkpoint,
            every=every,
            resume=resume,
        )
        return run.train(self._network, self, checked)

    def train_batch(self, x: ArrayLike, y: ArrayLike) -> tuple[float, float]:
        """Perform one training step, for custom training loops.

        Arguments are not copied if `x` is a C-contiguous array of dtype float32, float64 or uint8,
        and `y` one of dtype int64.

        Parameters
        ----------
        x : array-like
            Images of shape (N, *input_shape).
        y : array-like
            Labels or targets, as for `train`.

        Returns
        -------
        tuple[float, float]
            The mean loss and the accuracy of the batch before the step. The accuracy is NaN if it
            is undefined, as for regression with a single output.

        Raises
        ------
        TypeError, ShapeError, ValueError
            If an argument is invalid; the network is unchanged.
        DivergenceError
            If the loss is NaN or too large for the network's precision.
        """
        return self._network.train_batch(x, y)

    # Evaluation and prediction

    def evaluate(
        self,
        x: object,
        y: ArrayLike | None = None,
        batch_size: int = BATCH,
        *,
        sample_weight: ArrayLike | None = None,
    ) -> Logs:
        """Compute the loss and accuracy on images and labels.

        Parameters
        ----------
        x, y : array-like, or source of batches
            Images and labels, or without `y` a source of batches, as accepted by `train`. One epoch
            of a source is evaluated.
        batch_size : int
            The number of images per batch; the result does not depend on it. Ctrl-C takes effect
            between batches.
        sample_weight : array-like, optional
            The weight of each image in the loss, of shape (N,).

        Returns
        -------
        dict[str, float]
            "loss" and "accuracy", averaged over all images. "accuracy" is missing if it is
            undefined, as for regression with a single output.

        Raises
        ------
        TypeError, ShapeError, ConfigError, ValueError
            If an argument is invalid.
        """
        return scoring.evaluate(self._network, x, y, batch_size, sample_weight)

    def predict(self, x: object, batch_size: int = BATCH) -> Array:
        """Compute the network's outputs.

        Parameters
        ----------
        x : array-like, or source of batches
            Images of shape (N, *input_shape), or a source of batches, whose labels are ignored.
        batch_size : int
            The number of images per batch; the result does not depend on it. Ctrl-C takes effect
            between batches.

        Returns
        -------
        ndarray
            The outputs, of the network's dtype and shape (N, *output_shape), in the order of the
            images. If the network ends with softmax, rows are probabilities.

        Raises
        ------
        TypeError, ShapeError, ConfigError, ValueError
            If an argument is invalid.
        """
        return scoring.predict(self._network, x, batch_size)

    # Weights

    def state_dict(self) -> dict[str, Array]:
        """Return a copy of the weights, with PyTorch's names and layouts.

        Returns
        -------
        dict[str, ndarray]
            Arrays of the network's dtype, named "0.weight", "0.bias" etc. after the number of the
            layer. Weights of convolutions have shape (filters, channels / groups, height, width),
            those of dense layers (units, features).
        """
        return self._network.state_dict()

    def load_state_dict(self, state: Mapping[str, ArrayLike], strict: bool = True) -> None:
        """Set the weights; the optimizer's state is kept.

        Parameters
        ----------
        state : Mapping[str, array-like]
            Arrays of any floating dtype by name, as returned by `state_dict`.
        strict : bool
            Whether the names must match exactly; otherwise, missing and unknown names are ignored.

        Raises
        ------
        TypeError
            If an entry is not an array of real numbers.
        ConfigError
            If names are missing or unknown.
        ShapeError
            If an array has the wrong shape.
        ValueError
            If a value overflows in the network's dtype. The network is unchanged after an error.
        """
        strict = flag(strict, "load_state_dict", "strict")
        self._network.set_weights(check_state(state, self.state_dict(), strict))

    @contextmanager
    def averaged_weights(self) -> Iterator[None]:
        """Use the moving average of the weights inside a ``with`` block.

        Requires an optimizer with ``ema``. Within the block, evaluation, prediction, ``state_dict``
        and saving without the optimizer use the average, which is often better than the last
        weights. Afterwards, the weights are restored exactly. The network cannot be trained within
        the block.

        Raises
        ------
        ConfigError
            If there is no average, because the optimizer has no ``ema`` or no step has been taken.

        Examples
        --------
        >>> with model.averaged_weights():
        ...     print(model.evaluate(x, y))
        """
        with self._network.averaged_weights():
            yield

    def freeze(self, layers: Selection = None) -> tuple[str, ...]:
        """Freeze weights, so that training does not update them.

        Weights that are already frozen remain frozen.

        Parameters
        ----------
        layers : int, str, callable, or iterable of them, optional
            The weights to freeze: the index of a layer (-1 is the last), a name as in `state_dict`
            or its prefix up to a dot ("3", "3.branch", "3.branch.0.weight"), a pattern ("*.bias"),
            or a function that takes a name and returns whether to select it. By default, all
            weights.

        Returns
        -------
        tuple[str, ...]
            The names of all frozen weights.

        Raises
        ------
        TypeError
            If `layers` has another type.
        ConfigError
            If there is no such layer or name. The network is unchanged after an error.
        """
        chosen = self._network.chosen(layers, "freeze")
        return self._network.set_frozen({*self.frozen, *chosen})

    def unfreeze(self, layers: Selection = None) -> tuple[str, ...]:
        """Unfreeze weights, so that training updates them again.

        Parameters
        ----------
        layers : int, str, callable, or iterable of them, optional
            The weights to unfreeze, as for `freeze`. By default, all weights.

        Returns
        -------
        tuple[str, ...]
            The names of the weights that are still frozen.

        Raises
        ------
        TypeError
            If `layers` has another type.
        ConfigError
            If there is no such layer or name. The network is unchanged after an error.
        """
        chosen = self._network.chosen(layers, "unfreeze")
        return self._network.set_frozen(set(self.frozen) - set(chosen))

    def transfer(
        self,
        source: Model | Mapping[str, ArrayLike] | str | os.PathLike[str],
        layers: Selection = None,
    ) -> tuple[str, ...]:
        """Copy the weights whose names and shapes match from another network.

        Other weights, such as those of a last layer for different classes, are skipped;
        `load_state_dict` raises an error for them.

        Parameters
        ----------
        source : CNN, Mapping[str, array-like] or path-like
            The other network, its `state_dict`, or a file written by `save`.
        layers : int, str, callable, or iterable of them, optional
            The weights of this network to set, as for `freeze`. By default, all weights that match.

        Returns
        -------
        tuple[str, ...]
            The names of the weights that were set.

        Raises
        ------
        TypeError
            If `source` has another type, or an entry is not an array of real numbers.
        ConfigError
            If no weights match, or there is no such layer or name.
        ValueError
            If a value overflows in the network's dtype. The network is unchanged after an error.
        """
        from cnnx._network.transfer import transfer  # noqa: PLC0415 - few programs need it

        return transfer(self._network, _weights_of(source), layers)

    # Diagnosis

    def find_learning_rate(
        self,
        x: object,
        y: ArrayLike | None = None,
        *,
        batch_size: int = 32,
        start: float = 1e-6,
        end: float = 10.0,
        steps: int = 100,
    ) -> LearningRates:
        """Run a learning-rate range test on a copy of the network.

        The learning rate is increased at each step, and the rate at which the loss decreases
        fastest is suggested. The network itself is not changed.

        Parameters
        ----------
        x, y : array-like, or source of batches
            Images and labels, as for `train`.
        batch_size : int
            The number of images per step.
        start, end : float
            The first and the last learning rate.
        steps : int
            The number of learning rates; the test ends early if the loss diverges.

        Returns
        -------
        LearningRates
            The loss for each learning rate, and a suggestion; can be plotted.

        Raises
        ------
        TypeError, ShapeError, ConfigError, ValueError
            If an argument is invalid.

        References
        ----------
        L. N. Smith: Cyclical learning rates for training neural networks. WACV (2017).
        """
        from cnnx.diagnosis import learning_rate  # noqa: PLC0415 - few programs need it

        return learning_rate.find(
            self._network, x, y, batch_size=batch_size, start=start, end=end, steps=steps
        )

    def check(self, x: object, y: ArrayLike | None = None, *, steps: int = 200) -> CheckReport:
        """Check data and network for problems before training; takes a few seconds.

        Shapes, labels, class balance, the scale of the images and duplicate images are checked,
        then a copy of the network overfits one batch: a network that cannot do that will
        not learn anything else. The network itself does not change.

        Parameters
        ----------
        x, y : array-like, or source of batches
            Images and labels, as for `train`.
        steps : int
            The maximum number of training steps of the copy.

        Returns
        -------
        CheckReport
            The findings; print it, or test ``report.ok``.

        Raises
        ------
        TypeError, ConfigError
            If `steps` is invalid. Problems of the data are listed in the report.
        """
        from cnnx.diagnosis import data_check  # noqa: PLC0415 - few programs need it

        return data_check.check(self._network, x, y, steps)

    # Files

    def save(self, path: str | os.PathLike[str], include_optimizer: bool = True) -> None:
        """Save the model to a file, to be loaded with `load`.

        The file is replaced atomically. It contains the architecture as JSON and the weights as
        arrays, but no code.

        Parameters
        ----------
        path : path-like
            The file, with suffix ``.safetensors``.
        include_optimizer : bool
            Whether to save the optimizer's state as well, so that training can be continued exactly
            after loading.

        Raises
        ------
        TypeError
            If an argument has the wrong type.
        ConfigError
            If the suffix of the file is unknown.
        OSError
            If the file cannot be written.
        """
        include_optimizer = flag(include_optimizer, "save", "include_optimizer")
        io.write(path, self._network.snapshot(include_optimizer=include_optimizer))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Load a model saved with `save`.

        Parameters
        ----------
        path : path-like
            The file.

        Returns
        -------
        CNN
            The model.

        Raises
        ------
        TypeError
            If `path` is not a path.
        FileFormatError
            If the file is corrupted, truncated, or not a cnnx model.
        OSError
            If the file cannot be read.
        """
        file = io.read(path)
        try:
            network = Network.from_file(file)
        except (ValueError, TypeError, KeyError) as error:
            raise FileFormatError(f"{os.fspath(path)}: cannot be used: {error}") from error
        model = cls.__new__(cls)
        Model.__init__(model, network)
        return model


class CNN(Model):
    """A convolutional neural network: a sequence of layers, a loss and an optimizer.

    Parameters
    ----------
    layers : sequence of Layer
        The layers, in order.
    input_shape : tuple[int, ...]
        The shape of one image, (channels, height, width), or (features,).
    loss : str or Loss
        The loss function: an object from `cnnx.losses`, or its name, such as "cross_entropy" or
        "mse".
    optimizer : str or Optimizer
        The optimizer: an object from `cnnx.optimizers`, or its name, such as "sgd", "adam" or
        "adamw".
    seed : int
        The seed of weight initialisation and shuffling; the same seed gives the same network.
    dtype : "float32" or "float64"
        The precision of the weights and all computations.
    exact_conv : bool
        Whether to use direct convolution only, instead of the faster Winograd algorithm with its
        larger rounding error.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an invalid value.
    ShapeError
        If a layer does not match the output shape of the previous one; the message names both.
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
        architecture = Architecture(
            layers=check_layers(layers),
            input_shape=check_input_shape(input_shape),
            loss=losses.resolve(loss),
            optimizer=optimizers.resolve(optimizer),
            seed=integer(seed, "CNN", "seed", minimum=0, maximum=LARGEST_SEED),
            dtype=check_dtype(dtype).name,
            exact_conv=flag(exact_conv, "CNN", "exact_conv"),
            epochs_trained=0,
        )
        super().__init__(Network(architecture))


def _weights_of(source: object) -> Mapping[str, ArrayLike]:
    """Return the weights of a model, a mapping or a file, for `transfer`."""
    if isinstance(source, Model):
        return source.state_dict()
    if isinstance(source, (str, os.PathLike)):
        return io.read(source).parameters
    if isinstance(source, Mapping):
        return source
    raise TypeError(
        "transfer: source must be a CNN, a dict of arrays, or the path of a saved model, "
        f"got {describe(source)}"
    )
