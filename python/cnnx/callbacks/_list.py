"""The callbacks of a run, called in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cnnx._checks.scalars import describe
from cnnx._types import Logs
from cnnx.callbacks._base import Callback, TrainedModel


class CallbackList:
    """Calls the hooks of several callbacks in order, and only those that are overridden.

    Parameters
    ----------
    callbacks : iterable of Callback
        The callbacks, in the order in which they are called.
    model : TrainedModel
        The model being trained.
    params : Mapping[str, Any]
        The parameters of the run, see `Callback.params`.
    """

    def __init__(
        self, callbacks: Iterable[Callback], model: TrainedModel, params: Mapping[str, Any]
    ) -> None:
        self._callbacks = tuple(callbacks)
        self._params = dict(params)
        for callback in self._callbacks:
            callback.set_model(model)
            callback.set_params(self._params)
        self.batch_begin = self._overridden("on_train_batch_begin")
        self.batch_end = self._overridden("on_train_batch_end")

    def _overridden(self, hook: str) -> list[Callable[[int, Logs], None]]:
        """Return the methods that override a hook."""
        return [
            getattr(callback, hook)
            for callback in self._callbacks
            if getattr(type(callback), hook) is not getattr(Callback, hook)
            or hook in getattr(callback, "__dict__", ())
        ]

    def update_params(self, **known: Any) -> None:
        """Pass the parameters to every callback again, if any of them has changed.

        Parameters
        ----------
        **known : Any
            The parameters by name, such as the number of batches per epoch.
        """
        if all(self._params[name] == value for name, value in known.items()):
            return
        self._params = {**self._params, **known}
        for callback in self._callbacks:
            callback.set_params(self._params)

    def call(self, hook: str, *arguments: object) -> None:
        """Call a hook of every callback.

        Parameters
        ----------
        hook : str
            The name of the hook, such as "on_epoch_end".
        *arguments : object
            The arguments of the hook.
        """
        for callback in self._callbacks:
            getattr(callback, hook)(*arguments)


def check_callbacks(value: object) -> tuple[Callback, ...]:
    """Check the argument ``callbacks`` of `CNN.train`.

    Parameters
    ----------
    value : object
        ``None``, or a list or tuple of callbacks.

    Returns
    -------
    tuple[Callback, ...]
        The callbacks.

    Raises
    ------
    TypeError
        If `value` has another type, or an entry is not a `Callback`.
    """
    if value is None:
        return ()
    if not isinstance(value, (list, tuple)):
        way_out = "; put it in a list" if isinstance(value, Callback) else ""
        raise TypeError(
            f"train: callbacks must be a list of Callback objects, got {describe(value)}{way_out}"
        )
    for i, callback in enumerate(value):
        if isinstance(callback, type) and issubclass(callback, Callback):
            raise TypeError(
                f"train: callbacks[{i}] is the class itself; call it: {callback.__name__}(...)"
            )
        if not isinstance(callback, Callback):
            raise TypeError(
                f"train: callbacks[{i}] must be a cnnx.callbacks.Callback, got {describe(callback)}"
            )
    return tuple(value)


__all__ = ["CallbackList", "check_callbacks"]
