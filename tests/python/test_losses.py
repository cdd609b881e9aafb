"""Losses are found by name and survive the way through a dict."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from cnnx import CNN, ConfigError, ShapeError, losses
from cnnx.layers import Conv2D, Dense
from cnnx.losses import (
    BinaryCrossEntropy,
    CrossEntropy,
    Focal,
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
)
from cnnx.optimizers import SGD
from support.checks import hash_arrays


@pytest.mark.parametrize("kind", losses.REGISTRY)
def test_by_name_and_through_a_dict(kind: str) -> None:
    loss = losses.resolve(kind)
    assert type(loss) is losses.REGISTRY[kind]
    assert losses.from_dict(loss.to_dict()) == loss
    assert losses.resolve(loss) is loss
    assert CNN([Dense(2)], (3,), loss=kind).loss == CNN([Dense(2)], (3,), loss=loss).loss == loss


def test_names_are_the_contract() -> None:
    assert losses.resolve("cross_entropy") == CrossEntropy()
    assert losses.resolve("mse") == MeanSquaredError()
    assert losses.resolve("binary_cross_entropy") == BinaryCrossEntropy()
    assert losses.resolve("focal") == Focal(2.0)
    assert losses.resolve("mae") == MeanAbsoluteError()
    assert losses.resolve("huber") == Huber(1.0)


def test_arguments_take_one_form() -> None:
    assert Focal(2, np.array([1, 2])).alpha == (1.0, 2.0)
    assert Focal(2, [1, 2]) == Focal(2.0, (1.0, 2.0))
    again = losses.from_dict(json.loads(json.dumps(Focal(1, [0.5, 2]).to_dict())))
    assert again == Focal(1.0, (0.5, 2.0))
    assert losses.from_dict({"kind": "cross_entropy"}) == CrossEntropy(0.0)


any_: Any = losses  # whose arguments the type checker does not look at


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: any_.CrossEntropy(1.0), ConfigError, "label_smoothing must be smaller than 1"),
        (lambda: any_.CrossEntropy("a"), TypeError, "label_smoothing must be a number"),
        (lambda: any_.Focal(-1), ConfigError, "Focal: gamma must be at least 0"),
        (lambda: any_.Focal(2, 0.25), TypeError, "alpha must be a sequence of weights"),
        (lambda: any_.Focal(2, []), ConfigError, "alpha must have one weight for each class"),
        (lambda: any_.Focal(2, [1, -1]), ConfigError, "alpha[1] must be at least 0, got -1"),
        (lambda: any_.Huber(0), ConfigError, "Huber: delta must be greater than 0"),
        (
            lambda: CNN([Dense(3)], (4,), loss=Focal(2, [1, 2])),
            ConfigError,
            "focal loss has 2 weights in alpha for 3 classes",
        ),
        (lambda: CNN([Conv2D(2, 1)], (1, 4, 4), loss="focal"), ShapeError, "Flatten()"),
    ],
)
def test_unusable_arguments(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        make()
    assert message in str(caught.value)


def _binary(last: str) -> CNN:
    layers = [Dense(1, activation=last)]
    return CNN(layers, (3,), loss="binary_cross_entropy", optimizer=SGD(0.5), seed=2)


def test_one_output_tells_two_classes_apart() -> None:
    """A final sigmoid is in the loss and comes back in predictions; accuracy is defined."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal((40, 3)).astype(np.float32)
    y = (x @ [1.0, -2.0, 0.5] > 0).astype(np.int64)
    model, logits = _binary("sigmoid"), _binary("linear")
    chances, scores = model.predict(x), logits.predict(x)
    np.testing.assert_allclose(chances, 1 / (1 + np.exp(-scores)), rtol=1e-5)
    right = ((chances[:, 0] > 0.5) == y).mean()
    p = np.where(y == 1, chances[:, 0], 1 - chances[:, 0]).astype(np.float64)
    for labels in (y, y.astype(bool), y.astype(np.float32), y[:, None].astype(np.float64)):
        found = model.evaluate(x, labels)
        assert found["accuracy"] == right
        assert found["loss"] == pytest.approx(-np.log(p).mean(), rel=1e-5)
        assert logits.evaluate(x, labels) == found
    history = model.train(x, y, epochs=60, batch_size=10, verbose=0).history
    assert history["accuracy"][-1] > 0.9
    assert logits.train(x, y, epochs=60, batch_size=10, verbose=0).history == history
    soft = np.linspace(0, 1, 40, dtype=np.float32)
    assert 0 <= model.evaluate(x, soft)["accuracy"] <= 1


