"""`CNN`: a network that trains, scores, predicts, saves and loads. Every body hands on.

`Model` has everything that does not depend on how the network was described; its docstrings are the
reference of the package's main class, which makes this file long.
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
"""How many images are scored or predicted at once by default."""


class Model:
    """What every model can do, however its network was described."""

    def __init__(self, network: Network) -> None:
        self._network = network

    # What it is

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
        """The seed of the initial weights and of the shuffling."""
        return self._network.seed

    @property
    def loss(self) -> losses.Loss:
        """The loss function."""
        return self._network.loss

    @property
    def optimizer(self) -> optimizers.Optimizer:
        """The optimizer; setting another one resets the optimizer's state."""
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
        """Whether training ends after the current epoch; callbacks set it."""
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
        """The names of the weights that training does not change."""
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
        """Train the network; another call continues from the current weights.

        Everything is checked before the first step. Ctrl-C ends training after the current batch.

        Parameters
        ----------
        x : array-like or source of batches
            Images of shape (N, *input_shape): float32, float64 or uint8; other integers and
            booleans are converted to the network's dtype. uint8 is meant for networks that begin
            with ``Rescale`` or ``Normalize``. Or, without `y`, a source of batches: see
            ``cnnx.data``.
        y : array-like, optional
            Class indices of shape (N,), or targets of shape (N, *output_shape): probabilities for
            "cross_entropy", any numbers for "mse".
        epochs : int
            Number of passes over the data.
        batch_size : int
            Number of images in a step; the last batch of an epoch may be smaller.
        validation_data : (x, y) or source of batches, optional
            Data that are scored after every epoch.
        validation_split : float
            Or the fraction of `x` and `y` that is held out for validation, from their end.
        shuffle : bool
            Whether every epoch has an order of its own, drawn from the seed.
        verbose : "auto", 0, 1 or 2
            Progress on standard error: 0 none, 1 a bar, 2 a line an epoch; "auto" shows a bar in
            terminals and notebooks, and lines elsewhere.
        callbacks : sequence of Callback, optional
            Objects whose hooks are called during training.
        schedule : Schedule or str, optional
            How the learning rate changes from step to step: an object from ``cnnx.schedules``, or
            its name, such as "cosine" or "one-cycle". Steps count from the start of this call.
        augment : list, optional
            Random changes of the training images: objects from ``cnnx.augment``, or their names.
        class_weight : dict, list or "balanced", optional
            The weight of each class in the loss; "balanced" gives all classes the same total.
        sample_weight : array-like, optional
            The weight of each image in the loss, of shape (N,).
        checkpoint : path-like, optional
            A folder for checkpoints, written at the end of every epoch. The same call continues
            from the newest one, also in another process and with another number of threads, and
            reaches the same bits as if it had never stopped. If the run had finished, its result
            is restored at once.
        every : int, optional
            The number of batches after which a checkpoint is written besides.
        resume : bool
            Whether existing checkpoints are used; otherwise they are removed.

        Returns
        -------
        History
            The scores: ``history.history["loss"]``, "accuracy", "val_loss" and "val_accuracy" are
            lists with one entry an epoch.

        Raises
        ------
        TypeError, ShapeError, ConfigError, ValueError
            If an argument cannot be used, or a checkpoint was written by a call with other
            arguments; nothing has changed then.
        FileFormatError
            If all checkpoints are damaged.
        OSError
            If a checkpoint cannot be written; earlier ones are intact.
        DivergenceError
            If the loss becomes NaN or too large for the network's precision.
        """
        # Imported when a model trains, so that importing the package stays quick.
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
        """Take one training step, for your own training loops.

        Nothing is copied where `x` is a C-contiguous float32, float64 or uint8 array and `y` an
        int64 one.

        Parameters
        ----------
        x : array-like
            Images of shape (N, *input_shape).
        y : array-like
            Their labels or targets, as for `train`.

        Returns
        -------
        tuple[float, float]
            The batch's mean loss and accuracy before the step. The accuracy is NaN for a network
            with a single output, where it is not defined.

        Raises
        ------
        TypeError, ShapeError, ValueError
            If an argument cannot be used; nothing has changed then.
        DivergenceError
            If the loss is NaN or too large for the network's precision.
        """
        return self._network.train_batch(x, y)

    # Scores and predictions

    def evaluate(
        self,
        x: object,
        y: ArrayLike | None = None,
        batch_size: int = BATCH,
        *,
        sample_weight: ArrayLike | None = None,
    ) -> Logs:
        """Score the network on images and their labels.

        Parameters
        ----------
        x, y : array-like, or source of batches
            Images and labels, or a source of batches without `y`, as `train` takes them. Of a
            source one epoch is scored.
        batch_size : int
            Number of images that are scored at once; the result does not depend on it. Ctrl-C
            works in between.
        sample_weight : array-like, optional
            The weight of each image in the loss, of shape (N,).

        Returns
        -------
        dict[str, float]
            "loss" and "accuracy", averaged over all images. A network with a single output has no
            accuracy.

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
            Images of shape (N, *input_shape), or a source of batches of them, whose labels are
            not used.
        batch_size : int
            Number of images that are computed at once; the result does not depend on it, bit for
            bit. Ctrl-C works in between.

        Returns
        -------
        ndarray
            The outputs, of the network's dtype and shape (N, *output_shape), in the order of the
            images. Where the network ends with softmax, rows are probabilities.

        Raises
        ------
        TypeError, ShapeError, ConfigError, ValueError
            If an argument is invalid.
        """
        return scoring.predict(self._network, x, batch_size)

    # Weights

    def state_dict(self) -> dict[str, Array]:
        """Copy the weights, with PyTorch's names and layouts.

        Returns
        -------
        dict[str, ndarray]
            "0.weight", "0.bias" and so on, numbered by layer, of the network's dtype;
            convolutions (filters, channels / groups, height, width), dense layers (units,
            features).
        """
        return self._network.state_dict()

    def load_state_dict(self, state: Mapping[str, ArrayLike], strict: bool = True) -> None:
        """Set the weights; the optimizer's state stays.

        Parameters
        ----------
        state : Mapping[str, array-like]
            Arrays of any floating dtype by name, as `state_dict` returns them.
        strict : bool
            Whether all names must be present, and no others; otherwise the known ones are used.

        Raises
        ------
        TypeError
            If an entry is not an array of real numbers.
        ConfigError
            If names are missing or unknown.
        ShapeError
            If an array has another shape.
        ValueError
            If a number becomes infinite in the network's dtype. In each case nothing has changed.
        """
        strict = flag(strict, "load_state_dict", "strict")
        self._network.set_weights(check_state(state, self.state_dict(), strict))

    @contextmanager
    def averaged_weights(self) -> Iterator[None]:
        """Use the moving average of the weights inside a ``with`` block.

        For an optimizer with ``ema``: scoring, predicting, ``state_dict`` and saving without the
        optimizer then see the average, which is often better than the last weights. Afterwards the
        network has its weights back, bit for bit. It cannot be trained inside the block.

        Raises
        ------
        ConfigError
            If there is no average: the optimizer has no ``ema``, or has not made a step yet.

        Examples
        --------
        >>> with model.averaged_weights():
        ...     print(model.evaluate(x, y))
        """
        with self._network.averaged_weights():
            yield

    def freeze(self, layers: Selection = None) -> tuple[str, ...]:
        """Keep weights as they are while the rest trains; more calls freeze more.

        Parameters
        ----------
        layers : int, str, callable, or iterable of them, optional
            Which weights: the index of a layer (-1 is the last), a name as in `state_dict` or its
            beginning up to a dot ("3", "3.branch", "3.branch.0.weight"), a pattern ("*.bias"), or
            a function that takes a name and returns whether it is meant. Default: all of them.

        Returns
        -------
        tuple[str, ...]
            All names that are frozen now.

        Raises
        ------
        TypeError
            If it is something else.
        ConfigError
            If there is no such layer or name. In each case nothing has changed.
        """
        chosen = self._network.chosen(layers, "freeze")
        return self._network.set_frozen({*self.frozen, *chosen})

    def unfreeze(self, layers: Selection = None) -> tuple[str, ...]:
        """Train weights again that were frozen.

        Parameters
        ----------
        layers : int, str, callable, or iterable of them, optional
            Which weights, as for `freeze`. Default: all of them.

        Returns
        -------
        tuple[str, ...]
            All names that are still frozen.

        Raises
        ------
        TypeError
            If it is something else.
        ConfigError
            If there is no such layer or name. In each case nothing has changed.
        """
        chosen = self._network.chosen(layers, "unfreeze")
        return self._network.set_frozen(set(self.frozen) - set(chosen))

    def transfer(
        self,
        source: Model | Mapping[str, ArrayLike] | str | os.PathLike[str],
        layers: Selection = None,
    ) -> tuple[str, ...]:
        """Copy weights from another network, where names and shapes fit.

        What does not fit, such as a last layer for other classes, is left out; `load_state_dict`
        refuses it.

        Parameters
        ----------
        source : CNN, Mapping[str, array-like] or path-like
            The other network, its `state_dict`, or a file that `save` wrote.
        layers : int, str, callable, or iterable of them, optional
            Which weights of this network are set, as for `freeze`. Default: all that fit.

        Returns
        -------
        tuple[str, ...]
            The names of the weights that were set.

        Raises
        ------
        TypeError
            If it is none of these, or an entry is not an array of real numbers.
        ConfigError
            If nothing fits, or there is no such layer or name.
        ValueError
            If a number becomes infinite in the network's dtype. In each case nothing has changed.
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
        """Try learning rates from small to large on a copy of the network.

        Parameters
        ----------
        x, y : array-like, or source of batches
            Images and labels, as `train` takes them.
        batch_size : int
            Number of images in a step.
        start, end : float
            The first and the last learning rate.
        steps : int
            How many are tried; the test ends early when the loss has risen far.

        Returns
        -------
        LearningRates
            The losses by learning rate, and a suggestion; it can be plotted.

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
        """Look for problems of data and network before training; it takes seconds.

        Shapes, labels, class balance, the scale of the images and duplicate images are checked,
        then a copy of the network learns one batch by heart: a network that cannot do that will
        not learn anything else. The network itself does not change.

        Parameters
        ----------
        x, y : array-like, or source of batches
            Images and labels, as `train` takes them.
        steps : int
            The number of steps that the copy may take.

        Returns
        -------
        CheckReport
            The findings: print it, or ask ``report.ok``.

        Raises
        ------
        TypeError, ConfigError
            If `steps` cannot be used. Problems of the data are in the report.
        """
        from cnnx.diagnosis import data_check  # noqa: PLC0415 - few programs need it

        return data_check.check(self._network, x, y, steps)

    # Files

    def save(self, path: str | os.PathLike[str], include_optimizer: bool = True) -> None:
        """Save the model as one file, which `load` reads.

        The file appears whole or not at all. It holds the architecture as JSON and arrays, never
        code.

        Parameters
        ----------
        path : path-like
            The file, whose name ends in ``.safetensors``.
        include_optimizer : bool
            Whether to save the optimizer's state too, so that training continues after loading as
            if it had never stopped.

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
        """Load a model that was saved with `save`.

        Parameters
        ----------
        path : path-like
            The file.

        Returns
        -------
        CNN
            The model, ready to predict, to be scored and to be trained.

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
            network = Network.from_file(file)
        except (ValueError, TypeError, KeyError) as error:
            raise FileFormatError(f"{os.fspath(path)}: cannot be used: {error}") from error
        model = cls.__new__(cls)
        Model.__init__(model, network)
        return model


class CNN(Model):
    """A convolutional neural network: layers in a row, a loss and an optimizer.

    Parameters
    ----------
    layers : sequence of Layer
        The layers that an image passes through, in order.
    input_shape : tuple[int, ...]
        The shape of one image, (channels, height, width), or (features,).
    loss : str or Loss
        "cross_entropy" (the default), "mse", or an object from `cnnx.losses`.
    optimizer : str or Optimizer
        "sgd", "adam", "adamw", or an object from `cnnx.optimizers` with its settings.
    seed : int
        The seed of the initial weights and of the shuffling; the same seed gives the same network.
    dtype : "float32" or "float64"
        The precision of weights and of all computation.
    exact_conv : bool
        Use direct convolution only, never the faster Winograd form with its larger rounding error.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an invalid value.
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
    """Find the weights that `transfer` is to take: of a model, a mapping or a file."""
    if isinstance(source, Model):
        return source.state_dict()
    if isinstance(source, (str, os.PathLike)):
        return io.read(source).parameters
    if isinstance(source, Mapping):
        return source
    raise TypeError(
        "transfer: source must be a CNN, a dict of arrays, or the path of a saved one, "
        f"got {describe(source)}"
    )
