"""Every kind of data gives the bits that arrays give: scores, predictions, checks, rates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnx import CNN, _core, layers
from cnnx.data import Batch
from support.kinds import ARRAYS, BATCHES, COUNT, SIZE, Numbered, Own, data, model, scene
from support.small import small_data, weights

WEIGHTS = np.random.default_rng(5).uniform(0, 2, COUNT).astype(np.float32)


def every_kind(test: Any) -> Any:
    """Run a test with each kind of data in each type of images that it can have."""
    cases = [(name, dtype) for name in (*ARRAYS, *BATCHES) for dtype in ("float32", "uint8")]
    cases.remove(("images", "float32"))
    return pytest.mark.parametrize(("kind", "dtype"), cases)(test)


# Scores and predictions


@every_kind
def test_scores(tmp_path: Path, kind: str, dtype: str) -> None:
    x, y = scene(tmp_path, dtype)
    net = model(dtype)
    expected = net.evaluate(x, y)
    assert net.evaluate(*data(kind, tmp_path, x, y)) == expected
    assert net.evaluate(*data(kind, tmp_path, x, y), batch_size=4) == expected


@every_kind
def test_weighted_scores(tmp_path: Path, kind: str, dtype: str) -> None:
    x, y = scene(tmp_path, dtype)
    net = model(dtype)
    expected = net.evaluate(x, y, sample_weight=WEIGHTS)
    assert expected != net.evaluate(x, y)
    options = {"sample_weight": WEIGHTS} if kind in ARRAYS else {}
    arguments = data(kind, tmp_path, x, y, WEIGHTS)
    assert net.evaluate(*arguments, **options, batch_size=4) == expected


def test_weighted_scores_are_weighted_losses() -> None:
    x, y = small_data(COUNT)
    net = model("float32", dtype="float64")
    outputs = net.predict(x)
    losses = -np.log(outputs[np.arange(COUNT), y])
    found = net.evaluate(x, y, sample_weight=WEIGHTS)
    assert found["loss"] == pytest.approx((losses * WEIGHTS).mean(), rel=1e-12)
    assert found["accuracy"] == net.evaluate(x, y)["accuracy"]
    twice = net.evaluate(x, y, sample_weight=np.full(COUNT, 2))["loss"]
    assert twice == 2 * net.evaluate(x, y)["loss"]


@every_kind
def test_predictions(tmp_path: Path, kind: str, dtype: str) -> None:
    x, y = scene(tmp_path, dtype)
    net = model(dtype)
    expected = net.predict(x)
    for options in ({}, {"batch_size": 4}):
        found = net.predict(data(kind, tmp_path, x, y)[0], **options)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("kind", ["iterator", "generator", "function", "sequence", "loader"])
def test_predictions_of_images_without_labels(tmp_path: Path, kind: str) -> None:
    x, y = small_data(COUNT)
    [source] = BATCHES[kind](x, y, None)
    parts = [x[first : first + SIZE] for first in range(0, COUNT, SIZE)]
    source = {
        "iterator": iter(parts),
        "generator": (part for part in parts),
        "function": lambda: iter(parts),
        "sequence": Numbered(parts),
        "loader": type(source)(parts) if kind == "loader" else None,
    }[kind]
    net = model("float32")
    np.testing.assert_array_equal(net.predict(source), net.predict(x))


def test_a_source_is_closed_when_it_was_scored() -> None:
    x, y = small_data(COUNT)
    own, net = Own(x, y), model("float32")
    net.evaluate(own)
    net.predict(own)
    net.check(own)
    assert own.closed == 3


# Validation


@every_kind
def test_validation(tmp_path: Path, kind: str, dtype: str) -> None:
    x, y = scene(tmp_path, dtype)
    nets = model(dtype), model(dtype)
    held_out = data(kind, tmp_path, x, y)
    value: Any = held_out if kind in ARRAYS and len(held_out) == 2 else held_out[0]
    expected = nets[0].train(x, y, validation_data=(x, y), verbose=0).history
    history = nets[1].train(x, y, validation_data=value, verbose=0).history
    assert history == expected
    assert weights(nets[0]) == weights(nets[1])
    scores = {name.removeprefix("val_"): history[name][-1] for name in history if "val_" in name}
    assert scores == nets[1].evaluate(x, y)


@pytest.mark.parametrize("kind", ["mapped", "images"])
@pytest.mark.parametrize("options", [{}, {"sample_weight": WEIGHTS}, {"class_weight": "balanced"}])
def test_training(tmp_path: Path, kind: str, options: dict[str, Any]) -> None:
    x, y = scene(tmp_path, "uint8")
    nets = model("uint8"), model("uint8")
    expected = nets[0].train(x, y, 2, 8, verbose=0, **options).history
    history = nets[1].train(
        *data(kind, tmp_path, x, y), epochs=2, batch_size=8, verbose=0, **options
    )
    assert history.history == expected
    assert weights(nets[0]) == weights(nets[1])


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("form", ["tuples", "lists", "Batch"])
def test_validation_by_any_number_of_batches(count: int, form: str) -> None:
    x, y = small_data(COUNT)
    cuts = np.array_split(np.arange(COUNT), count)
    make: Any = {"tuples": lambda *p: p, "lists": lambda *p: list(p), "Batch": Batch}[form]
    nets = model("float32"), model("float32")
    expected = nets[0].train(x, y, validation_data=(x, y), verbose=0).history
    batches = [make(x[cut], y[cut]) for cut in cuts]
    assert nets[1].train(x, y, validation_data=batches, verbose=0).history == expected


def test_a_pair_may_be_lists_of_arrays() -> None:
    """Two or three images and their labels look much like two batches."""
    x, y = small_data(COUNT)
    nets = [model("float32") for _ in range(3)]
    expected = nets[0].train(x, y, validation_data=(x[:2], y[:2]), verbose=0).history
    for net, value in zip(
        nets[1:], ([list(x[:2]), list(y[:2])], ([*x[:2]], [*y[:2]])), strict=True
    ):
        assert net.train(x, y, validation_data=value, verbose=0).history == expected


# Checks and learning rates


@every_kind
def test_checks(tmp_path: Path, kind: str, dtype: str) -> None:
    x, y = scene(tmp_path, dtype)
    expected = model(dtype).check(x, y, steps=20).findings
    found = model(dtype).check(*data(kind, tmp_path, x, y), steps=20).findings
    assert {f.level for f in found} <= {"ok", "warning"}
    assert found == expected


@pytest.mark.parametrize("kind", ["list", "generator"])
def test_a_check_reads_the_first_of_many_batches(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cnnx.diagnosis.data_check._SAMPLED", 2 * SIZE)
    x, y = small_data(COUNT)
    report = model("float32").check(*BATCHES[kind](x, y, None), steps=20)
    text = "14 of shape (1, 6, 6), float32, all finite; the first ones of the source"
    assert report.findings[0].text == text


@pytest.mark.parametrize("kind", ARRAYS)
def test_learning_rates_of_images_by_number(tmp_path: Path, kind: str) -> None:
    x, y = scene(tmp_path, "uint8")
    expected = model("uint8").find_learning_rate(x, y, batch_size=SIZE, steps=20)
    found = model("uint8").find_learning_rate(
        *data(kind, tmp_path, x, y), batch_size=SIZE, steps=20
    )
    assert found == expected


def order(epoch: int) -> Any:
    """The rows of an epoch in the order that arrays are shuffled into."""
    return _core.permutation(COUNT, 1, epoch)


@pytest.mark.parametrize("kind", ["function", "Source", "endless iterator"])
def test_learning_rates_of_the_same_batches(kind: str) -> None:
    x, y = small_data(COUNT)

    def shuffled(epoch: int) -> Iterator[Any]:
        rows = order(epoch)
        for first in range(0, COUNT, SIZE):
            part = rows[first : first + SIZE]
            yield x[part], y[part]

    def endless() -> Iterator[Any]:
        for epoch in range(100):
            yield from shuffled(epoch)

    source = {"function": shuffled, "Source": Own(x, y, None, order)}.get(kind, endless())
    found = model("float32").find_learning_rate(source, steps=20)
    assert found == model("float32").find_learning_rate(x, y, batch_size=SIZE, steps=20)


@pytest.mark.parametrize("kind", ["list", "list of Batch", "sequence"])
def test_learning_rates_of_shuffled_batches(kind: str) -> None:
    x, y = small_data(COUNT)
    parts = BATCHES["list"](x, y, None)[0]

    def shuffled(epoch: int) -> Iterator[Any]:
        return iter([parts[i] for i in _core.permutation(len(parts), 1, epoch)])

    expected = model("float32").find_learning_rate(shuffled, steps=20)
    assert model("float32").find_learning_rate(BATCHES[kind](x, y, None)[0], steps=20) == expected


def test_a_range_test_that_runs_out_of_batches_is_refused() -> None:
    x, y = small_data(COUNT)
    net = model("float32")
    before = weights(net)
    message = "find_learning_rate: x ended after 7 of 50 batches; pass a function"
    with pytest.raises(ValueError, match=message):
        net.find_learning_rate(BATCHES["generator"](x, y, None)[0], steps=50)
    assert weights(net) == before


# Lists that look like batches


def test_numbers_of_numpy_in_lists_are_images() -> None:
    """A list of rows of two numbers looks much like a list of batches."""
    net = CNN([layers.Dense(3, activation="softmax")], input_shape=(2,))
    rows = np.random.default_rng(0).random((5, 2), np.float32)
    as_lists = [list(row) for row in rows]
    np.testing.assert_array_equal(net.predict(as_lists), net.predict(rows))
    assert net.evaluate(as_lists, [0, 1, 2, 0, 1]) == net.evaluate(rows, np.array([0, 1, 2, 0, 1]))
