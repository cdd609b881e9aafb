"""Layers with branches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from cnnx._checks.constraints import Choice, Maybe
from cnnx._checks.scalars import describe
from cnnx._spec import checked
from cnnx.errors import ConfigError
from cnnx.layers._base import ACTIVATIONS, Layer


def _layers(value: object, owner: str, name: str) -> tuple[Layer, ...]:
    """Check a list of layers."""
    if not isinstance(value, (list, tuple)):
        way_out = "; put it in a list" if isinstance(value, Layer) else ""
        raise TypeError(f"{owner}: {name} must be a list of layers, got {describe(value)}{way_out}")
    for i, layer in enumerate(value):
        if not isinstance(layer, Layer):
            raise TypeError(
                f"{owner}: {name}[{i}] must be a layer from cnnx.layers, got {describe(layer)}"
            )
    return tuple(value)


def _branch(value: object, owner: str, name: str) -> tuple[Layer, ...]:
    """Check a list of layers that may not be empty."""
    layers = _layers(value, owner, name)
    if not layers:
        raise ConfigError(f"{owner}: {name} must have at least one layer, got none")
    return layers


def _branches(value: object, owner: str, name: str) -> tuple[tuple[Layer, ...], ...]:
    """Check several lists of layers."""
    if not isinstance(value, (list, tuple)):
        raise TypeError(f"{owner}: {name} must be a list of lists of layers, got {describe(value)}")
    branches = tuple(_layers(branch, owner, f"{name}[{i}]") for i, branch in enumerate(value))
    if not 2 <= len(branches) <= 32:
        raise ConfigError(f"{owner}: {name} must have 2 to 32 entries, got {len(branches)}")
    return branches


@dataclass(frozen=True, slots=True)
class Residual(Layer):
    """Residual block: the output of a branch plus the input.

    ``y = activation(branch(x) + shortcut(x))``. The branch may contain any layers, including
    further `Residual` and `Concat` layers. Its parameters are named
    ``"<layer>.branch.<number>.weight"``, those of the shortcut
    ``"<layer>.shortcut.<number>.weight"``.

    Parameters
    ----------
    branch : sequence of Layer
        Layers of the branch, at least one.
    shortcut : sequence of Layer, optional
        Layers applied to the input on the other path, needed if the branch changes the shape; by
        default none.
    activation : str, optional
        Activation function, applied to the sum.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If the branch is empty or the activation is unknown.

    References
    ----------
    K. He, X. Zhang, S. Ren, J. Sun: Deep residual learning for image recognition. CVPR (2016).
    """

    kind: ClassVar[str] = "residual"

    branch: Sequence[Layer] = field(metadata=checked(_branch))
    shortcut: Sequence[Layer] | None = field(default=None, metadata=checked(Maybe(_layers)))
    activation: str | None = field(default=None, metadata=checked(Choice(ACTIVATIONS, "linear")))

    def _check_together(self) -> None:
        """Treat an empty shortcut as none."""
        self._set("shortcut", self.shortcut or None)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Create a layer and its branches from the dictionary form, as `Spec.from_dict` does."""
        values = dict(values)
        for name in ("branch", "shortcut"):
            if values.get(name) is not None:
                values[name] = _from_dicts(values[name], f"Residual: {name}")
        return super(Residual, cls).from_dict(values)


@dataclass(frozen=True, slots=True)
class Concat(Layer):
    """Apply several branches to the input and concatenate their channels.

    The outputs are concatenated along the channels and must agree in height and width. Parameters
    are named ``"<layer>.branches.<branch>.<number>.weight"``.

    Parameters
    ----------
    branches : sequence of sequences of Layer
        2 to 32 branches; an empty branch passes the input through, as in a dense block.

    Raises
    ------
    TypeError
        If `branches` is not a list of lists of layers.
    ConfigError
        If there are fewer than 2 or more than 32 branches.

    References
    ----------
    C. Szegedy et al.: Going deeper with convolutions. CVPR (2015).
    """

    kind: ClassVar[str] = "concat"

    branches: Sequence[Sequence[Layer]] = field(metadata=checked(_branches))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Create a layer and its branches from the dictionary form, as `Spec.from_dict` does."""
        values = dict(values)
        if isinstance(values.get("branches"), (list, tuple)):
            values["branches"] = [
                _from_dicts(branch, f"Concat: branches[{i}]")
                for i, branch in enumerate(values["branches"])
            ]
        return super(Concat, cls).from_dict(values)


def _from_dicts(values: object, what: str) -> list[Layer]:
    """Create layers from their dictionary forms."""
    from cnnx.layers import from_dict  # noqa: PLC0415 - it imports this module

    if not isinstance(values, (list, tuple)):
        raise TypeError(f"{what}: expected a list of dicts, got {describe(values)}")
    return [from_dict(layer) for layer in values]
