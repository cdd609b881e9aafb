"""Weights of classes become weights of images; uneven classes are told of."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from cnnx import CNN, ConfigError, layers
from cnnx.data._classes import Classes
from small import small_data, small_model

LABELS = np.array([0, 0, 0, 1, 2, 2, 0, 0], np.int64)
ROWS = np.eye(4)[LABELS]
YES_NO = np.array([[0.0], [1.0], [0.4], [0.0], [0.1]])


def weigh(value: Any, labels: Any = LABELS, loss: str = "cross_entropy", outputs: int = 4) -> Any:
    classes = Classes(loss, (outputs,))
    table = classes.table(value, labels)
    assert table is not None
    return classes.weigh(table, labels)


@pytest.mark.parametrize("labels", [LABELS, ROWS], ids=["labels", "rows"])
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({0: 0.5, 2: 3}, [0.5, 1, 3, 1]),
        ({}, [1, 1, 1, 1]),
        ({np.int64(1): np.float32(2)}, [1, 2, 1, 1]),
        ([1, 2, 3, 4], [1, 2, 3, 4]),
        (np.array([0.0, 1.0, 0.5, 0.25]), [0, 1, 0.5, 0.25]),
        ("balanced", [8 / 15, 8 / 3, 8 / 6, 0]),
    ],
)
def test_every_form(labels: Any, value: Any, expected: list[float]) -> None:
    np.testing.assert_allclose(weigh(value, labels), np.array(expected)[LABELS], rtol=1e-15)


def test_balanced_gives_every_class_the_same_sum() -> None:
    weights = weigh("balanced")
    for label in range(3):
        assert weights[label == LABELS].sum() == pytest.approx(8 / 3, rel=1e-6)
    binary = weigh("balanced", YES_NO, "binary_cross_entropy", 1)
    np.testing.assert_allclose(binary, [0.625, 2.5, 0.625, 0.625, 0.625])


def test_balanced_agrees_with_scikit_learn() -> None:
    utilities = pytest.importorskip("sklearn.utils.class_weight")
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 300) * rng.integers(0, 2, 300)
    expected = utilities.compute_sample_weight("balanced", labels)
    np.testing.assert_allclose(weigh("balanced", labels), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("fair",), ConfigError, "a list or \"balanced\", got 'fair'"),
        ((3.0,), TypeError, "class_weight must be a dict, a list"),
        (([1, 2, 3],), ConfigError, "one number for each of the 4 classes, got 3"),
        (([1, 2, 3, -1],), ConfigError, "class_weight[3] must be at least 0, got -1"),
        (({4: 1.0},), ConfigError, "a class in class_weight must be at most 3, got 4"),
        (({-1: 1.0},), ConfigError, "a class in class_weight must be at least 0"),
        (({"cat": 1.0},), TypeError, "a class in class_weight must be an integer"),
        (({0: float("nan")},), ConfigError, "class_weight[0] must be a finite number"),
        (("balanced", ROWS, "mse"), ConfigError, "pass labels of shape (N,), or sample_weight"),
        (
            ("balanced", ROWS, "binary_cross_entropy"),
            ConfigError,
            "requires a class for every image",
        ),
    ],
)
def test_unusable(arguments: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        weigh(*arguments)
    assert message in str(caught.value)
    assert str(caught.value).startswith("train: ")


def test_uneven_classes_are_told_of() -> None:
    labels = np.repeat([2, 0], [1, 10])
    with pytest.warns(UserWarning, match="class 0 has 10 images and class 2 has 1: .*balanced"):
        Classes("cross_entropy", (4,)).warn_if_imbalanced(labels)
    with pytest.warns(UserWarning, match="class 0 has 10 images and class 2 has 1"):
        Classes("focal", (4,)).warn_if_imbalanced(np.eye(4)[labels])
    with pytest.warns(UserWarning, match="class 1 has 12 images and class 0 has 1"):
        Classes("binary_cross_entropy", (1,)).warn_if_imbalanced(np.r_[0, np.ones(12)][:, None])


@pytest.mark.parametrize(
    ("labels", "loss", "outputs"),
    [
        (np.repeat([2, 0], [1, 9]), "cross_entropy", 4),  # less than ten times
        (np.zeros(50, np.int64), "cross_entropy", 4),  # the others have none
        (np.tile([9.0, -1.0, 2.0], (50, 1)), "mse", 3),
        (np.tile([1.0, 0.0, 0.0], (50, 1)), "binary_cross_entropy", 3),
    ],
)
def test_no_warning(labels: Any, loss: str, outputs: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Classes(loss, (outputs,)).warn_if_imbalanced(labels)


def test_training_tells_of_them() -> None:
    """Unless something weighs them."""
    x, y = small_data()
    rows = np.r_[np.flatnonzero(y == 1)[:1], np.flatnonzero(y != 1)]
    with pytest.warns(UserWarning, match="and class 1 has 1: ") as caught:
        small_model().train(x[rows], y[rows], verbose=0)
    assert [warning.filename for warning in caught] == [__file__]
    small_model().train(x[rows], y[rows], verbose=0, class_weight="balanced")
    small_model().train(x[rows], y[rows], verbose=0, sample_weight=np.ones(len(rows)))
    small_model().find_learning_rate(x[rows], y[rows])


def test_a_single_output_tells_two_classes_apart() -> None:
    x, y = small_data()
    binary = (y == 1).astype(np.float32)
    expected = np.where(binary > 0, len(y) / (2 * binary.sum()), len(y) / (2 * (1 - binary).sum()))
    states = []
    for options in ({"class_weight": "balanced"}, {"sample_weight": expected}):
        model = CNN([layers.Flatten(), layers.Dense(1)], x.shape[1:], loss="binary_cross_entropy")
        model.train(x, binary, verbose=0, **options)  # type: ignore[arg-type]
        states.append(model.state_dict()["1.weight"])
    np.testing.assert_array_equal(*states)
