"""The base class of all callbacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cnnx._types import Logs

if TYPE_CHECKING:
    from cnnx.model import CNN


class Callback:
    """The base class: override the hooks that you need.

    Set ``self.model.stop_training = True`` in a hook to end training after the running epoch.

    A callback that remembers something from epoch to epoch overrides `state_dict` and
    `load_state_dict`: then it goes on exactly where it was when a training continues from a
    checkpoint.

    Attributes
    ----------
    model : CNN
        The network that trains, from `set_model` on.
    params : Mapping[str, Any]
        "epochs", "steps" (batches an epoch), "batch_size", "samples", "verbose" and "validation"
        (whether there is any). "steps" and "samples" are ``None`` while they are not known.
    """

    model: CNN
    params: Mapping[str, Any]

    def set_model(self, model: CNN) -> None:
        """Receive the network, before training."""
        self.model = model

    def set_params(self, params: Mapping[str, Any]) -> None:
        """Receive the parameters of the training, before it."""
        self.params = params

    def on_train_begin(self, logs: Logs) -> None:
        """Follow the begin of training; ``logs`` is empty."""

    def on_train_end(self, logs: Logs) -> None:
        """Follow the end of training; ``logs`` holds the last epoch's scores."""

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """Follow the begin of an epoch; ``logs`` is empty."""

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Follow the end of an epoch, validation included; ``logs`` holds its scores."""

    def on_train_batch_begin(self, batch: int, logs: Logs) -> None:
        """Follow the begin of a batch; ``logs`` is empty."""

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """Follow the end of a batch; ``logs`` holds the epoch's averages until now."""

    def on_test_begin(self, logs: Logs) -> None:
        """Follow the begin of validation; ``logs`` is empty."""

    def on_test_end(self, logs: Logs) -> None:
        """Follow the end of validation; ``logs`` holds "loss" and "accuracy"."""

    def state_dict(self) -> dict[str, Any]:
        """Give what has to be remembered, for a checkpoint.

        Returns
        -------
        dict[str, Any]
            Numbers, strings, booleans, ``None``, arrays, and lists and dicts of them. The base
            class remembers nothing.
        """
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take back what `state_dict` gave, when a training continues.

        It is called after `on_train_begin`, and where the training goes on within an epoch after
        that epoch's `on_epoch_begin`.

        Parameters
        ----------
        state : Mapping[str, Any]
            Equal to what `state_dict` gave; tuples have become lists.
        """


__all__ = ["Callback", "Logs"]
