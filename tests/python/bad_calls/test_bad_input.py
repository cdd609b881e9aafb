"""Bad input gets the right exception and message and changes nothing; odd good input works."""

from __future__ import annotations

import builtins
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import bad_calls
import cnnx
from bad_calls import TABLE
from cnnx import CNN, layers
from cnnx.optimizers import SGD
from support.checks import hash_arrays

Array = npt.NDArray[Any]
Runner = Callable[[str, Path], dict[str, Any]]


@pytest.fixture(scope="module")
def run() -> Iterator[Runner]:
    """Run one row of the table in a process of its own."""
    runner = Path(bad_calls.__file__).parent / "runner.py"
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONWARNINGS": "error"}
    with subprocess.Popen(
        [sys.executable, str(runner)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        requests, answers = process.stdin, process.stdout

        def ask(name: str, folder: Path) -> dict[str, Any]:
            requests.write(json.dumps({"name": name, "folder": str(folder)}) + "\n")
            requests.flush()
            answer: dict[str, Any] = json.loads(answers.readline())
            return answer

        yield ask
        requests.close()


def test_table_is_long_and_names_are_unique() -> None:
    assert len(TABLE) >= 80


def _full_name(error: type[BaseException]) -> str:
    return f"{error.__module__}.{error.__qualname__}"


@pytest.mark.parametrize("name", TABLE)
def test_bad_call(name: str, run: Runner, tmp_path: Path) -> None:
    bad, result = TABLE[name], run(name, tmp_path)
    assert "broken" not in result, result["broken"]
    expected = _full_name(bad.error)
    assert result["raised"] == expected, f"expected {expected}, got {result}"
    missing = [text for text in bad.says if text not in result["message"]]
    assert not missing, f"the message lacks {missing}: {result['message']}"
    assert result["changed"] == [], f"changed: {result['changed']}"
    assert result["usable afterwards"]


def test_own_errors_are_value_and_arithmetic_errors() -> None:
    for error in (cnnx.ShapeError, cnnx.ConfigError, cnnx.FileFormatError):
        assert issubclass(error, ValueError)
    assert issubclass(cnnx.DivergenceError, ArithmeticError)
    assert all(
        _full_name(bad.error).startswith(("builtins.", "cnnx.errors."))
        and (hasattr(builtins, bad.error.__name__) or hasattr(cnnx, bad.error.__name__))
        for bad in TABLE.values()
    )


# Arrays that must work


def _big_endian(x: Array, folder: Path) -> Any:
    return x.astype(x.dtype.newbyteorder(">"))


def _negative_strides(x: Array, folder: Path) -> Any:
    turned = tuple(slice(None, None, -1) for _ in range(x.ndim))
    view = np.ascontiguousarray(x[turned])[turned]
    assert view.strides[0] < 0
    return view


def _every_other(x: Array, folder: Path) -> Any:
    """Every second value along every axis of something larger."""
    parts = tuple(slice(None, None, 2) for _ in range(x.ndim))
    wide = np.zeros([2 * size for size in x.shape], x.dtype)
    wide[parts] = x
    view = wide[parts]
    assert not view.flags.c_contiguous
    return view


def _fortran_order(x: Array, folder: Path) -> Any:
    return np.asfortranarray(x)


def _read_only(x: Array, folder: Path) -> Any:
    copy = x.copy()
    copy.flags.writeable = False
    return copy


def _memory_mapped(x: Array, folder: Path) -> Any:
    path = folder / f"{len(list(folder.iterdir()))}.npy"
    np.save(path, x)
    return np.load(path, mmap_mode="r")


def _unaligned(x: Array, folder: Path) -> Any:
    raw = np.zeros(x.nbytes + 1, np.uint8)
    view = raw[1:].view(x.dtype).reshape(x.shape)
    view[...] = x
    assert not view.flags.aligned
    return view


def _nested_lists(x: Array, folder: Path) -> Any:
    return x.tolist()


def _as_type(name: str) -> Callable[[Array, Path], Any]:
    return lambda x, folder: x.astype(name)


class _Wrapped:
    """Something that is no array but gives one."""

    def __init__(self, x: Array) -> None:
        self.x = x

    def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
        return self.x if dtype is None else self.x.astype(dtype)


def _wrapped(x: Array, folder: Path) -> Any:
    return _Wrapped(x)


FORMS: dict[str, Callable[[Array, Path], Any]] = {
    "big endian": _big_endian,
    "negative strides": _negative_strides,
    "every other": _every_other,
    "fortran order": _fortran_order,
    "read only": _read_only,
    "memory mapped": _memory_mapped,
    "unaligned": _unaligned,
    "nested lists": _nested_lists,
    "wrapped": _wrapped,
}
TYPES = {
    name: _as_type(name)
    for name in ("float64", "float16", ">f8", "int64", "int32", ">i2", "int8", "uint8", "uint16")
}


def _small_numbers() -> Array:
    """Images whose values every type from int8 to float64 holds."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 100, (8, 2, 6, 6)).astype(np.float32)


def _model() -> CNN:
    return CNN(
        [layers.Rescale(1 / 64, -1), *bad_calls.standard_model().layers],
        (2, 6, 6),
        optimizer=SGD(0.1, momentum=0.9),
    )


def _everything(x: Any, y: Any) -> tuple[Any, ...]:
    """All that a model can do with data."""
    model = _model()
    first = model.train_batch(x, y)
    history = model.train(x, y, epochs=2, batch_size=3, validation_data=(x, y), verbose=0).history
    scores = model.evaluate(x, y)
    outputs = model.predict(x)
    weights = hash_arrays(model.state_dict())
    return first, history, scores, weights, outputs.tobytes()


@pytest.mark.parametrize("form", FORMS | TYPES)
def test_images_that_must_work(form: str, tmp_path: Path) -> None:
    x, y = _small_numbers(), bad_calls.good_data()[1]
    given = (FORMS | TYPES)[form](x, tmp_path)
    assert _everything(given, y) == _everything(x, y)
    np.testing.assert_array_equal(np.asarray(given, np.float32), x)


def test_booleans_as_images() -> None:
    x, y = _small_numbers() > 50, bad_calls.good_data()[1]
    assert _everything(x, y) == _everything(x.astype(np.float32), y)


@pytest.mark.parametrize("form", [*FORMS, "int8", "uint8", "int32", ">i4", "uint64", "bool"])
def test_labels_that_must_work(form: str, tmp_path: Path) -> None:
    x, y = bad_calls.good_data()
    if form == "bool":
        y = y % 2
    given = FORMS[form](y, tmp_path) if form in FORMS else y.astype(form)
    model, other = bad_calls.standard_model(), bad_calls.standard_model()
    history = model.train(x, given, epochs=2, batch_size=3, verbose=0).history
    assert history == other.train(x, y, epochs=2, batch_size=3, verbose=0).history
    assert model.train_batch(x, given) == other.train_batch(x, y)
    assert model.evaluate(x, given) == other.evaluate(x, y)
    assert hash_arrays(model.state_dict()) == hash_arrays(other.state_dict())


@pytest.mark.parametrize("form", [*FORMS, "float64", "float16", "uint8"])
def test_rows_of_probabilities_that_must_work(form: str, tmp_path: Path) -> None:
    x, y = bad_calls.good_data()
    rows = np.eye(5, dtype=np.float32)[y]
    given = FORMS[form](rows, tmp_path) if form in FORMS else rows.astype(form)
    model, other = bad_calls.standard_model(), bad_calls.standard_model()
    for _ in range(3):
        assert model.train_batch(x, given) == pytest.approx(other.train_batch(x, y), rel=1e-6)
    for name, value in model.state_dict().items():
        np.testing.assert_allclose(value, other.state_dict()[name], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("form", [*FORMS, "float64"])
def test_weights_that_must_work(form: str, tmp_path: Path) -> None:
    model, other = bad_calls.standard_model(), _model()
    state = model.state_dict()
    given = {
        f"{int(name[0]) + 1}{name[1:]}": FORMS[form](value, tmp_path)
        if form in FORMS
        else value.astype(form)
        for name, value in state.items()
    }
    for value in state.values():
        value.fill(9.0)  # they are copies: the model keeps its own
    other.load_state_dict(given)
    expected = {name: np.asarray(value, np.float32) for name, value in given.items()}
    for name, value in other.state_dict().items():
        np.testing.assert_array_equal(value, expected[name])


def test_one_image_repeated_without_copies() -> None:
    x, y = _small_numbers(), bad_calls.good_data()[1]
    repeated = np.broadcast_to(x[3], x.shape)
    assert repeated.strides[0] == 0
    assert _everything(repeated, y) == _everything(repeated.copy(), y)
    assert _everything(repeated, np.broadcast_to(y[1], y.shape)) == _everything(
        repeated.copy(), np.full_like(y, y[1])
    )


def test_input_is_never_changed() -> None:
    x, y = _small_numbers(), bad_calls.good_data()[1]
    before = x.copy(), y.copy()
    _everything(x, y)
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(y, before[1])


# Training that goes wrong


@pytest.mark.parametrize("shuffle", [True, False])
def test_divergence_names_epoch_and_batch(shuffle: bool) -> None:
    model = bad_calls.standard_model()
    model.optimizer = SGD(1e30)
    x, y = bad_calls.good_data()
    with pytest.raises(cnnx.DivergenceError, match=r"epoch \d+ of 9, batch \d of 3") as caught:
        model.train(x, y, epochs=9, batch_size=3, shuffle=shuffle, verbose=0)
    assert type(caught.value) is cnnx.DivergenceError
    assert "1e+30" in str(caught.value)
    with pytest.raises(cnnx.DivergenceError, match="this batch"):
        model.train_batch(x, y)


def test_divergence_is_seen_in_the_batch_where_it_happens() -> None:
    """An image whose weighted sum leaves float32: its batch is named, no later one."""
    model = CNN([layers.Flatten(), layers.Dense(1)], (2, 6, 6), loss="mse", optimizer=SGD(1e-3))
    model.load_state_dict({"1.weight": np.ones((1, 72)), "1.bias": np.zeros(1)})
    rng = np.random.default_rng(1)
    x = rng.standard_normal((40, 2, 6, 6)).astype(np.float32)
    x[27] = 3e38
    y = rng.standard_normal(40).astype(np.float32)
    with pytest.raises(cnnx.DivergenceError, match="epoch 1 of 2, batch 6 of 8"):
        model.train(x, y, epochs=2, batch_size=5, shuffle=False, verbose=0)
