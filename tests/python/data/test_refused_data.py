"""Data that cannot be used, or not in this way: each is refused with what to do instead."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnx import ConfigError, ShapeError
from support.kinds import BATCHES, COUNT, Own, data, images_of, model, pictures, scene
from support.small import small_data, weights

WEIGHTS = np.ones(COUNT, np.float32)


def untouched() -> Iterator[Any]:
    """A generator that must not be begun."""
    raise AssertionError("a batch was taken")
    yield


@pytest.mark.parametrize("epochs", [2, 3])
def test_an_iterator_does_not_serve_for_several_epochs(epochs: int) -> None:
    x, y = small_data(COUNT)
    net = model("float32")
    before = weights(net)
    with pytest.raises(ValueError, match=r"^x: an iterator can be gone through once, .* function"):
        net.train(untouched(), epochs=epochs, verbose=0)
    message = r"^validation_data: an iterator can .* \(validation_data=make_batches, where"
    with pytest.raises(ValueError, match=message):
        net.train(x, y, epochs, validation_data=untouched(), verbose=0)
    assert weights(net) == before
    assert net._network.epochs_trained == 0


def test_an_iterator_that_is_used_up_has_no_second_score() -> None:
    x, y = small_data(COUNT)
    net, batches = model("float32"), BATCHES["iterator"](x, y, None)[0]
    net.evaluate(batches)
    for call in (net.evaluate, net.predict):
        with pytest.raises(ValueError, match="x: expected some batches in an epoch, got none"):
            call(batches)


@pytest.mark.parametrize("kind", [*BATCHES, "images"])
@pytest.mark.parametrize("call", ["train", "evaluate", "check", "find_learning_rate"])
def test_labels_beside_a_source(tmp_path: Path, kind: str, call: str) -> None:
    x, y = scene(tmp_path, "uint8")
    arguments = (data(kind, tmp_path, x, y)[0], y)
    message = f"{call}: y must be left out where x is a source of batches (x, y), got an array"
    if call == "check":
        [finding] = model("uint8").check(*arguments).findings
        assert finding.level == "error"
        assert finding.text.startswith(message)
        return
    with pytest.raises(TypeError) as caught:
        getattr(model("uint8"), call)(*arguments)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("kind", BATCHES)
def test_weights_beside_batches(kind: str) -> None:
    x, y = small_data(COUNT)
    for call in ("train", "evaluate"):
        message = rf"{call}: sample_weight goes with arrays, x and y; let x give \(x, y, weights\)"
        with pytest.raises(ConfigError, match=message):
            getattr(model("float32"), call)(*BATCHES[kind](x, y, None), sample_weight=WEIGHTS)


class Pairs(Own):
    """A source that gives pairs where it should give objects of Batch."""

    def epoch(self, number: int, start: int = 0) -> Any:
        return iter([(self.x, self.y)])


X, Y = small_data(COUNT)
TAKES = "x must be an array of images together with y, or a source of batches"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((X,), TypeError, r"y is missing: pass the labels of the images in x, CALL\(x, y\)"),
        ((None,), TypeError, f"CALL: {TAKES} .*, got None"),
        (("x.npy",), TypeError, f"CALL: {TAKES} .*, got 'x.npy'"),
        (({"x": X},), TypeError, f"CALL: {TAKES}"),
        ((7,), TypeError, f"CALL: {TAKES} .*, got 7"),
        (
            ((X, Y),),
            TypeError,
            r"got a tuple of 2; pass images and labels one by one, CALL\(x, y\)",
        ),
        ((Own,), TypeError, r"CALL: x is the class itself; make an object of it: Own\(\.\.\.\)"),
        (([X, Y],), TypeError, r"x\[0\]: expected a batch \(x, y\) or .*, got an array"),
        (([],), ValueError, "x: a sequence of batches must hold at least one, got none"),
        (([(X, Y, None, None)],), TypeError, r"x\[0\]: expected a batch .*, got 4 items"),
        (([(X[:, 0], Y)],), ShapeError, r"x\[0\]: x: expected shape \(N, 1, 6, 6\)"),
        (([(X, Y, WEIGHTS[:3])],), ShapeError, r"x\[0\]: weights: expected one number for each"),
        ((Pairs(X, Y),), TypeError, r"x: Pairs\.epoch must give objects of cnnx\.data\.Batch, got"),
        ((lambda: iter(()),), ValueError, "x: expected some batches in an epoch, got none"),
        ((lambda: 3,), TypeError, r"x: the function must give an iterable of batches.*, got int"),
        ((Own(X[:0], Y[:0]),), ValueError, "x.* gave no batch|expected some batches"),
    ],
)
@pytest.mark.parametrize("call", ["evaluate", "find_learning_rate"])
def test_what_has_no_images_and_labels(
    call: str, arguments: tuple[Any, ...], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message.replace("CALL", call)):
        getattr(model("float32"), call)(*arguments)


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (None, TypeError, "x: expected an array of numbers, got None"),
        ("x.npy", TypeError, "x: expected numbers .*; convert the text to numbers first"),
        ({1, 2}, TypeError, "predict: x must be an array of images, or a source of batches"),
        (3, ShapeError, r"x: expected shape \(N, 1, 6, 6\), got \(\)"),
        ([], ShapeError, r"x: expected shape \(N, 1, 6, 6\), got \(0,\)"),
        ((X, Y), TypeError, r"got a tuple of 2 arrays; pass the images alone, predict\(x\)"),
        ([X[:4], X[4:]], TypeError, "got a list of 2 arrays; .* np.concatenate"),
        (Own, TypeError, r"predict: x is the class itself; make an object of it: Own\(\.\.\.\)"),
        (Pairs(X, Y), TypeError, r"x: Pairs\.epoch must give objects of cnnx\.data\.Batch, got"),
        (iter([Y]), ShapeError, r"batch 0 of x: x: expected shape \(N, 1, 6, 6\)"),
        (iter(["a"]), TypeError, "batch 0 of x: x: expected numbers"),
        (lambda: iter(()), ValueError, "x: expected some batches in an epoch, got none"),
        (Own(X[:0], Y[:0]), ValueError, "predict: x gave no batch"),
    ],
)
def test_what_has_no_images(x: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        model("float32").predict(x)


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ([(X[:, 0], Y)], ShapeError, r"^validation_data\[0\]: x: expected shape \(N, 1, 6, 6\)"),
        (lambda: iter([(X, Y[1:])]), ShapeError, "^batch 0 of validation_data: x has 45 images"),
        (lambda: iter(()), ValueError, "^validation_data: expected some batches in an epoch"),
        (Pairs(X, Y), TypeError, r"^validation_data: Pairs\.epoch must give objects of"),
        ([], ValueError, "^validation_data: a sequence of batches must hold at least one"),
        (((X, Y), (X, Y)), TypeError, "validation_data .* several batches as a list"),
    ],
)
def test_messages_name_the_validation_data(
    value: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        model("float32").train(X, Y, validation_data=value, verbose=0)


def test_messages_name_validation_data_in_files(tmp_path: Path) -> None:
    spoiled = X.astype(np.float64)
    spoiled[9, 0, 2, 3] = np.nan
    np.save(tmp_path / "x.npy", np.asfortranarray(spoiled))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    for value, error, message in [
        (
            (mapped, Y[1:]),
            ShapeError,
            r"^validation_data\[0\] has 45 images but validation_data",
        ),
        ((mapped, Y + 1), ValueError, r"^validation_data\[1\]: expected class indices"),
        ((mapped[:, 0], Y), ShapeError, r"^validation_data\[0\]: expected shape"),
        ((mapped, Y), ValueError, r"^validation_data\[0\]: images 0 to 44: x: expected finite"),
    ]:
        with pytest.raises(error, match=message):
            model("float32").train(X, Y, validation_data=value, verbose=0)


def test_messages_name_validation_data_in_folders(tmp_path: Path) -> None:
    pictures(tmp_path)
    held_out, net = images_of(tmp_path), model("float32", input_shape=(1, 8, 8))
    with pytest.raises(ShapeError, match=r"^validation_data: expected shape"):
        net.train(np.zeros((4, 1, 8, 8)), Y[:4], validation_data=held_out, verbose=0)
