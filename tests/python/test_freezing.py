"""Frozen weights stay as they are, bit for bit, and weights are taken over where they fit."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnx import CNN, ConfigError, layers
from small import SHAPE, small_data, small_model, weights

ALL = ("0.weight", "0.bias", "3.weight", "3.bias")


@pytest.mark.parametrize(
    ("choice", "frozen"),
    [
        (None, ALL),
        (0, ALL[:2]),
        (-1, ALL[2:]),
        (1, ()),
        ("3", ALL[2:]),
        ("0.bias", ("0.bias",)),
        ("*.bias", ("0.bias", "3.bias")),
        ([0, "3.bias"], (*ALL[:2], "3.bias")),
        (range(3), ALL[:2]),
        (lambda name: name.endswith("weight"), ("0.weight", "3.weight")),
        ([], ()),
    ],
)
def test_what_is_frozen_stays(choice: Any, frozen: tuple[str, ...]) -> None:
    x, y = small_data()
    model = small_model(optimizer="adam")
    assert model.frozen == ()
    assert model.freeze(choice) == model.frozen == frozen
    before = model.state_dict()
    everything = pytest.warns(UserWarning, match="all weights are frozen")
    with everything if choice is None else nullcontext():
        model.train(x, y, verbose=0)
    model.train_batch(x, y)
    for name, value in model.state_dict().items():
        assert np.array_equal(value, before[name]) == (name in frozen)
    assert model.unfreeze() == ()
    model.train(x, y, verbose=0)
    assert all((model.state_dict()[name] != before[name]).any() for name in ALL)


def test_frozen_normalisation_keeps_its_statistics() -> None:
    x, y = small_data()
    normal = layers.BatchNorm(activation="relu")
    parts = [layers.Conv2D(3, 3), normal, layers.Flatten(), layers.Dense(3)]
    model = CNN(parts, x.shape[1:])
    model.train(x, y, verbose=0)
    model.freeze(range(2))
    before = model.state_dict()
    model.train(x, y, verbose=0)
    for name, value in model.state_dict().items():
        assert np.array_equal(value, before[name]) == (not name.startswith("3."))
    model.unfreeze()
    model.train(x, y, verbose=0)
    assert (model.state_dict()["1.running_mean"] != before["1.running_mean"]).any()


def test_calls_add_up() -> None:
    model = small_model()
    model.freeze("0.bias")
    assert model.freeze(3) == ("0.bias", "3.weight", "3.bias")
    assert model.unfreeze("*.bias") == ("3.weight",)


def test_a_prefix_ends_at_a_dot() -> None:
    dense = [layers.Dense(4, activation="relu") for _ in range(11)]
    model = CNN([*dense, layers.Dense(3)], (5,))
    assert model.freeze("1") == ("1.weight", "1.bias")


@pytest.mark.parametrize(
    ("choice", "error", "message"),
    [
        (4, ConfigError, "a layer's index must be at most 3, got 4"),
        (-5, ConfigError, "must be at least -4"),
        ("0.wieght", ConfigError, 'did you mean "0.weight"'),
        ("conv*", ConfigError, r"no weights match 'conv\*'.*network has 0.weight"),
        (1.5, TypeError, "layers must be indices, names or a function"),
        ([0, None], TypeError, "a layer's index must be an integer, got None"),
    ],
)
def test_unusable(choice: Any, error: type[Exception], message: str) -> None:
    model = small_model()
    model.freeze(0)
    for method in (model.freeze, model.unfreeze):
        with pytest.raises(error, match=message):
            method(choice)
    assert model.frozen == ALL[:2]


def test_files_and_checkpoints_remember(tmp_path: Path) -> None:
    x, y = small_data()
    model = small_model()
    model.freeze(0)
    model.save(tmp_path / "net.safetensors")
    loaded = CNN.load(tmp_path / "net.safetensors")
    assert loaded.frozen == ALL[:2]
    for network in (model, loaded):
        network.train(x, y, epochs=2, verbose=0)
    assert weights(loaded) == weights(model)
    model.train(x, y, verbose=0, checkpoint=tmp_path / "run")
    with pytest.raises(ConfigError, match=r"model.frozen is .* but was"):
        small_model().train(x, y, verbose=0, checkpoint=tmp_path / "run")


def test_transfer(tmp_path: Path) -> None:
    x, y = small_data()
    trained = small_model()
    trained.train(x, y, verbose=0)
    state = trained.state_dict()
    trained.save(tmp_path / "net.safetensors")
    for source in (trained, state, tmp_path / "net.safetensors"):
        other = small_model(
            layers=[*trained.layers[:-1], layers.Dense(5, activation="softmax")], seed=9
        )
        head = other.state_dict()["3.weight"]
        assert other.transfer(source) == ALL[:2]
        assert (other.state_dict()["0.weight"] == state["0.weight"]).all()
        assert (other.state_dict()["3.weight"] == head).all()
    other = small_model(seed=9)
    assert other.transfer(trained, "*.bias") == ("0.bias", "3.bias")
    assert other.transfer(trained) == ALL
    assert weights(other) == weights(trained)


def test_transfer_unusable() -> None:
    model = small_model()
    before = weights(model)
    with pytest.raises(TypeError, match="source must be a CNN, a dict of arrays, or the path"):
        model.transfer(3)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="no name and shape of the source matches"):
        model.transfer({"features.0.weight": np.zeros((4, 1, 3, 3))})
    with pytest.raises(ConfigError, match="no name and shape"):
        model.transfer(CNN([layers.Flatten(), layers.Dense(3)], SHAPE))
    with pytest.raises(TypeError, match=r"0\.bias"):
        model.transfer({"0.bias": np.zeros(4, complex)})
    assert weights(model) == before
