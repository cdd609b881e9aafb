"""Evaluation metrics for classifiers, on NumPy arrays.

Every function takes the true classes first. Classes are integers from 0 of shape (N,). Scores of
shape (N, classes), as `CNN.predict` returns them, may be passed instead; the class is then the
index of the largest score, the first one in case of a tie. Where a metric is undefined, such as the
precision of a class that was never predicted, it is 0.

>>> import numpy as np
>>> confusion_matrix(np.array([0, 1, 1]), np.array([0, 1, 0]))
array([[1, 0],
       [1, 1]])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.typing import ArrayLike

from cnnx._checks.arrays import as_array
from cnnx._checks.predictions import class_pair
from cnnx._checks.scalars import choice, describe, integer
from cnnx.errors import ConfigError, ShapeError

_F64 = npt.NDArray[np.float64]
_I64 = npt.NDArray[np.int64]

_MOST_CLASSES = 10_000
"""More classes would need a confusion matrix of gigabytes and are most likely a mistake."""

_AVERAGES = ("macro", "micro", "weighted")


def accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Compute the fraction of correct predictions.

    Parameters
    ----------
    y_true, y_pred : array-like
        Classes (N,), or scores (N, classes).

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    TypeError, ShapeError, ConfigError
        If an argument is invalid.
    """
    true, predicted, _ = class_pair(y_true, y_pred, "accuracy", None)
    return float((true == predicted).mean())


def top_k_accuracy(y_true: ArrayLike, scores: ArrayLike, k: int = 5) -> float:
    """Compute the fraction of images whose class is among the `k` highest scores.

    Parameters
    ----------
    y_true : array-like
        Classes (N,), or one-hot rows (N, classes).
    scores : array-like
        Scores (N, classes). In case of a tie, the first one counts as higher.
    k : int
        Number of classes to consider, at least 1.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    TypeError, ShapeError, ConfigError
        If an argument is invalid.
    """
    k = integer(k, "top_k_accuracy", "k")
    rows = as_array(scores, "scores")
    if rows.ndim != 2:
        raise ShapeError(
            f"top_k_accuracy: scores must have shape (N, classes), got {rows.shape}; pass the "
            "output of predict"
        )
    true, _, _ = class_pair(y_true, rows, "top_k_accuracy", rows.shape[1])
    own = rows[np.arange(len(rows)), true][:, None]
    before = np.arange(rows.shape[1]) < true[:, None]
    higher = ((rows > own) | ((rows == own) & before)).sum(axis=1)
    return float((higher < k).mean())


def confusion_matrix(y_true: ArrayLike, y_pred: ArrayLike, classes: int | None = None) -> _I64:
    """Compute the confusion matrix.

    Parameters
    ----------
    y_true, y_pred : array-like
        Classes (N,), or scores (N, classes).
    classes : int, optional
        Number of classes; by default as many as occur, or as scores have columns.

    Returns
    -------
    ndarray
        int64 (classes, classes): row i, column j counts the images of class i predicted as j.

    Raises
    ------
    TypeError, ShapeError, ConfigError
        If an argument is invalid.
    """
    return _matrix(y_true, y_pred, classes, "confusion_matrix")


def precision(
    y_true: ArrayLike, y_pred: ArrayLike, average: str | None = None, classes: int | None = None
) -> Any:
    """Compute the precision of each class: correct predictions of it / predictions of it.

    Parameters
    ----------
    y_true, y_pred : array-like
        Classes (N,), or scores (N, classes).
    average : "macro", "micro" or "weighted", optional
        Return an average instead of one number per class: their mean; the value over all images
        together, which is the accuracy; or their mean weighted by the number of images of a class.
    classes : int, optional
        Number of classes, as for `confusion_matrix`.

    Returns
    -------
    ndarray or float
        float64 (classes,), or a single number if `average` is given.

    Raises
    ------
    TypeError, ShapeError, ConfigError
        If an argument is invalid.
    """
    report = _Scores.of(_matrix(y_true, y_pred, classes, "precision"))
    return report.averaged(report.precision, average, "precision")


