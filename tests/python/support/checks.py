"""Helpers of several test files: comparisons with readable failures, hashes, small networks."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Layers = list[dict[str, Any]]

SGD: dict[str, Any] = {
    "kind": "sgd",
    "learning_rate": 0.125,
    "momentum": 0.0,
    "nesterov": False,
    "weight_decay": 0.0,
}


def conv(filters: int, kernel: int | Sequence[int] = 3, **other: Any) -> dict[str, Any]:
    """Description of a convolution as the engine takes it, with every field filled in."""
    pair = [kernel, kernel] if isinstance(kernel, int) else list(kernel)
    return {
        "kind": "conv2d",
        "filters": filters,
        "kernel_size": pair,
        "stride": [1, 1],
        "padding": "valid",
        "dilation": [1, 1],
        "groups": 1,
        "activation": "linear",
        "use_bias": True,
        "kernel_initializer": "he_normal",
        "bias_initializer": "zeros",
    } | other


def dense(units: int, activation: str = "linear", **other: Any) -> dict[str, Any]:
    """Description of a dense layer as the engine takes it."""
    return {
        "kind": "dense",
        "units": units,
        "activation": activation,
        "use_bias": True,
        "kernel_initializer": "he_normal",
        "bias_initializer": "zeros",
    } | other


def max_pool(size: int | Sequence[int] = 2, **other: Any) -> dict[str, Any]:
    """Description of a max pool as the engine takes it; the stride is the window."""
    pair = [size, size] if isinstance(size, int) else list(size)
    return {"kind": "max_pool2d", "pool_size": pair, "stride": pair, "padding": [0, 0]} | other


FLATTEN: dict[str, Any] = {"kind": "flatten"}


def parameters(network: Any) -> dict[str, Array]:
    """Every parameter of an engine network by its public name."""
    return {name: network.get_parameter(name) for name in network.parameter_names()}


def hash_arrays(arrays: Mapping[str, Array]) -> str:
    """One hash over names, dtypes, shapes and every bit of the values."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        value = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {value.dtype.str} {value.shape}".encode())
        digest.update(value.tobytes())
    return digest.hexdigest()


def assert_exact(got: Array, expected: Array, what: object) -> None:
    """Same shape and equal everywhere; the failure names the first differing place."""
    assert got.shape == expected.shape, f"{what}: shape {got.shape}, expected {expected.shape}"
    wrong = got != expected
    if wrong.any():
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise AssertionError(
            f"{what}: {int(wrong.sum())} of {wrong.size} values differ, "
            f"first at {place}: {got[place]!r}, expected {expected[place]!r}"
        )


def assert_within(got: Array, expected: Array, bound: Array | float, what: object) -> None:
    """Every error at most its bound; the failure names the worst place."""
    assert got.shape == expected.shape, f"{what}: shape {got.shape}, expected {expected.shape}"
    assert np.isfinite(got).all(), f"{what}: a value is not finite"
    error = np.abs(got.astype(np.float64) - expected)
    limit = np.broadcast_to(np.asarray(bound, np.float64), error.shape)
    if (error > limit).any():
        place = tuple(int(i) for i in np.unravel_index(np.argmax(error - limit), error.shape))
        raise AssertionError(
            f"{what}: {int((error > limit).sum())} of {error.size} values out of bounds, "
            f"worst at {place}: {got[place]!r}, expected {expected[place]!r}, "
            f"error {error[place]:.3g} above {limit[place]:.3g}"
        )


def assert_close(got: Array, expected: Array, relative: float, what: object) -> None:
    """Errors at most ``relative`` times the largest expected magnitude."""
    scale = float(np.abs(expected).max(initial=0.0))
    assert_within(got, expected, relative * scale + 1e-300, what)
