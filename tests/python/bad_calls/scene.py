"""The description of a bad call, and the network, data and files that it uses."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cnnx import CNN
from cnnx.layers import Conv2D, Dense, Flatten, MaxPool2D
from cnnx.optimizers import SGD

Array = npt.NDArray[Any]


def standard_model() -> CNN:
    """The network on which most bad calls are made."""
    return CNN(
        [
            Conv2D(3, 3, padding=1, activation="relu"),
            MaxPool2D(2),
            Flatten(),
            Dense(5, activation="softmax"),
        ],
        (2, 6, 6),
        optimizer=SGD(0.1, momentum=0.9),
    )


def good_data() -> tuple[Array, Array]:
    """Images and labels that fit `standard_model`."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((8, 2, 6, 6), np.float32), np.arange(8, dtype=np.int64) % 5


class Scene:
    """A folder for files, a network, and data that fit it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.model = standard_model()
        self.x, self.y = good_data()
        self.saved = folder / "good.safetensors"
        self.model.save(self.saved)
        self.idx = folder / "good.idx"
        self.idx.write_bytes(struct.pack(">HBBII", 0, 8, 2, 2, 3) + bytes(range(6)))

    def spoiled(self, place: Any, value: float, dtype: str = "float32") -> Array:
        """Good images of which one value is replaced."""
        x: Array = self.x.astype(dtype)
        x[place] = value
        return x

    def labels(self, **changed: int) -> Array:
        """Good labels of which some are replaced, as ``labels(i3=7)``."""
        y = self.y.copy()
        for place, label in changed.items():
            y[int(place[1:])] = label
        return y

    def rows(self) -> Array:
        """Good one-hot rows."""
        return np.eye(5, dtype=np.float32)[self.y]

    def file(self, name: str, content: bytes) -> Path:
        """Write a file into the folder; called before the folder is looked at."""
        path = self.folder / name
        path.write_bytes(content)
        return path

    def model_file(
        self,
        name: str = "bad.safetensors",
        tensors: dict[str, Array] | None = None,
        **changed: Any,
    ) -> Path:
        """A model file with a valid checksum whose description or tensors are changed.

        An entry of the description that is to be ``...`` is left out.
        """
        from safetensors.numpy import load_file, save_file

        from cnnx.io import safetensors as format_

        description = self.model._network.architecture.to_dict() | changed
        description = {k: v for k, v in description.items() if v is not ...}
        text = json.dumps(description)
        stored = load_file(self.saved) | (tensors or {})
        metadata = {"cnnx": text, "cnnx.crc32": format_._checksum(text, stored)}
        save_file(stored, self.folder / name, metadata=metadata)
        return self.folder / name


class BadCall(NamedTuple):
    """One row of the table."""

    name: str
    call: Callable[[Scene], object]
    error: type[BaseException]
    says: tuple[str, ...]
    prepare: Callable[[Scene], object] = lambda scene: None


X_WANTED = "(N, 2, 6, 6)"
"""How messages write the shape of the standard network's images."""
