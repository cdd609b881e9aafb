"""What training asks of its data: batches, and a source that gives those of each epoch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from cnnx._types import Array


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch, checked and in the engine's form.

    Parameters
    ----------
    x : ndarray
        C-contiguous images (N, *input_shape) of float32, float64 or uint8; with `rows` those of the
        whole data set.
    y : ndarray
        Their int64 class indices (N,), or rows of targets of the network's dtype.
    rows : ndarray, optional
        int64, which rows of `x`, `y` and `weights` make the batch. Without it all of them do, and
        row i is image i of this batch, not of the data set.
    weights : ndarray, optional
        One weight a row of `x`, of the network's dtype.
    """

    x: Array
    y: Array
    rows: Array | None = None
    weights: Array | None = None

    def __len__(self) -> int:
        """Give the number of images in the batch."""
        return len(self.x if self.rows is None else self.rows)


@runtime_checkable
class Source(Protocol):
    """Gives the batches of each epoch.

    Attributes
    ----------
    samples : int, optional
        The number of images in an epoch, where it is known.
    steps : int, optional
        The number of batches in an epoch, where it is known.
    """

    samples: int | None
    steps: int | None

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """Give the batches of one epoch.

        Parameters
        ----------
        number : int
            The number of the epoch since the network was made; it decides the order.
        start : int
            The first batch that is given; those before it are left out, as a training that goes
            on within an epoch needs it.

        Returns
        -------
        Iterator[Batch]
            The batches. One that has a ``close`` method wants it called when it is left early.
        """
        ...


@runtime_checkable
class Readable(Protocol):
    """Labelled images that can be read by their numbers.

    Attributes
    ----------
    input_shape : tuple[int, ...]
        The shape of one image, (channels, height, width).
    labels : ndarray
        int64, the class index of each image.
    """

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one image."""
        ...

    @property
    def labels(self) -> NDArray[np.int64]:
        """The class index of each image."""
        ...

    def __len__(self) -> int:
        """Give the number of images."""
        ...

    def read(self, rows: Array) -> Array:
        """Read some images.

        Parameters
        ----------
        rows : ndarray
            int64, their numbers.

        Returns
        -------
        ndarray
            The images, (len(rows), *input_shape).
        """
        ...


__all__ = ["Batch", "Readable", "Source"]