def recall(
    y_true: ArrayLike, y_pred: ArrayLike, average: str | None = None, classes: int | None = None
) -> Any:
    """Compute the recall of each class: correct predictions of it / images of it.

    Parameters
    ----------
    y_true, y_pred, average, classes
        As for `precision`.

    Returns
    -------
    ndarray or float
        float64 (classes,), or a single number if `average` is given.

    Raises
    ------
    TypeError, ShapeError, ConfigError
        If an argument is invalid.
    """
    report = _Scores.of(_matrix(y_true, y_pred, classes, "recall"))
    return report.averaged(report.recall, average, "recall")


def f1(
    y_true: ArrayLike, y_pred: ArrayLike, average: str | None = None, classes: int | None = None
) -> Any:
    """Compute the F1 score of each class: the harmonic mean of precision and recall.

    Parameters
    ----------
    y_true, y_pred, average, classes
        As for `precision`.

    Returns
    -------
    ndarray or float
        float64 (classes,), or a single number if `average` is given.

    Raises
    ------
    TypeError, ShapeError, ConfigError
        If an argument is invalid.
    """
    report = _Scores.of(_matrix(y_true, y_pred, classes, "f1"))
    return report.averaged(report.f1, average, "f1")


@dataclass(frozen=True, slots=True, eq=False)
class ClassificationReport:
    """The scores of a classifier; print it to see a table.

    Attributes
    ----------
    names : tuple[str, ...]
        Names of the classes.
    precision, recall, f1 : ndarray
        float64 (classes,).
    support : ndarray
        int64 (classes,), the number of images of each class.
    accuracy : float
        Fraction of correct predictions, which is the micro average of the other three.
    macro, weighted : tuple[float, float, float]
        Precision, recall and F1 averaged over the classes, unweighted and weighted by support.
    """

    names: tuple[str, ...]
    precision: _F64
    recall: _F64
    f1: _F64
    support: _I64
    accuracy: float
    macro: tuple[float, float, float]
    weighted: tuple[float, float, float]

    @classmethod
    def of(cls, matrix: ArrayLike, names: Sequence[str] | None = None) -> ClassificationReport:
        """Create a report from a confusion matrix, such as a sum over batches.

        Parameters
        ----------
        matrix : array-like
            Counts (classes, classes): row i, column j counts the images of class i predicted as j.
        names : sequence of str, optional
            Names of the classes; by default their numbers.

        Returns
        -------
        ClassificationReport
            The report.

        Raises
        ------
        TypeError, ShapeError
            If an argument is invalid.
        """
        counts = np.asarray(matrix)
        if counts.dtype.kind not in "iu":
            raise TypeError(
                f"ClassificationReport: matrix must contain integer counts, got {counts.dtype}"
            )
        if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or counts.sum() == 0:
            raise ShapeError(
                "ClassificationReport: matrix must be square and count at least one image, got "
                f"shape {counts.shape} with {int(counts.sum())} images"
            )
        if names is not None and len(names) != len(counts):
            raise ShapeError(
                f"ClassificationReport: names must have {len(counts)} entries, one for each row of "
                f"matrix, got {len(names)}"
            )
        scores = _Scores.of(counts.astype(np.int64))
        return cls(
            names=tuple(names if names is not None else map(str, range(len(counts)))),
            precision=scores.precision,
            recall=scores.recall,
            f1=scores.f1,
            support=scores.support,
            accuracy=scores.accuracy,
            macro=scores.all_averaged("macro"),
            weighted=scores.all_averaged("weighted"),
        )

    def __str__(self) -> str:
        """Format the report as a table."""
        total = int(self.support.sum())
        width = max(len(name) for name in (*self.names, "weighted average"))
        lines = [f"{'':{width}}  precision  recall      F1  images"]

        def line(name: str, scores: tuple[float, float, float], images: int) -> None:
            p, r, f = (f"{score:.3f}" for score in scores)
            lines.append(f"{name:{width}}  {p:>9}  {r:>6}  {f:>6}  {images:>6}")

        scores = zip(self.precision, self.recall, self.f1, strict=True)
        for name, row, images in zip(self.names, scores, self.support, strict=True):
            line(name, row, int(images))
        lines.append("")
        line("macro average", self.macro, total)
        line("weighted average", self.weighted, total)
        lines.append(f"{'accuracy':{width}}  {'':9}  {'':6}  {self.accuracy:>6.3f}  {total:>6}")
        return "\n".join(lines)


