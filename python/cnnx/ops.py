"""Single layers on NumPy arrays, forward and backward, for teaching and experiments.

Images are (N, channels, height, width), convolution weights (filters, channels / groups, height,
width), dense weights (units, features). Where every floating array is float64, a pass computes and
returns float64, else float32; integers and booleans become that type. Every call gives new arrays.
A ``ShapeError`` names the argument that does not fit, a ``TypeError`` one that holds no numbers, a
``ConfigError`` an unusable setting.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cnnx._checks.arrays import as_array, as_numbers
from cnnx._checks.scalars import describe, integer, pair, real
from cnnx._engine import core
from cnnx._types import Array
from cnnx.errors import ShapeError
from cnnx.layers._base import activation_name, padding_value

IntPair = int | tuple[int, int]


def conv2d(
    x: ArrayLike,
    w: ArrayLike,
    b: ArrayLike | None = None,
    stride: IntPair = 1,
    padding: str | IntPair = 0,
    dilation: IntPair = 1,
    groups: int = 1,
    activation: str | None = None,
) -> Array:
    """Compute a 2D convolution with bias and activation.

    Parameters
    ----------
    x : array-like
        Images (N, channels, height, width).
    w : array-like
        Filters (filters, channels / groups, kernel height, kernel width).
    b : array-like, optional
        Biases (filters,).
    stride, dilation : int or (int, int)
        Stride and dilation of the convolution.
    padding : "valid", "same", int or (int, int)
        Zeros around the images, as for ``layers.Conv2D``.
    groups : int
        Number of groups of channels and filters.
    activation : str, optional
        One of ``layers.ACTIVATIONS``.

    Returns
    -------
    ndarray
        Feature maps (N, filters, out height, out width).

    Raises
    ------
    TypeError, ShapeError, ConfigError
        If an argument cannot be used.
    """
    op = "ops.conv2d"
    images, filters, biases = _arrays(op, {"x": (x, 4), "w": (w, 4), "b": (b, 1)})
    settings = _conv_settings(op, stride, padding, dilation, groups, activation)
    with _naming(op):
        return core.conv2d(images, filters, biases, *settings)


def conv2d_backward(
    grad: ArrayLike,
    x: ArrayLike,
    w: ArrayLike,
    b: ArrayLike | None = None,
    stride: IntPair = 1,
    padding: str | IntPair = 0,
    dilation: IntPair = 1,
    groups: int = 1,
    activation: str | None = None,
) -> tuple[Array, Array, Array]:
    """Compute the gradients of `conv2d`.

    Parameters
    ----------
    grad : array-like
        The gradient of the result, (N, filters, out height, out width).
    x, w, b, stride, padding, dilation, groups, activation
        What `conv2d` was called with.

    Returns
    -------
    tuple[ndarray, ndarray, ndarray]
        The gradients of `x`, of `w` and of the biases, summed over the images.

    Raises
    ------
    TypeError, ShapeError, ConfigError
        If an argument cannot be used.
    """
    op = "ops.conv2d_backward"
    arguments = {"grad": (grad, 4), "x": (x, 4), "w": (w, 4), "b": (b, 1)}
    gradient, images, filters, biases = _arrays(op, arguments)
    settings = _conv_settings(op, stride, padding, dilation, groups, activation)
    with _naming(op):
        return core.conv2d_backward(gradient, images, filters, biases, *settings)


def max_pool2d(
    x: ArrayLike, size: IntPair, stride: IntPair | None = None, padding: IntPair = 0
) -> tuple[Array, Array]:
    """Compute max pooling and the indices of the maxima.

    Parameters
    ----------
    x : array-like
        Images (N, channels, height, width).
    size : int or (int, int)
        The window.
    stride : int or (int, int), optional
        Its step; by default its size.
    padding : int or (int, int)
        Places around the image that never win, at most half the window.

    Returns
    -------
    tuple[ndarray, ndarray]
        The maxima (N, channels, out height, out width), and int64 places of the same shape: row
        times width plus column in the input. Among equals the first wins; NaN is kept.

    Raises
    ------
    TypeError, ShapeError, ConfigError
        If an argument cannot be used.
    """
    op = "ops.max_pool2d"
    (array,) = _arrays(op, {"x": (x, 4)})
    window = pair(size, op, "size")
    step = window if stride is None else pair(stride, op, "stride")
    border = pair(padding, op, "padding", minimum=0)
    with _naming(op):
        return core.max_pool2d(array, window, step, border)


def max_pool2d_backward(
    grad: ArrayLike, indices: ArrayLike, input_shape: tuple[int, int, int, int]
) -> Array:
    """Compute the gradient of `max_pool2d`, which goes to the positions of the maxima.

    Parameters
    ----------
    grad : array-like
        The gradient of the maxima, (N, channels, out height, out width).
    indices : array-like of int
        The places that `max_pool2d` gave.
    input_shape : tuple[int, int, int, int]
        The shape of what `max_pool2d` was called with.

    Returns
    -------
    ndarray
        The gradient of the input, of that shape.

    Raises
    ------
    TypeError, ShapeError, ValueError
        If an argument cannot be used.
    """
    op = "ops.max_pool2d_backward"
    (array,) = _arrays(op, {"grad": (grad, 4)})
    places = as_array(indices, "indices", op)
    if places.dtype.kind not in "iu":
        raise TypeError(f"{op}: indices must be integers, got dtype {places.dtype}")
    shape = _shape(input_shape, op)
    with _naming(op):
        return core.max_pool2d_backward(array, np.ascontiguousarray(places, np.int64), shape)


def dense(
    x: ArrayLike, w: ArrayLike, b: ArrayLike | None = None, activation: str | None = None
) -> Array:
    """Compute a dense layer: ``activation(x @ w.T + b)``.

    Parameters
    ----------
    x : array-like
        Rows (N, features).
    w : array-like
        Weights (units, features).
    b : array-like, optional
        Biases (units,).
    activation : str, optional
        One of ``layers.ACTIVATIONS``.

    Returns
    -------
    ndarray
        Rows (N, units).

    Raises
    ------
    TypeError, ShapeError, ConfigError
        If an argument cannot be used.
    """
    op = "ops.dense"
    rows, weights, biases = _arrays(op, {"x": (x, 2), "w": (w, 2), "b": (b, 1)})
    name = activation_name(activation, op)
    with _naming(op):
        return core.dense(rows, weights, biases, name)


def dense_backward(
    grad: ArrayLike,
    x: ArrayLike,
    w: ArrayLike,
    b: ArrayLike | None = None,
    activation: str | None = None,
) -> tuple[Array, Array, Array]:
    """Compute the gradients of `dense`.

    Parameters
    ----------
    grad : array-like
        The gradient of the result, (N, units).
    x, w, b, activation
        What `dense` was called with.

    Returns
    -------
    tuple[ndarray, ndarray, ndarray]
        The gradients of `x`, of `w` and of the biases, summed over the rows.

    Raises
    ------
    TypeError, ShapeError, ConfigError
        If an argument cannot be used.
    """
    op = "ops.dense_backward"
    arguments = {"grad": (grad, 2), "x": (x, 2), "w": (w, 2), "b": (b, 1)}
    gradient, rows, weights, biases = _arrays(op, arguments)
    name = activation_name(activation, op)
    with _naming(op):
        return core.dense_backward(gradient, rows, weights, biases, name)


def flatten(x: ArrayLike) -> Array:
    """Flatten each image to one row, in the order channel, height, width.

    Parameters
    ----------
    x : array-like
        Images (N, channels, height, width).

    Returns
    -------
    ndarray
        Rows (N, channels * height * width).

    Raises
    ------
    TypeError, ShapeError
        If the argument cannot be used.
    """
    (array,) = _arrays("ops.flatten", {"x": (x, 4)})
    rows: Array = array.reshape(len(array), math.prod(array.shape[1:])).copy()
    return rows


def flatten_backward(grad: ArrayLike, input_shape: tuple[int, int, int, int]) -> Array:
    """Compute the gradient of `flatten`: reshape rows to images.

    Parameters
    ----------
    grad : array-like
        The gradient of the rows, (N, channels * height * width).
    input_shape : tuple[int, int, int, int]
        The shape of what `flatten` was called with.

    Returns
    -------
    ndarray
        The gradient of the images, of that shape.

    Raises
    ------
    TypeError, ShapeError
        If an argument cannot be used.
    """
    op = "ops.flatten_backward"
    (array,) = _arrays(op, {"grad": (grad, 2)})
    shape = _shape(input_shape, op)
    if array.shape != (shape[0], math.prod(shape[1:])):
        raise ShapeError(
            f"{op}: grad must have shape {(shape[0], math.prod(shape[1:]))} for "
            f"input_shape={shape}, got {array.shape}"
        )
    images: Array = array.reshape(shape).copy()
    return images


def relu(x: ArrayLike) -> Array:
    """Compute ``max(x, 0)`` for an array of any shape."""
    return _activation(x, "relu")


def leaky_relu(x: ArrayLike, alpha: float = 0.01) -> Array:
    """Compute `x` where it is positive, else ``alpha * x``, for an array of any shape."""
    return _activation(x, "leaky_relu", real(alpha, "ops.leaky_relu", "alpha"))


def sigmoid(x: ArrayLike) -> Array:
    """Compute ``1 / (1 + exp(-x))`` for an array of any shape."""
    return _activation(x, "sigmoid")


def tanh(x: ArrayLike) -> Array:
    """Compute the hyperbolic tangent for an array of any shape."""
    return _activation(x, "tanh")


def softmax(x: ArrayLike) -> Array:
    """Compute ``exp(x) / sum(exp(x))`` over the units of (N, units) or the channels of images.

    Parameters
    ----------
    x : array-like
        Rows (N, units), or images (N, channels, height, width).

    Returns
    -------
    ndarray
        Of the same shape; units, or the channels of each pixel, add up to 1.

    Raises
    ------
    TypeError, ShapeError
        If the argument cannot be used.
    """
    array = as_array(x, "x", "ops.softmax")
    if array.ndim == 2:
        return _activation(array, "softmax")
    if array.ndim == 4:  # the engine takes the last axis
        result = _activation(array.transpose(0, 2, 3, 1), "softmax")
        return np.ascontiguousarray(result.transpose(0, 3, 1, 2))
    raise ShapeError(
        f"ops.softmax: x must have shape (N, units) or (N, channels, height, width), "
        f"got {array.shape}"
    )


def _activation(x: ArrayLike, name: str, alpha: float = 0.01) -> Array:
    """Compute an activation."""
    axes = as_array(x, "x", f"ops.{name}").ndim
    (array,) = _arrays(f"ops.{name}", {"x": (x, axes)})
    result = core.activation_forward(np.atleast_1d(array), name, alpha)
    return result.reshape(array.shape)


@contextmanager
def _naming(op: str) -> Iterator[None]:
    """Name the function, instead of a layer, in errors of the engine."""
    try:
        yield
    except ValueError as error:
        named = type(error)(f"{op}: {getattr(error, 'detail', None) or error}")
        named.__dict__.update(error.__dict__, owner=op, layer=None, layer_name=None)
        raise named from None


def _arrays(op: str, arguments: dict[str, tuple[ArrayLike | None, int]]) -> list[Any]:
    """Check the arrays of a pass and bring them to one dtype; an optional ``b`` may be None."""
    arrays: list[Array | None] = []
    for name, (value, axes) in arguments.items():
        if value is None and name == "b":
            arrays.append(None)
            continue
        array = as_array(value, name, op)
        if array.ndim != axes:
            raise ShapeError(f"{op}: {name} must have {axes} axes, got shape {array.shape}")
        arrays.append(array)
    floating = [a.dtype.itemsize for a in arrays if a is not None and a.dtype.kind == "f"]
    double = bool(floating) and min(floating) >= 8
    dtype: np.dtype[Any] = np.dtype(np.float64 if double else np.float32)
    return [
        None if array is None else as_numbers(array, name, dtype, keep=False, owner=op)
        for name, array in zip(arguments, arrays, strict=True)
    ]


def _conv_settings(
    op: str,
    stride: IntPair,
    padding: str | IntPair,
    dilation: IntPair,
    groups: int,
    activation: str | None,
) -> tuple[tuple[int, int], str | tuple[int, int], tuple[int, int], int, str]:
    """Check a convolution's settings and put them in the engine's order."""
    return (
        pair(stride, op, "stride"),
        padding_value(padding, op),
        pair(dilation, op, "dilation"),
        integer(groups, op, "groups"),
        activation_name(activation, op),
    )


def _shape(value: object, op: str) -> tuple[int, int, int, int]:
    """Check the shape of images."""
    if not isinstance(value, (tuple, list)):
        raise TypeError(f"{op}: input_shape must be a tuple of 4 integers, got {describe(value)}")
    if len(value) != 4:
        raise ShapeError(
            f"{op}: input_shape must be (N, channels, height, width), got {tuple(value)}"
        )
    n, channels, height, width = (
        integer(size, op, f"input_shape[{i}]") for i, size in enumerate(value)
    )
    return n, channels, height, width


__all__ = [
    "conv2d",
    "conv2d_backward",
    "dense",
    "dense_backward",
    "flatten",
    "flatten_backward",
    "leaky_relu",
    "max_pool2d",
    "max_pool2d_backward",
    "relu",
    "sigmoid",
    "softmax",
    "tanh",
]
