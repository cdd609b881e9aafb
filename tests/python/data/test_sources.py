"""Sources: arrays, mapped files, sequences, iterables and loaders give the batches they should."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from readers import SHAPE, data, epoch, numbers, source

from cnnx import ShapeError, _core
from cnnx.data import Batch, Batches, Source
from cnnx.data._sources.choose import check_epochs, gives_batches

# Arrays


def test_arrays_are_not_copied_and_come_in_order() -> None:
    x, y = data()
    got = source(x, y)
    assert (got.samples, got.steps) == (10, 3)
    assert epoch(got) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    batch = next(iter(got.epoch(0)))
    assert np.shares_memory(batch.x, x)
    assert np.shares_memory(batch.y, y)
    assert batch.weights is None
    assert isinstance(got, Source)


def test_no_thread_for_arrays() -> None:
    x, y = data()
    before = threading.active_count()
    batches = source(x, y).epoch(0)
    next(batches)
    assert threading.active_count() == before


def test_shuffled_arrays_follow_the_engine_s_permutation() -> None:
    x, y = data()
    got = source(x, y, shuffle=True)
    for number in (0, 1, 5):
        order = _core.permutation(10, 7, number).tolist()
        assert [image for batch in epoch(got, number) for image in batch] == order
    assert epoch(got, 0) != epoch(got, 1)
    assert epoch(got, 0) == epoch(source(x, y, shuffle=True), 0)


def test_weights_of_arrays_are_passed_on_whole() -> None:
    x, y = data()
    weights = np.linspace(0, 1, 10, dtype=np.float32)
    batch = next(iter(source(x, y, weights=weights).epoch(0)))
    assert np.shares_memory(batch.weights, weights)


# Sequences


class Sequence:
    """As Keras' users write them; counts what it is asked."""

    def __init__(self, count: int = 3) -> None:
        self.x, self.y = data(4 * count)
        self.asked: list[int] = []
        self.begun = self.ended = 0

    def __len__(self) -> int:
        return len(self.x) // 4

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        self.asked.append(index)
        part = slice(4 * index, 4 * index + 4)
        return self.x[part], self.y[part]

    def on_epoch_begin(self) -> None:
        self.begun += 1

    def on_epoch_end(self) -> None:
        self.ended += 1


def test_a_sequence() -> None:
    sequence = Sequence()
    got = source(sequence)
    assert (got.samples, got.steps) == (None, 3)
    assert epoch(got) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    assert (sequence.begun, sequence.ended) == (1, 1)
    sequence.asked.clear()
    assert epoch(got, start=2) == [[8, 9, 10, 11]]
    assert sequence.asked == [2]


