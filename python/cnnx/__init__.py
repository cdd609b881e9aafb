"""cnnx: convolutional neural networks, trained on the CPU.

>>> from cnnx import CNN, layers, optimizers
>>> model = CNN(
...     [layers.Conv2D(16, 3, activation="relu"), layers.MaxPool2D(2), layers.Flatten(),
...      layers.Dense(10, activation="softmax")],
...     input_shape=(1, 8, 8), optimizer=optimizers.SGD(0.05, momentum=0.9),
... )

`CNN` is the network: it trains, scores, predicts, saves and loads. `layers`, `losses` and
`optimizers` describe its parts, `schedules` how its learning rate changes, `callbacks` what is
called while it trains, `augment` changes training images at random, `datasets` gives real images,
`data` reads folders of images, `metrics` tells how good predictions are, `ops` runs single passes
on NumPy arrays, `checkpoint` reads what a training leaves to go on from, and `io` reads and writes
model files.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from cnnx import _config, callbacks, io, layers, losses, ops, optimizers
from cnnx._config import get_num_threads, set_num_threads, show_config
from cnnx.callbacks import Callback
from cnnx.errors import ConfigError, DivergenceError, FileFormatError, ShapeError
from cnnx.history import History
from cnnx.model import CNN

if TYPE_CHECKING:
    from cnnx import augment, checkpoint, data, datasets, diagnosis, metrics, models, schedules
    from cnnx.diagnosis import find_learning_rate

__version__: str = _config.VERSION


def __getattr__(name: str) -> Any:
    """Import what only some programs need when it is first used."""
    if name in {
        "augment",
        "checkpoint",
        "data",
        "datasets",
        "diagnosis",
        "metrics",
        "models",
        "schedules",
    }:
        return importlib.import_module(f"cnnx.{name}")
    if name == "find_learning_rate":
        return importlib.import_module("cnnx.diagnosis").find_learning_rate
    raise AttributeError(f"module 'cnnx' has no attribute {name!r}")


__all__ = [
    "CNN",
    "Callback",
    "ConfigError",
    "DivergenceError",
    "FileFormatError",
    "History",
    "ShapeError",
    "__version__",
    "augment",
    "callbacks",
    "checkpoint",
    "data",
    "datasets",
    "diagnosis",
    "find_learning_rate",
    "get_num_threads",
    "io",
    "layers",
    "losses",
    "metrics",
    "models",
    "ops",
    "optimizers",
    "schedules",
    "set_num_threads",
    "show_config",
]