def classification_report(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    names: Sequence[str] | None = None,
    classes: int | None = None,
) -> ClassificationReport:
    """Compute precision, recall and F1 score of each class, their averages, and the accuracy.

    Parameters
    ----------
    y_true, y_pred : array-like
        Classes (N,), or scores (N, classes).
    names : sequence of str, optional
        Names of the classes; by default their numbers. It also sets the number of classes.
    classes : int, optional
        Number of classes, as for `confusion_matrix`.

    Returns
    -------
    ClassificationReport
        The report; ``print`` shows it as a table.

    Raises
    ------
    TypeError, ShapeError, ConfigError
        If an argument is invalid.
    """
    if names is not None:
        if isinstance(names, str) or not all(isinstance(name, str) for name in names):
            raise TypeError(
                "classification_report: names must be a sequence of strings, one for each class, "
                f"got {describe(names)}"
            )
        if classes is not None and classes != len(names):
            raise ConfigError(
                f"classification_report: names must have {classes} entries, to match classes, got "
                f"{len(names)}"
            )
        classes = len(names)
    matrix = _matrix(y_true, y_pred, classes, "classification_report")
    return ClassificationReport.of(matrix, names)


@dataclass(frozen=True, slots=True)
class _Scores:
    """Scores computed from a confusion matrix."""

    precision: _F64
    recall: _F64
    f1: _F64
    support: _I64
    accuracy: float

    @classmethod
    def of(cls, matrix: _I64) -> _Scores:
        """Compute the metrics."""
        hits, support, predicted = matrix.diagonal(), matrix.sum(axis=1), matrix.sum(axis=0)
        return cls(
            _ratio(hits, predicted),
            _ratio(hits, support),
            _ratio(2 * hits, support + predicted),
            support,
            float(hits.sum() / support.sum()),
        )

    def averaged(self, values: _F64, average: str | None, owner: str) -> Any:
        """Average over the classes, or return the values unchanged if `average` is None."""
        if average is None:
            return values
        average = choice(average, owner, "average", _AVERAGES)
        if average == "micro":
            return self.accuracy
        weights = self.support if average == "weighted" else None
        return float(np.average(values, weights=weights))

    def all_averaged(self, average: str) -> tuple[float, float, float]:
        """Average precision, recall and F1."""
        p, r, f = (self.averaged(v, average, "") for v in (self.precision, self.recall, self.f1))
        return float(p), float(r), float(f)


def _ratio(part: _I64, whole: _I64) -> _F64:
    """Divide counts; 0 where the divisor is 0."""
    return np.asarray(np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0))


def _matrix(y_true: ArrayLike, y_pred: ArrayLike, classes: int | None, owner: str) -> _I64:
    """Count the pairs of true and predicted classes."""
    if classes is not None:
        classes = integer(classes, owner, "classes")
    true, predicted, count = class_pair(y_true, y_pred, owner, classes)
    if count > _MOST_CLASSES:
        raise ConfigError(
            f"{owner}: a confusion matrix can have at most {_MOST_CLASSES} classes, got {count}; "
            "check that the arguments are classes"
        )
    pairs = np.bincount(true * count + predicted, minlength=count * count)
    return pairs.reshape(count, count).astype(np.int64)


__all__ = [
    "ClassificationReport",
    "accuracy",
    "classification_report",
    "confusion_matrix",
    "f1",
    "precision",
    "recall",
    "top_k_accuracy",
]
