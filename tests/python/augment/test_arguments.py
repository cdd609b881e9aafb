"""Augmentations as objects and names, and what is wrong with unusable ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields
from typing import Any

import numpy as np
import pytest

import cnnx
from cnnx import ConfigError, ShapeError, augment
from cnnx.augment import (
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
    resolve,
)

X = np.zeros((2, 1, 8, 8), np.float32)


@pytest.mark.parametrize("kind", augment.REGISTRY)
def test_by_name_and_through_a_dict(kind: str) -> None:
    (step,) = resolve([kind])
    assert type(step) is augment.REGISTRY[kind]
    assert step == augment.REGISTRY[kind]()
    assert augment.from_dict(step.to_dict()) == step
    assert resolve([step])[0] is step
    with pytest.raises(FrozenInstanceError):
        setattr(step, fields(step)[0].name, 1.0)
    assert apply(X, [kind]).shape == X.shape


def test_names_are_the_contract() -> None:
    assert list(augment.REGISTRY) == [
        "crop", "flip", "vflip", "shift", "rotate", "scale", "erase", "brightness", "contrast",
        "mixup", "cutmix",
    ]  # fmt: skip
    assert cnnx.augment is augment
    assert resolve(None) == []
    assert resolve(("flip", RandomCrop(2))) == [HorizontalFlip(0.5), RandomCrop((2, 2), fill=0.0)]


UNUSABLE: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: RandomCrop(-1), ConfigError, "RandomCrop: padding must be at least 0, got -1"),
    (lambda: RandomCrop(1.5),  # type: ignore[arg-type]
     TypeError, "RandomCrop: padding must be an integer or a pair"),
    (lambda: RandomCrop(fill=np.inf), ConfigError, "RandomCrop: fill must be a finite number"),
    (lambda: HorizontalFlip(1.5), ConfigError, "HorizontalFlip: p must be between 0 and 1"),
    (lambda: VerticalFlip("often"),  # type: ignore[arg-type]
     TypeError, "VerticalFlip: p must be a number"),
    (lambda: Shift(-0.1), ConfigError, "Shift: fraction must be between 0 and 1, got -0.1"),
    (lambda: Shift(fill=1e31), ConfigError, "Shift: fill must be between"),
    (lambda: Rotation(181), ConfigError, "Rotation: degrees must be between 0 and 180, got 181"),
    (lambda: Scale(0), ConfigError, "Scale: low must be between 0.01 and 100, got 0"),
    (lambda: Scale(2, 1), ConfigError, "Scale: low must not be greater than high, got 2 and 1"),
    (lambda: Erase(area=(0, 1)), ConfigError, "Erase: area[0] must be greater than 0"),
    (lambda: Erase(area=(0.5, 1.1)), ConfigError, "Erase: area[1] must be between 0 and 1"),
    (lambda: Erase(area=(0.5, 0.1)), ConfigError, "Erase: area must be (low, high)"),
    (lambda: Erase(ratio=2),  # type: ignore[arg-type]
     TypeError, "Erase: ratio must be two numbers (low, high), got 2"),
    (lambda: Brightness(2), ConfigError, "Brightness: amount must be between 0 and 1, got 2"),
    (lambda: Contrast(None),  # type: ignore[arg-type]
     TypeError, "Contrast: amount must be a number, got None"),
    (lambda: MixUp(0), ConfigError, "MixUp: alpha must be between 0.001 and 1000, got 0"),
    (lambda: CutMix(float("nan")), ConfigError, "CutMix: alpha must be a finite number"),
    (lambda: resolve("flip"), TypeError, "train: augment must be a list of augmentations"),
    (lambda: resolve(RandomCrop()), TypeError, "; write [RandomCrop("),
    (lambda: resolve(["flop"]), ConfigError, 'did you mean "flip"?'),
    (lambda: resolve([HorizontalFlip]), TypeError, "call it: HorizontalFlip(...)"),
    (lambda: resolve([3]), TypeError, "train: augment[0] must be an object of cnnx.augment"),
    (lambda: resolve(["mixup", "flip"]), ConfigError, "augment[1] (HorizontalFlip) comes after"),
    (lambda: augment.from_dict({"kind": "flip", "q": 1}), ConfigError, "unknown argument 'q'"),
    (lambda: apply(X[0, 0, 0], ["flip"]), ShapeError, "images: expected shape"),
    (lambda: apply(X[:0], ["flip"]), ShapeError, "at least one image, got (0, 1, 8, 8)"),
    (lambda: apply(X[0, 0], ["flip"]), ConfigError, "needs images"),
    (lambda: apply(X + np.nan, ["flip"]), ValueError, "NaN"),
    (lambda: apply(X, ["flip"], seed=-1), ConfigError, "apply: seed must be at least 0"),
    (lambda: apply(X, ["flip"], epoch=0.5),  # type: ignore[arg-type]
     TypeError, "apply: epoch must be an integer"),
    (lambda: apply(X, ["flip"], first_row=-1), ConfigError, "apply: first_row must be at least 0"),
    (lambda: apply(X, [RandomCrop(8)]), ConfigError, "crop: padding: expected less than"),
]  # fmt: skip


@pytest.mark.parametrize("row", range(len(UNUSABLE)))
def test_unusable(row: int) -> None:
    call, error, message = UNUSABLE[row]
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)


def test_the_images_given_stay_as_they_are() -> None:
    x = np.random.default_rng(0).integers(0, 256, (4, 3, 5, 5), np.uint8)
    before = x.copy()
    for value in (x, x[:, ::-1], x.astype(np.int64), x.tolist()):
        apply(value, ["crop", "erase", "contrast", "mixup"])
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(apply(x[:, ::-1], ["flip"]), apply(x, ["flip"])[:, ::-1])
