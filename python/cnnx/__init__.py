"""cnnx: training of convolutional neural networks on the CPU.

>>> from cnnx import CNN, layers, optimizers
>>> model = CNN(
...     [layers.Conv2D(16, 3, activation="relu"), layers.MaxPool2D(2), layers.Flatten(),
...      layers.Dense(10, activation="softmax")],
...     input_shape=(1, 8, 8), optimizer=optimizers.SGD(0.05, momentum=0.9),
... )

`CNN` is the model class, with methods for training, evaluation, prediction, saving and loading. It
is built from `layers`, `losses` and `optimizers`; `models` has predefined networks. `schedules`
change the learning rate, `callbacks` are called during training, and `augment` provides data
augmentation. `datasets` loads example datasets, and `data` supports folders of images and other
sources of batches. `metrics` evaluates predictions, `diagnosis` checks data and networks before
training, `checkpoint` and `io` read and write files, and `ops` provides single operations on NumPy
arrays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnx._engine.config import VERSION, get_num_threads, set_num_threads, show_config
from cnnx._lazy import finder
from cnnx.errors import ConfigError, DivergenceError, FileFormatError, ShapeError

if TYPE_CHECKING:
    from cnnx import (
        augment,
        callbacks,
        checkpoint,
        data,
        datasets,
        diagnosis,
        io,
        layers,
        losses,
        metrics,
        models,
        ops,
        optimizers,
        schedules,
    )
    from cnnx.callbacks import Callback
    from cnnx.callbacks.history import History
    from cnnx.diagnosis import find_learning_rate
    from cnnx.model import CNN

__version__: str = VERSION

_HOMES = {
    "CNN": "model",
    "Callback": "callbacks",
    "History": "callbacks.history",
    "augment": "augment",
    "callbacks": "callbacks",
    "checkpoint": "checkpoint",
    "data": "data",
    "datasets": "datasets",
    "diagnosis": "diagnosis",
    "find_learning_rate": "diagnosis",
    "io": "io",
    "layers": "layers",
    "losses": "losses",
    "metrics": "metrics",
    "models": "models",
    "ops": "ops",
    "optimizers": "optimizers",
    "schedules": "schedules",
}
__getattr__ = finder(__name__, _HOMES)


def __dir__() -> list[str]:
    """List all public names, including those not imported yet."""
    return sorted({*globals(), *__all__})


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
