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


@dataclass(frozen=True)
class Recipe:
    """A data set with a network that suits it and the way to train that.

    Attributes
    ----------
    load : callable
        Returns ``(x_train, y_train), (x_test, y_test)``. It is given the folder that the
        user named, or None, if `has_root`; nothing otherwise.
    layers : callable
        Returns the layers of a new network.
    epochs, batch_size : int
        Length of the training and number of images in a batch.
    optimizer : Optimizer
        The optimizer with its settings.
    validation_split : float
        Share of the training images that is kept for validation; with 0 the test images
        serve, which is honest as long as nothing is chosen by the result.
    has_root : bool
        Whether the data comes from files that may lie in a folder of the user's.
    """

    load: Callable[..., Split]
    layers: Callable[[], list[Layer]]
    epochs: int
    batch_size: int
    optimizer: Optimizer
    validation_split: float = 0.0
    has_root: bool = False

    def data(self, root: str | None) -> Split:
        """Load the data set.

        Parameters
        ----------
        root : str, optional
            The folder that the user named, for a data set that takes one.

        Returns
        -------
        (x_train, y_train), (x_test, y_test) : tuple of tuple of numpy.ndarray
            Images and labels.
        """
        return self.load(root) if self.has_root else self.load()


def _digits_layers() -> list[Layer]:
    return [
        layers.Conv2D(16, 3, padding="same", activation="relu"),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.MaxPool2D(2),
        layers.Conv2D(64, 3, padding="same", activation="relu"),
        layers.MaxPool2D(2),
        layers.Flatten(),
        layers.Dense(64, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ]


def _fashion_mnist_layers() -> list[Layer]:
    return [
        layers.Rescale(1 / 255),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.MaxPool2D(2),
        layers.Conv2D(64, 3, padding="same", activation="relu"),
        layers.MaxPool2D(2),
        layers.Flatten(),
        layers.Dense(128, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ]


RECIPES = {
    "digits": Recipe(
        load=datasets.digits,
        layers=_digits_layers,
        epochs=15,
        batch_size=32,
        optimizer=optimizers.AdamW(0.003, weight_decay=0.05),
        validation_split=0.1,
    ),
    "fashion-mnist": Recipe(
        load=datasets.fashion_mnist,
        layers=_fashion_mnist_layers,
        epochs=5,
        batch_size=64,
        optimizer=optimizers.SGD(0.02, momentum=0.9),
        has_root=True,
    ),
}
