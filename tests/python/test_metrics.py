"""Metrics equal counts made by hand, and scikit-learn's where that is installed."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest

import cnnx
from cnnx import ConfigError, ShapeError, metrics

any_: Any = metrics  # whose arguments the type checker does not look at

TRUE = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2, 3])
PREDICTED = np.array([0, 1, 0, 1, 2, 2, 2, 0, 2, 1])
MATRIX = [[2, 1, 0, 0], [0, 1, 1, 0], [1, 0, 3, 0], [0, 1, 0, 0]]
PRECISION = [2 / 3, 1 / 3, 3 / 4, 0]
RECALL = [2 / 3, 1 / 2, 3 / 4, 0]
F1 = [2 / 3, 2 / 5, 3 / 4, 0]
SUPPORT = [3, 2, 4, 1]


def test_by_hand() -> None:
    assert metrics.accuracy(TRUE, PREDICTED) == 0.6
    matrix = metrics.confusion_matrix(TRUE, PREDICTED)
    assert matrix.dtype == np.int64
    assert matrix.tolist() == MATRIX
    for function, expected in (
        (metrics.precision, PRECISION),
        (metrics.recall, RECALL),
        (metrics.f1, F1),
    ):
        np.testing.assert_allclose(function(TRUE, PREDICTED), expected, rtol=1e-15)
        assert function(TRUE, PREDICTED, "macro") == pytest.approx(np.mean(expected))
        assert function(TRUE, PREDICTED, "micro") == 0.6
        by_size = np.dot(expected, SUPPORT) / 10
        assert function(TRUE, PREDICTED, average="weighted") == pytest.approx(by_size)


def test_the_report_holds_all_of_it() -> None:
    report = metrics.classification_report(TRUE, PREDICTED, names=["cat", "dog", "emu", "fox"])
    np.testing.assert_allclose(report.precision, PRECISION)
    np.testing.assert_allclose(report.recall, RECALL)
    np.testing.assert_allclose(report.f1, F1)
    assert report.support.tolist() == SUPPORT
    assert report.accuracy == 0.6
    assert report.macro == pytest.approx([np.mean(v) for v in (PRECISION, RECALL, F1)])
    assert report.weighted == pytest.approx(
        [np.dot(v, SUPPORT) / 10 for v in (PRECISION, RECALL, F1)]
    )
    assert str(report) == (
        "                  precision  recall      F1  images\n"
        "cat                   0.667   0.667   0.667       3\n"
        "dog                   0.333   0.500   0.400       2\n"
        "emu                   0.750   0.750   0.750       4\n"
        "fox                   0.000   0.000   0.000       1\n"
        "\n"
        "macro average         0.438   0.479   0.454      10\n"
        "weighted average      0.567   0.600   0.580      10\n"
        "accuracy                              0.600      10"
    )
    with pytest.raises(FrozenInstanceError):
        report.accuracy = 1.0  # type: ignore[misc]
    assert metrics.classification_report(TRUE, PREDICTED).names == ("0", "1", "2", "3")
    assert str(metrics.ClassificationReport.of(MATRIX, report.names)) == str(report)


def test_scores_and_one_hot_rows_stand_for_their_largest() -> None:
    rng = np.random.default_rng(1)
    scores = rng.random((50, 6)).astype(np.float32)
    true = rng.integers(0, 4, 50)
    expected = metrics.confusion_matrix(true, scores.argmax(axis=1), classes=6)
    assert metrics.confusion_matrix(true, scores).tolist() == expected.tolist()
    assert metrics.confusion_matrix(np.eye(6)[true], scores).tolist() == expected.tolist()
    assert metrics.accuracy(np.eye(6, dtype=bool)[true], scores) == np.trace(expected) / 50
    assert metrics.confusion_matrix([True, False], [1, 1]).tolist() == [[0, 1], [0, 1]]
    assert metrics.accuracy([0, 1], [[1, 1], [1, 1]]) == 0.5  # the first one in case of a tie


def test_top_k() -> None:
    scores = np.array([[0.1, 0.6, 0.3], [0.5, 0.5, 0.0], [0.2, 0.3, 0.5]])
    true = np.array([2, 1, 0])
    assert metrics.top_k_accuracy(true, scores, 1) == 0
    assert metrics.top_k_accuracy(true, scores, 2) == pytest.approx(2 / 3)
    assert metrics.top_k_accuracy(true, scores, 3) == 1
    assert metrics.top_k_accuracy(true, scores) == 1
    assert metrics.top_k_accuracy(np.eye(3)[true], scores, k=2) == pytest.approx(2 / 3)
    rng = np.random.default_rng(2)
    many, labels = rng.integers(0, 4, (200, 10)), rng.integers(0, 10, 200)  # with equal scores
    assert metrics.top_k_accuracy(labels, many, 1) == metrics.accuracy(labels, many)


@pytest.mark.parametrize("seed", range(5))
def test_against_scikit_learn(seed: int) -> None:
    theirs: Any = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(seed)
    classes = int(rng.integers(2, 8))
    scores = rng.random((100, classes))
    true, predicted = rng.integers(0, classes, 100), scores.argmax(axis=1)
    labels = np.arange(classes)
    assert metrics.accuracy(true, scores) == theirs.accuracy_score(true, predicted)
    np.testing.assert_array_equal(
        metrics.confusion_matrix(true, scores),
        theirs.confusion_matrix(true, predicted, labels=labels),
    )
    pairs = {
        metrics.precision: theirs.precision_score,
        metrics.recall: theirs.recall_score,
        metrics.f1: theirs.f1_score,
    }
    for own, their in pairs.items():
        for average in (None, "macro", "micro", "weighted"):
            expected = their(true, predicted, labels=labels, average=average, zero_division=0)
            np.testing.assert_allclose(own(true, scores, average), expected, rtol=1e-12)
    for k in range(1, classes):
        expected = (
            theirs.top_k_accuracy_score(true, scores, k=k, labels=labels)
            if classes > 2
            else metrics.accuracy(true, scores)
        )
        assert metrics.top_k_accuracy(true, scores, k) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: any_.accuracy([0, 1], [0]), ShapeError, "y_true has 2 images and y_pred 1"),
        (lambda: any_.accuracy([], []), ShapeError, "y_true must be classes of shape (N,)"),
        (lambda: any_.accuracy(0, 0), ShapeError, "accuracy: y_true must be classes"),
        (lambda: any_.accuracy([0.5], [1]), TypeError, "classes must be integers, got dtype float"),
        (lambda: any_.accuracy([0], ["cat"]), TypeError, "y_pred"),
        (lambda: any_.accuracy(None, [1]), TypeError, "y_true: expected an array of numbers"),
        (lambda: any_.accuracy([-1], [1]), ConfigError, "at least 0, got -1 at y_true[0]"),
        (lambda: any_.accuracy([3], [[1, 2]]), ConfigError, "from 0 to 1, got 3 at y_true[0]"),
        (lambda: any_.accuracy([0], [[0.7]]), ShapeError, "(y_pred[:, 0] > 0.5).astype(int)"),
        (
            lambda: any_.accuracy([0, 0], [[1, 2], [np.nan, 1]]),
            ConfigError,
            "y_pred[1, 0] is NaN; the network may have diverged",
        ),
        (
            lambda: any_.top_k_accuracy([0], [1], 1),
            ShapeError,
            "scores must have shape (N, classes",
        ),
        (lambda: any_.top_k_accuracy([0], [[1, 2]], 0), ConfigError, "k must be at least 1"),
        (lambda: any_.top_k_accuracy([0], [[1, 2]], 1.0), TypeError, "k must be an integer"),
        (
            lambda: any_.confusion_matrix([0], [2], 2),
            ConfigError,
            "from 0 to 1, got 2 at y_pred[0]",
        ),
        (lambda: any_.confusion_matrix([0], [[1, 2, 3]], 2), ShapeError, "3 columns for 2 classes"),
        (lambda: any_.confusion_matrix([0], [10**6]), ConfigError, "at most 10000 classes"),
        (lambda: any_.f1([0], [1], "binary"), ConfigError, 'average must be one of "macro"'),
        (lambda: any_.f1([0], [1], classes=0), ConfigError, "f1: classes must be at least 1"),
        (
            lambda: any_.classification_report([0], [1], names="ab"),
            TypeError,
            "names must be a sequence of strings",
        ),
        (
            lambda: any_.classification_report([0], [1], names=["a"]),
            ConfigError,
            "from 0 to 0, got 1 at y_pred[0]",
        ),
        (
            lambda: any_.classification_report([0], [1], names=["a", "b"], classes=3),
            ConfigError,
            "names must have 3 entries, to match classes, got 2",
        ),
    ],
)
def test_unusable(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        make()
    assert message in str(caught.value)


def test_the_module_is_there_when_it_is_used() -> None:
    assert cnnx.metrics is metrics


@pytest.mark.parametrize(
    ("matrix", "names", "error", "message"),
    [
        ([[1, 2, 3]], None, ShapeError, "matrix must be square"),
        ([[0, 0], [0, 0]], None, ShapeError, "with 0 images"),
        ([[1.5, 0.0], [0.0, 1.0]], None, TypeError, "integer counts, got float64"),
        ([[1, 0], [0, 1]], ["a"], ShapeError, "names must have 2 entries"),
    ],
)
def test_a_matrix_that_is_none(
    matrix: list[list[float]], names: list[str] | None, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        metrics.ClassificationReport.of(matrix, names)
