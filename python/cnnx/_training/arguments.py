"""The arguments of `train`, checked individually; `plan` checks their combination."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import Any

from cnnx._checks.scalars import flag, integer, real
from cnnx.callbacks import check_callbacks
from cnnx.callbacks.progress import LineProgress, ProgressBar, progress_for
from cnnx.checkpoint import CheckpointFolder
from cnnx.errors import ConfigError

_OWNER = "train"


@dataclass(slots=True)
class Arguments:
    """The arguments of `train`; `__post_init__` checks and normalises them."""

    x: Any
    y: Any
    epochs: int
    batch_size: int
    validation_data: Any
    validation_split: float
    shuffle: bool
    verbose: Any
    callbacks: Any
    schedule: Any
    augment: Any
    class_weight: Any
    sample_weight: Any
    checkpoint: Any
    every: int | None
    resume: bool
    progress: ProgressBar | LineProgress | None = field(init=False)

    def __post_init__(self) -> None:
        """Check everything that can be checked without the data."""
        self.epochs = integer(self.epochs, _OWNER, "epochs")
        self.batch_size = integer(self.batch_size, _OWNER, "batch_size")
        self.validation_split = real(
            self.validation_split, _OWNER, "validation_split", minimum=0.0, below=1.0
        )
        self.shuffle = flag(self.shuffle, _OWNER, "shuffle")
        self.callbacks = check_callbacks(self.callbacks)
        self.progress = progress_for(self.verbose, self.callbacks)
        self.augment = _augmentations(self.augment)
        if self.checkpoint is not None:
            self.checkpoint = CheckpointFolder(self.checkpoint)
        if self.every is not None:
            self.every = integer(self.every, _OWNER, "every")
            if self.checkpoint is None:
                raise ConfigError(f'{_OWNER}: every requires checkpoint; pass checkpoint="run/"')
        self.resume = flag(self.resume, _OWNER, "resume")


def _augmentations(value: object) -> list[dict[str, Any]]:
    """Check a list of augmentations and convert it to the engine's format."""
    if value is None:
        return []
    # Imported here, as only runs with augmentation need it.
    augment = importlib.import_module("cnnx.augment")
    return [entry.to_dict() for entry in augment.resolve(value)]
