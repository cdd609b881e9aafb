"""Weights of images and classes reach the engine as they should, and change what is learnt."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cnnx import ConfigError, ShapeError
from cnnx.data._classes import Classes
from cnnx.data._weights import combined, sample_weights
from small import small_data, small_model, weights

F32 = np.dtype(np.float32)
LABELS = np.array([0, 0, 0, 2, 2, 1])
CLASSES = Classes("cross_entropy", (3,))


def test_combined() -> None:
    table = np.array([1.0, 2.0, 4.0])
    own = np.arange(6, dtype=np.float32)
    by_class = combined(CLASSES, table, LABELS, None, F32)
    assert by_class is not None
    assert by_class.dtype == F32
    np.testing.assert_array_equal(by_class, [1, 1, 1, 4, 4, 2])
    np.testing.assert_array_equal(combined(CLASSES, table, np.eye(3)[LABELS], None, F32), by_class)  # type: ignore[arg-type]
    np.testing.assert_array_equal(combined(CLASSES, table, LABELS, own, F32), own * by_class)  # type: ignore[arg-type]
    assert combined(CLASSES, None, LABELS, own, F32) is own
    assert combined(CLASSES, None, LABELS, None, F32) is None


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ({3: 1}, ConfigError, "a class in class_weight must be at most 2, got 3"),
        ({"0": 1}, TypeError, "a class in class_weight must be an integer"),
        ({0: -1}, ConfigError, r"class_weight\[0\] must be at least 0"),
        ([1, 2], ConfigError, "one number for each of the 3 classes, got 2"),
        ("equal", ConfigError, 'must be a dict, a list or "balanced"'),
        ([0, 0, 0], ConfigError, "gives every image weight 0"),
        (3, TypeError, 'must be a dict, a list or "balanced"'),
    ],
)
def test_unusable_class_weights(value: Any, error: type[Exception], message: str) -> None:
    x, y = small_data()
    model = small_model()
    before = weights(model)
    with pytest.raises(error, match=message):
        model.train(x, y, verbose=0, class_weight=value)
    assert weights(model) == before


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (np.ones(3), ShapeError, r"one number per image, shape \(40,\)"),
        (np.full(40, -1.0), ValueError, r"of at least 0, got -1.0 at sample_weight\[0\]"),
        (np.full(40, np.nan), ValueError, "finite numbers"),
        (np.zeros(40), ValueError, "all weights are 0"),
        (["a"] * 40, TypeError, "sample_weight: expected numbers"),
    ],
)
def test_unusable_sample_weights(value: Any, error: type[Exception], message: str) -> None:
    x, y = small_data()
    with pytest.raises(error, match=message):
        small_model().train(x, y, verbose=0, sample_weight=value)


def test_sample_weights_are_converted() -> None:
    found = sample_weights([1, 2, 3], 3, F32)
    assert found is not None
    assert found.dtype == F32
    assert sample_weights(None, 3, F32) is None


def test_images_of_weight_0_do_not_count() -> None:
    """Their pixels have no effect."""
    x, y = small_data()
    used = np.arange(len(x)) % 2 == 0
    other = np.where(used[:, None, None, None], x, 7.0).astype(np.float32)
    models = [small_model() for _ in range(2)]
    for model, images in zip(models, (x, other), strict=True):
        model.train(images, y, epochs=2, verbose=0, sample_weight=used)
    assert weights(models[0]) == weights(models[1])
    unweighted = small_model()
    unweighted.train(x, y, epochs=2, verbose=0)
    assert weights(unweighted) != weights(models[0])


def test_a_weight_for_each_class_is_one_for_each_of_its_images() -> None:
    x, y = small_data()
    models = [small_model() for _ in range(3)]
    table = np.array([1.0, 3.0, 0.5])
    models[0].train(x, y, verbose=0, class_weight={1: 3.0, 2: 0.5})
    models[1].train(x, y, verbose=0, class_weight=list(table))
    models[2].train(x, y, verbose=0, sample_weight=table[y])
    assert weights(models[0]) == weights(models[1]) == weights(models[2])


def test_the_held_out_part_has_no_weights() -> None:
    x, y = small_data()
    sample_weight = np.ones(len(x))
    sample_weight[30:] = 9.0
    models = [small_model() for _ in range(2)]
    for model, value in zip(models, (sample_weight, np.ones(len(x))), strict=True):
        model.train(x, y, verbose=0, validation_split=0.25, sample_weight=value)
    assert weights(models[0]) == weights(models[1])
