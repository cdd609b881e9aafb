"""Ten steps of every optimizer equal the same formulas in NumPy, in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from cnnx import _core
from cnnx.optimizers import Optimizer
from rows import NETWORKS, OPTIMIZERS, dicts
from support import assert_close, parameters

F64 = npt.NDArray[np.float64]

ALL = [optimizer for entries in OPTIMIZERS.values() for optimizer in entries]


class _Rule:
    """The update of one parameter, from the papers, with its own state."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        self.step = 0
        self.first: F64 | None = None
        self.second: F64 | None = None

    def __call__(self, w: F64, grad: F64) -> F64:
        self.step += 1
        o = self.options
        return self._sgd(w, grad, o) if o["kind"] == "sgd" else self._adam(w, grad, o)

    def _sgd(self, w: F64, grad: F64, o: dict[str, Any]) -> F64:
        g = grad + o["weight_decay"] * w
        if o["momentum"]:
            self.first = g if self.first is None else o["momentum"] * self.first + g
            g = g + o["momentum"] * self.first if o["nesterov"] else self.first
        return np.asarray(w - o["learning_rate"] * g)

    def _adam(self, w: F64, grad: F64, o: dict[str, Any]) -> F64:
        rate, b1, b2 = o["learning_rate"], o["beta_1"], o["beta_2"]
        g = grad
        if o["kind"] == "adam":
            g = grad + o["weight_decay"] * w
        else:
            w = w * (1 - rate * o["weight_decay"])
        zero = np.zeros_like(w)
        self.first = b1 * (zero if self.first is None else self.first) + (1 - b1) * g
        self.second = b2 * (zero if self.second is None else self.second) + (1 - b2) * g * g
        mean = self.first / (1 - b1**self.step)
        spread = np.sqrt(self.second / (1 - b2**self.step))
        return np.asarray(w - rate * mean / (spread + o["epsilon"]))


def _network(optimizer: Optimizer) -> Any:
    row = NETWORKS["mnist"]
    return _core.Network64(
        dicts(row), row.input_shape, {"kind": "cross_entropy"}, optimizer.to_dict(), 1, False
    )


def _batch(step: int) -> tuple[F64, npt.NDArray[np.int64]]:
    rng = np.random.default_rng(step)
    return rng.standard_normal((5, 1, 12, 12)), rng.integers(0, 4, 5)


@pytest.mark.parametrize("optimizer", ALL, ids=repr)
def test_ten_steps(isa: str, optimizer: Optimizer) -> None:
    network = _network(optimizer)
    expected = parameters(network)
    rules = {name: _Rule(optimizer.to_dict()) for name in expected}
    for step in range(10):
        x, y = _batch(step)
        _, _, grads = network.gradients(x, y)
        for name, rule in rules.items():
            expected[name] = rule(expected[name], grads[name])
        network.train_batch(x, y)
        for name, value in parameters(network).items():
            assert_close(value, expected[name], 1e-12, f"{name} after step {step + 1}")
        assert int(network.optimizer_state()["step"]) == step + 1


@pytest.mark.parametrize("optimizer", ALL, ids=repr)
def test_learning_rate_of_one_step(optimizer: Optimizer) -> None:
    """A rate given for a step counts for that step and is forgotten."""
    network, other = _network(optimizer), _network(optimizer)
    other.set_optimizer(optimizer.with_learning_rate(0.003).to_dict())
    network.train_batch(*_batch(0), None, 0.003)
    other.train_batch(*_batch(0))
    for name, value in parameters(network).items():
        np.testing.assert_array_equal(value, other.get_parameter(name))
    state = network.optimizer_state()
    other.set_optimizer(optimizer.to_dict())
    other.load_optimizer_state(state)
    network.train_batch(*_batch(1))
    other.train_batch(*_batch(1))
    for name, value in parameters(network).items():
        np.testing.assert_array_equal(value, other.get_parameter(name))


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
    for name, value in parameters(network).items():
        np.testing.assert_array_equal(value, other.get_parameter(name))
