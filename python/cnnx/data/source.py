"""Batches, and the protocols of objects that provide them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from cnnx._types import Array


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch in the form that the engine reads.

    Parameters
    ----------
    x : ndarray
        C-contiguous images (N, *input_shape) of float32, float64 or uint8; with `rows`, those of
        the whole data set.
    y : ndarray
        Their int64 class indices (N,), or rows of targets of the network's dtype.
    rows : ndarray, optional
        int64, the rows of `x`, `y` and `weights` that make up the batch; by default all rows.
    weights : ndarray, optional
        One weight per row of `x`, of the network's dtype.
    """

    x: Array
    y: Array
    rows: Array | None = None
    weights: Array | None = None

    def __len__(self) -> int:
        """Return the number of images in the batch."""
        return len(self.x if self.rows is None else self.rows)


@runtime_checkable
class Source(Protocol):
    """A source of batches.

    Attributes
    ----------
    samples : int, optional
        Number of images per epoch, or ``None`` if unknown.
    steps : int, optional
        Number of batches per epoch, or ``None`` if unknown.
    """

    samples: int | None
    steps: int | None

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """Return the batches of one epoch.

        Parameters
        ----------
        number : int
            Number of the epoch since the network was built; it determines the order.
        start : int
            First batch to return; greater than 0 when a run is resumed within an epoch.

        Returns
        -------
        Iterator[Batch]
            The batches. A ``close`` method, if there is one, is called when it is not exhausted.
        """
        ...


@runtime_checkable
class Readable(Protocol):
    """Labelled images that can be read by index.

    Attributes
    ----------
    input_shape : tuple[int, ...]
        Shape of one image, (channels, height, width).
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
        """Return the number of images."""
        ...

    def read(self, rows: Array) -> Array:
        """Read some images.

        Parameters
        ----------
        rows : ndarray
            int64, the indices of the images.

        Returns
        -------
        ndarray
            The images, (len(rows), *input_shape).
        """
        ...


__all__ = ["Batch", "Readable", "Source"]
