"""Every augmentation against its definition, and properties that pin it down."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from cnnx import augment
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
    VerticalFlip,
    apply,
)
from reference.augment import augment as reference
from support.checks import assert_exact, assert_within
from support.rows import AUGMENTATIONS

Array = npt.NDArray[Any]

SHAPES = [(1, 8, 8), (3, 7, 9), (2, 1, 6), (4, 5, 3)]
LISTS: list[list[Augmentation]] = [
    [RandomCrop(2), HorizontalFlip()],
    [HorizontalFlip(), RandomCrop((1, 2), fill=3), VerticalFlip(), Shift(0.4, fill=3)],
    [RandomCrop(1), Rotation(30), Scale(0.8, 1.2), HorizontalFlip()],
    [RandomCrop(1, fill=2), Rotation(30, fill=-1), Shift(0.3, fill=-1)],
    [Brightness(0.3), Rotation(20), Contrast(0.5), Scale(0.7, 1.4), Erase(1.0)],
    [Erase(1.0), HorizontalFlip(), Erase(1.0, fill=9)],
    [Contrast(0.9), HorizontalFlip(), Brightness(0.9), VerticalFlip(), MixUp(0.4)],
    [RandomCrop(1), Rotation(45), CutMix(0.7)],
    [HorizontalFlip(), MixUp(1), CutMix(1)],
]
ALL = [[entry] for entries in AUGMENTATIONS.values() for entry in entries] + LISTS


def pictures(shape: tuple[int, ...], count: int = 6, dtype: str = "float32") -> Array:
    rng = np.random.default_rng(3)
    if dtype == "uint8":
        return rng.integers(0, 256, (count, *shape), np.uint8)
    return rng.standard_normal((count, *shape)).astype(dtype)


def fits(steps: list[Augmentation], shape: tuple[int, ...]) -> bool:
    """Whether paddings are smaller than the images and shifts are not idle."""
    for step in steps:
        if isinstance(step, RandomCrop):
            padding = step.to_dict()["padding"]
            if padding[0] >= shape[1] or padding[1] >= shape[2]:
                return False
    return True


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
@pytest.mark.parametrize("steps", ALL, ids=repr)
def test_against_the_definition(steps: list[Augmentation], dtype: str) -> None:
    dicts = [step.to_dict() for step in steps]
    tried = 0
    for shape in SHAPES:
        if not fits(steps, shape):
            continue
        x = pictures(shape, dtype=dtype)
        for seed, epoch, first_row in ((0, 0, 0), (2**40 + 7, 3, 10**9)):
            got = apply(x, steps, seed, epoch, first_row)
            expected = reference(x, dicts, seed, epoch, first_row)
            assert got.dtype == ("float64" if dtype == "float64" else "float32")
            unit = 1e-13 if dtype == "float64" else 1e-5
            assert_within(got, expected, unit * max(1.0, float(np.abs(x).max())), (shape, seed))
            tried += 1
    assert tried >= 4


def test_every_augmentation_has_rows() -> None:
    assert set(AUGMENTATIONS) == set(augment.REGISTRY)


@pytest.mark.parametrize(
    "steps",
    [
        [], [RandomCrop(0)], [HorizontalFlip(0)], [VerticalFlip(0)], [Shift(0)], [Rotation(0)],
        [Scale(1, 1)], [Erase(0)], [Brightness(0)], [HorizontalFlip(1), HorizontalFlip(1)],
        [VerticalFlip(1), Rotation(0), VerticalFlip(1)],
        [HorizontalFlip(1), Brightness(0), HorizontalFlip(1)],
    ],
    ids=repr,
)  # fmt: skip
@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
def test_steps_that_change_nothing(steps: list[Augmentation], dtype: str) -> None:
    x = pictures((3, 5, 20), 9, dtype)
    assert_exact(apply(x, steps, 1), x.astype(apply(x, steps, 1).dtype), steps)


@pytest.mark.parametrize("shape", [(1, 9, 40), (3, 6, 7), (5, 4, 4)])
def test_flips_mirror(shape: tuple[int, ...]) -> None:
    x = pictures(shape)
    assert_exact(apply(x, [HorizontalFlip(1)]), x[..., ::-1], "flip")
    assert_exact(apply(x, [VerticalFlip(1)]), x[:, :, ::-1], "vflip")
    assert_exact(apply(x, [VerticalFlip(1), HorizontalFlip(1)]), x[:, :, ::-1, ::-1], "both")


def test_crops_are_the_windows_of_the_padded_image() -> None:
    x = np.repeat(pictures((2, 4, 5), 1), 400, axis=0)
    padded = np.pad(x[0], ((0, 0), (1, 1), (2, 2)), constant_values=7)
    windows = {
        padded[:, y : y + 4, z : z + 5].tobytes(): (y, z) for y in range(3) for z in range(5)
    }
    found = [windows[image.tobytes()] for image in apply(x, [RandomCrop((1, 2), fill=7)])]
    counts = [found.count(place) for place in windows.values()]
    assert len(counts) == 15
    assert min(counts) > 10  # of 27 on average
    assert max(counts) < 50


def test_shifts_move_by_whole_pixels_up_to_the_fraction() -> None:
    x = np.zeros((300, 1, 11, 11), np.float32)
    x[:, 0, 5, 5] = 1
    moved = apply(x, [Shift(0.2)])
    assert (moved.reshape(300, -1).sum(axis=1) == 1).all()
    places = np.argwhere(moved[:, 0] == 1)[:, 1:] - 5
    assert set(places[:, 0]) == set(places[:, 1]) == {-2, -1, 0, 1, 2}


def test_rotation_turns_counter_clockwise_at_the_angle_drawn() -> None:
    """A gradient turns with the image, so its direction tells the angle."""
    y, x = np.mgrid[:21, :21] - 10.0
    picture = np.tile(x, (40, 1, 1, 1)).reshape(40, 1, 21, 21)
    turned = apply(picture, [Rotation(60)], seed=5)[:, 0]
    down = turned[:, 12, 10] - turned[:, 8, 10]
    right = turned[:, 10, 12] - turned[:, 10, 8]
    np.testing.assert_allclose(np.hypot(down, right), 4, rtol=1e-12)
    angles = np.degrees(np.arctan2(-down, right))
    assert np.abs(angles).max() <= 60
    assert angles.min() < -45
    assert angles.max() > 45
    disc = y**2 + x**2 < 64
    radians = np.radians(angles)[:, None, None]
    expected = np.cos(radians) * x - np.sin(radians) * y
    np.testing.assert_allclose(turned[:, disc], expected[:, disc], atol=1e-12)


def test_scale_enlarges_about_the_centre() -> None:
    y = np.mgrid[:9, :9][0] - 4.0
    picture = np.tile(y, (30, 1, 1, 1))
    scaled = apply(picture, [Scale(2, 4)])[:, 0]
    factors = 1 / (scaled[:, 5, 4] - scaled[:, 4, 4])
    assert factors.min() >= 2
    assert factors.max() <= 4
    np.testing.assert_allclose(scaled, y / factors[:, None, None], atol=1e-12)


def test_moves_compose_into_one_interpolation() -> None:
    """Turned by a random angle and by the same angle back, nothing is lost."""
    x = pictures((1, 12, 12), 4)
    inside = apply(x, [Shift(0.25), Rotation(0), HorizontalFlip(1)], 1)
    assert set(np.unique(inside)) <= {0.0, *np.unique(x)}
    # Two flips around a turn are the turn the other way: a linear image shows it exactly.
    ramp = np.tile((np.mgrid[:9, :9][1] - 4.0), (20, 1, 1, 1))
    plain = apply(ramp, [Brightness(0), Rotation(30)], 2)
    mirrored = apply(ramp, [HorizontalFlip(1), Rotation(30), HorizontalFlip(1)], 2)
    centre = (slice(None), slice(None), slice(2, 7), slice(2, 7))
    np.testing.assert_allclose(plain[centre], mirrored[centre][:, :, ::-1], atol=1e-12)


def test_erase_fills_one_rectangle_within_its_bounds() -> None:
    x = np.ones((500, 2, 32, 24), np.float32)
    made = apply(x, [Erase(0.5, area=(0.1, 0.3), ratio=(0.5, 2.0), fill=-1)])
    assert_exact(made[:, 0], made[:, 1], "channels")
    erased = 0
    for image in made[:, 0]:
        rows, columns = (np.flatnonzero((image < 0).any(axis=axis)) for axis in (1, 0))
        if not rows.size:
            continue
        erased += 1
        height, width = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
        assert (image < 0).sum() == height * width, "not a rectangle"
        # Each side is at most half a pixel off.
        assert (height - 0.5) * (width - 0.5) <= 0.3 * 32 * 24
        assert (height + 0.5) * (width + 0.5) >= 0.1 * 32 * 24
        assert (height - 0.5) / (width + 0.5) <= 2
        assert (height + 0.5) / (width - 0.5) >= 0.5
    assert abs(erased - 250) < 5 * 11.2


def test_tone_of_bytes_stays_within_them() -> None:
    x = pictures((3, 6, 6), 50, "uint8")
    for step in (Brightness(1), Contrast(1)):
        clamped, free = apply(x, [step]), apply(x.astype(np.float32), [step])
        assert free.max() > 255
        assert_exact(clamped, free.clip(0, 255), step)


@pytest.mark.parametrize("steps", [entry for entry in ALL if "Bright" not in repr(entry)], ids=repr)
def test_bytes_and_floats_of_the_same_values(steps: list[Augmentation]) -> None:
    x = pictures((3, 5, 6), dtype="uint8")
    half = (x // 4 + 96).astype(np.uint8)  # no contrast takes these out of the range of bytes
    if fits(steps, (3, 5, 6)):
        assert_exact(apply(half, steps, 3), apply(half.astype(np.float32), steps, 3), steps)


def test_contrast_keeps_the_mean() -> None:
    x = pictures((3, 8, 8), 20, "float64")
    made = apply(x, [Contrast(0.8)])
    np.testing.assert_allclose(made.mean(axis=(1, 2, 3)), x.mean(axis=(1, 2, 3)), atol=1e-13)
    factors = made.std(axis=(1, 2, 3)) / x.std(axis=(1, 2, 3))
    assert 0.2 <= factors.min() < 0.5
    assert 1.5 < factors.max() <= 1.8


def test_mixtures_are_convex() -> None:
    x = pictures((2, 6, 6), 16)
    made = apply(x, [MixUp(1)], seed=4)
    assert made.min() >= x.min()
    assert made.max() <= x.max()
    same = np.repeat(x[:1], 8, axis=0)
    assert_exact(apply(same, [MixUp(1)]), same, "images that agree")
    assert_exact(apply(x[:1], [MixUp(1)]), x[:1], "one image alone")


def test_cutmix_takes_a_rectangle_of_one_other_image() -> None:
    x = np.arange(9, dtype=np.float32)[:, None, None, None] * np.ones((1, 2, 16, 12), np.float32)
    areas = []
    for epoch in range(30):
        made = apply(x, [CutMix(1)], seed=1, epoch=epoch)
        foreign = made != x
        assert (foreign == foreign[0]).all(), "one rectangle for the batch"
        if foreign.any():
            distance = (made[foreign] - x[foreign]).astype(int) % 9
            assert len(set(distance)) == 1
            rows, columns = np.nonzero(foreign[0, 0])
            area = (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
            assert area == foreign[0, 0].sum()
            areas.append(area)
    assert len(set(areas)) > 10
