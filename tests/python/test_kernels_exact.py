"""Every pass equals the integer oracle exactly on small-integer inputs.

Inputs are integers of magnitude at most 3 and the longest sum has a few thousand terms, so every
partial sum in any order is an integer far below 2**24 and float32 represents it: a kernel that
multiplies and adds the right terms has no error at all, whatever its blocking. The oracle works
in int64. Together the tests below run more than 2,000 random shapes on every instruction set.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cnnx import _core
from reference import cases, functions, pool
from reference import conv as oracle
from support import assert_exact

CONV_CHUNKS, CONV_EACH = 14, 100
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
    assert {c.channels for c in drawn} == {c.filters for c in drawn} == set(range(1, 41))
    assert {c.batch for c in drawn} == set(range(1, 6))
    assert {c.how.stride for c in drawn} == {(a, b) for a in (1, 2, 3) for b in (1, 2, 3)}
    assert {c.how.dilation for c in drawn} == {(a, b) for a in (1, 2, 3) for b in (1, 2, 3)}
    assert {c.how.padding for c in drawn} > {"same", "valid", (0, 0), (3, 3), (9, 9)}
    assert {c.how.groups for c in drawn} > {1, 2, 3, 4, 5, 6, 40}


def _conv_cases(chunk: int) -> list[cases.ConvCase]:
    rng = np.random.default_rng((1, chunk))
    return [cases.conv_case(rng) for _ in range(CONV_EACH)]


def _dtype(index: int) -> type[np.floating[Any]]:
    """Mostly float32; every fifth case in float64, which shares the algorithms."""
    return np.float64 if index % 5 == 4 else np.float32


def _check_conv(case: cases.ConvCase, rng: np.random.Generator, index: int) -> None:
    kind = _dtype(index)
    x = cases.small_integers(rng, (case.batch, case.channels, *case.size))
    w = cases.small_integers(rng, (case.filters, case.channels // case.how.groups, *case.kernel))
    b = cases.small_integers(rng, (case.filters,)) if case.bias else None
    z = oracle.conv2d(x, w, b, case.how)
    grad = cases.small_integers(rng, z.shape)
    through = functions.activation_backward(grad, z, case.activation)
    dx, dw, db = oracle.conv2d_backward(through, x, w, case.how)

    floats = x.astype(kind), w.astype(kind), None if b is None else b.astype(kind)
    how = (*case.how, case.activation)
    y = _core.conv2d(*floats, *how)
    got = _core.conv2d_backward(grad.astype(kind), *floats, *how)
    what = f"{case} with {_core.get_num_threads()} threads in {kind.__name__}"
    assert y.dtype == got[0].dtype == got[1].dtype == kind
    assert_exact(y, functions.activation(z, case.activation), f"y of {what}")
    assert_exact(got[0], dx, f"dx of {what}")
    assert_exact(got[1], dw, f"dw of {what}")
    assert_exact(got[2], db, f"db of {what}")


@pytest.mark.parametrize("chunk", range(CONV_CHUNKS))
def test_conv2d(isa: str, chunk: int) -> None:
    rng = np.random.default_rng((2, chunk))
    for index, case in enumerate(_conv_cases(chunk)):
        _core.set_num_threads(THREADS[index % len(THREADS)])
        _check_conv(case, rng, index)


@pytest.mark.parametrize("chunk", range(WIDE_CHUNKS))
def test_conv2d_of_full_register_tiles(isa: str, chunk: int) -> None:
    rng = np.random.default_rng((3, chunk))
    for index in range(WIDE_EACH):
        _core.set_num_threads(THREADS[index % len(THREADS)])
        _check_conv(cases.wide_conv_case(rng), rng, index)


@pytest.mark.parametrize("chunk", range(POOL_CHUNKS))
def test_max_pool2d(isa: str, chunk: int) -> None:
    rng = np.random.default_rng((4, chunk))
    for index in range(POOL_EACH):
        _core.set_num_threads(THREADS[index % len(THREADS)])
        case, kind = cases.pool_case(rng), _dtype(index)
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


@pytest.mark.parametrize("chunk", range(DENSE_CHUNKS))
def test_dense(isa: str, chunk: int) -> None:
    rng = np.random.default_rng((6, chunk))
    for index in range(DENSE_EACH):
        _core.set_num_threads(THREADS[index % len(THREADS)])
        case, kind = cases.dense_case(rng), _dtype(index)
        x = cases.small_integers(rng, (case.batch, case.features))
        w = cases.small_integers(rng, (case.units, case.features))
        b = cases.small_integers(rng, (case.units,)) if case.bias else None
        z = functions.dense(x, w, b)
        grad = cases.small_integers(rng, z.shape)
        through = functions.activation_backward(grad, z, case.activation)
        dx, dw, db = functions.dense_backward(through, x, w)

        floats = x.astype(kind), w.astype(kind), None if b is None else b.astype(kind)
        y = _core.dense(*floats, case.activation)
        got = _core.dense_backward(grad.astype(kind), *floats, case.activation)
        assert y.dtype == kind
        assert_exact(y, functions.activation(z, case.activation), f"y of {case}")
        assert_exact(got[0], dx, f"dx of {case}")
        assert_exact(got[1], dw, f"dw of {case}")
        assert_exact(got[2], db, f"db of {case}")
