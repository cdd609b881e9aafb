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


class _ArgumentError(ValueError):
    """An error whose message is known in parts."""

    layer: str | None = None
    layer_name: str | None = None
    argument: str | None = None
    got: str | None = None
    expected: str | None = None
    detail: str | None = None


class ShapeError(_ArgumentError):
    """An array or a layer's input has a shape that does not fit.

    Attributes
    ----------
    layer, layer_name, argument, got, expected, detail : str or None
        Parts of the message: position and kind of the layer, name of the argument, the value
        received, the values possible, the message without the layer. None where unknown.
    """


class ConfigError(_ArgumentError):
    """An argument of a layer, a loss, an optimizer or a model has an unusable value.

    Attributes
    ----------
    layer, layer_name, argument, got, expected, detail : str or None
        As those of `ShapeError`.
    """


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
