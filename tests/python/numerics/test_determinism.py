"""The same bits: at any number of threads, under any split of the images, for the same seed."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import cnnx
from cnnx import CNN, _core
from cnnx.layers import Conv2D, Dense, Flatten, MaxPool2D
from cnnx.optimizers import SGD, Adam, AdamW, Optimizer
from support.checks import hash_arrays, parameters
from support.rows import NETWORKS, dicts

F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]

THREADS = (1, 2, 3, 5, 8, 16)
IMAGES = 150  # neither a multiple of the batch nor of any chunk


def _images(shape: tuple[int, ...], count: int = IMAGES) -> tuple[F32, I64]:
    rng = np.random.default_rng(1)
    return rng.standard_normal((count, *shape), np.float32), rng.integers(0, 4, count)


def _network(name: str, **options: Any) -> CNN:
    row = NETWORKS[name]
    return CNN(row.layers, row.input_shape, **options)


def _trained(name: str, threads: int, **options: Any) -> tuple[str, dict[str, list[float]]]:
    """Hash of the weights and history after two epochs with validation."""
    cnnx.set_num_threads(threads)
    model = _network(name, **options)
    x, y = _images(NETWORKS[name].input_shape)
    history = model.train(x, y, epochs=2, batch_size=32, validation_split=0.1, verbose=0)
    return hash_arrays(model.state_dict()), history.history


OPTIONS: dict[str, dict[str, Any]] = {
    "one dense": {"optimizer": SGD(0.05, momentum=0.9)},
    "mnist": {"optimizer": SGD(0.02, momentum=0.9, nesterov=True, weight_decay=1e-3)},
    "lenet": {"optimizer": Adam(1e-3), "loss": "mse"},
    "everything": {"optimizer": AdamW(1e-3)},
    "averages": {"optimizer": AdamW(1e-3)},
    "global maximum": {"optimizer": SGD(0.02, momentum=0.9)},
    "convolutions only": {"optimizer": SGD(0.01, momentum=0.9)},
    "branches": {"optimizer": SGD(0.01, momentum=0.9, weight_decay=1e-3)},
    "dropped": {"optimizer": Adam(1e-3)},
}


@pytest.mark.parametrize("name", NETWORKS)
def test_two_epochs_at_any_number_of_threads(isa: str, name: str) -> None:
    """``reference`` is the slow oracle: a few numbers of threads are enough there."""
    threads = THREADS if isa != "reference" else (1, 3)
    runs = {n: _trained(name, n, **OPTIONS[name]) for n in threads}
    assert len({weights for weights, _ in runs.values()}) == 1, "weights depend on the threads"
    first = runs[1][1]
    assert all(history == first for _, history in runs.values())
    assert {len(values) for values in first.values()} == {2}


@pytest.mark.parametrize(
    "optimizer",
    [
        SGD(0.02, momentum=0.9),
        AdamW(1e-3, clip_norm=0.5, clip_value=0.01, ema=0.9, decay_weights_only=True),
    ],
    ids=["plain", "everything"],
)
def test_large_batches_at_any_number_of_threads(optimizer: Optimizer) -> None:
    """A batch of many chunks, and layers that cut their work in other ways than by images."""
    x, y = _images((3, 16, 16), 200)
    hashes = set()
    for threads in THREADS:
        cnnx.set_num_threads(threads)
        model = CNN(
            [
                Conv2D(32, 3, padding="same", activation="relu"),
                MaxPool2D(2),
                Conv2D(40, 3, padding="same", activation="relu"),
                MaxPool2D(2),
                Flatten(),
                Dense(500, activation="relu"),
                Dense(4, activation="softmax"),
            ],
            (3, 16, 16),
            optimizer=optimizer,
        )
        for rows in (slice(0, 200), slice(0, 1), slice(3, 132)):
            model.train_batch(x[rows], y[rows])
        hashes.add(hash_arrays(model.state_dict() | model._network.engine.optimizer_state()))
    assert len(hashes) == 1


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("name", NETWORKS)
def test_prediction_of_one_image_alone(isa: str, name: str, exact: bool) -> None:
    model = _network(name, exact_conv=exact)
    x, _ = _images(NETWORKS[name].input_shape, 70)
    together = model.predict(x)
    for i in (0, 1, 2, 3, 5, 16, 31, 33, 63, 64, 69):
        np.testing.assert_array_equal(model.predict(x[i : i + 1])[0], together[i])


@pytest.mark.parametrize("name", NETWORKS)
def test_prediction_in_any_pieces(isa: str, name: str) -> None:
    model = _network(name)
    x, _ = _images(NETWORKS[name].input_shape, 97)
    together = model.predict(x)
    for size in (2, 3, 4, 7, 16, 50, 64):
        pieces = [model.predict(x[at : at + size]) for at in range(0, len(x), size)]
        np.testing.assert_array_equal(np.concatenate(pieces), together)
    rng = np.random.default_rng(2)
    order = rng.permutation(len(x))
    np.testing.assert_array_equal(model.predict(x[order]), together[order])
    for threads in (1, 2, 5):
        cnnx.set_num_threads(threads)
        np.testing.assert_array_equal(model.predict(x), together)


def test_prediction_does_not_see_its_neighbours(isa: str) -> None:
    """An image of huge values in the batch leaves the bits of the others alone."""
    model = _network("mnist")
    x, _ = _images((1, 12, 12), 12)
    before = model.predict(x)
    x[5] *= 1e30
    after = model.predict(x)
    others = np.arange(12) != 5
    np.testing.assert_array_equal(after[others], before[others])


def test_evaluation_is_the_mean_over_the_images() -> None:
    model = _network("mnist")
    x, y = _images((1, 12, 12), 1000)
    whole = model.evaluate(x, y)
    rows = model.predict(x).astype(np.float64)
    assert whole["accuracy"] == (rows.argmax(axis=1) == y).mean()
    assert whole["loss"] == pytest.approx(-np.log(rows[np.arange(1000), y]).mean(), rel=1e-5)
    for threads in THREADS:
        cnnx.set_num_threads(threads)
        assert model.evaluate(x, y) == whole


def test_same_seed_same_history_and_other_seed_other_weights() -> None:
    runs = [_trained("mnist", 2, seed=seed) for seed in (0, 0, 1)]
    assert runs[0] == runs[1]
    assert runs[0][0] != runs[2][0]
    assert runs[0][1] != runs[2][1]


@pytest.mark.parametrize("verbose", ["auto", 1, 2])
def test_progress_changes_nothing(verbose: Any, capsys: pytest.CaptureFixture[str]) -> None:
    x, y = _images((1, 12, 12))
    results = []
    for how in (0, verbose):
        model = _network("mnist")
        history = model.train(x, y, epochs=2, batch_size=32, verbose=how).history
        results.append((history, hash_arrays(model.state_dict())))
    assert results[0] == results[1]
    capsys.readouterr()


def test_validation_changes_nothing() -> None:
    x, y = _images((1, 12, 12))
    results = []
    for validation in (None, (x[:40], y[:40])):
        model = _network("mnist")
        history = model.train(x, y, epochs=2, verbose=0, validation_data=validation).history
        results.append((history["loss"], history["accuracy"], hash_arrays(model.state_dict())))
    assert results[0] == results[1]


def test_epochs_in_one_call_or_in_several() -> None:
    """The shuffle counts epochs over the life of the model."""
    x, y = _images((1, 12, 12))
    once, twice = _network("mnist"), _network("mnist")
    history = once.train(x, y, epochs=2, verbose=0).history["loss"]
    parts = [twice.train(x, y, epochs=1, verbose=0).history["loss"][0] for _ in range(2)]
    assert parts == history
    assert hash_arrays(once.state_dict()) == hash_arrays(twice.state_dict())


def test_history_is_the_mean_over_batches_weighted_by_size() -> None:
    x, y = _images((1, 12, 12))
    model, other = _network("mnist"), _network("mnist")
    history = model.train(x, y, batch_size=64, shuffle=False, verbose=0).history
    sums = np.zeros(2)
    for at in range(0, len(x), 64):
        rows = slice(at, at + 64)
        sums += np.array(other.train_batch(x[rows], y[rows])) * len(x[rows])
    assert history["loss"][0] == pytest.approx(sums[0] / len(x), rel=1e-6)
    assert history["accuracy"][0] == pytest.approx(sums[1] / len(x), rel=1e-12)
    assert hash_arrays(model.state_dict()) == hash_arrays(other.state_dict())


def test_shuffle_is_a_permutation_that_changes() -> None:
    for count in (1, 2, 7, 1000):
        orders = [_core.permutation(count, seed, epoch) for seed, epoch in ((0, 0), (0, 1), (1, 0))]
        for order in orders:
            assert order.dtype == np.int64
            assert sorted(order.tolist()) == list(range(count))
        np.testing.assert_array_equal(_core.permutation(count, 0, 0), orders[0])
        if count >= 7:
            assert not np.array_equal(orders[0], orders[1])
            assert not np.array_equal(orders[0], orders[2])
    places = np.array([_core.permutation(8, 3, epoch) for epoch in range(4000)])
    counts = np.array([(places == value).sum(axis=0) for value in range(8)])
    assert abs(counts - 500).max() < 6 * 500**0.5, "a value prefers a place"


def test_tiny_numbers_of_the_caller_survive() -> None:
    """Inside, numbers below 1e-38 may become zero; outside, arithmetic stays as it was."""
    x, y = _images((1, 12, 12))
    for threads in THREADS:
        cnnx.set_num_threads(threads)
        model = _network("mnist")
        model.train(x, y, verbose=0)
        model.predict(x)
        tiny = np.full(1000, 1e-40, np.float32)
        assert (tiny * np.float32(0.5) > 0).all()


@pytest.mark.parametrize("name", NETWORKS)
def test_no_allocation_in_a_training_step(isa: str, name: str) -> None:
    row = NETWORKS[name]
    optimizer = AdamW(1e-3, clip_norm=1.0, clip_value=0.5, ema=0.9, decay_weights_only=True)
    network = _core.Network32(
        dicts(row), row.input_shape, {"kind": "cross_entropy"}, optimizer.to_dict(), 0, False
    )
    x, y = _images(row.input_shape, 40)
    rows, weights = np.arange(40)[::-1].copy(), np.full(40, 0.5, np.float32)
    network.train_batch(x, y)
    network.train_batch(x, y, rows)
    before, workspace = _core.allocation_count(), network.workspace_bytes()
    for _ in range(5):
        network.train_batch(x, y)
        network.train_batch(x, y, rows)
        network.train_batch(x[:7], y[:7])
        network.train_batch(x, y, rows[:33].copy(), 0.01, weights=weights)
        network.swap_average()
        network.swap_average()
    assert _core.allocation_count() == before
    assert network.workspace_bytes() == workspace
    assert before > 0
    assert all(np.isfinite(value).all() for value in parameters(network).values())
