"""A small network and a few images for the tests of the Python side; both take milliseconds."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnx import CNN, layers

SHAPE = (1, 6, 6)
CLASSES = 3


def small_model(**other: Any) -> CNN:
    """A convolutional network of three classes for images of `SHAPE`."""
    parts = other.pop("layers", None) or [
        layers.Conv2D(4, 3, padding="same", activation="relu"),
        layers.MaxPool2D(2),
        layers.Flatten(),
        layers.Dense(CLASSES, activation="softmax"),
    ]
    arguments: dict[str, Any] = {"input_shape": SHAPE, "seed": 1}
    return CNN(parts, **arguments | other)


def small_data(n: int = 40, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Noise with a bright third of its rows, which is the class."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, CLASSES, n)
    x = rng.normal(0.0, 0.3, (n, *SHAPE)).astype(np.float32)
    for i, label in enumerate(y):
        x[i, 0, 2 * label : 2 * label + 2] += 1.0
    return x, y.astype(np.int64)


def weights(model: CNN) -> bytes:
    """Every bit of a network's weights."""
    return b"".join(value.tobytes() for value in model.state_dict().values())
