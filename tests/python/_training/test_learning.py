"""Networks learn: the point of it all, on real images."""

from __future__ import annotations

import time

import numpy as np
import pytest

import cnnx
from cnnx import CNN, datasets
from cnnx.layers import Conv2D, Dense, Flatten, MaxPool2D
from cnnx.optimizers import SGD, Adam


def _digits_network(optimizer: cnnx.optimizers.Optimizer, seed: int = 0) -> CNN:
    return CNN(
        [
            Conv2D(16, 3, padding="same", activation="relu"),
            MaxPool2D(2),
            Conv2D(32, 3, padding="same", activation="relu"),
            Flatten(),
            Dense(64, activation="relu"),
            Dense(10, activation="softmax"),
        ],
        (1, 8, 8),
        optimizer=optimizer,
        seed=seed,
    )


@pytest.mark.parametrize("optimizer", [SGD(0.05, momentum=0.9), Adam(2e-3)], ids=["sgd", "adam"])
def test_digits_reach_98_percent_in_seconds(optimizer: cnnx.optimizers.Optimizer) -> None:
    (x, y), (x_test, y_test) = datasets.digits()
    assert len(x) + len(x_test) == 1797
    started = time.perf_counter()
    model = _digits_network(optimizer, seed=5)
    history = model.train(
        x, y, epochs=12, batch_size=32, validation_data=(x_test, y_test), verbose=0
    ).history
    seconds = time.perf_counter() - started
    assert history["val_accuracy"][-1] >= 0.98, f"accuracies {history['val_accuracy']}"
    assert history["loss"][-1] < 0.02 < 0.2 < history["loss"][0]
    score = model.evaluate(x_test, y_test)
    assert score["accuracy"] == history["val_accuracy"][-1]
    assert (model.predict(x_test).argmax(axis=1) == y_test).mean() == score["accuracy"]
    assert seconds < 30


def test_random_labels_are_not_predicted() -> None:
    """A score on labels that carry no information stays at chance: nothing leaks."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((600, 1, 8, 8)).astype(np.float32)
    y = rng.integers(0, 10, 600)
    model = _digits_network(Adam(2e-3))
    history = model.train(
        x[:400], y[:400], epochs=15, validation_data=(x[400:], y[400:]), verbose=0
    ).history
    assert history["val_accuracy"][-1] < 0.25
    assert history["accuracy"][-1] > 0.9


def test_regression_with_mse() -> None:
    """A dense network fits a smooth function of two values."""
    rng = np.random.default_rng(1)
    x = rng.uniform(-1, 1, (500, 2)).astype(np.float32)
    y = (np.sin(2 * x[:, :1]) + x[:, 1:] ** 2).astype(np.float32)
    model = CNN([Dense(32, activation="tanh"), Dense(1)], (2,), loss="mse", optimizer=Adam(0.01))
    losses = model.train(x, y, epochs=60, verbose=0).history["loss"]
    assert losses[-1] < 0.005 < losses[0]


@pytest.mark.slow
def test_fashion_mnist_reaches_90_percent_in_five_epochs() -> None:
    (x, y), (x_test, y_test) = datasets.fashion_mnist()
    assert (len(x), len(x_test)) == (60000, 10000)
    x = x.reshape(-1, 1, 28, 28).astype(np.float32) / 255
    x_test = x_test.reshape(-1, 1, 28, 28).astype(np.float32) / 255
    model = CNN(
        [
            Conv2D(32, 3, padding="same", activation="relu"),
            MaxPool2D(2),
            Conv2D(64, 3, padding="same", activation="relu"),
            MaxPool2D(2),
            Flatten(),
            Dense(128, activation="relu"),
            Dense(10, activation="softmax"),
        ],
        (1, 28, 28),
        loss="cross_entropy",
        optimizer=SGD(0.02, momentum=0.9),
        seed=0,
    )
    history = model.train(
        x, y, epochs=5, batch_size=64, validation_data=(x_test, y_test), verbose=0
    ).history
    assert history["val_accuracy"][-1] >= 0.9, f"accuracies {history['val_accuracy']}"
    assert model.evaluate(x_test, y_test)["accuracy"] == history["val_accuracy"][-1]
