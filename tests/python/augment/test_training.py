"""Augmentation inside training: what the network sees, and what it must not depend on."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import cnnx
from cnnx import CNN, _core, augment
from cnnx.augment import (
    Augmentation,
    Brightness,
    Contrast,
    CutMix,
    Erase,
    HorizontalFlip,
    MixUp,
    RandomCrop,
    Rotation,
    Scale,
    Shift,
    apply,
)
from cnnx.layers import Conv2D, Dense, Flatten, Layer, MaxPool2D, Rescale
from cnnx.optimizers import SGD, Adam
from reference.augment import mixing
from support.checks import assert_close, hash_arrays

Array = npt.NDArray[Any]
SHAPE, CLASSES, SEED = (2, 8, 7), 4, 11
EVERYTHING: list[Augmentation] = [
    RandomCrop(1), HorizontalFlip(), Rotation(20), Brightness(0.2), Scale(0.9, 1.2), Contrast(0.2),
    Shift(0.1), Erase(),
]  # fmt: skip


def model(*begin: Layer, **options: Any) -> CNN:
    return CNN(
        [*begin, Conv2D(6, 3, activation="relu"), MaxPool2D(2), Flatten(), Dense(CLASSES)],
        SHAPE,
        optimizer=SGD(0.05, momentum=0.9),
        seed=2,
        **options,
    )


def data(count: int = 40, dtype: str = "float32") -> tuple[Array, Array]:
    rng = np.random.default_rng(1)
    x: Array = rng.integers(0, 256, (count, *SHAPE)).astype(dtype)
    return x if dtype == "uint8" else x / x.dtype.type(256), rng.integers(0, CLASSES, count)


def augmented(network: CNN, steps: list[Augmentation]) -> Any:
    network._network.engine.set_augmentation([step.to_dict() for step in steps], SEED)
    return network._network.engine


def prepared(x: Array, rows: Array, steps: list[Augmentation], epoch: int) -> Array:
    """The augmented images of a batch, each made alone."""
    return np.concatenate([apply(x[r : r + 1], steps, SEED, epoch, int(r)) for r in rows])


@pytest.mark.parametrize("dtype", ["float32", "uint8", "float64"])
def test_training_sees_the_images_that_apply_gives(dtype: str) -> None:
    x, y = data(40, dtype)
    begin = [Rescale(1 / 255)] if dtype == "uint8" else []
    options = {"dtype": "float64"} if dtype == "float64" else {}
    one, other = model(*begin, **options), model(*begin, **options)
    network = augmented(one, EVERYTHING)
    for epoch in range(2):
        order = _core.permutation(len(x), 0, epoch)
        for start in range(0, len(x), 16):
            rows = order[start : start + 16]
            got = network.train_batch(x, y, rows, None, epoch=epoch)
            images = prepared(x, rows, EVERYTHING, epoch)
            assert got == other._network.engine.train_batch(images, y[rows], None, None)
    assert hash_arrays(one.state_dict()) == hash_arrays(other.state_dict())


@pytest.mark.parametrize("by_rows", [False, True])
@pytest.mark.parametrize("loss", ["cross_entropy", "mse"])
@pytest.mark.parametrize("last", [MixUp(0.5), CutMix(1)], ids=repr)
def test_training_on_mixtures(last: Augmentation, loss: str, by_rows: bool) -> None:
    """The same step as on images and rows of targets that were mixed beforehand."""
    x, y = data()
    first: list[Augmentation] = [RandomCrop(1), HorizontalFlip()]
    target_rows = np.eye(CLASSES, dtype=np.float32)[y]
    one, other = model(loss=loss), model(loss=loss)
    network = augmented(one, [*first, last])
    used = 0
    for epoch in range(4):
        rows = _core.permutation(len(x), 0, epoch)[:24]
        start = int(rows[0])
        distance, share, box = mixing([last.to_dict()], SEED, epoch, start, 24, *SHAPE[1:])
        images = prepared(x, rows, first, epoch)
        if box is None:
            images = np.float32(share) * images
            images += np.float32(1 - share) * np.roll(prepared(x, rows, first, epoch), -distance, 0)
        else:
            images[:, :, box[0], box[1]] = np.roll(images, -distance, 0)[:, :, box[0], box[1]]
        soft = share * target_rows[rows] + (1 - share) * np.roll(target_rows[rows], -distance, 0)
        used += share not in (0, 1)
        got = network.train_batch(x, target_rows if by_rows else y, rows, None, epoch=epoch)
        expected = other._network.engine.train_batch(images, soft.astype(np.float32), None, None)
        assert got[0] == pytest.approx(expected[0], rel=1e-5)
        assert got[1] == expected[1], "right is the class with the larger share"
    assert used >= 3
    for name, value in other.state_dict().items():
        assert_close(one.state_dict()[name], value, 1e-5, name)


def test_mixtures_across_the_passes_of_a_large_batch() -> None:
    x, y = data(700)
    steps: list[Augmentation] = [MixUp(1)]
    one, other = model(), model()
    distance, share, _ = mixing([steps[0].to_dict()], SEED, 0, 0, 700, *SHAPE[1:])
    rows = np.eye(CLASSES)[y]
    soft = share * rows + (1 - share) * np.roll(rows, -distance, 0)
    got = augmented(one, steps).train_batch(x, y)
    expected = other._network.engine.train_batch(apply(x, steps, SEED), soft.astype(np.float32))
    assert got[0] == pytest.approx(expected[0], rel=1e-6)
    for name, value in other.state_dict().items():
        assert_close(one.state_dict()[name], value, 1e-5, name)


@pytest.mark.parametrize("last", [MixUp(0.4), CutMix(1)], ids=repr)
def test_same_bits_at_any_number_of_threads(isa: str, last: Augmentation) -> None:
    x, y = data(300, "uint8")
    hashes = set()
    for threads in (1, 2, 3, 5):
        cnnx.set_num_threads(threads)
        net = CNN(
            [Rescale(1 / 255), Conv2D(16, 3, padding="same", activation="relu"), Flatten(),
             Dense(CLASSES)],
            SHAPE,
            optimizer=Adam(1e-3),
        )  # fmt: skip
        network = augmented(net, [*EVERYTHING, last])
        for epoch in range(2):
            order = _core.permutation(len(x), 0, epoch)
            for start in range(0, len(x), 128):
                network.train_batch(x, y, order[start : start + 128], None, epoch=epoch)
        hashes.add(hash_arrays(net.state_dict()))
    assert len(hashes) == 1


def test_an_image_does_not_depend_on_its_batch() -> None:
    x, _ = data(50)
    together = apply(x, EVERYTHING, 3, 1)
    for size in (1, 7, 16):
        parts = [apply(x[i : i + size], EVERYTHING, 3, 1, i) for i in range(0, 50, size)]
        np.testing.assert_array_equal(np.concatenate(parts), together)


def test_seed_epoch_and_row_decide() -> None:
    x = np.repeat(data(1)[0], 30, axis=0)
    made = apply(x, EVERYTHING, 3, 1)
    assert len({image.tobytes() for image in made}) > 25, "rows differ"
    np.testing.assert_array_equal(apply(x, EVERYTHING, 3, 1), made)
    for other in (apply(x, EVERYTHING, 4, 1), apply(x, EVERYTHING, 3, 2)):
        assert (other != made).any(axis=(1, 2, 3)).sum() > 25


def test_first_row_continues_a_stream_of_batches() -> None:
    """Batches that are not taken from an array are numbered like rows 16 onwards of one."""
    x, y = data(40)
    one, other = model(), model()
    for net in (one, other):
        augmented(net, [*EVERYTHING, MixUp(0.3)])
    one._network.engine.train_batch(x, y, np.arange(16, 40), None, epoch=2)
    other._network.engine.train_batch(x[16:], y[16:], None, None, epoch=2, first_row=16)
    assert hash_arrays(one.state_dict()) == hash_arrays(other.state_dict())


def test_only_training_augments() -> None:
    x, y = data()
    plain, other = model(), model()
    network = augmented(other, [*EVERYTHING, MixUp(1)])
    np.testing.assert_array_equal(other.predict(x), plain.predict(x))
    assert other.evaluate(x, y) == plain.evaluate(x, y)
    mine, theirs = network.gradients(x, y), plain._network.engine.gradients(x, y)
    assert mine[:2] == theirs[:2]
    assert hash_arrays(mine[2]) == hash_arrays(theirs[2])
    network.set_augmentation([], SEED)
    assert network.train_batch(x, y) == plain._network.engine.train_batch(x, y)
    assert hash_arrays(other.state_dict()) == hash_arrays(plain.state_dict())


def test_no_step_allocates() -> None:
    x, y = data(64, "uint8")
    for last in (MixUp(0.4), CutMix(1)):
        net = model(Rescale(1 / 255))
        network = augmented(net, [*EVERYTHING, last])
        network.train_batch(x, y, None, None, epoch=0)
        before = _core.allocation_count()
        for epoch in range(3):
            for count in (64, 5, 33):
                network.train_batch(x, y, np.arange(count), None, epoch=epoch)
        assert _core.allocation_count() == before


def test_unusable_values_are_refused_and_change_nothing() -> None:
    x, y = data()
    net = model()
    network = augmented(net, [Brightness(1)])
    before = hash_arrays(net.state_dict() | net._network.engine.optimizer_state())
    bad = x.copy()
    bad[7, 1, 2, 3] = np.nan
    with pytest.raises(ValueError, match="image at index 7 holds NaN"):
        network.train_batch(bad, y)
    with pytest.raises(ValueError, match="augmented image has values too large"):
        network.train_batch(np.full_like(x, 3e38), y)
    with pytest.raises(cnnx.ConfigError, match="first_row: expected 0 to 1099511627776, got -1"):
        network.train_batch(x, y, first_row=-1)
    with pytest.raises(TypeError):
        network.train_batch(x, y, epoch=-1)
    assert hash_arrays(net.state_dict() | net._network.engine.optimizer_state()) == before


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([RandomCrop(7)], "crop: padding: expected less than the images' 8x7, got (7, 7)"),
        ([Shift(0.05)], "shift: fraction: 0.05 of images 8x7 is less than half a pixel"),
        ([MixUp(), HorizontalFlip()], "flip stands behind mixup or cutmix"),
        ([HorizontalFlip()] * 257, "at most 256 steps, got 257"),
    ],
)
def test_lists_that_do_not_fit_leave_the_last_one(steps: Any, message: str) -> None:
    x, y = data()
    one, other = model(), model()
    networks = [augmented(one, EVERYTHING), augmented(other, EVERYTHING)]
    with pytest.raises(cnnx.ConfigError) as caught:
        augmented(one, steps)
    assert message in str(caught.value)
    assert networks[0].train_batch(x, y) == networks[1].train_batch(x, y)


def test_dictionaries_that_the_engine_refuses() -> None:
    network = model()._network.engine
    for bad, message in (
        ({"kind": "zoom"}, '"zoom" is unknown'),
        ({"kind": "flip", "p": 2.0}, "flip: p: expected between 0 and 1, got 2"),
        ({"kind": "rotate", "degrees": float("nan"), "fill": 0.0}, "rotate: degrees: expected"),
        (
            {"kind": "erase", "p": 1.0, "area": [0.5, 0.1], "ratio": [1, 1], "fill": 0},
            "erase: area",
        ),
        ({"kind": "flip"}, "p: missing"),
    ):
        with pytest.raises(cnnx.ConfigError) as caught:
            network.set_augmentation([bad], 0)
        assert message in str(caught.value)


def test_features_without_places() -> None:
    """Values may change and mix, places do not exist."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((20, 6), np.float32), rng.integers(0, 3, 20)
    net = CNN([Dense(3)], (6,))
    augmented(net, [Brightness(0.1), Contrast(0.1), MixUp(0.2)]).train_batch(x, y)
    for step in (RandomCrop(0), HorizontalFlip(), Rotation(), Scale(), Shift(), Erase(), CutMix()):
        with pytest.raises(cnnx.ConfigError, match="needs images"):
            augmented(net, [step])


@pytest.mark.parametrize("last", [[], [MixUp(0.2)], [CutMix(1)], [MixUp(0.2), CutMix(1)]], ids=repr)
def test_training_learns(last: list[Augmentation]) -> None:
    (x, y), (x_test, y_test) = cnnx.datasets.digits()
    net = CNN(
        [Conv2D(16, 3, padding="same", activation="relu"), MaxPool2D(2), Flatten(), Dense(10)],
        (1, 8, 8),
        optimizer=Adam(5e-3),
    )
    steps = augment.resolve(["rotate", RandomCrop(1), Brightness(0.2), *last])
    network = augmented(net, steps)
    for epoch in range(6):
        order = _core.permutation(len(x), 0, epoch)
        for start in range(0, len(x), 32):
            network.train_batch(x, y, order[start : start + 32], None, epoch=epoch)
    assert net.evaluate(x_test, y_test)["accuracy"] > 0.92
