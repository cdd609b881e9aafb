"""Errors say their parts as well as their text."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import cnnx
from cnnx import CNN, ConfigError, ShapeError, layers, ops, optimizers


def parts(error: ConfigError | ShapeError) -> tuple[str | None, ...]:
    """Return who is to blame, for what, and what would do."""
    return (error.owner, error.argument, error.expected, error.got)


def test_of_an_argument() -> None:
    with pytest.raises(ConfigError) as caught:
        layers.Conv2D(0, 3)
    assert parts(caught.value) == ("Conv2D", "filters", "at least 1", "0")
    assert caught.value.detail == "filters must be at least 1, got 0"
    assert str(caught.value) == "Conv2D: filters must be at least 1, got 0"


def test_with_a_way_out() -> None:
    with pytest.raises(ConfigError) as caught:
        layers.Dense(3, activation="rleu")
    assert caught.value.hint == 'did you mean "relu"?'
    assert str(caught.value).endswith(f"got 'rleu'; {caught.value.hint}")


def test_of_a_layer_in_the_engine() -> None:
    with pytest.raises(ShapeError) as caught:
        CNN([layers.Conv2D(4, 3), layers.Dense(2)], (1, 8, 8))
    error = caught.value
    assert (error.layer, error.layer_name) == ("1", "Dense")
    assert (error.expected, error.got) == ("flat input (features,)", "(4, 6, 6)")
    assert error.hint == "add layers.Flatten() before it"
    assert str(error) == f"Dense (layer 1): {error.detail}"


def test_inside_a_branch() -> None:
    with pytest.raises(ShapeError) as caught:
        CNN([layers.Residual([layers.Conv2D(1, 9)])], (1, 8, 8))
    assert (caught.value.layer, caught.value.layer_name) == ("0.branch.0", "Conv2D")


def test_of_a_single_pass() -> None:
    x, w = np.zeros((1, 1, 4, 4)), np.zeros((1, 1, 5, 5))
    with pytest.raises(ShapeError) as caught:
        ops.conv2d(x, w)
    assert str(caught.value) == f"ops.conv2d: {caught.value.detail}"
    assert (caught.value.owner, caught.value.layer) == ("ops.conv2d", None)


def test_parts_survive_pickling() -> None:
    with pytest.raises(ConfigError) as caught:
        optimizers.SGD(-1)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), parts(again)) == (str(caught.value), parts(caught.value))


def test_parts_that_are_not_known_are_none() -> None:
    error = cnnx.ConfigError("something else")
    assert parts(error) == (None, None, None, None)
