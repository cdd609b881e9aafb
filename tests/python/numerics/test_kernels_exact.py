"""Every pass equals the integer oracle exactly on small-integer inputs.

Inputs are integers of magnitude at most 3 and the longest sum has a few thousand terms, so every
partial sum in any order is an integer far below 2**24 and float32 represents it: a kernel that
multiplies and adds the right terms has no error at all, whatever its blocking. The oracle works
in int64. Together the tests below run more than 2,000 random shapes on every instruction set.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest

from cnnx import _core
from reference import cases, functions, pool
from reference import conv as oracle
from support.checks import assert_exact

Array = npt.NDArray[np.int64]

CONV_CHUNKS, CONV_EACH = 18, 100
WIDE_CHUNKS, WIDE_EACH = 3, 25
POOL_CHUNKS, POOL_EACH = 4, 100
DENSE_CHUNKS, DENSE_EACH = 3, 100
THREADS = (1, 2, 3, 5)


def test_shapes_are_many_and_of_every_kind() -> None:
    total = CONV_CHUNKS * CONV_EACH + WIDE_CHUNKS * WIDE_EACH
    total += POOL_CHUNKS * POOL_EACH + DENSE_CHUNKS * DENSE_EACH
    assert total >= 2000
    drawn = [c for chunk in range(CONV_CHUNKS) for c in _conv_cases(chunk)]
    assert {c.kernel[0] for c in drawn} == {c.kernel[1] for c in drawn} == set(range(1, 8))
    assert {c.channels for c in drawn} == set(range(1, 41)) <= {c.filters for c in drawn}
    assert {c.batch for c in drawn} == set(range(1, 6))
    assert {c.how.stride for c in drawn} == {(a, b) for a in (1, 2, 3) for b in (1, 2, 3)}
    assert {c.how.dilation for c in drawn} == {(a, b) for a in (1, 2, 3) for b in (1, 2, 3)}
    assert {c.how.padding for c in drawn} > {"same", "valid", (0, 0), (3, 3), (9, 9)}
    assert {c.how.groups for c in drawn} > {1, 2, 3, 4, 5, 6, 40}


def _conv_cases(chunk: int) -> list[cases.ConvCase]:
    rng = np.random.default_rng((1, chunk))
    return [cases.conv_case(rng) for _ in range(CONV_EACH)]


def _wide_conv_cases(chunk: int) -> list[cases.ConvCase]:
    rng = np.random.default_rng((2, chunk))
    return [cases.wide_conv_case(rng) for _ in range(WIDE_EACH)]


class Problem(NamedTuple):
    """One pass with bias and weights: its arguments, and what it must give."""

    case: Any
    x: Array
    w: Array
    b: Array | None
    grad: Array
    y: Array
    dx: Array
    dw: Array
    db: Array


def _conv_problem(case: cases.ConvCase, rng: np.random.Generator) -> Problem:
    x = cases.small_integers(rng, (case.batch, case.channels, *case.size))
    w = cases.small_integers(rng, (case.filters, case.channels // case.how.groups, *case.kernel))
    b = cases.small_integers(rng, (case.filters,)) if case.bias else None
    z = oracle.conv2d(x, w, b, case.how)
    grad = cases.small_integers(rng, z.shape)
    through = functions.activation_backward(grad, z, case.activation)
    y = functions.activation(z, case.activation)
    return Problem(case, x, w, b, grad, y, *oracle.conv2d_backward(through, x, w, case.how))


def _dense_problem(case: cases.DenseCase, rng: np.random.Generator) -> Problem:
    x = cases.small_integers(rng, (case.batch, case.features))
    w = cases.small_integers(rng, (case.units, case.features))
    b = cases.small_integers(rng, (case.units,)) if case.bias else None
    z = functions.dense(x, w, b)
    grad = cases.small_integers(rng, z.shape)
    through = functions.activation_backward(grad, z, case.activation)
    y = functions.activation(z, case.activation)
    return Problem(case, x, w, b, grad, y, *functions.dense_backward(through, x, w))


@lru_cache(maxsize=1)
def _problems(what: str, chunk: int) -> list[Problem]:
    """One chunk of problems, solved once for all instruction sets."""
    rng = np.random.default_rng((3, chunk))
    if what == "dense":
        return [_dense_problem(cases.dense_case(rng), rng) for _ in range(DENSE_EACH)]
    drawn = _conv_cases(chunk) if what == "conv" else _wide_conv_cases(chunk)
    return [_conv_problem(case, rng) for case in drawn]


def _check(problem: Problem, index: int, forward: Any, backward: Any, how: tuple[Any, ...]) -> None:
    """Run both passes, mostly in float32; every fifth problem in float64."""
    kind = np.dtype(np.float64 if index % 5 == 4 else np.float32)
    _core.set_num_threads(THREADS[index % len(THREADS)])
    b = None if problem.b is None else problem.b.astype(kind)
    arguments = problem.x.astype(kind), problem.w.astype(kind), b
    y = forward(*arguments, *how)
    dx, dw, db = backward(problem.grad.astype(kind), *arguments, *how)
    assert y.dtype == dx.dtype == dw.dtype == db.dtype == kind
    what = f"{problem.case} with {_core.get_num_threads()} threads in {kind}"
    assert_exact(y, problem.y, f"y of {what}")
    assert_exact(dx, problem.dx, f"dx of {what}")
    assert_exact(dw, problem.dw, f"dw of {what}")
    assert_exact(db, problem.db, f"db of {what}")


@pytest.mark.parametrize("chunk", range(CONV_CHUNKS))
def test_conv2d(isa: str, chunk: int) -> None:
    for index, problem in enumerate(_problems("conv", chunk)):
        how = (*problem.case.how, problem.case.activation)
        _check(problem, index, _core.conv2d, _core.conv2d_backward, how)


@pytest.mark.parametrize("chunk", range(WIDE_CHUNKS))
def test_conv2d_of_full_register_tiles(isa: str, chunk: int) -> None:
    for index, problem in enumerate(_problems("wide conv", chunk)):
        how = (*problem.case.how, problem.case.activation)
        _check(problem, index, _core.conv2d, _core.conv2d_backward, how)


@pytest.mark.parametrize("chunk", range(DENSE_CHUNKS))
def test_dense(isa: str, chunk: int) -> None:
    for index, problem in enumerate(_problems("dense", chunk)):
        _check(problem, index, _core.dense, _core.dense_backward, (problem.case.activation,))


@pytest.mark.parametrize("chunk", range(POOL_CHUNKS))
def test_max_pool2d(isa: str, chunk: int) -> None:
    rng = np.random.default_rng((4, chunk))
    for index in range(POOL_EACH):
        _core.set_num_threads(THREADS[index % len(THREADS)])
        case, kind = cases.pool_case(rng), np.float64 if index % 5 == 4 else np.float32
        x = cases.small_integers(rng, case.shape)  # seven values: ties everywhere
        y, where = pool.max_pool2d(x, case.size, case.stride, case.padding)
        got, got_where = _core.max_pool2d(x.astype(kind), case.size, case.stride, case.padding)
        assert got.dtype == kind
        assert got_where.dtype == np.int64
        assert_exact(got, y, f"y of {case}")
        assert_exact(got_where, where, f"indices of {case}")
        grad = cases.small_integers(rng, y.shape)
        dx = _core.max_pool2d_backward(grad.astype(kind), got_where, case.shape)
        assert_exact(dx, pool.max_pool2d_backward(grad, where, case.shape), f"dx of {case}")


def test_max_pool2d_keeps_nan_and_infinities(isa: str) -> None:
    rng = np.random.default_rng(5)
    for _ in range(100):
        case = cases.pool_case(rng)
        x = cases.small_integers(rng, case.shape).astype(np.float32)
        x[rng.random(case.shape) < 0.1] = np.nan
        x[rng.random(case.shape) < 0.2] = -np.inf
        x[rng.random(case.shape) < 0.05] = np.inf
        y, where = pool.max_pool2d(x, case.size, case.stride, case.padding)
        got, got_where = _core.max_pool2d(x, case.size, case.stride, case.padding)
        np.testing.assert_array_equal(got, y, err_msg=str(case))
        numbers = ~np.isnan(y)
        assert_exact(got_where[numbers], where[numbers], f"indices of {case}")
        planes = x.reshape(*case.shape[:2], -1)
        chosen = np.take_along_axis(planes, got_where.reshape(*case.shape[:2], -1), axis=2)
        np.testing.assert_array_equal(chosen.reshape(y.shape), y, err_msg=str(case))


def test_max_pool2d_of_nothing_but_minus_infinity_points_at_the_first_place(isa: str) -> None:
    x = np.full((1, 2, 4, 4), -np.inf, np.float32)
    y, where = _core.max_pool2d(x, (3, 3), (2, 2), (1, 1))
    assert (y == -np.inf).all()
    assert where.tolist() == [[[[0, 1], [4, 5]]] * 2]
