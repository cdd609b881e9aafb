"""Callbacks, called during training.

The names and the order of the hooks are those of Keras. Epochs and batches are counted from 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnx._lazy import finder
from cnnx._types import Logs
from cnnx.callbacks._base import Callback, TrainedModel
from cnnx.callbacks._list import CallbackList, check_callbacks
from cnnx.callbacks.progress import LineProgress, ProgressBar

if TYPE_CHECKING:
    from cnnx.callbacks.csv_logger import CSVLogger
    from cnnx.callbacks.early_stopping import EarlyStopping
    from cnnx.callbacks.learning_rate_scheduler import LearningRateScheduler
    from cnnx.callbacks.model_checkpoint import ModelCheckpoint
    from cnnx.callbacks.reduce_on_plateau import ReduceOnPlateau
    from cnnx.callbacks.tensorboard import TensorBoard

_MODULES = {
    "CSVLogger": "csv_logger",
    "EarlyStopping": "early_stopping",
    "LearningRateScheduler": "learning_rate_scheduler",
    "ModelCheckpoint": "model_checkpoint",
    "ReduceOnPlateau": "reduce_on_plateau",
    "TensorBoard": "tensorboard",
}
"""The modules of less common callbacks; imported on first use."""


__getattr__ = finder(__name__, _MODULES)

__all__ = [
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "LearningRateScheduler",
    "LineProgress",
    "Logs",
    "ModelCheckpoint",
    "ProgressBar",
    "ReduceOnPlateau",
    "TensorBoard",
    "TrainedModel",
    "check_callbacks",
]
