"""The classes of a network's targets: class weights and class imbalance."""

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
"""Ratio of the largest to the smallest class from which on there is a warning."""


@dataclass(frozen=True, slots=True)
class Imbalance:
    """The largest and the smallest class of a dataset, with their numbers of images."""

    most: int
    most_images: int
    least: int
    least_images: int


@dataclass(frozen=True, slots=True)
class Classes:
    """Interprets the targets of a network as classes."""

    loss: str
    output_shape: tuple[int, ...]

    @property
    def count(self) -> int:
        """The number of classes: one per output, or two for binary classification."""
        return 2 if self._yes_or_no else math.prod(self.output_shape)

    @property
    def _yes_or_no(self) -> bool:
        """Whether a single output is the probability of class 1."""
        return self.loss == "binary_cross_entropy" and self.output_shape == (1,)

    def find(self, labels: Array) -> Array | None:
        """Return the class of each image, or None if targets are not classes."""
        if labels.ndim == 1:
            return labels
        found: Array | None = None
        if self.loss in OF_CLASSES:
            found = labels.reshape(len(labels), -1).argmax(axis=1)
        elif self._yes_or_no:
            found = (labels[:, 0] > 0.5).astype(np.int64)
        return found

    def weigh(self, table: Array, labels: Array) -> Array:
        """Return the class weight of each image."""
        found: Array = table[self._named(labels)]
        return found

    def table(self, value: object, labels: Array | None) -> Array | None:
        """Check class weights and convert them to one number per class."""
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
        """Return the imbalance if the largest class is at least ten times the smallest.

        Classes without images are ignored, as they may be added later. Targets that are not classes
        are never imbalanced.
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
        """Warn about imbalanced classes."""
        found = self.imbalance(labels)
        if found is None:
            return
        warnings.warn(
            f"class {found.most} has {found.most_images} images and class {found.least} has "
            f"{found.least_images}: the network may never predict the rare class, which accuracy "
            'hardly shows; pass class_weight="balanced", and evaluate with '
            "cnnx.metrics.classification_report",
            UserWarning,
            stacklevel=levels_to_the_caller(),
        )

    def _named(self, labels: Array) -> Array:
        """Return the class of each image, or raise an error if targets are not classes."""
        names = self.find(labels)
        if names is None:
            raise ConfigError(
                f"train: class_weight requires a class for every image, but the targets for "
                f"{self.loss} have shape {labels.shape}; pass labels of shape (N,), or "
                "sample_weight instead"
            )
        return names

    def _balanced(self, value: str, labels: Array | None) -> Array:
        """Compute class weights that give all classes the same total weight."""
        if value != "balanced":
            raise ConfigError(
                f'train: class_weight must be a dict, a list or "balanced", got {value!r}'
            )
        if labels is None:
            raise ConfigError(
                'train: class_weight="balanced" requires all labels in advance, which x does not '
                "provide; pass a weight for each class"
            )
        counts = np.bincount(self._named(labels), minlength=self.count)
        present = int((counts > 0).sum())
        return np.where(counts > 0, len(labels) / (present * np.maximum(counts, 1)), 1.0)
