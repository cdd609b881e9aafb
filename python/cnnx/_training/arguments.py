"""The arguments of `train`, each checked alone; `plan` checks them together."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import Any

from cnnx._checks.constraints import Flag, Integer, Maybe, Real
from cnnx._spec import check_fields, checked
from cnnx.callbacks import check_callbacks
from cnnx.callbacks.progress import LineProgress, ProgressBar, progress_for
from cnnx.checkpoint import CheckpointFolder
from cnnx.errors import ConfigError

_OWNER = "train"


@dataclass(slots=True)
class Arguments:
    """What `train` was called with; `__post_init__` brings each argument into one form."""

    x: Any
    y: Any
    epochs: int = field(metadata=checked(Integer()))
    batch_size: int = field(metadata=checked(Integer()))
    validation_data: Any
    validation_split: float = field(metadata=checked(Real(minimum=0.0, below=1.0)))
    shuffle: bool = field(metadata=checked(Flag()))
    verbose: Any
    callbacks: Any
    schedule: Any
    augment: Any
    class_weight: Any
    sample_weight: Any
    checkpoint: Any
    every: int | None = field(metadata=checked(Maybe(Integer())))
    resume: bool = field(metadata=checked(Flag()))
    progress: ProgressBar | LineProgress | None = field(init=False)

    def __post_init__(self) -> None:
        """Check whatever can be checked without looking at the data."""
        check_fields(self, _OWNER)
        self.callbacks = check_callbacks(self.callbacks)
        self.progress = progress_for(self.verbose, self.callbacks)
        self.augment = _augmentations(self.augment)
        if self.checkpoint is not None:
            self.checkpoint = CheckpointFolder(self.checkpoint)
        if self.every is not None and self.checkpoint is None:
            raise ConfigError(f'{_OWNER}: every needs a folder; pass checkpoint="run/" with it')


def _augmentations(value: object) -> list[dict[str, Any]]:
    """Check a list of augmentations and bring it into the engine's form."""
    if value is None:
        return []
    # Imported here because only runs with augmentation need it.
    augment = importlib.import_module("cnnx.augment")
    return [entry.to_dict() for entry in augment.resolve(value)]
