"""The same images as every kind of data that a model takes, and the network that takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cnnx import CNN, layers
from cnnx.data import Batch, Batches, ImageFolder
from support.small import CLASSES, SHAPE, small_data, small_model

COUNT = 45
SIZE = 7
"""Images in a batch where the data come in batches; it divides neither COUNT nor other sizes."""

Pair = tuple[NDArray[Any], NDArray[Any]]
Order = Callable[[int], NDArray[np.int64]]
"""The rows of an epoch, in order, given its number."""


class Numbered:
    """Batches by number, as Keras' sequences."""

    def __init__(self, parts: list[Any]) -> None:
        self.parts = parts

    def __len__(self) -> int:
        return len(self.parts)

    def __getitem__(self, index: int) -> Any:
        return self.parts[index]


class Loader:
    """Batches in a loop, as PyTorch's loaders."""

    def __init__(self, parts: list[Any]) -> None:
        self.parts = parts

    def __iter__(self) -> Iterator[Any]:
        return iter(self.parts)


class Own:
    """An object of `cnnx.data.Source`; its batches are rows of whole arrays."""

    samples: int | None = COUNT
    steps: int | None = -(-COUNT // SIZE)

    def __init__(self, x: Any, y: Any, weights: Any = None, order: Order | None = None) -> None:
        self.x, self.y = np.ascontiguousarray(x), np.ascontiguousarray(y)
        self.weights = weights
        self.order = order or (lambda number: np.arange(len(x)))
        self.closed = 0

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        rows = self.order(number)
        try:
            for first in range(start * SIZE, len(rows), SIZE):
                yield Batch(self.x, self.y, rows[first : first + SIZE], self.weights)
        finally:
            self.closed += 1


def pictures(folder: Path) -> Pair:
    """Write small images for each class, and give their pixels and labels as arrays.

    `ImageFolder` sorts them by class, so a few batches hold one class alone.
    """
    image = pytest.importorskip("PIL.Image")
    x, y = small_data(COUNT, seed=3)
    pixels = np.clip(128 + 60 * x, 0, 255).astype(np.uint8)
    order = np.argsort(y, kind="stable")
    for number, row in enumerate(order):
        path = folder / f"class {y[row]}" / f"{number:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        image.fromarray(pixels[row, 0]).save(path)
    return pixels[order], y[order].astype(np.int64)


def model(images: Any, **other: Any) -> CNN:
    """A network for images of this type."""
    first = [layers.Rescale(1 / 255)] if np.dtype(images) == np.uint8 else []
    parts = [
        *first,
        layers.Conv2D(4, 3, padding="same", activation="relu"),
        layers.MaxPool2D(2),
        layers.Flatten(),
        layers.Dense(CLASSES, activation="softmax"),
    ]
    return small_model(layers=parts, **other)


def _parts(x: Any, y: Any, weights: Any) -> list[Any]:
    """Cut arrays into batches, with weights where there are some."""
    cuts = [slice(first, first + SIZE) for first in range(0, len(x), SIZE)]
    more = [] if weights is None else [weights]
    return [tuple(array[cut] for array in (x, y, *more)) for cut in cuts]


def _mapped(folder: Path, name: str, array: NDArray[Any]) -> Any:
    """Write an array as a file, and map it."""
    np.save(folder / name, array)
    return np.load(folder / name, mmap_mode="r")


def scene(folder: Path, dtype: str) -> Pair:
    """Images of a type with their labels; bytes are in files below the folder too."""
    return pictures(folder) if dtype == "uint8" else small_data(COUNT)


def data(kind: str, folder: Path, x: Any, y: Any, weights: Any = None) -> tuple[Any, ...]:
    """The arguments x and y for a kind of data."""
    return ARRAYS[kind](folder, x, y) if kind in ARRAYS else BATCHES[kind](x, y, weights)


def images_of(folder: Path) -> Any:
    """The images that `pictures` wrote, as an `ImageSet`."""
    return ImageFolder(folder, SHAPE[1:], channels=1).all


ARRAYS: dict[str, Callable[..., tuple[Any, ...]]] = {
    "lists": lambda folder, x, y: (list(x), y.tolist()),
    "not contiguous": lambda folder, x, y: (np.asfortranarray(x), np.repeat(y, 2)[::2]),
    "other integers": lambda folder, x, y: (x, y.astype(np.int16)),
    "mapped": lambda folder, x, y: (_mapped(folder, "x.npy", x), y),
    "mapped, both": lambda folder, x, y: (
        _mapped(folder, "x.npy", x),
        _mapped(folder, "y.npy", y),
    ),
    "mapped, other order": lambda folder, x, y: (_mapped(folder, "x.npy", np.asfortranarray(x)), y),
    "images": lambda folder, x, y: (images_of(folder),),
}
"""Whose images can be asked for by number: they are shuffled, split and weighted as arrays are."""

BATCHES: dict[str, Callable[..., tuple[Any, ...]]] = {
    "list": lambda x, y, w: (_parts(x, y, w),),
    "list of Batch": lambda x, y, w: (
        [Batch(*part[:2], None, *part[2:]) for part in _parts(x, y, w)],
    ),
    "sequence": lambda x, y, w: (Numbered(_parts(x, y, w)),),
    "iterator": lambda x, y, w: (iter(_parts(x, y, w)),),
    "generator": lambda x, y, w: ((part for part in _parts(x, y, w)),),
    "function": lambda x, y, w: (lambda: iter(_parts(x, y, w)),),
    "loader": lambda x, y, w: (Loader(_parts(x, y, w)),),
    "Batches": lambda x, y, w: (Batches(Loader(_parts(x, y, w)), steps=-(-len(x) // SIZE)),),
    "Source": lambda x, y, w: (Own(x, y, w),),
}
"""Which give their batches one after the other."""
