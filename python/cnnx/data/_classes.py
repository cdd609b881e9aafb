"""The classes of a network's targets: how much each counts, and whether one is far too rare."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cnnx._checks.caller import levels_to_the_caller
from cnnx._checks.scalars import describe, integer, real
from cnnx._checks.targets import OF_CLASSES
from cnnx._types import Array
from cnnx.errors import ConfigError

_UNEVEN = 10
"""How many times as large as the smallest class the largest is when there is a warning."""


@dataclass(frozen=True, slots=True)
class Imbalance:
    """The largest and the smallest class of a set, with their numbers of images."""

    most: int
    most_images: int
    least: int
    least_images: int


@dataclass(frozen=True, slots=True)
class Classes:
    """What targets of a network say about classes."""

    loss: str
    output_shape: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many there are: one for each output, and two where one output tells them apart."""
        return 2 if self._yes_or_no else math.prod(self.output_shape)

    @property
    def _yes_or_no(self) -> bool:
        """Whether a single output is the probability of class 1."""
        return self.loss == "binary_cross_entropy" and self.output_shape == (1,)

    def find(self, labels: Array) -> Array | None:
        """Tell the class of every image."""
        if labels.ndim == 1:
            return labels
        found: Array | None = None
        if self.loss in OF_CLASSES:
            found = labels.reshape(len(labels), -1).argmax(axis=1)
        elif self._yes_or_no:
            found = (labels[:, 0] > 0.5).astype(np.int64)
        return found

    def weigh(self, table: Array, labels: Array) -> Array:
        """Give each image the weight of its class."""
        found: Array = table[self._named(labels)]
        return found

    def table(self, value: object, labels: Array | None) -> Array | None:
        """Check a weight for each class."""
        if value is None:
            return None
        if labels is not None:
            self._named(labels)
        if isinstance(value, str):
            return self._balanced(value, labels)
        count = self.count
        table = np.ones(count)
        if isinstance(value, Mapping):
            for key, weight in value.items():
                index = integer(
                    key, "train", "a class in class_weight", minimum=0, maximum=count - 1
                )
                table[index] = real(weight, "train", f"class_weight[{index}]", minimum=0.0)
            return table
        if not isinstance(value, (list, tuple, np.ndarray)):
            raise TypeError(
                f'train: class_weight must be a dict, a list or "balanced", got {describe(value)}'
            )
        if len(value) != count:
            raise ConfigError(
                f"train: class_weight must have one number for each of the {count} classes, "
                f"got {len(value)}"
            )
        for index, weight in enumerate(value):
            table[index] = real(weight, "train", f"class_weight[{index}]", minimum=0.0)
        return table

    def imbalance(self, labels: Array) -> Imbalance | None:
        """Find out whether the largest class has ten times the images of the smallest, or more.

        Classes without any image do not count: they may be meant for later. Targets that are not
        classes are never imbalanced.
        """
        names = self.find(labels)
        if names is None:
            return None
        counts = np.bincount(names, minlength=self.count)
        present = np.flatnonzero(counts)
        most = int(counts.argmax())
        least = int(present[counts[present].argmin()])
        if counts[most] < _UNEVEN * counts[least] or most == least:
            return None
        return Imbalance(most, int(counts[most]), least, int(counts[least]))

    def warn_if_imbalanced(self, labels: Array) -> None:
        """Warn of classes of very different size."""
        found = self.imbalance(labels)
        if found is None:
            return
        warnings.warn(
            f"class {found.most} has {found.most_images} images and class {found.least} has "
            f"{found.least_images}: a network trained on them may never predict the rare one, and "
            'accuracy will hardly show it; pass class_weight="balanced", and look at '
            "cnnx.metrics.classification_report",
            UserWarning,
            stacklevel=levels_to_the_caller(),
        )

    def _named(self, labels: Array) -> Array:
        """Tell the class of every image, or refuse targets that have none."""
        names = self.find(labels)
        if names is None:
            raise ConfigError(
                f"train: class_weight needs a class for every image, and the targets for "
                f"{self.loss} have shape {labels.shape}; pass labels of shape (N,), or "
                "sample_weight instead"
            )
        return names

    def _balanced(self, value: str, labels: Array | None) -> Array:
        """Count the images of each class."""
        if value != "balanced":
            raise ConfigError(
                f'train: class_weight must be a dict, a list or "balanced", got {value!r}'
            )
        if labels is None:
            raise ConfigError(
                'train: class_weight="balanced" counts labels, and batches come one by one here; '
                "pass a weight for each class"
            )
        counts = np.bincount(self._named(labels), minlength=self.count)
        present = int((counts > 0).sum())
        return np.where(counts > 0, len(labels) / (present * np.maximum(counts, 1)), 1.0)
