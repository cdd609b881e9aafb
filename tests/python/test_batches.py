"""Images and labels: what is passed on untouched, what is converted, what is refused and how."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnx import CNN, ShapeError, layers
from cnnx._checks.arrays import first_where
from cnnx.data._reader import BatchReader
from small import CLASSES, SHAPE, small_data, small_model


def finite(array: Any) -> bool:
    """Stand-in for the engine's check, which accepts only C-contiguous floats."""
    assert array.flags.c_contiguous
    assert array.dtype in {np.dtype(np.float32), np.dtype(np.float64)}
    return bool(np.isfinite(array).all())


def reader(
    input_shape: tuple[int, ...] = SHAPE,
    output_shape: tuple[int, ...] = (CLASSES,),
    dtype: str = "float32",
    loss: str = "cross_entropy",
    takes_bytes: bool = True,
) -> BatchReader:
    return BatchReader(
        input_shape,
        output_shape,
        np.dtype(dtype),
        loss,
        takes_bytes=takes_bytes,
        all_finite=finite,
    )


def read_x(x: object, **other: Any) -> Any:
    return reader(**other).images(x)  # type: ignore[arg-type]


def read_y(y: object, n: int = 4, **other: Any) -> Any:
    return reader(**other).data(np.zeros((n, *SHAPE), np.float32), y).y  # type: ignore[arg-type]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8])
def test_fitting_arrays_are_not_copied(dtype: type) -> None:
    x: Any = np.ones((4, *SHAPE), dtype)
    y = np.zeros(4, np.int64)
    for read in (reader().data, reader().batch):
        data = read(x, y)
        assert data.x is x or data.x.base is x
        assert data.y is y or data.y.base is y


def test_memory_maps_are_not_copied(tmp_path: Path) -> None:
    x, _ = small_data(4)
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    read = read_x(mapped)
    assert np.shares_memory(read, mapped)
    assert not read.flags.writeable


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("float16", "float32"),
        ("longdouble", "float32"),
        (">f4", "float32"),
        (">f8", "float64"),
        ("bool", "float32"),
        ("int8", "float32"),
        (">i4", "float32"),
        ("uint64", "float32"),
        ("uint8", "uint8"),
    ],
)
def test_dtypes_of_images(given: str, expected: str) -> None:
    x = (np.arange(4 * 36).reshape(4, *SHAPE) % 2).astype(given)
    read = read_x(x)
    assert read.dtype == np.dtype(expected)
    assert read.dtype.isnative
    assert read.flags.c_contiguous
    np.testing.assert_array_equal(read, x.astype(np.float64))


def test_strided_arrays_and_lists() -> None:
    x, _ = small_data(8)
    for view in (x[::-1], x[::2], x[..., ::-1], np.asfortranarray(x), x[:4].tolist()):
        np.testing.assert_array_equal(read_x(view), np.asarray(view, np.float32))


def test_integers_have_to_be_exact() -> None:
    x = np.zeros((4, *SHAPE), np.int64)
    x[2, 0, 3, 1] = 2**24
    np.testing.assert_array_equal(read_x(x), x)
    x[2, 0, 3, 1] = -(2**24) - 1
    with pytest.raises(
        ValueError, match=r"16777216 are exact in float32, got -16777217 at x\[2, 0"
    ):
        read_x(x)
    np.testing.assert_array_equal(read_x(x, dtype="float64"), x)
    with pytest.raises(ValueError, match="got 18446744073709551615"):
        read_x(np.full((4, *SHAPE), 2**64 - 1, np.uint64), dtype="float64")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_the_first_number_that_is_not_finite_is_named(bad: float, dtype: str) -> None:
    x = np.zeros((4, *SHAPE), dtype)
    x[1, 0, 2, 3] = x[3] = bad
    with pytest.raises(ValueError, match=rf"got {bad} at x\[1, 0, 2, 3\]; remove or fill"):
        read_x(x)


