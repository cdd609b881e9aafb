r"""Float results stay inside error bounds that are derived, not fitted.

Notation: u = 2**-24 (half the spacing of float32 at 1), a result is a sum of n products
x_k w_k, and S = sum |x_k| |w_k|. The oracle is float64, whose own error is 2**29 times smaller.

**Direct kernels.** Each addition (fused or not) of a sum whose partial sums are s_k commits an
error of at most u |s_k|, so |err| <= u sum |s_k|, and since |s_k| <= S the bound that holds
always, for any order, is n u S. It is far from what happens, because rounding errors have either
sign. Taken as independent and of mean zero, Hoeffding's inequality gives
|err| <= t with probability at least 1 - 2 exp(-t**2 / (2 u**2 sum s_k**2)). With t at six
standard bounds (1 in 3e7 for each element):

- any inputs: sum s_k**2 <= n S**2, so |err| <= 6 sqrt(n) u S;
- all products of one sign: s_k grows like k S / n, sum s_k**2 ~ n S**2 / 3, so
  |err| <= 6 / sqrt(3) sqrt(n) u S = 3.5 sqrt(n) u S;
- products of random sign: s_k is a random walk of steps sigma, |s_k| ~ sqrt(k) sigma, and
  S ~ n E|x w| >= 0.63 n sigma for normal or uniform factors, so sum s_k**2 ~ n**2 sigma**2 / 2
  and the root is at most 1.12 S: the reduction length cancels. The rounding error of a sum is
  uniform within its binade, 0.42 u |s_k| on average, so err has standard deviation 0.47 u S and
  |err| <= 8 u S is 17 of them. For n <= 8 it is the certain bound. This is the constant c = 8.

So c = 8 is right for centred data whatever the length, while for data of one sign (pixels) and
for long sums it has to grow with sqrt(n): c = max(8, 3.5 sqrt(n)), or 6 sqrt(n) for heavy tails.
A kernel that sums in blocks (several accumulators, then the accumulators) only makes the s_k
smaller, so the bounds hold for every blocking; bfloat16, a lost term or a wrong scale break them
by orders of magnitude.

**Winograd F(4x4, 3x3)** transforms 6x6 tiles, multiplies, sums over the channels, transforms back:
y = A^T ((G w G^T) * (B^T x B)) A. A rounding error of random sign committed on the way reaches an
output multiplied by |A^T| |G| |B^T|; with the points 0, +-3/4, +-3/2 the root of the sum of squares
of these products is between 1.67 and 2.96 along one axis, at most 2.96**2 = 8.8 along both. The
standard deviation of a centred sum is then at most 8.8 * 0.47 u S = 4.1 u S, and c = 64 is 15 of
them (direct: 17). For heavy tails c grows with sqrt(n) as above, eight times the direct constant.
An error anywhere in a tile reaches the whole tile, and every product x_s w_r of one tile belongs
to an output at most five places away, so S here is the largest within five places, counting those
outside the image.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest

from cnnx import _core, layers, ops
from reference import cases, functions
from reference import conv as oracle
from support.checks import SGD, assert_within
from support.checks import conv as conv_layer

U = 2.0**-24

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
Draw = Callable[[np.random.Generator, tuple[int, ...]], F32]


def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> F32:
    return rng.standard_normal(shape, np.float32)


def _uniform(rng: np.random.Generator, shape: tuple[int, ...]) -> F32:
    return rng.uniform(-1, 1, shape).astype(np.float32)


def _positive(rng: np.random.Generator, shape: tuple[int, ...]) -> F32:
    return rng.uniform(0, 1, shape).astype(np.float32)


def _heavy(rng: np.random.Generator, shape: tuple[int, ...]) -> F32:
    sign = rng.choice([-1.0, 1.0], shape)
    return np.asarray(sign * rng.lognormal(0, 2, shape), np.float32)


def _centred(length: int) -> float:
    return 8.0


def _one_sign(length: int) -> float:
    return max(8.0, 3.5 * math.sqrt(length))


def _any(length: int) -> float:
    return max(8.0, 6.0 * math.sqrt(length))


DATA = {
    "normal": (_normal, _centred),
    "uniform": (_uniform, _centred),
    "positive": (_positive, _one_sign),
    "heavy tails": (_heavy, _any),
}


def _wide(a: npt.NDArray[Any]) -> F64:
    return a.astype(np.float64)


class Problem(NamedTuple):
    """Arguments of a pass, its results in float64, and the bound of each result's error."""

    case: Any
    arguments: tuple[F32, F32, F32, F32]  # grad, x, w, b
    results: tuple[F64, ...]  # y, dx, dw, db
    bounds: tuple[F64, ...]


