"""The interfaces of training data: `Batch`, `Source` and `Readable`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from cnnx._types import Array


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch of checked images and labels in the engine's format.

    Parameters
    ----------
    x : ndarray
        C-contiguous images (N, *input_shape) of dtype float32, float64 or uint8. If `rows` is
        given, these are the images of the whole dataset.
    y : ndarray
        int64 class indices (N,), or rows of targets of the network's dtype.
    rows : ndarray, optional
        int64 indices of the rows of `x`, `y` and `weights` that form the batch. By default, the
        batch consists of all rows.
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
    """Interface of a source of batches.

    Attributes
    ----------
    samples : int, optional
        The number of images per epoch, if known.
    steps : int, optional
        The number of batches per epoch, if known.
    """

    samples: int | None
    steps: int | None

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """Return the batches of an epoch.

        Parameters
        ----------
        number : int
            The number of the epoch since the network was created; determines the order.
        start : int
            The first batch to return; the preceding ones are skipped. Used to resume a run within
            an epoch.

        Returns
        -------
        Iterator[Batch]
            The batches. If the iterator has a ``close`` method, it is called when iteration ends
            early.
        """
        ...


@runtime_checkable
class Readable(Protocol):
    """Interface of labelled images that can be read by index.

    Attributes
    ----------
    input_shape : tuple[int, ...]
        The shape of one image, (channels, height, width).
    labels : ndarray
        int64 class indices of the images.
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
        """Read the images with the given indices.

        Parameters
        ----------
        rows : ndarray
            int64 indices of the images.

        Returns
        -------
        ndarray
            The images, of shape (len(rows), *input_shape).
        """
        ...


__all__ = ["Batch", "Readable", "Source"]
