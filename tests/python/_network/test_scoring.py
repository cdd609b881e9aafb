"""Scores of arrays and batches, and what cannot be scored; all kinds of data: test_kinds.py."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import cnnx
from cnnx import ConfigError
from support.small import small_data, small_model

N, SIZE = 40, 8
X, Y = small_data(N)
WEIGHTS = np.linspace(0.5, 2.0, N)
CUTS = range(0, N, SIZE)


class Pairs:
    """A sequence of batches, as Keras' ``PyDataset`` is."""

    def __len__(self) -> int:
        return len(CUTS)

    def __getitem__(self, i: int) -> tuple[np.ndarray, np.ndarray]:
        rows = slice(i * SIZE, (i + 1) * SIZE)
        return X[rows], Y[rows]


def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the batches of one epoch."""
    for at in CUTS:
        yield X[at : at + SIZE], Y[at : at + SIZE]


def test_the_cut_into_batches_does_not_matter() -> None:
    model = small_model()
    scores = [model.evaluate(X, Y, batch_size=size) for size in (1, 7, 40, 1000)]
    assert scores == [scores[0]] * 4


def test_sample_weight_of_arrays_and_of_batches() -> None:
    model = small_model()
    found = model.evaluate(X, Y, sample_weight=WEIGHTS)
    triples = [(X[i : i + SIZE], Y[i : i + SIZE], WEIGHTS[i : i + SIZE]) for i in CUTS]
    assert model.evaluate(triples) == found
    each = [model.evaluate(X[i : i + 1], Y[i : i + 1])["loss"] for i in range(N)]
    np.testing.assert_allclose(found["loss"], np.mean(WEIGHTS * each), rtol=1e-6)
    assert found["accuracy"] == model.evaluate(X, Y)["accuracy"]
    assert model.evaluate(X, Y, sample_weight=np.ones(N)) == model.evaluate(X, Y)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m: m.evaluate(X), (TypeError, ConfigError), "y"),
        (lambda m: m.evaluate(Pairs(), Y), (TypeError, ConfigError), "y"),
        (lambda m: m.evaluate(list(batches()), Y), TypeError, "y must be left out"),
        (lambda m: m.evaluate(X, Pairs()), (TypeError, ValueError), "y: "),
        (lambda m: m.evaluate([], []), ValueError, "x"),
        (lambda m: m.evaluate(Pairs(), sample_weight=WEIGHTS), ConfigError, "sample_weight"),
        (lambda m: m.evaluate(X, Y, sample_weight=WEIGHTS[:5]), ValueError, "sample_weight"),
        (lambda m: m.evaluate(X, Y, sample_weight=-WEIGHTS), ValueError, "sample_weight"),
        (lambda m: m.evaluate(iter(())), ValueError, "x: expected some batches in an epoch"),
        (lambda m: m.predict(iter(())), ValueError, "x: expected some batches in an epoch"),
        (lambda m: m.predict(3), cnnx.ShapeError, "(N, 1, 6, 6)"),
        (lambda m: m.predict(X[:, :, :2]), cnnx.ShapeError, "(N, 1, 6, 6)"),
    ],
)
def test_what_cannot_be_scored(call: Any, error: Any, message: str) -> None:
    model = small_model()
    with pytest.raises(error) as caught:
        call(model)
    assert message in str(caught.value)
