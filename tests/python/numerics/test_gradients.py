"""Gradients agree with central differences in float64, and with the NumPy network.

A central difference with step h = 1e-5 has a truncation error of h**2 f''' / 6, near 1e-10, and a
rounding error of about 2**-53 f / h, near 1e-11: both far below the 1e-6 of the gradient's scale
that is asked for. A kink of relu or max pool within h of a parameter would spoil the difference;
it shows in one-sided differences that disagree far more than a smooth function allows, and such a
coordinate is left out. This never looks at the gradient under test, and few may be left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from cnnx import _core
from cnnx.losses import CrossEntropy, Loss, MeanSquaredError
from reference.functions import TAKEN, one_hot
from reference.network import ReferenceNetwork
from support.checks import SGD, assert_close, parameters
from support.rows import (
    DRAWN,
    LOSSES,
    MODES,
    NETWORKS,
    REGISTRIES,
    Row,
    all_layer_rows,
    dicts,
    kinds,
)

F64 = npt.NDArray[np.float64]

STEP = 1e-5
TOLERANCE = 1e-6
COORDINATES = 10
BATCH = 3

LAYER_ROWS = dict(all_layer_rows())
REFERENCED = {name: row for name, row in LAYER_ROWS.items() if not kinds(row) & DRAWN}
REFERENCED_NETWORKS = {name: row for name, row in NETWORKS.items() if not kinds(row) & DRAWN}
ALL_LOSSES = [loss for entries in LOSSES.values() for loss in entries]


@pytest.mark.parametrize("name", REGISTRIES)
def test_every_entry_of_a_registry_has_test_arguments(name: str) -> None:
    registry, rows = REGISTRIES[name]
    missing = sorted(set(registry) - {kind for kind, entries in rows.items() if entries})
    assert not missing, f"give {missing} rows of test arguments in rows.py, under {name}"
    assert set(rows) == set(registry)
    if name == "layers":
        for kind, entries in rows.items():
            assert all(kind in {layer.kind for layer in row.layers} for row in entries)


def _network(row: Row, loss: dict[str, Any], kind: str = "Network64", exact: bool = False) -> Any:
    """The engine's network with random biases too, so that no value stands on a kink."""
    network = getattr(_core, kind)(dicts(row), row.input_shape, loss, SGD, 1, exact)
    rng = np.random.default_rng(2)
    for name in network.parameter_names():
        value = network.get_parameter(name)
        if name.endswith("running_var"):
            network.set_parameter(name, rng.uniform(0.5, 2.0, value.shape).astype(value.dtype))
            continue
        spread = 0.3 if value.ndim == 1 else (2.0 / value[0].size) ** 0.5
        network.set_parameter(name, (spread * rng.standard_normal(value.shape)).astype(value.dtype))
    return network


def _data(row: Row, network: Any, loss: str) -> tuple[F64, F64]:
    """Images, and targets as rows: for losses of classes probabilities of which none is 0."""
    rng = np.random.default_rng(3)
    x = rng.standard_normal((BATCH, *row.input_shape))
    goal = rng.standard_normal((BATCH, *network.output_shape))
    if loss in TAKEN:
        goal = np.exp(goal)
        goal /= goal.sum(axis=1, keepdims=True)
    return x, goal


def _check_along(f: Callable[[float], float], derivative: float, scale: float, what: str) -> bool:
    """Compare one directional derivative; False when a kink lies within the step."""
    here, after, before = f(0.0), f(STEP), f(-STEP)
    bend = abs(after - 2 * here + before) / STEP
    if bend > 300 * STEP * scale + 1e-10:
        return False
    error = abs((after - before) / (2 * STEP) - derivative)
    limit = TOLERANCE * scale + 1e-11
    assert error <= limit, f"{what}: {derivative!r} is off by {error:.3g}, allowed {limit:.3g}"
    return True


def _check_gradients(network: Any, x: F64, y: npt.NDArray[Any], modes: bool = False) -> None:
    """Single coordinates of every parameter and of the input, and one direction through all.

    ``modes``: training is something else than evaluation, so that its own loss is differentiated.
    """
    rng = np.random.default_rng(4)
    total, _, grads = network.gradients(x, y)
    values = {
        name: value
        for name, value in (parameters(network) | {"input": x}).items()
        if not name.endswith(("running_mean", "running_var"))
    }
    assert set(grads) == set(values)
    if not modes:
        assert total == pytest.approx(network.evaluate_batch(x, y)[0], rel=1e-12)

    def mean_loss() -> float:
        score = network.gradients if modes else network.evaluate_batch
        return float(score(values["input"], y)[0]) / len(x)

    checked = left_out = 0
    for name, start in values.items():
        assert grads[name].shape == start.shape
        assert grads[name].dtype == np.float64
        directions: list[tuple[str, F64]] = []
        for flat in rng.permutation(start.size)[:COORDINATES]:
            unit = np.zeros(start.size)
            unit[flat] = 1.0
            directions.append((f"{name}[{flat}]", unit.reshape(start.shape)))
        anywhere = rng.standard_normal(start.shape)
        directions.append((f"{name} along a line", anywhere / np.linalg.norm(anywhere)))
        scale = float(np.abs(grads[name]).max())
        assert scale > 0, f"the gradient of {name} vanishes"
        for what, direction in directions:

            def at(t: float, name: str = name, start: F64 = start, way: F64 = direction) -> float:
                values[name] = start + t * way
                if name != "input":
                    network.set_parameter(name, values[name])
                return mean_loss()

            slope = float((grads[name] * direction).sum())
            size = float(np.linalg.norm(grads[name])) if "line" in what else scale
            smooth = _check_along(at, slope, size, what)
            checked, left_out = checked + smooth, left_out + (not smooth)
            at(0.0)
    assert left_out <= 0.05 * checked, f"{left_out} kinks beside {checked} smooth coordinates"


