"""The architecture of a network: everything it is built from, and its JSON form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cnnx import layers, losses, optimizers
from cnnx._checks.scalars import LARGEST_SEED, choice, flag, integer
from cnnx._checks.shapes import check_input_shape
from cnnx.errors import ConfigError

FORMAT_VERSION = 1
"""Incremented when the meaning of a file changes; older versions remain readable."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """Everything that a network is built from, its frozen weights and its number of epochs."""

    layers: tuple[layers.Layer, ...]
    input_shape: tuple[int, ...]
    loss: losses.Loss
    optimizer: optimizers.Optimizer
    seed: int
    dtype: str
    exact_conv: bool
    epochs_trained: int
    frozen: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable dictionary.

        Returns
        -------
        dict[str, Any]
            The fields, and the version of the format as "format_version".
        """
        frozen = {"frozen": list(self.frozen)} if self.frozen else {}
        return {
            "format_version": FORMAT_VERSION,
            "layers": [layer.to_dict() for layer in self.layers],
            "input_shape": list(self.input_shape),
            "loss": self.loss.to_dict(),
            "optimizer": self.optimizer.to_dict(),
            "seed": self.seed,
            "dtype": self.dtype,
            "exact_conv": self.exact_conv,
            "epochs_trained": self.epochs_trained,
            **frozen,
        }

    @classmethod
    def from_dict(cls, values: object) -> Architecture:
        """Create an architecture from its dictionary form.

        Parameters
        ----------
        values : object
            The values read from a file, which are not trusted.

        Returns
        -------
        Architecture
            The architecture.

        Raises
        ------
        ConfigError
            If an entry is missing, invalid, or of a newer format.
        TypeError
            If an entry has the wrong type.
        ShapeError
            If the input shape is invalid.
        """
        if not isinstance(values, Mapping):
            raise TypeError("its description is not a JSON object")
        version = integer(values.get("format_version"), "model", "format_version")
        if version > FORMAT_VERSION:
            raise ConfigError(
                f"it has format version {version}, but this version of cnnx reads up to "
                f"{FORMAT_VERSION}; upgrade cnnx"
            )
        values = {"frozen": [], **values}
        missing = [name for name in cls.__slots__ if name not in values]
        if missing:
            raise ConfigError(f"its description has no {', '.join(missing)}")
        if not isinstance(values["layers"], list):
            raise TypeError("its description's layers are not a list")
        frozen = values["frozen"]
        if not isinstance(frozen, list) or not all(isinstance(name, str) for name in frozen):
            raise TypeError("its description's frozen parameters are not a list of names")
        return cls(
            layers=layers.check_layers([layers.from_dict(layer) for layer in values["layers"]]),
            input_shape=check_input_shape(values["input_shape"]),
            loss=losses.from_dict(values["loss"]),
            optimizer=optimizers.from_dict(values["optimizer"]),
            seed=integer(values["seed"], "model", "seed", minimum=0, maximum=LARGEST_SEED),
            dtype=choice(values["dtype"], "model", "dtype", ("float32", "float64")),
            exact_conv=flag(values["exact_conv"], "model", "exact_conv"),
            epochs_trained=integer(values["epochs_trained"], "model", "epochs_trained", minimum=0),
            frozen=tuple(frozen),
        )