def _check(problem: Problem, got: tuple[F32, ...]) -> None:
    names = ("y", "dx", "dw", "db")
    for name, value, expected, bound in zip(
        names, got, problem.results, problem.bounds, strict=True
    ):
        assert_within(value, expected, bound, f"{name} of {problem.case}")


def _bounds(sums: tuple[F64, ...], factors: tuple[float, ...]) -> tuple[F64, ...]:
    return tuple(factor * U * s for factor, s in zip(factors, sums, strict=True))


def _in_float64(given: tuple[F32, F32, F32, F32]) -> tuple[F64, F64, F64, F64]:
    grad, x, w, b = given
    return _wide(grad), _wide(x), _wide(w), _wide(b)


def _magnitudes(wide: tuple[F64, F64, F64, F64]) -> tuple[F64, F64, F64, F64]:
    grad, x, w, b = wide
    return abs(grad), abs(x), abs(w), abs(b)


def _draw_conv(
    rng: np.random.Generator, case: cases.ConvCase, draw: Draw
) -> tuple[F32, F32, F32, F32]:
    """Output gradient, input, weights, bias."""
    x = draw(rng, (case.batch, case.channels, *case.size))
    w = draw(rng, (case.filters, case.channels // case.how.groups, *case.kernel))
    b = draw(rng, (case.filters,))
    return draw(rng, oracle.conv2d(x, w, b, case.how).shape), x, w, b


def _conv_passes(grad: F64, x: F64, w: F64, b: F64, how: oracle.Geometry) -> tuple[F64, ...]:
    return oracle.conv2d(x, w, b, how), *oracle.conv2d_backward(grad, x, w, how)


@lru_cache(maxsize=1)
def _conv_problems(data: str) -> list[Problem]:
    draw, constant = DATA[data]
    rng = np.random.default_rng((1, list(DATA).index(data)))
    problems = []
    for index in range(40):
        case = cases.wide_conv_case(rng) if index % 5 == 0 else cases.conv_case(rng)
        given = _draw_conv(rng, case, draw)
        grad, w = given[0], given[2]
        wide = _in_float64(given)
        pixels = constant(grad.size // grad.shape[1])
        taps = w.shape[2] * w.shape[3]
        factors = (
            constant(w.shape[1] * taps + 1),
            constant(w.shape[0] // case.how.groups * taps),
            pixels,
            pixels,
        )
        sums = _conv_passes(*_magnitudes(wide), case.how)
        results = _conv_passes(*wide, case.how)
        problems.append(Problem(case, given, results, _bounds(sums, factors)))
    return problems


@pytest.mark.parametrize("data", DATA)
def test_conv2d_and_its_gradients(isa: str, data: str) -> None:
    for problem in _conv_problems(data):
        how = (*problem.case.how, None)
        grad, x, w, b = problem.arguments
        y = _core.conv2d(x, w, b, *how)
        _check(problem, (y, *_core.conv2d_backward(grad, x, w, b, *how)))


def _dense_passes(grad: F64, x: F64, w: F64, b: F64) -> tuple[F64, ...]:
    return functions.dense(x, w, b), *functions.dense_backward(grad, x, w)


@lru_cache(maxsize=1)
def _dense_problems(data: str) -> list[Problem]:
    draw, constant = DATA[data]
    rng = np.random.default_rng((2, list(DATA).index(data)))
    problems = []
    for index in range(20):
        case = cases.dense_case(rng)
        features = case.features * 12 if index % 5 == 0 else case.features
        given = (
            draw(rng, (case.batch, case.units)),
            draw(rng, (case.batch, features)),
            draw(rng, (case.units, features)),
            draw(rng, (case.units,)),
        )
        wide = _in_float64(given)
        images = constant(case.batch)
        factors = constant(features + 1), constant(case.units), images, images
        sums = _dense_passes(*_magnitudes(wide))
        problems.append(Problem(case, given, _dense_passes(*wide), _bounds(sums, factors)))
    return problems


@pytest.mark.parametrize("data", DATA)
def test_dense_and_its_gradients(isa: str, data: str) -> None:
    for problem in _dense_problems(data):
        grad, x, w, b = problem.arguments
        y = _core.dense(x, w, b, None)
        _check(problem, (y, *_core.dense_backward(grad, x, w, b, None)))


REACH = 5


def _surrounding(s: F64) -> F64:
    """Largest value within ``REACH`` places of each place, which are ``REACH`` from the edges."""
    side = 2 * REACH + 1
    windows = np.lib.stride_tricks.sliding_window_view(s, (side, side), axis=(2, 3))
    return np.asarray(windows.max(axis=(4, 5)))


def _winograd_scales(grad: F64, x: F64, w: F64, b: F64, padding: int) -> tuple[F64, F64, F64]:
    """S of y, dx and dw, all arguments magnitudes, each the largest of its surroundings."""
    how = oracle.Geometry(padding=(padding + REACH, padding + REACH))
    s_y = _surrounding(oracle.conv2d(x, w, b, how))
    turned = w.swapaxes(0, 1)[:, :, ::-1, ::-1]
    back = oracle.Geometry(padding=(2 - padding + REACH, 2 - padding + REACH))
    s_dx = _surrounding(oracle.conv2d(grad, turned, None, back))
    wider = np.zeros((*w.shape[:2], 3 + 2 * REACH, 3 + 2 * REACH))
    s_dw = oracle.conv2d_backward(grad, x, wider, how)[1].max(axis=(2, 3), keepdims=True)
    return s_y, s_dx, np.broadcast_to(s_dw, w.shape)


def _conv_network(case: cases.ConvCase, exact: bool, w: F32, b: F32) -> Any:
    layer = conv_layer(case.filters, 3, padding=case.how.padding)
    shape = (case.channels, *case.size)
    network = _core.Network32([layer], shape, {"kind": "mse"}, SGD, 0, exact)
    network.set_parameter("0.weight", w)
    network.set_parameter("0.bias", b)
    return network


def _three_by_three(rng: np.random.Generator, index: int) -> cases.ConvCase:
    """Stride 1, one group; every third with few channels, the others with full tiles of them."""
    wide = cases.wide_conv_case(rng)
    channels, filters = wide.channels, wide.filters
    if index % 3 == 2:
        channels, filters = (int(v) for v in rng.integers(1, 13, 2))
    how = oracle.Geometry(padding="same" if index % 2 == 0 else "valid")
    return wide._replace(channels=channels, filters=filters, kernel=(3, 3), how=how)


@lru_cache(maxsize=1)
def _network_problems(data: str, exact: bool) -> list[Problem]:
    """The gradient of the outputs is replaced by targets that cause it."""
    draw, constant = DATA[data]
    rng = np.random.default_rng((3, list(DATA).index(data)))
    problems = []
    for index in range(9):
        case = _three_by_three(rng, index)
        like, x, w, b = _draw_conv(rng, case, draw)
        y = oracle.conv2d(_wide(x), _wide(w), _wide(b), case.how)
        # Targets of 2**20 times the outputs' magnitude make the gradient 2 (y - t) / count their
        # own: its relative error (float32 outputs, their difference, the scale) is below 4 u.
        top = float(2 ** (20 + np.ceil(np.log2(abs(y).max()))))
        targets = np.copysign(top * (1 + rng.random(like.shape)), like).astype(np.float32)
        wide = 2.0 * (y - _wide(targets)) / y.size, _wide(x), _wide(w), _wide(b)
        sums = _conv_passes(*_magnitudes(wide), case.how)
        if not exact:
            padding = 1 if case.how.padding == "same" else 0
            sums = (*_winograd_scales(*_magnitudes(wide), padding), sums[3])
        lengths = w[0].size + 1, w[:, 0].size, y.size // y.shape[1]
        direct = tuple(constant(n) if exact else 8 * constant(n) for n in lengths)
        factors = (direct[0], direct[1] + 4, direct[2] + 4, direct[2] + 4)
        results = _conv_passes(*wide, case.how)
        problems.append(Problem(case, (targets, x, w, b), results, _bounds(sums, factors)))
    return problems


@pytest.mark.parametrize("exact", [True, False], ids=["direct", "winograd"])
@pytest.mark.parametrize("data", ["normal", "uniform", "heavy tails"])
def test_three_by_three_layers_of_a_network(isa: str, data: str, exact: bool) -> None:
    """Forward, input and weight gradients, as a network chooses to compute them."""
    for problem in _network_problems(data, exact):
        targets, x, w, b = problem.arguments
        network = _conv_network(problem.case, exact, w, b)
        _, _, grads = network.gradients(x, targets)
        _check(problem, (network.predict(x), grads["input"], grads["0.weight"], grads["0.bias"]))


SPECIAL = (0.0, 1e-30, 1e-4, 0.5, 20.0, 87.0, 88.5, 89.0, 104.0, 709.6, 710.0, 750.0, 1e30, np.inf)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", [n for n in layers.ACTIVATIONS if n != "softmax"])
def test_activations_of_single_values(isa: str, name: str, dtype: str) -> None:
    """Within 8 u of the true value; those computed through exp with an absolute error near 0."""
    rng = np.random.default_rng(7)
    u = U if dtype == "float32" else 2.0**-53
    x = np.concatenate([SPECIAL, _heavy(rng, (1003,)), _normal(rng, (4001,))]).astype(dtype)
    x = np.stack([x, -x])
    got = _core.activation_forward(x, name, 0.01)
    assert got.dtype == dtype
    expected = functions.activation(_wide(x), name)
    finite = np.isfinite(expected)
    bound = 8 * u * abs(expected[finite])
    if name not in ("linear", "relu", "leaky_relu"):
        bound += 4 * u
    assert_within(got[finite], expected[finite], bound, name)
    np.testing.assert_array_equal(got[~finite], expected[~finite])
    nan = _core.activation_forward(np.full((2, 19), np.nan, dtype), name, 0.01)
    assert np.isnan(nan).all()


@pytest.mark.parametrize("units", [1, 2, 10, 17, 64, 1000])
def test_softmax(isa: str, units: int) -> None:
    """The relative error of exp(z - max) is u |z - max| from the difference, plus a few u; the
    sum of n positive terms adds n u at most.
    """
    rng = np.random.default_rng((8, units))
    for scale in (1, 30, 1e4):
        z = (_normal(rng, (37, units)) * scale).astype(np.float32)
        got = _core.activation_forward(z, "softmax", 0.0)
        expected = functions.activation(_wide(z), "softmax")
        depth = _wide(z.max(axis=1, keepdims=True)) - _wide(z)
        bound = expected * U * (8 + units + depth) + 2.0**-125
        assert_within(got, expected, bound, f"softmax of {units} units at scale {scale}")


def test_softmax_runs_over_the_channels_of_an_image(isa: str) -> None:
    z = _normal(np.random.default_rng(9), (3, 5, 4, 7))
    got = ops.softmax(z)
    assert_within(got, functions.activation(_wide(z), "softmax"), 32 * U, "softmax of an image")
