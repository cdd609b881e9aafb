"""Steps of every optimizer equal the same formulas in NumPy, in float64; state carries over."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import cnnx
from cnnx import ConfigError, _core
from cnnx.layers import Dense
from cnnx.optimizers import SGD, AdamW, Optimizer
from reference.updates import ReferenceUpdates
from support.checks import assert_close, hash_arrays, parameters
from support.rows import NETWORKS, OPTIMIZERS, Row, dicts

F64 = npt.NDArray[np.float64]

ALL = [optimizer for entries in OPTIMIZERS.values() for optimizer in entries]


def _network(optimizer: Optimizer, kind: str = "Network64") -> Any:
    row = NETWORKS["mnist"]
    network = getattr(_core, kind)
    return network(
        dicts(row), row.input_shape, {"kind": "cross_entropy"}, optimizer.to_dict(), 1, False
    )


def _batch(step: int) -> tuple[F64, npt.NDArray[np.int64]]:
    rng = np.random.default_rng(step)
    return rng.standard_normal((5, 1, 12, 12)), rng.integers(0, 4, 5)


@pytest.mark.parametrize("optimizer", ALL, ids=repr)
def test_ten_steps(isa: str, optimizer: Optimizer) -> None:
    network = _network(optimizer)
    expected = ReferenceUpdates(parameters(network), optimizer.to_dict())
    for step in range(10):
        x, y = _batch(step)
        _, _, grads = network.gradients(x, y)
        expected.step(grads)
        network.train_batch(x, y)
        for name, value in parameters(network).items():
            assert_close(value, expected.weights[name], 1e-12, f"{name} after step {step + 1}")
        state = network.optimizer_state()
        assert int(state["step"]) == step + 1
        for name, average in expected.average.items():
            assert_close(state[f"{name}.average"], average, 1e-12, f"average of {name}")
        assert ("0.weight.average" in state) == (optimizer.ema is not None)


@pytest.mark.parametrize("optimizer", ALL, ids=repr)
def test_learning_rate_of_one_step(optimizer: Optimizer) -> None:
    """A rate given for a step counts for that step and is forgotten."""
    network, other = _network(optimizer), _network(optimizer)
    other.set_optimizer(optimizer.with_learning_rate(0.003).to_dict())
    network.train_batch(*_batch(0), None, 0.003)
    other.train_batch(*_batch(0))
    assert hash_arrays(parameters(network)) == hash_arrays(parameters(other))
    state = network.optimizer_state()
    other.set_optimizer(optimizer.to_dict())
    other.load_optimizer_state(state)
    network.train_batch(*_batch(1))
    other.train_batch(*_batch(1))
    assert hash_arrays(parameters(network)) == hash_arrays(parameters(other))


@pytest.mark.parametrize("optimizer", ALL, ids=repr)
def test_state_carries_over(optimizer: Optimizer) -> None:
    """Parameters and state in a fresh network: the next steps are the same bits."""
    network, other = _network(optimizer), _network(optimizer)
    for step in range(3):
        network.train_batch(*_batch(step))
    for name, value in parameters(network).items():
        other.set_parameter(name, value)
    other.load_optimizer_state(network.optimizer_state())
    for step in range(3, 6):
        network.train_batch(*_batch(step))
        other.train_batch(*_batch(step))
    assert hash_arrays(network.optimizer_state()) == hash_arrays(other.optimizer_state())
    assert hash_arrays(parameters(network)) == hash_arrays(parameters(other))


EVERYTHING = AdamW(
    0.01, weight_decay=0.1, clip_norm=0.5, clip_value=0.2, ema=0.9, decay_weights_only=True
)


def test_rows_use_what_all_optimizers_have() -> None:
    """So that no test above passes for the lack of a case."""
    for name in ("clip_norm", "clip_value", "ema", "decay_weights_only"):
        assert any(getattr(optimizer, name) for optimizer in ALL), name


@pytest.mark.parametrize("optimizer", ALL, ids=repr)
def test_any_number_of_threads_with_everything_on(isa: str, optimizer: Optimizer) -> None:
    optimizer = replace(optimizer, clip_norm=0.5, clip_value=0.2, ema=0.9, decay_weights_only=True)
    hashes = set()
    for threads in (1, 2, 5) if isa != "reference" else (1, 3):
        cnnx.set_num_threads(threads)
        network = _network(optimizer, "Network32")
        for step in range(3):
            x, y = _batch(step)
            network.train_batch(x.astype(np.float32), y, weights=np.full(5, 0.5, np.float32))
        hashes.add(hash_arrays(parameters(network) | network.optimizer_state()))
    assert len(hashes) == 1


def test_clipping_bounds_the_step(isa: str) -> None:
    network = _network(SGD(1.0, clip_norm=0.01))
    before = parameters(network)
    network.train_batch(*_batch(0))
    moved = [(value - before[name]) ** 2 for name, value in parameters(network).items()]
    assert sum(part.sum() for part in moved) == pytest.approx(0.01**2, rel=1e-12)


def test_clipping_does_not_hide_divergence() -> None:
    """A gradient that is not finite must not become a step of zero, or of any other size."""
    row = Row((1,), [Dense(1, use_bias=False)])
    optimizer = SGD(0.1, clip_norm=1.0).to_dict()
    network = _core.Network32(dicts(row), row.input_shape, {"kind": "mse"}, optimizer, 0, False)
    x = np.full((1, 1), 1e30, np.float32)
    loss, _ = network.train_batch(x, np.zeros((1, 1), np.float32))
    assert loss > float(np.finfo(np.float32).max)
    assert np.isnan(network.get_parameter("0.weight")).all()
    # Weights that are set again are all that it takes to continue.
    network.set_parameter("0.weight", np.ones((1, 1), np.float32))
    ones = np.ones((1, 1), np.float32)
    network.train_batch(ones, 2 * ones)
    np.testing.assert_allclose(network.get_parameter("0.weight"), 1.1, rtol=1e-6)


@pytest.mark.parametrize("kind", ["Network32", "Network64"])
def test_swapping_the_average(isa: str, kind: str) -> None:
    network = _network(EVERYTHING, kind)
    dtype = np.float32 if kind == "Network32" else np.float64
    x, y = _batch(0)
    x = x.astype(dtype)
    with pytest.raises(ConfigError, match="no step has been made"):
        network.swap_average()
    for _ in range(3):
        network.train_batch(x, y)
    weights, state, outputs = parameters(network), network.optimizer_state(), network.predict(x)
    network.swap_average()
    for name, value in parameters(network).items():
        np.testing.assert_array_equal(value, state[f"{name}.average"])
    assert not np.array_equal(network.predict(x), outputs)
    for refused in (
        lambda: network.train_batch(x, y),
        lambda: network.set_optimizer(EVERYTHING.to_dict()),
        network.optimizer_state,
        lambda: network.load_optimizer_state(state),
    ):
        with pytest.raises(ConfigError, match="not while the weights are swapped"):
            refused()
    network.swap_average()
    assert hash_arrays(parameters(network)) == hash_arrays(weights)
    assert hash_arrays(network.optimizer_state()) == hash_arrays(state)
    np.testing.assert_array_equal(network.predict(x), outputs)
    network.set_optimizer(SGD().to_dict())
    with pytest.raises(ConfigError, match="give it one with ema"):
        network.swap_average()


def test_state_without_its_average_is_refused() -> None:
    network, other = _network(EVERYTHING), _network(replace(EVERYTHING, ema=None))
    network.train_batch(*_batch(0))
    with pytest.raises(ConfigError, match="entries for this optimizer"):
        other.load_optimizer_state(network.optimizer_state())
    with pytest.raises(KeyError, match="average"):
        network.load_optimizer_state(other.optimizer_state())


def test_frozen_parameters_stay_and_do_not_count_in_the_norm(isa: str) -> None:
    optimizer = SGD(1.0, clip_norm=0.01, ema=0.5)
    network = _network(optimizer)
    with pytest.raises(KeyError, match="no parameter"):
        network.set_trainable(["0.weight", "7.weight"])
    trainable = ["5.weight", "6.bias"]
    network.set_trainable(trainable)
    before = parameters(network)
    network.train_batch(*_batch(0))
    after = parameters(network)
    assert {n for n in before if not np.array_equal(before[n], after[n])} == set(trainable)
    moved = sum(((after[name] - before[name]) ** 2).sum() for name in trainable)
    assert moved == pytest.approx(0.01**2, rel=1e-12)
    for name in before:
        np.testing.assert_array_equal(network.optimizer_state()[f"{name}.average"], after[name])
    network.set_trainable(network.parameter_names())
    network.train_batch(*_batch(1))
    assert all(not np.array_equal(v, after[n]) for n, v in parameters(network).items())
