"""The dataset of handwritten digits that ships with the package."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnx._checks import scalars
from cnnx.errors import ConfigError, FileFormatError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cnnx.datasets.types import Split

_FILE = Path(__file__).with_name("data") / "digits.npz"
_SHA256 = "6a6432310fd6e1be5ff3b45259efbbb2c8e76103c5f64f64b4d80f530315b5c6"
_MAX_PIXEL = 16
_CLASSES = 10


def digits(test_size: float = 0.2, dtype: str = "float32") -> Split:
    """Load the UCI handwritten digits dataset: 1,797 images of 8x8 pixels in ten classes.

    There are 174 to 183 images per class, with one channel. The data ships with the
    package; nothing is downloaded.

    The split is fixed and stratified: of the n images of a class, t = round(n *
    test_size) evenly spaced ones are in the test set. Image i, in the order of the
    original file, is in the test set if floor((i + 1) * t / n) exceeds
    floor(i * t / n). Both sets keep the original order. By default, there are 1,438
    training and 359 test images.

    Parameters
    ----------
    test_size : float, default 0.2
        The fraction of each class in the test set, between 0 and 1.
    dtype : {"float32", "uint8"}, default "float32"
        "float32" for pixels divided by 16, in [0, 1]; "uint8" for the original values
        0 to 16.

    Returns
    -------
    (x_train, y_train), (x_test, y_test) : tuple of tuple of numpy.ndarray
        Images (N, 1, 8, 8) of `dtype` and labels (N,) of int64.

    Raises
    ------
    TypeError
        If `test_size` is not a number or `dtype` not a string.
    ConfigError
        If `dtype` is another string, or `test_size` leaves a class without images in
        one of the sets.
    FileFormatError
        If the file in the package is not the original one.

    References
    ----------
    E. Alpaydin and C. Kaynak (1998). Optical Recognition of Handwritten Digits. UCI
    Machine Learning Repository. https://doi.org/10.24432/C50P49. Licence: CC BY 4.0.
    """
    dtype = scalars.choice(dtype, "digits", "dtype", ("float32", "uint8"))
    test_size = scalars.real(test_size, "digits", "test_size", above=0, below=1)
    images, labels = _load()
    test = _test_mask(labels, test_size)
    x: NDArray[Any] = images[:, np.newaxis]
    if dtype == "float32":
        x = x / np.float32(_MAX_PIXEL)
    return (x[~test], labels[~test]), (x[test], labels[test])


def _load() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Read the file of the package and verify its SHA-256."""
    content = _FILE.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != _SHA256:
        raise FileFormatError(
            f"{_FILE}: not the file shipped with cnnx: expected SHA-256 {_SHA256}, "
            f"found {found}; reinstall cnnx"
        )
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return arrays["images"], arrays["labels"].astype(np.int64)


def _test_mask(labels: NDArray[np.int64], test_size: float) -> NDArray[np.bool_]:
    """Return a mask of the images in the test set."""
    mask = np.zeros(len(labels), dtype=np.bool_)
    for label in range(_CLASSES):
        (rows,) = np.nonzero(labels == label)
        count = len(rows)
        take = round(count * test_size)
        if not 0 < take < count:
            raise ConfigError(
                f"digits: test_size {test_size!r} puts {take} of the {count} images of "
                f"class {label} in the test set; both sets need at least one"
            )
        index = np.arange(count)
        mask[rows] = (index + 1) * take // count > index * take // count
    return mask
