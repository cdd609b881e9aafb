"""`cnnx.ops`: dtypes, defaults, spellings, shapes, messages; its numbers are tested elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cnnx import ConfigError, ShapeError, ops

any_: Any = ops  # whose arguments the type checker does not look at
rng: Any = np.random.default_rng(0)
X = rng.normal(size=(2, 3, 5, 6))
W = rng.normal(size=(4, 3, 3, 3))
B = rng.normal(size=4)
ROWS, MATRIX = rng.normal(size=(5, 7)), rng.normal(size=(4, 7))


def f32(*arrays: Any) -> list[Any]:
    return [np.asarray(array, np.float32) for array in arrays]


def test_float64_only_if_every_floating_array_is() -> None:
    x32, w32, b32 = f32(X, W, B)
    assert ops.conv2d(X, W, B).dtype == np.float64
    assert ops.conv2d(X, W).dtype == np.float64
    assert ops.conv2d(X.astype(np.int64), W).dtype == np.float64
    assert ops.conv2d(x32, W, B).dtype == np.float32
    assert ops.conv2d(X, W, b32).dtype == np.float32
    assert ops.conv2d(X.astype(np.float16), W).dtype == np.float32
    assert ops.conv2d(X.astype(np.int8), W.astype(bool)).dtype == np.float32
    assert ops.conv2d(X.astype(">f8"), W).dtype == np.float64
    np.testing.assert_array_equal(ops.conv2d(X, w32, B), ops.conv2d(x32, w32, b32))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_pass_keeps_the_dtype(dtype: type) -> None:
    x, w, b, rows, matrix = (array.astype(dtype) for array in (X, W, B, ROWS, MATRIX))
    y = ops.conv2d(x, w, b)
    pooled, places = ops.max_pool2d(x, 2)
    results = [
        y,
        *ops.conv2d_backward(y, x, w, b),
        pooled,
        ops.max_pool2d_backward(pooled, places, x.shape),
        ops.dense(rows, matrix, b),
        *ops.dense_backward(ops.dense(rows, matrix, b), rows, matrix, b),
        ops.flatten(x),
        ops.flatten_backward(ops.flatten(x), x.shape),
        *(f(rows) for f in (ops.relu, ops.leaky_relu, ops.sigmoid, ops.tanh, ops.softmax)),
    ]
    assert [result.dtype for result in results] == [np.dtype(dtype)] * len(results)
    assert places.dtype == np.int64


def test_shapes_of_gradients() -> None:
    y = ops.conv2d(X, W, B, stride=(2, 1), padding="same")
    assert y.shape == (2, 4, 3, 6)
    dx, dw, db = ops.conv2d_backward(y, X, W, B, stride=(2, 1), padding="same")
    assert (dx.shape, dw.shape, db.shape) == (X.shape, W.shape, B.shape)
    rows = ops.dense(ROWS, MATRIX)
    dx, dw, db = ops.dense_backward(rows, ROWS, MATRIX)
    assert (dx.shape, dw.shape, db.shape) == (ROWS.shape, MATRIX.shape, (4,))


def test_arguments_are_not_changed_and_not_shared() -> None:
    before = [array.copy() for array in (X, W, B, ROWS, MATRIX)]
    results = [
        ops.conv2d(X, W, B, activation="relu"),
        ops.dense(ROWS, MATRIX, activation="softmax"),
        ops.flatten(X),
        ops.flatten_backward(ROWS, (5, 7, 1, 1)),
        ops.relu(X),
    ]
    for result in results:
        result[...] = 99
    for array, copy in zip((X, W, B, ROWS, MATRIX), before, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_spellings() -> None:
    y = ops.conv2d(X, W, stride=1, padding=1)
    np.testing.assert_array_equal(ops.conv2d(X, W, padding="same"), y)
    np.testing.assert_array_equal(ops.conv2d(X, W, None, (1, 1), (1, 1), (1, 1), 1, "linear"), y)
    np.testing.assert_array_equal(
        ops.conv2d(X, W, padding="valid"), ops.conv2d(X.tolist(), W.tolist(), padding=0)
    )
    np.testing.assert_array_equal(ops.max_pool2d(X, 2)[0], ops.max_pool2d(X, (2, 2), 2, 0)[0])


def test_bias_is_optional() -> None:
    np.testing.assert_allclose(ops.conv2d(X, W, B), ops.conv2d(X, W) + B[:, None, None], rtol=1e-12)
    np.testing.assert_allclose(ops.dense(ROWS, MATRIX, B), ROWS @ MATRIX.T + B, rtol=1e-12)


def test_flatten_is_channel_row_column() -> None:
    x = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    rows = ops.flatten(x)
    np.testing.assert_array_equal(rows, np.arange(120).reshape(2, 60))
    np.testing.assert_array_equal(ops.flatten_backward(rows, x.shape), x)


def test_max_pool_remembers_places_in_the_plane() -> None:
    x = np.zeros((1, 1, 4, 4))
    x[0, 0, 1, 1] = x[0, 0, 2, 3] = 1
    y, places = ops.max_pool2d(x, 2)
    assert y.ravel().tolist() == [1, 0, 0, 1]
    assert places.ravel().tolist() == [5, 2, 8, 11]
    grad = ops.max_pool2d_backward([[[[1.0, 2.0], [3.0, 4.0]]]], places.astype(np.int32), x.shape)
    assert grad.ravel().nonzero()[0].tolist() == [2, 5, 8, 11]
    assert grad.ravel()[[5, 2, 8, 11]].tolist() == [1, 2, 3, 4]


def test_activations() -> None:
    x = np.array([[-2.0, 0.0, 3.0]])
    np.testing.assert_array_equal(ops.relu(x), [[0, 0, 3]])
    np.testing.assert_array_equal(ops.leaky_relu(x, 0.5), [[-1, 0, 3]])
    np.testing.assert_allclose(ops.leaky_relu(x), [[-0.02, 0, 3]])
    np.testing.assert_allclose(ops.sigmoid(x), 1 / (1 + np.exp(-x)), rtol=1e-12)
    np.testing.assert_allclose(ops.tanh(x), np.tanh(x), rtol=1e-12)
    np.testing.assert_allclose(ops.softmax(x), np.exp(x) / np.exp(x).sum(), rtol=1e-12)
    assert ops.relu(3).shape == ()
    assert ops.relu(np.zeros((2, 0))).shape == (2, 0)


def test_softmax_of_images_is_over_channels() -> None:
    exponents = np.exp(X)
    expected = exponents / exponents.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(ops.softmax(X), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: any_.conv2d(X[0], W), ShapeError, "ops.conv2d: x must have 4 axes, got shape (3,"),
        (lambda: any_.conv2d(X, W[0]), ShapeError, "ops.conv2d: w must have 4 axes"),
        (lambda: any_.conv2d(X, W, B[None]), ShapeError, "ops.conv2d: b must have 1 axes"),
        (lambda: any_.conv2d(None, W), TypeError, "ops.conv2d: x: expected an array of numbers"),
        (lambda: any_.conv2d(X, W * 1j), TypeError, "ops.conv2d: w: expected numbers"),
        (lambda: any_.conv2d(X, W * 1j), TypeError, "take one part of it, w.real or abs(w)"),
        (lambda: any_.conv2d(X, W, stride=0), ConfigError, "ops.conv2d: stride must be at least 1"),
        (lambda: any_.conv2d(X, W, padding="full"), ConfigError, "ops.conv2d: padding must be one"),
        (lambda: any_.conv2d(X, W, dilation=1.5), TypeError, "ops.conv2d: dilation must be"),
        (lambda: any_.conv2d(X, W, groups=0), ConfigError, "ops.conv2d: groups must be at least 1"),
        (lambda: any_.conv2d(X, W, activation="reul"), ConfigError, 'did you mean "relu"?'),
        (lambda: any_.conv2d_backward(X, X, W), ShapeError, "conv2d_backward"),
        (lambda: any_.conv2d(X[:, :2], W), ShapeError, "conv2d"),
        (lambda: any_.max_pool2d(X, 0), ConfigError, "ops.max_pool2d: size must be at least 1"),
        (lambda: any_.max_pool2d(X, 2, padding=-1), ConfigError, "padding must be at least 0"),
        (lambda: any_.max_pool2d(X, 9), ShapeError, "max_pool2d"),
        (
            lambda: any_.max_pool2d_backward(X, np.zeros_like(X), X.shape),
            TypeError,
            "ops.max_pool2d_backward: indices must be integers, got dtype float64",
        ),
        (lambda: any_.dense(ROWS, MATRIX[:, 1:]), ShapeError, "dense"),
        (lambda: any_.dense(ROWS, X), ShapeError, "ops.dense: w must have 2 axes"),
        (lambda: any_.dense_backward(ROWS, ROWS, MATRIX), ShapeError, "dense_backward"),
        (lambda: any_.flatten(ROWS), ShapeError, "ops.flatten: x must have 4 axes"),
        (
            lambda: any_.flatten_backward(ROWS, (5, 2, 2, 2)),
            ShapeError,
            "grad must have shape (5, 8) for input_shape=(5, 2, 2, 2), got (5, 7)",
        ),
        (lambda: any_.flatten_backward(ROWS, (5, 7)), ShapeError, "input_shape must be (N, chan"),
        (lambda: any_.flatten_backward(ROWS, 5), TypeError, "input_shape must be a tuple of 4"),
        (lambda: any_.softmax(X[0]), ShapeError, "ops.softmax: x must have shape (N, units) or"),
        (lambda: any_.leaky_relu(X, "a"), TypeError, "ops.leaky_relu: alpha must be a number"),
        (
            lambda: any_.conv2d(np.full(X.shape, 2**40), W.astype(np.float32)),
            ValueError,
            "ops.conv2d: x: integers up to 16777216 are exact in float32, got 1099511627776 at x[",
        ),
    ],
)
def test_unusable_arguments(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)