def test_labels_in_the_engine_of_a_single_output() -> None:
    """The engine takes 0 and 1 as integers too, and refuses a 2."""
    x = np.ones((2, 3), np.float32)
    network = _binary("sigmoid")._network.engine
    rows = np.array([[0], [1]], np.float32)
    assert network.evaluate_batch(x, np.array([0, 1])) == network.evaluate_batch(x, rows)
    with pytest.raises(ValueError, match="label 2 at index 1 is out of range for 2 classes"):
        network.evaluate_batch(x, np.array([0, 2]))


def test_every_output_its_own_yes_or_no() -> None:
    """Targets of several labels an image, in rows and in whole images."""
    rng = np.random.default_rng(3)
    x = rng.standard_normal((6, 1, 4, 4)).astype(np.float32)
    model = CNN(
        [Conv2D(2, 1, activation="sigmoid")], (1, 4, 4), loss="binary_cross_entropy", seed=1
    )
    y = rng.integers(0, 2, (6, 2, 4, 4))
    p = model.predict(x).astype(np.float64)
    expected = -np.log(np.where(y == 1, p, 1 - p)).mean()
    assert model.evaluate(x, y)["loss"] == pytest.approx(expected, rel=1e-5)
    y[3, 0, 1, 2] = 2
    with pytest.raises(ValueError, match=r"takes targets from 0 to 1, got 2\.0 at y\[3, 0, 1, 2\]"):
        model.evaluate(x, y)


@pytest.mark.parametrize("loss", ["focal", "cross_entropy"])
def test_rows_of_classes_are_probabilities(loss: str) -> None:
    model = CNN([Dense(2)], (3,), loss=loss)
    with pytest.raises(ValueError, match=f"y: {loss} takes rows of probabilities with the sum 1"):
        model.evaluate(np.ones((1, 3), np.float32), [[0.5, 0.2]])


@pytest.mark.parametrize("loss", losses.REGISTRY)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_weights_multiply_losses_and_gradients(loss: str, dtype: str) -> None:
    """A step divides by the number of images, whatever the weights."""
    rng = np.random.default_rng(4)
    network: Any = CNN([Dense(3)], (5,), loss=loss, dtype=dtype)._network.engine
    x, y = rng.standard_normal((7, 5)).astype(dtype), rng.integers(0, 3, 7)
    w = rng.uniform(0, 2, 7).astype(dtype)
    w[2] = 0
    alone = [network.gradients(x[i : i + 1], y[i : i + 1]) for i in range(7)]
    total, correct, grads = network.gradients(x, y, weights=w)
    close = 1e-12 if dtype == "float64" else 1e-5
    assert total == pytest.approx(sum(w[i] * alone[i][0] for i in range(7)), rel=close)
    assert correct == sum(one[1] for one in alone)
    for name in ("0.weight", "0.bias"):
        expected = sum(w[i] * alone[i][2][name] for i in range(7)) / 7
        np.testing.assert_allclose(grads[name], expected, rtol=0, atol=close)
    rows = np.array([4, 2, 4], np.int64)
    scored = network.evaluate_batch(x, y, rows, weights=w)[0]
    assert scored == pytest.approx(sum(w[i] * alone[i][0] for i in rows), rel=close)
    plain = network.evaluate_batch(x, y)
    assert network.evaluate_batch(x, y, weights=np.ones(7, dtype)) == plain


@pytest.mark.parametrize(
    ("weights", "error", "message"),
    [
        (np.ones(6, np.float32), ShapeError, "weights: expected shape (7,), got (6,)"),
        (np.ones((7, 1), np.float32), ShapeError, "weights: expected shape (7,)"),
        (np.ones(7), TypeError, "weights: expected a C-contiguous array of float32"),
        (np.full(7, -1, np.float32), ValueError, "the weight at index 0 is -1; expected a finite"),
        (np.full(7, np.nan, np.float32), ValueError, "the weight at index 0 is nan"),
    ],
)
def test_unusable_weights(weights: Any, error: type[Exception], message: str) -> None:
    model = CNN([Dense(3)], (5,))
    x, y = np.ones((7, 5), np.float32), np.zeros(7, np.int64)
    before = hash_arrays(model.state_dict())
    for call in (model._network.engine.train_batch, model._network.engine.evaluate_batch):
        with pytest.raises(error) as caught:
            call(x, y, weights=weights)
        assert message in str(caught.value)
    assert hash_arrays(model.state_dict()) == before


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ("crossentropy", ConfigError, 'did you mean "cross_entropy"?'),
        (MeanSquaredError, TypeError, "call it: MeanSquaredError(...)"),
        (None, TypeError, "loss must be one of"),
        (Dense(2), TypeError, "loss must be one of"),
    ],
)
def test_unusable(value: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        CNN([Dense(2)], (3,), loss=value)  # type: ignore[arg-type]
    assert message in str(caught.value)
