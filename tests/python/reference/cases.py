"""Random shapes for convolution, pooling and dense layers, the same ones on every run."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .conv import Geometry
from .geometry import Padding, Pair, outputs, sides


class ConvCase(NamedTuple):
    """One convolution: sizes, how the kernel moves, and whether bias and relu take part."""

    batch: int
    channels: int
    filters: int
    size: Pair
    kernel: Pair
    how: Geometry
    bias: bool
    activation: str | None


class PoolCase(NamedTuple):
    """One max pool."""

    shape: tuple[int, int, int, int]
    size: Pair
    stride: Pair
    padding: Pair


class DenseCase(NamedTuple):
    """One dense layer."""

    batch: int
    features: int
    units: int
    bias: bool
    activation: str | None


def _pair(rng: np.random.Generator, low: int, high: int, equal: float) -> Pair:
    """Two numbers in [low, high], equal with the given probability at least."""
    first, second = (int(v) for v in rng.integers(low, high + 1, 2))
    return (first, first) if rng.random() < equal else (first, second)


def _conv_outputs(size: Pair, kernel: Pair, how: Geometry) -> Pair:
    both = sides(how.padding, size, kernel, how.stride, how.dilation)
    first, second = (
        outputs(size[a], both[a], kernel[a], how.stride[a], how.dilation[a]) for a in range(2)
    )
    return first, second


def _activation(rng: np.random.Generator) -> str | None:
    return (None, None, "linear", "relu", "relu")[int(rng.integers(5))]


def conv_case(rng: np.random.Generator, work: float = 1e6) -> ConvCase:
    """A convolution of every admitted kind, with at most ``work`` multiply-adds."""
    while True:
        kernel = _pair(rng, 1, 7, 0.7)
        stride = _pair(rng, 1, 3, 0.7) if rng.random() < 0.5 else (1, 1)
        dilation = _pair(rng, 1, 3, 0.7) if rng.random() < 0.4 else (1, 1)
        padding: Padding
        choice = rng.random()
        if choice < 0.25:
            padding = "same"
        elif choice < 0.4:
            padding = "valid"
        elif choice < 0.9:
            padding = (int(rng.integers(0, kernel[0] + 1)), int(rng.integers(0, kernel[1] + 1)))
        else:  # wider than the kernel: whole outputs see nothing but padding
            padding = _pair(rng, 0, 9, 0.3)
        groups, channels, filters = 1, int(rng.integers(1, 41)), int(rng.integers(1, 41))
        if rng.random() < 0.3:
            groups = int(rng.integers(2, 7))
            channels = groups * int(rng.integers(1, 40 // groups + 1))
            filters = groups * int(rng.integers(1, 40 // groups + 1))
            if rng.random() < 0.3:  # depthwise
                filters = channels * int(rng.integers(1, 3))
                groups = channels
        size = _pair(rng, 1, 17, 0.4)
        how = Geometry(stride, padding, dilation, groups)
        out = _conv_outputs(size, kernel, how)
        batch = int(rng.integers(1, 6))
        macs = batch * filters * (channels // groups) * kernel[0] * kernel[1] * out[0] * out[1]
        if min(out) >= 1 and macs <= work:
            bias = bool(rng.random() < 0.7)
            return ConvCase(batch, channels, filters, size, kernel, how, bias, _activation(rng))


def wide_conv_case(rng: np.random.Generator) -> ConvCase:
    """A convolution with channel counts that fill whole register tiles, and one beside them."""
    widths = (16, 24, 32, 48, 64, 96)
    while True:
        channels, filters = (int(v) for v in rng.choice(widths, 2))
        if rng.random() < 0.3:
            filters += int(rng.choice([-1, 1]))
        if rng.random() < 0.2:
            channels += int(rng.choice([-1, 1]))
        kernel = (3, 3) if rng.random() < 0.6 else _pair(rng, 1, 5, 0.8)
        stride = (2, 2) if rng.random() < 0.25 else (1, 1)
        groups = 2 if rng.random() < 0.2 and channels % 2 == filters % 2 == 0 else 1
        padding: Padding = "same" if rng.random() < 0.6 else (0, 0)
        how = Geometry(stride, padding, (1, 1), groups)
        size = _pair(rng, 5, 15, 0.6)
        out = _conv_outputs(size, kernel, how)
        batch = int(rng.integers(1, 6))
        macs = batch * filters * (channels // groups) * kernel[0] * kernel[1] * out[0] * out[1]
        if min(out) >= 1 and macs <= 6e6:
            return ConvCase(batch, channels, filters, size, kernel, how, True, None)


def pool_case(rng: np.random.Generator) -> PoolCase:
    """A max pool: overlapping windows, strides beyond the window, padding up to half of it."""
    while True:
        size = _pair(rng, 1, 5, 0.6)
        stride = size if rng.random() < 0.4 else _pair(rng, 1, 6, 0.5)
        padding = (0, 0)
        if rng.random() < 0.5:
            padding = (
                int(rng.integers(0, size[0] // 2 + 1)),
                int(rng.integers(0, size[1] // 2 + 1)),
            )
        plane = _pair(rng, 1, 17, 0.4)
        fits = all(
            outputs(plane[a], (padding[a], padding[a]), size[a], stride[a]) >= 1 for a in range(2)
        )
        if fits:
            channels = int(rng.integers(1, 41))
            return PoolCase((int(rng.integers(1, 6)), channels, *plane), size, stride, padding)


def dense_case(rng: np.random.Generator) -> DenseCase:
    """A dense layer of odd and of tile-filling widths."""
    widths = (1, 10, 16, 32, 64, 96, 128)
    features, units = (
        int(rng.choice(widths)) if rng.random() < 0.3 else int(rng.integers(1, 301))
        for _ in range(2)
    )
    batch, bias = int(rng.integers(1, 41)), bool(rng.random() < 0.7)
    return DenseCase(batch, features, units, bias, _activation(rng))


def small_integers(
    rng: np.random.Generator, shape: tuple[int, ...], limit: int = 3
) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Integers in [-limit, limit], so few that every sum of products stays below 2**24."""
    return rng.integers(-limit, limit + 1, shape, dtype=np.int64)
