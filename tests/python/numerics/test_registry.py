"""Every layer, loss and optimizer is checked by name: round trips, training, saving and loading.

Reference comparison and gradient check of the same rows stand in ``test_gradients.py``, the
optimizers' formulas in ``test_updates.py``.
"""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnx import CNN
from cnnx.errors import FileFormatError
from cnnx.layers import Dense, Flatten
from cnnx.losses import Loss
from cnnx.optimizers import Adam, Optimizer
from reference.functions import TAKEN
from support.checks import hash_arrays
from support.rows import (
    LAYERS,
    LOSSES,
    NETWORKS,
    OPTIMIZERS,
    REGISTRIES,
    Row,
    all_layer_rows,
    kinds,
)

LAYER_ROWS = dict(all_layer_rows())
ALL_LOSSES = [loss for entries in LOSSES.values() for loss in entries]
ALL_OPTIMIZERS = [optimizer for entries in OPTIMIZERS.values() for optimizer in entries]


@pytest.mark.parametrize("name", REGISTRIES)
def test_kinds_and_dictionaries(name: str) -> None:
    """The kind is the registry's key, and the dictionary form gives an equal object."""
    registry, rows = REGISTRIES[name]
    for kind, entry in registry.items():
        assert entry.kind == kind
    things: list[Any] = [
        thing
        for entries in rows.values()
        for row in entries
        for thing in (row.layers if isinstance(row, Row) else [row])
    ]
    for thing in things:
        assert type(thing).from_dict(thing.to_dict()) == thing
        assert registry[thing.to_dict()["kind"]] is type(thing)


def _check_life(row: Row, folder: Path, **options: Any) -> None:
    """Train, save, load, and continue: the loaded network has the bits of the saved one."""
    rng = np.random.default_rng(5)
    model = CNN(row.layers, row.input_shape, **options)
    x = rng.standard_normal((12, *row.input_shape)).astype(np.float32)
    y: Any = rng.integers(0, 4, 12)
    if options["loss"] == "mse":
        y = rng.standard_normal(model.predict(x).shape).astype(np.float32)
    model.train(x, y, epochs=1, batch_size=5, verbose=0)
    path = folder / "model.safetensors"
    model.save(path)
    other = CNN.load(path)
    assert hash_arrays(other.state_dict()) == hash_arrays(model.state_dict())
    np.testing.assert_array_equal(other.predict(x), model.predict(x))
    assert other.evaluate(x, y) == model.evaluate(x, y)
    history = [m.train(x, y, epochs=2, batch_size=5, verbose=0).history for m in (model, other)]
    assert history[0] == history[1]
    assert hash_arrays(other.state_dict()) == hash_arrays(model.state_dict())
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(FileFormatError, match=re.escape(str(path))):
        CNN.load(path)


@pytest.mark.parametrize("name", LAYER_ROWS)
def test_life_of_layers(isa: str, name: str, tmp_path: Path) -> None:
    _check_life(LAYER_ROWS[name], tmp_path, loss="mse", optimizer="sgd")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NETWORKS)
def test_life_of_networks(isa: str, name: str, dtype: str, tmp_path: Path) -> None:
    options: dict[str, Any] = {"dtype": dtype, "exact_conv": dtype == "float64", "seed": 3}
    _check_life(NETWORKS[name], tmp_path, loss="cross_entropy", optimizer=Adam(), **options)


@pytest.mark.parametrize("optimizer", ALL_OPTIMIZERS, ids=repr)
def test_life_of_optimizers(optimizer: Optimizer, tmp_path: Path) -> None:
    _check_life(NETWORKS["mnist"], tmp_path, loss="cross_entropy", optimizer=optimizer)


@pytest.mark.parametrize("loss", ALL_LOSSES, ids=repr)
@pytest.mark.parametrize("optimizer", ALL_OPTIMIZERS, ids=repr)
def test_every_optimizer_lowers_every_loss(optimizer: Optimizer, loss: Loss) -> None:
    rng = np.random.default_rng(6)
    y = rng.integers(0, 4, 60)
    x = 0.3 * rng.standard_normal((60, 1, 12, 12)).astype(np.float32)
    x[np.arange(60), 0, 3 * y, :] += 1
    row = NETWORKS["mnist"]
    # Under Huber's loss a softmax hardly moves: its errors are smaller than 1.
    ends = TAKEN | {"huber": "linear"}
    last = Dense(4, activation=ends.get(loss.kind, "softmax"))
    # Under the absolute error a softmax may stay where it is for long: not with this seed.
    model = CNN([*row.layers[:-1], last], row.input_shape, loss=loss, optimizer=optimizer, seed=2)
    losses = model.train(x, y, epochs=12, batch_size=10, verbose=0).history["loss"]
    assert losses[-1] < 0.5 * losses[0]


def test_every_layer_of_the_registry_appears_in_a_whole_network() -> None:
    used = {kind for row in NETWORKS.values() for kind in kinds(row)}
    assert used == set(LAYERS)


def test_files_with_headers_of_any_length(tmp_path: Path) -> None:
    """A file begins with the length of its header: its bytes are like those of many a format."""
    lengths = set()
    for wide, flat, digits in itertools.product(range(1, 4), range(4), range(1, 19)):
        parts = [Flatten()] * flat + [Dense(1)] * wide
        model = CNN(parts, (1,), loss="mse", seed=10**digits)
        path = tmp_path / "model.safetensors"
        for include_optimizer in (True, False):
            model.save(path, include_optimizer=include_optimizer)
            lengths.add(int.from_bytes(path.read_bytes()[:8], "little"))
            assert hash_arrays(CNN.load(path).state_dict()) == hash_arrays(model.state_dict())
    assert 0x480 in lengths  # reads 80 04, like the pickle protocol