def test_float64_beyond_float32() -> None:
    x = np.zeros((4, *SHAPE))
    x[3, 0, 5, 5] = -1e39
    with pytest.raises(ValueError, match=r"got -1e\+39 at x\[3, 0, 5, 5\]; scale the data, or"):
        read_x(x)
    assert read_x(x, dtype="float64").dtype == np.float64
    with pytest.raises(ValueError, match=r"x\[3, 0, 5, 5\]"):
        reader().batch(x, np.zeros(4, np.int64))


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (None, "x: expected an array of numbers, got None"),
        (np.zeros((4, *SHAPE), object), "got dtype object; make it one array of one dtype"),
        (np.zeros((4, *SHAPE), complex), "got dtype complex128; take one part of it, x.real"),
        (np.zeros((4, *SHAPE), "U3"), "got dtype <U3; convert the text"),
        (np.zeros((4, *SHAPE), "M8[s]"), "got dtype datetime64"),
        ({"a": 1}, "got dtype object, made from {'a': 1} (dict)"),
        (np.ma.masked_array(np.zeros((4, *SHAPE))), "fill the gaps first with x.filled"),
    ],
)
def test_what_holds_no_numbers(x: object, message: str) -> None:
    with pytest.raises(TypeError) as caught:
        read_x(x)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("input_shape", "shape", "message"),
    [
        ((1, 28, 28), (9, 28, 28), "(N, 1, 28, 28), got (9, 28, 28); add the channel axis, x[:,"),
        ((1, 28, 28), (9, 28, 28, 1), "channels first, so transpose: np.ascontiguousarray(x.tran"),
        ((3, 32, 32), (9, 32, 32, 3), "channels first, so transpose"),
        ((3, 32, 32), (3, 32, 32), "for a single image add the first axis, x[None]"),
        ((1, 28, 28), (28, 28), "x[None, None]"),
        ((1, 28, 28), (9, 784), "give each row its shape, x.reshape(-1, 1, 28, 28)"),
        ((3, 32, 32), (9, 1, 32, 32), "the network was built for 3 channels"),
        ((1, 28, 28), (9, 3, 28, 28), "the network was built for 1 channel"),
        ((1, 28, 28), (9, 1, 32, 32), "the network was built for images of 28x28"),
        ((1, 28, 28), (0, 1, 28, 28), "expected at least one image, got shape (0, 1, 28, 28)"),
        ((1, 28, 28), (), "expected shape (N, 1, 28, 28), got ()"),
        ((64,), (9, 1, 8, 8), "flatten each image, x.reshape(len(x), -1)"),
        ((64,), (64,), "x[None]"),
        ((64,), (9, 63), "the network was built for 64 features"),
    ],
)
def test_shapes_that_do_not_fit(
    input_shape: tuple[int, ...], shape: tuple[int, ...], message: str
) -> None:
    with pytest.raises(ShapeError) as caught:
        read_x(np.zeros(shape, np.float32), input_shape=input_shape)
    assert message in str(caught.value)