def test_a_sequence_s_batches_are_shuffled() -> None:
    got = source(Sequence(20), shuffle=True)
    order = _core.permutation(20, 7, 3).tolist()
    assert [batch[0] // 4 for batch in epoch(got, 3)] == order
    assert [batch[0] // 4 for batch in epoch(got, 3, start=15)] == order[15:]


def test_a_list_of_batches() -> None:
    x, y = data(6)
    assert epoch(source([(x[:3], y[:3]), [x[3:], y[3:]]])) == [[0, 1, 2], [3, 4, 5]]
    with pytest.raises(ValueError, match="must have at least one batch"):
        source([])


# Iterables


def batches(count: int = 3) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    x, y = data(4 * count)
    for start in range(0, 4 * count, 4):
        yield x[start : start + 4], y[start : start + 4]


THREE = [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]


class Loader:
    """Iterable as PyTorch's DataLoader is."""

    def __len__(self) -> int:
        return 3

    def __iter__(self) -> Iterator[Any]:
        return batches()


@pytest.mark.parametrize("make", [lambda: batches, Loader], ids=["function", "loader"])
def test_iterables_begin_anew(make: Any) -> None:
    got = source(make())
    check_epochs(got, 100)
    assert epoch(got, 0) == epoch(got, 1) == THREE
    assert epoch(got, 2, start=1) == THREE[1:]
    assert epoch(got, 2, start=3) == []
    with pytest.raises(ValueError, match=r"at least 4 batches, to resume after them.*got 3"):
        epoch(got, 0, start=4)


def test_the_length_of_an_iterable() -> None:
    class Endless(Loader):
        def __len__(self) -> int:
            raise TypeError("as for a loader over a stream")

    assert source(Loader()).steps == 3
    assert source(Endless()).steps is None
    assert source(batches).steps is None


def test_a_function_is_given_the_number_of_the_epoch() -> None:
    asked: list[Any] = []

    def make(epoch: int = -1) -> Iterator[Any]:
        asked.append(epoch)
        return batches()

    def other(scale: float = 1.0) -> Iterator[Any]:
        asked.append(scale)
        return batches()

    epoch(source(make), 5)
    epoch(source(lambda number: make(10 * number)), 6)
    epoch(source(other), 7)
    assert asked == [5, 60, 1.0]


def test_an_iterator_serves_for_one_epoch() -> None:
    got = source(batches())
    check_epochs(got, 1)
    with pytest.raises(
        ValueError, match="used with epochs=1; for more epochs, pass a generator function"
    ):
        check_epochs(got, 2)
    assert epoch(got, 4) == THREE
    with pytest.raises(ValueError, match="only be used with epochs=1"):
        got.epoch(5)


def test_endless_batches_are_cut_into_epochs() -> None:
    def endless() -> Iterator[Any]:
        number = 0
        while True:
            yield np.full((1, *SHAPE), number, np.float32), np.array([number % 3])
            number += 1

    got = source(Batches(endless(), steps=3))
    check_epochs(got, 100)
    assert got.steps == 3
    assert epoch(got, 0) == [[0], [1], [2]]
    assert epoch(got, 1) == [[3], [4], [5]]
    anew = source(Batches(endless, steps=2))
    assert epoch(anew, 0) == epoch(anew, 1) == [[0], [1]]


def test_too_few_batches() -> None:
    with pytest.raises(ValueError, match=r"expected 5 batches per epoch \(steps=5\), got 3"):
        epoch(source(Batches(batches, steps=5)))
    with pytest.raises(ValueError, match="expected some batches in an epoch, got none"):
        epoch(source(lambda: iter(())))
    with pytest.raises(TypeError, match="must return an iterable of batches"):
        epoch(source(lambda: None))


def test_weights_of_batches() -> None:
    x, y = data(2)
    [batch] = source([(x, y, [0, 2])]).epoch(0)
    assert batch.weights is not None
    assert batch.weights.dtype == np.float32
    assert batch.weights.tolist() == [0, 2]
    with pytest.raises(ShapeError, match=r"x\[0\]: weights: expected one number per image"):
        list(source([(x, y, [1])]).epoch(0))
    for bad in (-1, np.nan, 1e300):
        with pytest.raises(ValueError, match=r"x\[0\]: weights: expected finite"):
            list(source([(x, y, [1, bad])]).epoch(0))
    with pytest.raises(TypeError, match="sample weights can only be used with arrays"):
        source([(x, y)], weights=np.ones(2, np.float32))


def test_batches_are_converted_and_checked() -> None:
    x, y = data(4)
    [batch] = source([(x.astype(np.int16)[:, :, ::-1], y.astype(np.int8).tolist())]).epoch(0)
    assert batch.x.dtype == np.float32
    assert numbers(batch) == [0, 1, 2, 3]
    for item, message in [
        ((x[:, 0], y), r"x\[0\]: x: expected shape \(N, 1, 4, 4\)"),
        ((x, y[:3]), r"x\[0\]: x has 4 images but y has 3 labels"),
        ((x, y.astype(float)), r"x\[0\]: y: class indices must be integers"),
        ((x,), r"x\[0\]: expected a batch \(x, y\) or .*, got 1 items"),
        ("ab", r"x\[0\]: expected a batch"),
        (x, r"x\[0\]: expected a batch.*got an array"),
    ]:
        with pytest.raises((TypeError, ValueError), match=message):
            list(source([item]).epoch(0))


def test_an_error_in_the_user_s_generator_is_raised_where_the_batch_is_asked_for() -> None:
    def broken() -> Iterator[Any]:
        yield from batches(1)
        raise KeyError("lost")

    got = source(broken).epoch(0)
    next(got)
    with pytest.raises(KeyError, match="lost"):
        next(got)


def test_a_source_and_its_batches() -> None:
    x, y = data(4)

    class Own:
        samples, steps = 4, 1

        def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
            yield Batch(x, y)

    own = Own()
    assert [numbers(batch) for batch in source(own).epoch(0)] == [[0, 1, 2, 3]]
    rows = np.array([3, 1])
    given = Batch(x, y, rows, np.array([1, 2, 3, 4], np.float32))
    [batch] = source([given]).epoch(0)
    assert numbers(batch) == [3, 1]
    assert batch.weights is not None
    assert batch.weights.tolist() == [4, 2]


# Tensors of other libraries


class Tensor:
    """As far as PyTorch's tensors matter here."""

    def __init__(self, array: np.ndarray, detached: bool = False) -> None:
        self.array, self.detached = array, detached

    def detach(self) -> Tensor:
        return Tensor(self.array, detached=True)

    def numpy(self) -> np.ndarray:
        if not self.detached:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad.")
        return self.array

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        raise AssertionError("numpy() is to be used")


def test_tensors() -> None:
    x, y = data(4)
    [batch] = source([(Tensor(x), Tensor(y))]).epoch(0)
    assert batch.x is x
    assert batch.y is y
    [batch] = source(Tensor(x), Tensor(y)).epoch(0)
    assert np.shares_memory(batch.x, x)

    class OnDevice(Tensor):
        def detach(self) -> Tensor:
            raise TypeError("can't convert cuda:0 device type tensor to numpy")

    with pytest.raises(
        TypeError, match=r"tensor \(OnDevice\) cannot be converted to an array: can't"
    ):
        list(source([(OnDevice(x), y)]).epoch(0))


@pytest.mark.torch
@pytest.mark.parametrize("workers", [0, 2])
def test_a_data_loader(workers: int) -> None:
    torch = pytest.importorskip("torch")
    x, y = data(10)
    pairs = torch.utils.data.TensorDataset(torch.from_numpy(x), torch.from_numpy(y))
    loader = torch.utils.data.DataLoader(pairs, batch_size=4, num_workers=workers)
    got = source(loader)
    assert got.steps == 3
    assert epoch(got, 0) == epoch(got, 1) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


# Refusals


def test_what_gives_batches() -> None:
    x, y = data()

    class Own:
        samples = steps = None

        def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
            yield Batch(x, y)

    for value in (batches(), batches, Loader(), Sequence(), [(x, y)], Batches(batches, 2), Own()):
        assert gives_batches(value)
    for value in (x, Tensor(x), None, 3, "text", {"x": x}, x[0, 0, 0, 0]):
        assert not gives_batches(value)


def test_what_is_no_data() -> None:
    x, y = data()
    for value, message in [
        (x, r"y is missing: pass the labels of the images in x, train\(x, y\)"),
        (Tensor(x), "y is missing"),
        ((x, y), r"got a tuple of 2; pass images and labels as separate arguments, train\(x, y\)"),
        (None, "a source of batches"),
        ("data.npz", "a source of batches"),
        ({"x": x}, "a source of batches"),
        (3, "a source of batches"),
        (Loader, r"x is the class itself; create an object: Loader\(\.\.\.\)"),
    ]:
        with pytest.raises(TypeError, match=message):
            source(value)
    for value in (batches(), Loader(), batches, Batches(batches, 2)):
        with pytest.raises(TypeError, match="y must be omitted if x is a source of batches"):
            source(value, y)
    with pytest.raises(TypeError, match="batches must be an iterable"):
        Batches(3, 2)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="steps must be at least 1"):
        Batches(batches, 0)
