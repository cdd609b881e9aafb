"""The oracles themselves, against the definitions written as plain loops."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from cnnx.layers import ACTIVATIONS
from reference import cases, functions, pool
from reference import conv as oracle
from reference.geometry import sides
from reference.network import ReferenceNetwork
from support.checks import FLATTEN, conv, dense, max_pool

Array = npt.NDArray[Any]


def _conv_by_loops(x: Array, w: Array, case: cases.ConvCase) -> Array:
    how = case.how
    rows, columns = sides(how.padding, case.size, case.kernel, how.stride, how.dilation)
    out = oracle.conv2d(x, w, None, how).shape
    y = np.zeros(out, np.int64)
    inside, per_group = case.channels // how.groups, case.filters // how.groups
    for n, f, i, j in itertools.product(*map(range, out)):
        for c, p, q in itertools.product(range(inside), *map(range, case.kernel)):
            row = i * how.stride[0] + p * how.dilation[0] - rows[0]
            column = j * how.stride[1] + q * how.dilation[1] - columns[0]
            if 0 <= row < case.size[0] and 0 <= column < case.size[1]:
                channel = f // per_group * inside + c
                y[n, f, i, j] += x[n, channel, row, column] * w[f, c, p, q]
    return y


@pytest.mark.parametrize("number", range(25))
def test_convolution(number: int) -> None:
    rng = np.random.default_rng((20, number))
    case = cases.conv_case(rng, 2e4)
    x = cases.small_integers(rng, (case.batch, case.channels, *case.size))
    shape = (case.filters, case.channels // case.how.groups, *case.kernel)
    w = cases.small_integers(rng, shape)
    y = oracle.conv2d(x, w, None, case.how)
    np.testing.assert_array_equal(y, _conv_by_loops(x, w, case))
    if case.how.padding == "same":
        assert y.shape[2:] == tuple(
            -(-size // step) for size, step in zip(case.size, case.how.stride, strict=True)
        )
    b = cases.small_integers(rng, (case.filters,))
    np.testing.assert_array_equal(
        oracle.conv2d(x, w, b, case.how) - y, np.broadcast_to(b[:, None, None], y.shape)
    )

    # The convolution is linear in each argument: a gradient is its value on a unit vector.
    grad = cases.small_integers(rng, y.shape)
    dx, dw, db = oracle.conv2d_backward(grad, x, w, case.how)
    for place in map(int, rng.integers(0, x.size, 10)):
        unit = np.zeros_like(x)
        unit.flat[place] = 1
        assert dx.flat[place] == (grad * oracle.conv2d(unit, w, None, case.how)).sum()
    for place in map(int, rng.integers(0, w.size, 10)):
        unit = np.zeros_like(w)
        unit.flat[place] = 1
        assert dw.flat[place] == (grad * oracle.conv2d(x, unit, None, case.how)).sum()
    np.testing.assert_array_equal(db, grad.sum(axis=(0, 2, 3)))


@pytest.mark.parametrize("number", range(20))
def test_pooling(number: int) -> None:
    rng = np.random.default_rng((21, number))
    case = cases.pool_case(rng)
    x = cases.small_integers(rng, case.shape).astype(np.float64)
    if number % 2:
        x[rng.random(case.shape) < 0.1] = np.nan
    y, where = pool.max_pool2d(x, case.size, case.stride, case.padding)
    height, width = case.shape[2:]
    for n, c, i, j in itertools.product(*map(range, y.shape)):
        window = [
            (row, column)
            for row in range(i * case.stride[0] - case.padding[0], height)
            for column in range(j * case.stride[1] - case.padding[1], width)
            if row >= 0 and row - i * case.stride[0] + case.padding[0] < case.size[0]
            if column >= 0 and column - j * case.stride[1] + case.padding[1] < case.size[1]
        ]
        values = [x[n, c, row, column] for row, column in window]
        nans = [at for at, value in enumerate(values) if value != value]
        first = nans[0] if nans else values.index(max(values))
        assert where[n, c, i, j] == window[first][0] * width + window[first][1]
        np.testing.assert_equal(y[n, c, i, j], values[first])
    grad = cases.small_integers(rng, y.shape)
    dx = pool.max_pool2d_backward(grad, where, case.shape)
    assert dx.sum() == grad.sum()
    assert set(np.flatnonzero(dx[0, 0])) <= set(where[0, 0].ravel())


@pytest.mark.parametrize("number", range(10))
def test_average_pooling(number: int) -> None:
    rng = np.random.default_rng((24, number))
    case = cases.pool_case(rng)
    x = rng.standard_normal(case.shape)
    y = pool.avg_pool2d(x, case.size, case.stride, case.padding)
    height, width = case.shape[2:]
    for i, j in itertools.product(*map(range, y.shape[2:])):
        top, left = i * case.stride[0] - case.padding[0], j * case.stride[1] - case.padding[1]
        rows = slice(max(top, 0), min(top + case.size[0], height))
        columns = slice(max(left, 0), min(left + case.size[1], width))
        expected = x[:, :, rows, columns].mean(axis=(2, 3))
        np.testing.assert_allclose(y[:, :, i, j], expected, atol=1e-14)
    grad = rng.standard_normal(y.shape)
    dx = pool.avg_pool2d_backward(grad, case.shape, case.size, case.stride, case.padding)
    assert dx.shape == x.shape
    assert (dx * x).sum() == pytest.approx((grad * y).sum(), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(("size", "factor"), [(1, 3), (2, 2), (4, 3), (5, 4)])
def test_interpolation(size: int, factor: int) -> None:
    """Exact for straight lines between the outermost centres, flat beyond, a mean everywhere."""
    matrix = functions.interpolation(size, factor)
    np.testing.assert_allclose(matrix.sum(axis=1), 1, atol=1e-15)
    assert (matrix >= 0).all()
    centres = (np.arange(size * factor) + 0.5) / factor - 0.5
    line = matrix @ np.arange(float(size))
    np.testing.assert_allclose(line, centres.clip(0, size - 1), atol=1e-14)
    assert (
        functions.repetition(size, factor).argmax(axis=1) == np.arange(size * factor) // factor
    ).all()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(name: str) -> None:
    rng = np.random.default_rng(22)
    z, grad = rng.standard_normal((2, 3, 4, 5, 2))
    step = 1e-6 * rng.standard_normal(z.shape)
    change = functions.activation(z + step, name) - functions.activation(z - step, name)
    expected = (functions.activation_backward(grad, z, name) * 2 * step).sum()
    assert (grad * change).sum() == pytest.approx(expected, rel=1e-6)
    extreme = functions.activation(np.array([[-1e3, 0.0, 1e3]]), name)
    assert np.isfinite(extreme).all()


@pytest.mark.parametrize("loss", ["cross_entropy", "mse"])
@pytest.mark.parametrize("last", ["linear", "softmax", "tanh"])
def test_network(loss: str, last: str) -> None:
    """Gradients of the whole chain by central differences along random directions."""
    rng = np.random.default_rng(23)
    layers = [
        {"kind": "normalize", "mean": [0.1, 0.2], "std": [2.0, 0.5]},
        conv(4, 3, padding="same", groups=2, activation="tanh"),
        max_pool(3, stride=[2, 2], padding=[1, 1]),
        {"kind": "activation", "activation": "leaky_relu", "alpha": 0.3},
        {"kind": "rescale", "scale": 2.0, "offset": 0.5},
        FLATTEN,
        dense(3, last),
    ]
    shapes = {"1.weight": (4, 1, 3, 3), "1.bias": (4,), "6.weight": (3, 36), "6.bias": (3,)}
    values = {name: 0.4 * rng.standard_normal(shape) for name, shape in shapes.items()}
    values["input"] = rng.standard_normal((5, 2, 6, 5))
    targets = functions.one_hot(rng.integers(0, 3, 5), 3)

    def mean_loss(values: dict[str, Array]) -> float:
        network = ReferenceNetwork(layers, {k: values[k] for k in shapes}, loss)
        return float(network.gradients(values["input"], targets)[0].mean())

    network = ReferenceNetwork(layers, {k: values[k] for k in shapes}, loss)
    losses, grads = network.gradients(values["input"], targets)
    assert losses.shape == (5,)
    assert set(grads) == set(values)
    for name, value in values.items():
        way = rng.standard_normal(value.shape)
        after = mean_loss(values | {name: value + 1e-6 * way})
        before = mean_loss(values | {name: value - 1e-6 * way})
        slope = (after - before) / 2e-6
        assert slope == pytest.approx((grads[name] * way).sum(), rel=1e-6, abs=1e-9)
