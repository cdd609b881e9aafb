"""The base class of all callbacks, and the members of the model that they may use."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from numpy.typing import ArrayLike

from cnnx._types import Array, Logs
from cnnx.optimizers import Optimizer


class TrainedModel(Protocol):
    """The members of the model that hooks may use; `CNN` provides all of them.

    Attributes
    ----------
    stop_training : bool
        Set it to end training after the current epoch.
    learning_rate : float
        The learning rate of the optimizer; setting it keeps the optimizer's state.
    """

    stop_training: bool
    learning_rate: float

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer."""
        ...

    def state_dict(self) -> dict[str, Array]:
        """Copy the weights."""
        ...

    def load_state_dict(self, state: Mapping[str, ArrayLike], strict: bool = True) -> None:
        """Set the weights."""
        ...

    def averaged_weights(self) -> AbstractContextManager[None]:
        """Use the moving average of the weights inside a ``with`` block."""
        ...

    def evaluate(self, x: Any, y: ArrayLike | None = None) -> Logs:
        """Score the model."""
        ...

    def predict(self, x: Any) -> Array:
        """Compute outputs."""
        ...

    def save(self, path: str | os.PathLike[str], include_optimizer: bool = True) -> None:
        """Save the model as a file."""
        ...


class Callback:
    """Base class of all callbacks; override the hooks that you need.

    Hooks are called in the following order. Each hook is called for all callbacks in the order of
    the list, followed by the history and the progress display::

        set_model(model), set_params(params)
        on_train_begin({})
        for epoch in range(epochs):
            on_epoch_begin(epoch, {})
            for batch in range(steps):
                on_train_batch_begin(batch, {})
                ...                                   # one step of the optimizer
                on_train_batch_end(batch, logs)       # averages of the epoch so far
                ...                                   # a checkpoint, if due according to `every`
            if there is validation data:
                on_test_begin({})
                ...                                   # the model is evaluated
                on_test_end(logs)
            on_epoch_end(epoch, logs)                 # metrics of the epoch, including "val_..."
            ...                                       # a checkpoint
            if model.stop_training: break
        on_train_end(logs)                            # metrics of the last epoch

    When a run is resumed, `on_train_begin` is called first. If the run was stopped within an epoch,
    `on_epoch_begin` of that epoch follows. Then `load_state_dict` of every callback that overrides
    `state_dict` is called, and training continues with the next batch or epoch.

    Set ``self.model.stop_training = True`` in a hook to stop training at the end of the current
    epoch.

    A callback with a state overrides `state_dict` and `load_state_dict`, so that a resumed run
    continues exactly.

    Attributes
    ----------
    model : CNN
        The model being trained; available once `set_model` has been called.
    params : Mapping[str, Any]
        "epochs", "steps" (batches per epoch), "batch_size", "samples", "verbose" and "validation"
        (whether there is validation). "steps" and "samples" are ``None`` while they are unknown;
        `set_params` is called again when they are.
    """

    model: TrainedModel
    params: Mapping[str, Any]

    def set_model(self, model: TrainedModel) -> None:
        """Set the model, before training starts."""
        self.model = model

    def set_params(self, params: Mapping[str, Any]) -> None:
        """Set the parameters of the run, before it starts and whenever they change."""
        self.params = params

    def on_train_begin(self, logs: Logs) -> None:
        """Called when training starts; ``logs`` is empty."""

    def on_train_end(self, logs: Logs) -> None:
        """Called when training ends; ``logs`` contains the metrics of the last epoch."""

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """Called when an epoch starts; ``logs`` is empty."""

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Called at the end of an epoch, after validation; ``logs`` contains the metrics."""

    def on_train_batch_begin(self, batch: int, logs: Logs) -> None:
        """Called before a batch; ``logs`` is empty."""

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """Called after a batch; ``logs`` contains the averages of the epoch so far."""

    def on_test_begin(self, logs: Logs) -> None:
        """Called before validation; ``logs`` is empty."""

    def on_test_end(self, logs: Logs) -> None:
        """Called after validation; ``logs`` contains "loss" and, if defined, "accuracy"."""

    def state_dict(self) -> dict[str, Any]:
        """Return the callback's state, to be saved in a checkpoint.

        Returns
        -------
        dict[str, Any]
            Numbers, strings, booleans, ``None``, arrays, and lists and dicts of them. The base
            class has no state.
        """
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore the state when a run is resumed.

        This method is called after `on_train_begin` or, if the run was stopped within an epoch,
        after that epoch's `on_epoch_begin`.

        Parameters
        ----------
        state : Mapping[str, Any]
            The result of `state_dict`, with tuples converted to lists.
        """


__all__ = ["Callback", "Logs", "TrainedModel"]
