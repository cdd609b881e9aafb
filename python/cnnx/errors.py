"""The exceptions that cnnx raises beside Python's own.

Every message names the layer or argument, what was received, what was expected and a way out.
Where one of Python's exceptions says it (``TypeError``, ``OSError``, ``MemoryError``), cnnx raises
that one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ConfigError", "DivergenceError", "FileFormatError", "ShapeError"]


class _DescribedError(ValueError):
    """A message that is also known in parts; those that are not are None."""

    owner: str | None = None
    layer: str | None = None
    layer_name: str | None = None
    argument: str | None = None
    expected: str | None = None
    got: str | None = None
    problem: str | None = None
    hint: str | None = None
    detail: str | None = None


class ShapeError(_DescribedError):
    """An array or a layer's input has a shape that does not fit.

    Attributes
    ----------
    owner : str or None
        The class or function whose argument it is.
    layer, layer_name : str or None
        The layer's position in the network, and its kind.
    argument, expected, got : str or None
        The argument's name, the possible values, and the value received.
    problem : str or None
        What is wrong, where that is more than ``expected`` and ``got``.
    hint : str or None
        The way out.
    detail : str or None
        The message without owner and layer.
    """


class ConfigError(_DescribedError):
    """An argument of a layer, a loss, an optimizer or a model has an unusable value.

    Attributes
    ----------
    owner, layer, layer_name, argument, expected, got, problem, hint, detail : str or None
        Parts of the message, as those of `ShapeError`.
    """


def unusable(
    owner: str, argument: str, expected: str, got: str, hint: str = "", problem: str = ""
) -> ConfigError:
    """Compose the error of an argument: "owner: argument must be expected, got got; hint"."""
    complaint = problem or f"{argument} must be {expected}, got {got}"
    detail = f"{complaint}; {hint}" if hint else complaint
    error = ConfigError(f"{owner}: {detail}")
    error.owner, error.argument, error.expected, error.got = owner, argument, expected, got
    error.problem, error.hint, error.detail = problem or None, hint or None, detail
    return error


class FileFormatError(ValueError):
    """A file is damaged, cut short or of another kind than expected."""


class DivergenceError(ArithmeticError):
    """Training was stopped because the loss is no longer a finite number.

    Attributes
    ----------
    checkpoint : Path or None
        The last good checkpoint, where the training wrote any.
    """

    checkpoint: Path | None = None
