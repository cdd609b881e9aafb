"""The digits: the original data, and a split that never changes."""

from __future__ import annotations

import hashlib
import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnx import ConfigError, FileFormatError, datasets

module = importlib.import_module("cnnx.datasets.digits")
_FILE, _SHA256 = module._FILE, module._SHA256

PER_CLASS = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]  # as UCI states them


def test_shapes_and_types() -> None:
    (x_train, y_train), (x_test, y_test) = datasets.digits()
    assert x_train.shape == (1438, 1, 8, 8)
    assert x_test.shape == (359, 1, 8, 8)
    assert y_train.shape == (1438,)
    assert y_test.shape == (359,)
    for x, y in ((x_train, y_train), (x_test, y_test)):
        assert x.dtype == np.float32
        assert y.dtype == np.int64
        assert x.flags.c_contiguous
        assert x.min() == 0
        assert x.max() == 1


def test_the_data_is_the_original_file() -> None:
    """The two parts, put in order again, are UCI's optdigits.tes byte for byte."""
    (x_train, y_train), (x_test, y_test) = datasets.digits(dtype="uint8")
    x = np.empty((1797, 64), np.uint8)
    y = np.empty(1797, np.int64)
    test = _test_rows(0.2)
    x[test], y[test] = x_test.reshape(-1, 64), y_test
    x[~test], y[~test] = x_train.reshape(-1, 64), y_train
    rows = np.column_stack([x, y]).tolist()
    text = "".join(",".join(map(str, row)) + "\n" for row in rows)
    assert len(text) == 264_712
    assert (
        hashlib.sha256(text.encode()).hexdigest()
        == "6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8"
    )


def _test_rows(test_size: float) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """The rule of the docstring, one image at a time."""
    labels = np.load(_FILE)["labels"]
    seen = [0] * 10
    rows = []
    for label in labels:
        n, i = PER_CLASS[label], seen[label]
        t = round(n * test_size)
        rows.append((i + 1) * t // n > i * t // n)
        seen[label] += 1
    return np.array(rows)


@pytest.mark.parametrize("test_size", [0.01, 0.1, 0.2, 1 / 3, 0.5, 0.9])
def test_the_split_is_stratified_and_loses_nothing(test_size: float) -> None:
    (x_train, y_train), (x_test, y_test) = datasets.digits(test_size, dtype="uint8")
    counts = np.bincount(y_test, minlength=10)
    assert counts.tolist() == [round(n * test_size) for n in PER_CLASS]
    assert (np.bincount(y_train, minlength=10) + counts).tolist() == PER_CLASS
    images = sorted(image.tobytes() for image in np.concatenate([x_train, x_test]))
    everything = sorted(image.tobytes() for image in np.load(_FILE)["images"])
    assert images == everything


def test_the_split_is_fixed() -> None:
    _, (x_test, y_test) = datasets.digits(dtype="uint8")
    digest = hashlib.sha256(x_test.tobytes() + y_test.astype("<i8").tobytes()).hexdigest()
    assert digest == "98d31339606bde54f5812bcb5be9cd738b1e94d34382079f15db4f8914c0469d"


def test_float_pixels_are_the_bytes_divided_by_16() -> None:
    (exact, _), (exact_test, _) = datasets.digits(dtype="uint8")
    (x, _), (x_test, _) = datasets.digits()
    assert exact.dtype == np.uint8
    np.testing.assert_array_equal(x * 16, exact)
    np.testing.assert_array_equal(x_test * 16, exact_test)


def test_each_call_gives_arrays_of_its_own() -> None:
    (first, _), _ = datasets.digits()
    first[:] = -1
    (second, _), _ = datasets.digits()
    assert second.min() == 0


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"test_size": 0}, ConfigError, "test_size"),
        ({"test_size": 1.0}, ConfigError, "test_size"),
        ({"test_size": -0.2}, ConfigError, "-0.2"),
        ({"test_size": float("nan")}, ConfigError, "nan"),
        ({"test_size": 0.001}, ConfigError, "puts 0 of the 178 images of class 0"),
        ({"test_size": 0.999}, ConfigError, "puts 178 of the 178 images of class 0"),
        ({"test_size": "0.2"}, TypeError, "test_size"),
        ({"dtype": "float16"}, ConfigError, "float16"),
        ({"dtype": np.float32}, TypeError, "dtype"),
    ],
)
def test_bad_arguments(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        datasets.digits(**arguments)
    assert message in str(caught.value)


def test_a_changed_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = bytearray(_FILE.read_bytes())
    content[20000] ^= 1
    damaged = tmp_path / "digits.npz"
    damaged.write_bytes(content)
    monkeypatch.setattr(module, "_FILE", damaged)
    with pytest.raises(FileFormatError) as caught:
        datasets.digits()
    assert str(damaged) in str(caught.value)
    assert _SHA256 in str(caught.value)


def test_source_and_licence_stand_beside_the_data() -> None:
    text = _FILE.with_suffix(".txt").read_text()
    for needed in ("10.24432/C50P49", "CC BY 4.0", "Alpaydin", "Kaynak", "1998", _SHA256):
        assert needed in text
