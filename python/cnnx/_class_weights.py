"""Weights of classes -> weights of images, and the warning for classes of very different size."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from cnnx._arrays import Array
from cnnx._batches import levels_to_the_caller
from cnnx._targets import OF_CLASSES
from cnnx._validate import describe, integer, real
from cnnx.errors import ConfigError

_UNEVEN = 10
"""How many times as large as the smallest class the largest may be before there is a warning."""


def class_weights(
    value: object, labels: Array, loss: str, output_shape: tuple[int, ...], dtype: np.dtype[Any]
) -> Array:
    """Make a weight for each image from weights for classes.

    Parameters
    ----------
    value : object
        What a user passes for ``class_weight``: a dict from class to weight (classes that it leaves
        out count once), a sequence with a weight for each class, or "balanced", which gives every
        class that there is the same sum of weights, and all images together their number.
    labels : ndarray
        Checked targets of all images, as `cnnx._targets.targets` gives them.
    loss : str
        The kind of the loss.
    output_shape : tuple[int, ...]
        The shape of one image's output.
    dtype : dtype
        The network's precision.

    Returns
    -------
    ndarray
        Of `dtype` and shape (N,).

    Raises
    ------
    TypeError
        If it is none of these, or a weight is not a number.
    ConfigError
        If the targets are not classes, a class does not exist, or weights are missing, negative or
        not finite, or all are 0.
    """
    names, classes = _classes_of(labels, loss, output_shape)
    if classes == 0:
        raise ConfigError(
            f"train: class_weight needs a class for every image, and the targets for {loss} have "
            f"shape {labels.shape}; pass labels of shape (N,), or sample_weight instead"
        )
    if isinstance(value, str):
        if value != "balanced":
            raise ConfigError(
                f'train: class_weight must be a dict, a sequence or "balanced", got {value!r}'
            )
        counts = np.bincount(names, minlength=classes)
        weights = len(names) / (np.count_nonzero(counts) * np.maximum(counts, 1))
    elif isinstance(value, Mapping):
        weights = _from_mapping(value, classes)
    else:
        weights = _from_sequence(value, classes)
    found: Array = weights[names].astype(dtype)
    if not found.any():
        raise ConfigError("train: class_weight gives every image the weight 0")
    return found


def warn_if_uneven(labels: Array, loss: str, output_shape: tuple[int, ...]) -> None:
    """Warn where the largest class has more than ten times the images of the smallest.

    Classes without any image do not count: they may be meant for later. Targets that are not
    classes are left alone.

    Parameters
    ----------
    labels : ndarray
        Checked targets, as for `class_weights`.
    loss : str
        The kind of the loss.
    output_shape : tuple[int, ...]
        The shape of one image's output.
    """
    names, classes = _classes_of(labels, loss, output_shape)
    if classes == 0:
        return
    counts = np.bincount(names, minlength=classes)
    present = np.flatnonzero(counts)
    most = int(counts.argmax())
    least = int(present[counts[present].argmin()])
    if counts[most] <= _UNEVEN * counts[least]:
        return
    warnings.warn(
        f"class {most} has {counts[most]} images and class {least} has {counts[least]}: a network "
        "trained on them may never name the rare one, and accuracy will hardly show it; pass "
        'class_weight="balanced", and look at cnnx.metrics.classification_report',
        UserWarning,
        stacklevel=levels_to_the_caller(),
    )


def _classes_of(labels: Array, loss: str, output_shape: tuple[int, ...]) -> tuple[Array, int]:
    """Tell the class of every image and how many there are; none where targets are not classes."""
    if labels.ndim == 1:
        return labels, output_shape[0]
    if loss in OF_CLASSES:
        return labels.argmax(axis=1), output_shape[0]
    if loss == "binary_cross_entropy" and output_shape == (1,):
        return (labels[:, 0] > 0.5).astype(np.int64), 2
    return labels, 0


def _from_mapping(value: Mapping[Any, Any], classes: int) -> Array:
    """Make an array of a dict."""
    weights = np.ones(classes)
    for key, weight in value.items():
        index = integer(key, "train", "a class of class_weight", minimum=0)
        if index >= classes:
            raise ConfigError(
                f"train: class_weight names class {index}, and there are {classes}: 0 to "
                f"{classes - 1}"
            )
        weights[index] = real(weight, "train", f"class_weight[{index}]", minimum=0.0)
    return weights


def _from_sequence(value: object, classes: int) -> Array:
    """Check a sequence."""
    if isinstance(value, np.ndarray) and value.ndim == 1:
        value = value.tolist()
    if not isinstance(value, (list, tuple)):
        raise TypeError(
            f'train: class_weight must be a dict, a sequence or "balanced", got {describe(value)}'
        )
    if len(value) != classes:
        raise ConfigError(
            f"train: class_weight must have a weight for each of {classes} classes, "
            f"got {len(value)}"
        )
    checked = [real(w, "train", f"class_weight[{i}]", minimum=0.0) for i, w in enumerate(value)]
    return np.array(checked)
