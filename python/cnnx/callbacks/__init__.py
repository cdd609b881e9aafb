"""Callbacks: what is called while a network trains.

Hook names and their order are Keras'. Epochs and batches count from 0.
"""

from cnnx.callbacks._base import Callback, Logs
from cnnx.callbacks._list import CallbackList, check_callbacks
from cnnx.callbacks.csv_logger import CSVLogger
from cnnx.callbacks.early_stopping import EarlyStopping
from cnnx.callbacks.learning_rate_scheduler import LearningRateScheduler
from cnnx.callbacks.model_checkpoint import ModelCheckpoint
from cnnx.callbacks.progress import LineProgress, ProgressBar
from cnnx.callbacks.reduce_on_plateau import ReduceOnPlateau
from cnnx.callbacks.tensorboard import TensorBoard

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
    "check_callbacks",
]
