"""Dropout against an independent Philox, and what its draws depend on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from cnnx import CNN, _core
from cnnx.layers import Conv2D, Dense, Dropout, Flatten, Layer, SpatialDropout2D
from cnnx.optimizers import SGD
from support.checks import Array
from support.small import CLASSES, small_data, small_model, weights

U64 = npt.NDArray[np.uint64]

SHAPE = (5, 9, 8)
DROPOUT_STREAM = 3


def philox(key: tuple[int, int], counters: U64) -> U64:
    """Philox4x32-10 (Salmon et al., 2011) of counters (n, 4)."""
    c = [counters[:, i].astype(np.uint64) for i in range(4)]
    k = [np.uint64(part) for part in key]
    low = np.uint64(0xFFFFFFFF)
    for _ in range(10):
        one, two = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        c = [
            (two >> np.uint64(32)) ^ c[1] ^ k[0],
            two & low,
            (one >> np.uint64(32)) ^ c[3] ^ k[1],
            one & low,
        ]
        k = [(k[0] + np.uint64(0x9E3779B9)) & low, (k[1] + np.uint64(0xBB67AE85)) & low]
    return np.stack(c, axis=1)


def test_the_generator_is_philox() -> None:
    """The known answer of Random123 for all bits set."""
    ones = np.full((1, 4), 0xFFFFFFFF, np.uint64)
    expected = [[0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]]
    np.testing.assert_array_equal(philox((0xFFFFFFFF, 0xFFFFFFFF), ones), expected)


def kept(size: int, image: int, rate: float, seed: int, layer: int, step: int) -> Array:
    """Which elements of an image, in the engine's order, a `Dropout` keeps."""
    e = np.arange(size)
    counters = np.empty((size, 4), np.uint64)
    counters[:, 0] = e // 64 * 8 + e % 8
    counters[:, 1:] = (image, DROPOUT_STREAM | layer << 8, step)
    words = philox((seed & 0xFFFFFFFF, seed >> 32), counters)
    bits = words[e, e % 32 // 8] >> (16 * (e % 64 // 32)).astype(np.uint64)
    return (bits & np.uint64(0xFFFF)) < round((1 - rate) * 65536)


def expected_factors(
    count: int, rate: float, seed: int, layer: int, step: int, spatial: bool
) -> Array:
    """The factors of a layer for images (count, channels, height, width)."""
    channels, height, width = SHAPE
    scale = 65536 / round((1 - rate) * 65536)
    if spatial:
        maps = np.arange(count * channels)
        counters = np.zeros((len(maps), 4), np.uint64)
        counters[:, 0] = maps
        counters[:, 2:] = (DROPOUT_STREAM | layer << 8, step)
        draws = philox((seed & 0xFFFFFFFF, seed >> 32), counters)[:, 0] & np.uint64(0xFFFF)
        chosen = (draws < round((1 - rate) * 65536)).reshape(count, channels, 1, 1)
        return np.broadcast_to(chosen * scale, (count, *SHAPE))
    images = [kept(channels * height * width, i, rate, seed, layer, step) for i in range(count)]
    inside = np.stack(images).reshape(count, height, width, channels)  # channels come last
    return inside.transpose(0, 3, 1, 2) * scale


def _network(layers: list[Layer], seed: int = 0, dtype: str = "float64") -> CNN:
    return CNN(layers, SHAPE, loss="mse", optimizer=SGD(0.0), seed=seed, dtype=dtype)


def _factors(model: CNN, count: int) -> tuple[Array, Array]:
    """The factors of the layers of a network, forward and backward.

    For a loss of (factor x - target)^2 / size with x = 1 and target 0, the gradient of x is
    2 factor factor / (size count): the forward and the backward mask both show in it. With target
    far away, -2 factor target / (size count): the backward one alone shows.
    """
    ones = np.ones((count, *SHAPE))
    size = ones[0].size
    _, _, grads = model._network.engine.gradients(ones, 0.0 * ones)
    both = np.sqrt(grads["input"] * size * count / 2)
    _, _, grads = model._network.engine.gradients(0.0 * ones, -ones)
    return both, grads["input"] * size * count / 2


@pytest.mark.parametrize("seed", [0, 7, 2**40 + 5])
@pytest.mark.parametrize("rate", [0.5, 0.1, 0.9])
@pytest.mark.parametrize("kind", [Dropout, SpatialDropout2D])
def test_masks_are_those_of_the_generator(isa: str, kind: Any, rate: float, seed: int) -> None:
    """Forward and backward, in each of several steps; the layer's number tells layers apart."""
    model = _network([kind(rate)], seed)
    second = _network([Conv2D(5, 1), kind(rate)], seed)
    identity = {"0.weight": np.eye(5).reshape(5, 5, 1, 1), "0.bias": np.zeros(5)}
    second.load_state_dict(identity)
    ones = np.ones((11, *SHAPE))
    masks = []
    for step in range(3):
        spatial = kind is SpatialDropout2D
        for layer, network in enumerate((model, second)):
            expected = expected_factors(11, rate, seed, layer, step, spatial)
            both, back = _factors(network, 11)
            np.testing.assert_allclose(both, expected, rtol=1e-12)
            np.testing.assert_allclose(back, expected, rtol=1e-12)
            masks.append(expected.tobytes())
            network.train_batch(ones, ones)
    assert len(set(masks)) == len(masks)


@pytest.mark.parametrize("rate", [0.05, 0.3, 0.75])
def test_rates(rate: float) -> None:
    factors, _ = _factors(_network([Dropout(rate)], seed=3), 400)
    n = factors.size
    dropped = int((factors == 0).sum())
    assert abs(dropped - rate * n) < 5 * np.sqrt(n * rate * (1 - rate))
    np.testing.assert_allclose(factors[factors > 0], 1 / (1 - rate), rtol=1e-3)
    # Neighbours are dropped independently of each other.
    zero = factors == 0
    pairs = int((zero[..., 1:] & zero[..., :-1]).sum())
    count = zero[..., 1:].size
    assert abs(pairs - rate**2 * count) < 6 * np.sqrt(count * rate**2)


def test_a_rate_of_zero_changes_nothing() -> None:
    traces = []
    for extra in ([], [Dropout(0.0)]):
        model = small_model(layers=[Conv2D(4, 3), *extra, Flatten(), Dense(CLASSES)])
        x, y = small_data()
        losses = [model.train_batch(x, y)[0] for _ in range(3)]
        traces.append((losses, weights(model)))
    assert traces[0] == traces[1]


def test_outputs_and_scores_drop_nothing() -> None:
    x, y = small_data()
    stack: list[Layer] = [Conv2D(4, 3, activation="relu"), Flatten(), Dense(CLASSES)]
    plain = small_model(layers=stack)
    dropped = small_model(
        layers=[stack[0], SpatialDropout2D(0.5), stack[1], Dropout(0.5), stack[2]]
    )
    state = plain.state_dict()
    dropped.load_state_dict(
        {f"{'4' if name[0] == '2' else name[0]}{name[1:]}": v for name, v in state.items()}
    )
    np.testing.assert_array_equal(dropped.predict(x), plain.predict(x))
    np.testing.assert_array_equal(dropped.predict(x, batch_size=7), plain.predict(x))
    assert dropped.evaluate(x, y) == plain.evaluate(x, y)


def _dropping(seed: int = 1) -> CNN:
    return small_model(
        layers=[
            Conv2D(8, 3, padding="same", activation="relu"),
            SpatialDropout2D(0.2),
            Flatten(),
            Dropout(0.4),
            Dense(CLASSES, activation="softmax"),
        ],
        seed=seed,
    )


def test_training_has_the_same_bits_on_any_number_of_threads() -> None:
    x, y = small_data(300)
    traces = set()
    for threads in (1, 2, 5):
        _core.set_num_threads(threads)
        model = _dropping()
        for start in (0, 100, 0):
            model.train_batch(x[start:], y[start:])
        traces.add(weights(model))
    assert len(traces) == 1
    other = _dropping(seed=2)
    for start in (0, 100, 0):
        other.train_batch(x[start:], y[start:])
    assert weights(other) not in traces


def test_a_saved_run_goes_on_with_the_same_draws(tmp_path: Path) -> None:
    x, y = small_data()
    model = _dropping()
    for step in range(6):
        if step == 3:
            model.save(tmp_path / "model.safetensors")
        model.train_batch(x, y)
    again = CNN.load(tmp_path / "model.safetensors")
    for _ in range(3):
        again.train_batch(x, y)
    assert weights(again) == weights(model)
