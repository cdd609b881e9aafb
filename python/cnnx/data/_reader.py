"""Conversion of the user's images and labels to the arrays that the engine accepts."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cnnx._checks.caller import levels_to_the_caller
from cnnx._checks.images import images
from cnnx._checks.scalars import describe
from cnnx._checks.targets import check_length, takes_labels, targets
from cnnx._types import AllFinite, Array

_BYTE = np.dtype(np.uint8)
_INDEX = np.dtype(np.int64)


@dataclass(frozen=True, slots=True)
class Data:
    """Checked images and labels, in the engine's format."""

    x: Array
    y: Array

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.x)


class BatchReader:
    """Checks and converts images and labels for one network."""

    def __init__(
        self,
        input_shape: tuple[int, ...],
        output_shape: tuple[int, ...],
        dtype: np.dtype[Any],
        loss: str,
        *,
        takes_bytes: bool,
        all_finite: AllFinite,
    ) -> None:
        self._input_shape = input_shape
        self._output_shape = output_shape
        self._dtype = dtype
        self._loss = loss
        self._warns = not takes_bytes
        self._all_finite = all_finite
        # Dtypes that the engine reads without conversion; it checks NaN and the range of labels.
        self._direct = {_BYTE, np.dtype(np.float32), dtype}
        self._classifies = takes_labels(output_shape, loss)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one image."""
        return self._input_shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The network's precision."""
        return self._dtype

    def images(self, x: ArrayLike, name: str = "x") -> Array:
        """Check and convert images."""
        array = images(x, name, self._input_shape, self._dtype, self._all_finite)
        if self._warns and array.dtype == _BYTE:
            self._warn(name)
        return array

    def targets(self, y: ArrayLike, name: str = "y") -> Array:
        """Check and convert labels or targets."""
        return targets(y, name, self._output_shape, self._dtype, self._loss, self._all_finite)

    def data(self, x: ArrayLike, y: ArrayLike, x_name: str = "x", y_name: str = "y") -> Data:
        """Check and convert images and labels, including their values."""
        inputs = self.images(x, x_name)
        labels = self.targets(y, y_name)
        check_length(inputs, labels, x_name, y_name)
        return Data(inputs, labels)

    def batch(self, x: ArrayLike, y: ArrayLike) -> Data:
        """Check and convert one batch, except for checks that the engine performs."""
        if (
            type(x) is np.ndarray
            and type(y) is np.ndarray
            and x.dtype in self._direct
            and y.dtype == _INDEX
            and x.shape[1:] == self._input_shape
            and y.ndim == 1
            and len(x) == len(y) > 0
            and x.flags.c_contiguous
            and y.flags.c_contiguous
            and self._classifies
        ):
            if self._warns and x.dtype == _BYTE:
                self._warn("x")
            return Data(x, y)
        return self.data(x, y)

    def _warn(self, name: str) -> None:
        """Warn once that uint8 images are used without scaling."""
        self._warns = False
        warnings.warn(
            f"{name} is uint8, and the network does not start with Rescale or Normalize: the "
            "values 0..255 are used unscaled, which trains poorly; add layers.Rescale(1/255) as "
            "the first layer",
            UserWarning,
            stacklevel=levels_to_the_caller(),
        )


def check_pair(value: object) -> tuple[ArrayLike, ArrayLike]:
    """Check that validation data is a pair of images and labels."""
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        got = f"{len(value)} items" if isinstance(value, (tuple, list)) else describe(value)
        raise TypeError(f"train: validation_data must be a pair (x, y), got {got}")
    return value[0], value[1]
