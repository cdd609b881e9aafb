"""What ``cnnx train`` does for each data set: the network and how it is trained.

To add a data set, write its module in `cnnx.datasets` and add a row to `RECIPES`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnx import datasets, layers, optimizers

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnx.datasets.types import Split
    from cnnx.layers import Layer
    from cnnx.optimizers import Optimizer


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A network and the way to train it."""

    layers: Callable[[tuple[int, ...], int], list[Layer]]
    epochs: int
    batch_size: int
    optimizer: Optimizer
    validation_split: float = 0.0
    schedule: str | None = None
    augment: str | None = None


@dataclass(frozen=True, kw_only=True)
class Recipe(Plan):
    """A data set with a network that suits it and the way to train that."""

    load: Callable[..., Split]
    has_root: bool = False
    class_names: tuple[str, ...] | None = None

    def data(self, root: str | None) -> Split:
        """Load the data set."""
        return self.load(root) if self.has_root else self.load()


def _digits_layers(_: tuple[int, ...], classes: int) -> list[Layer]:
    parts: list[Layer] = []
    for filters in (32, 64):
        parts += [
            layers.Conv2D(filters, 3, padding="same", use_bias=False),
            layers.BatchNorm(activation="relu"),
            layers.Conv2D(filters, 3, padding="same", use_bias=False),
            layers.BatchNorm(activation="relu"),
            layers.MaxPool2D(2),
        ]
    return [
        *parts,
        layers.Flatten(),
        layers.Dropout(0.3),
        layers.Dense(classes, activation="softmax"),
    ]


def _fashion_mnist_layers(_: tuple[int, ...], classes: int) -> list[Layer]:
    return [
        layers.Rescale(1 / 255),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.MaxPool2D(2),
        layers.Conv2D(64, 3, padding="same", activation="relu"),
        layers.MaxPool2D(2),
        layers.Flatten(),
        layers.Dense(128, activation="relu"),
        layers.Dense(classes, activation="softmax"),
    ]


def _general_layers(input_shape: tuple[int, ...], classes: int) -> list[Layer]:
    """Three convolutions, pooled for as long as there is something to pool."""
    _, height, width = input_shape
    parts: list[Layer] = []
    for filters in (32, 64, 64):
        parts.append(layers.Conv2D(filters, 3, padding="same", activation="relu"))
        if min(height, width) >= 4:
            parts.append(layers.MaxPool2D(2))
            height, width = height // 2, width // 2
    return [
        *parts,
        layers.Flatten(),
        layers.Dense(128, activation="relu"),
        layers.Dense(classes, activation="softmax"),
    ]


RECIPES = {
    "digits": Recipe(
        load=datasets.digits,
        layers=_digits_layers,
        epochs=12,
        batch_size=32,
        optimizer=optimizers.AdamW(0.01, weight_decay=0.05),
        validation_split=0.1,
        schedule="one-cycle",
        augment="shift,rotate,scale",
    ),
    "fashion-mnist": Recipe(
        load=datasets.fashion_mnist,
        layers=_fashion_mnist_layers,
        epochs=5,
        batch_size=64,
        optimizer=optimizers.SGD(0.02, momentum=0.9),
        has_root=True,
        class_names=datasets.FASHION_MNIST_CLASSES,
    ),
}


GENERAL = Plan(
    layers=_general_layers,
    epochs=10,
    batch_size=32,
    optimizer=optimizers.AdamW(0.001),
    validation_split=0.2,
)
"""What is done with data of the user's own."""