@pytest.mark.parametrize("name", LAYER_ROWS)
def test_layers(isa: str, name: str) -> None:
    row = LAYER_ROWS[name]
    network = _network(row, {"kind": "mse"})
    _check_gradients(network, *_data(row, network, "mse"), bool(kinds(row) & MODES))


# Networks that train in another way than they score are slow to differentiate: two losses each.
UNDER_LOSSES = [
    pytest.param(name, loss, id=f"{name}-{loss!r}")
    for name, row in NETWORKS.items()
    for loss in (ALL_LOSSES if not kinds(row) & MODES else (CrossEntropy(), MeanSquaredError()))
]


@pytest.mark.parametrize(("name", "loss"), UNDER_LOSSES)
def test_networks_under_every_loss(isa: str, name: str, loss: Loss) -> None:
    row = NETWORKS[name]
    network = _network(row, loss.to_dict())
    x, rows = _data(row, network, loss.kind)
    modes = bool(kinds(row) & MODES)
    _check_gradients(network, x, rows, modes)
    _check_gradients(network, x, np.array([3, 0, 1], np.int64), modes)


@pytest.mark.parametrize("last", ["linear", "relu", "sigmoid", "tanh", "leaky_relu"])
def test_cross_entropy_takes_what_comes_before_as_logits(isa: str, last: str) -> None:
    network = _network(_ending(last), {"kind": "cross_entropy"})
    assert network.taken_activation is None
    _check_gradients(network, *_data(_ending(last), network, "cross_entropy"))


def _ending(activation: str) -> Row:
    from cnnx.layers import Dense

    return Row((6,), [Dense(9, activation="tanh"), Dense(4, activation=activation)])


def _against_reference(
    row: Row, loss: dict[str, Any], kind: str, tolerance: float, exact: bool = False
) -> None:
    network = _network(row, loss, kind, exact)
    x, goal = _data(row, network, loss["kind"])
    dtype = np.float64 if kind == "Network64" else np.float32
    x, goal = x.astype(dtype), goal.astype(dtype)
    oracle = ReferenceNetwork(dicts(row), parameters(network), loss)
    losses, expected = oracle.gradients(x, goal)
    total, correct, grads = network.gradients(x, goal)
    outputs = network.predict(x)
    assert outputs.dtype == dtype
    assert_close(outputs, oracle.forward(x), tolerance, "outputs")
    assert total == pytest.approx(losses.sum(), rel=10 * tolerance)
    if outputs.ndim == 2 and outputs.shape[1] > 1:
        hits = oracle.forward(x).argmax(axis=1) == goal.argmax(axis=1)
        assert correct == hits.sum()
    assert set(grads) == set(expected)
    for name, grad in grads.items():
        assert_close(grad, expected[name], tolerance, name)


@pytest.mark.parametrize("kind", ["Network64", "Network32"])
@pytest.mark.parametrize("name", REFERENCED)
def test_layers_against_the_reference(isa: str, name: str, kind: str) -> None:
    tolerance = 1e-12 if kind == "Network64" else 2e-5
    _against_reference(LAYER_ROWS[name], {"kind": "mse"}, kind, tolerance)


@pytest.mark.parametrize("kind", ["Network64", "Network32"])
@pytest.mark.parametrize("loss", ALL_LOSSES, ids=repr)
@pytest.mark.parametrize("name", REFERENCED_NETWORKS)
def test_networks_against_the_reference(isa: str, name: str, loss: Loss, kind: str) -> None:
    for exact in (False, True):
        tolerance = 1e-12 if kind == "Network64" else 5e-5
        _against_reference(NETWORKS[name], loss.to_dict(), kind, tolerance, exact)


def test_labels_and_one_hot_rows_are_the_same(isa: str) -> None:
    for name, row in NETWORKS.items():
        for loss in ALL_LOSSES:
            network = _network(row, loss.to_dict())
            x, _ = _data(row, network, loss.kind)
            labels = np.array([2, 0, 3], np.int64)
            by_label = network.gradients(x, labels)
            by_row = network.gradients(x, one_hot(labels, 4))
            assert by_label[0] == pytest.approx(by_row[0], rel=1e-14)
            assert by_label[1] == by_row[1]
            for key, grad in by_label[2].items():
                assert_close(by_row[2][key], grad, 1e-14, f"{key} of {name} under {loss}")


def test_gradients_change_nothing(isa: str) -> None:
    row = NETWORKS["everything"]
    network = _network(row, {"kind": "cross_entropy"})
    before = parameters(network)
    x, goal = _data(row, network, "cross_entropy")
    first = network.gradients(x, goal)
    again = network.gradients(x, goal)
    for name, value in parameters(network).items():
        np.testing.assert_array_equal(value, before[name])
        np.testing.assert_array_equal(first[2][name], again[2][name])
    assert int(network.optimizer_state()["step"]) == 0