def test_lists_of_images_of_different_size() -> None:
    with pytest.raises(ShapeError, match="rows differ in length; bring all images to one size"):
        read_x([[[1.0, 2.0]], [[1.0]]])


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int32", ">i8", "uint64", "int64"])
def test_dtypes_of_labels(dtype: str) -> None:
    y = np.array([0, 1, 1, 0]).astype(dtype)
    read = read_y(y)
    assert read.dtype == np.int64
    assert read.tolist() == [0, 1, 1, 0]
    assert read_y(y.tolist()).tolist() == [0, 1, 1, 0]
    assert read_y(y[::-1]).tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        ([0, 1, 3, 5], ValueError, "from 0 to 2 (the network has 3 outputs), got 3 at y[2]"),
        ([1, 2, 3, 1], ValueError, "got 3 at y[2]; labels count from 0, so pass y - 1"),
        ([0, 1, -1, 2], ValueError, "got -1 at y[2]; labels count from 0"),
        (np.full(4, 2**64 - 1, np.uint64), ValueError, "got 18446744073709551615 at y[0]"),
        (
            [0.0, 1.0, 2.0, 0.0],
            TypeError,
            "got dtype float64; convert them with y.astype(np.int64)",
        ),
        (["a", "b", "c", "d"], TypeError, "got dtype <U1; convert the text"),
        ([0, 1, 2], ShapeError, "x has 4 images but y has 3 labels"),
        ([], ShapeError, "y: expected at least one label, got shape (0,)"),
        (2, ShapeError, "y: expected at least one label, got shape ()"),
        (np.zeros((4, 1), int), ShapeError, "got shape (4, 1); use y.ravel()"),
        (np.zeros((4, 5)), ShapeError, "or rows of shape (N, 3), got shape (4, 5); the network"),
        (None, TypeError, "y: expected an array of numbers, got None"),
        (np.full((4, 3), 0.5), ValueError, "with the sum 1, got 1.5 in row 0; divide each row"),
        ([[2, -1, 0]] * 4, ValueError, "none below 0, got -1.0 at y[0, 1]"),
        ([[np.nan, 1, 0]] * 4, ValueError, "expected finite numbers, got nan at y[0, 0]"),
    ],
)
def test_unusable_labels(y: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        read_y(y)
    assert message in str(caught.value)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", ">f4", "int64", "bool"])
def test_rows_of_probabilities(dtype: str) -> None:
    rows = np.eye(3).astype(dtype)[[0, 1, 1, 2]]
    read = read_y(rows)
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, rows.astype(np.float32))
    assert read_y(rows, dtype="float64").dtype == np.float64
    soft = np.full((4, 3), 1 / 3).astype("float16")
    np.testing.assert_array_equal(read_y(soft), soft)


def test_targets_of_a_regression() -> None:
    flat = [0.5, -7.0, 2.0, 0.0]
    read = read_y(flat, output_shape=(1,), loss="mse")
    assert (read.dtype, read.shape) == (np.dtype(np.float32), (4, 1))
    assert read_y([5, 6, 7, 8], output_shape=(1,), loss="mse").ravel().tolist() == [5, 6, 7, 8]
    assert read_y([[-1.0, 9.0]] * 4, output_shape=(2,), loss="mse").shape == (4, 2)
    assert read_y(np.zeros((4, 2, 3, 3)), output_shape=(2, 3, 3), loss="mse").ndim == 4
    with pytest.raises(ShapeError, match=r"add Flatten\(\) and Dense"):
        read_y([0, 1, 0, 1], output_shape=(2, 3, 3), loss="mse")
    with pytest.raises(ValueError, match=r"y: expected numbers within float32's range"):
        read_y([1e300, 0, 0, 0], output_shape=(1,), loss="mse")


def test_bytes_without_rescale_warn_once() -> None:
    x, y = np.ones((4, *SHAPE), np.uint8), np.zeros(4, np.int64)
    model = small_model()
    with pytest.warns(UserWarning, match=r"add layers.Rescale\(1/255\) as the first layer") as seen:
        model.predict(x)
    assert seen[0].filename == __file__
    with pytest.warns(UserWarning, match="uint8") as seen:
        small_model().train_batch(x, y)
    assert seen[0].filename == __file__
    with pytest.warns(UserWarning, match="uint8") as seen:
        small_model().train(x, y, verbose=0)
    assert seen[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.predict(x)
        model.train_batch(x, y)
        CNN([layers.Rescale(1 / 255), layers.Flatten(), layers.Dense(2)], SHAPE).predict(x)


def test_first_where_looks_at_all_rows() -> None:
    wide = np.zeros((3, 2**19))
    wide[2, 5] = 7
    assert first_where(wide, lambda part: part > 0) == ("2, 5", 7.0)
    with pytest.raises(LookupError):
        first_where(wide, lambda part: part < 0)
