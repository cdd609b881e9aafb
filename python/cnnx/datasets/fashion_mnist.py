"""The Fashion-MNIST dataset, from local files or a download."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cnnx.datasets.idx import read_idx
from cnnx.errors import FileFormatError

if TYPE_CHECKING:
    from cnnx.datasets.types import Part, Split

CLASS_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
"""The class names of labels 0 to 9."""

_DEBIAN_ROOT = Path("/usr/share/datasets/fashion-mnist")
_MIRRORS = (  # tried in this order
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
)
# The files in the order in which they are read, with the SHA-256 of the compressed file,
# computed from files that match the MD5 in the dataset's README.
_SHA256 = {
    "train-images-idx3-ubyte": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    "train-labels-idx1-ubyte": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    "t10k-images-idx3-ubyte": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "t10k-labels-idx1-ubyte": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
}
_IMAGE_SHAPE = (28, 28)


def fashion_mnist(root: str | os.PathLike[str] | None = None) -> Split:
    """Load Fashion-MNIST: 60,000 training and 10,000 test images of clothes.

    There are ten classes (`cnnx.datasets.FASHION_MNIST_CLASSES`) of images with 28x28
    pixels and one channel.

    Parameters
    ----------
    root : str or os.PathLike, optional
        Folder with the four IDX files (`train-images-idx3-ubyte` etc.), uncompressed or
        with suffix `.gz`. By default, the files of Debian's package
        `dataset-fashion-mnist` are used if it is installed; otherwise they are
        downloaded once with pooch to the user's cache folder, and verified by SHA-256.

    Returns
    -------
    (x_train, y_train), (x_test, y_test) : tuple of tuple of numpy.ndarray
        Images (N, 1, 28, 28) of uint8 (for a network that starts with
        ``layers.Rescale(1 / 255)``) and labels (N,) of int64.

    Raises
    ------
    FileNotFoundError
        If `root` lacks one of the files.
    FileFormatError
        If a file is corrupted or has unexpected contents.
    ImportError
        If the files must be downloaded and pooch is not installed.
    OSError
        If the download fails, or a file cannot be read.

    References
    ----------
    H. Xiao, K. Rasul and R. Vollgraf (2017). Fashion-MNIST: a Novel Image Dataset for
    Benchmarking Machine Learning Algorithms. https://arxiv.org/abs/1708.07747.
    Licence of the data: MIT.
    """
    paths = _locate(Path(root)) if root is not None else _find_or_download()
    train_images, train_labels, test_images, test_labels = paths
    return _read_part(train_images, train_labels), _read_part(test_images, test_labels)


def _locate(root: Path) -> list[Path]:
    """Return the four files in a folder."""
    found = []
    for name in _SHA256:
        candidates = (root / name, root / f"{name}.gz")
        path = next((path for path in candidates if path.is_file()), None)
        if path is None:
            raise FileNotFoundError(
                f"{root}: no file {name} or {name}.gz; expected the four IDX files of Fashion-MNIST"
            )
        found.append(path)
    return found


def _find_or_download() -> list[Path]:
    """Return the files of the Debian package if it is installed, or download them."""
    try:
        return _locate(_DEBIAN_ROOT)
    except FileNotFoundError:
        return [_fetch(name) for name in _SHA256]


def _fetch(name: str) -> Path:
    """Return a file from the cache, downloading it if necessary."""
    try:
        pooch = importlib.import_module("pooch")
    except ImportError as error:
        raise ImportError(
            f"Fashion-MNIST is not in {_DEBIAN_ROOT}, and downloading it requires pooch: "
            "`pip install pooch`, or `apt-get install dataset-fashion-mnist`, "
            "or pass a folder with the four files as root"
        ) from error
    failures = []
    for mirror in _MIRRORS:
        try:
            path: str = pooch.retrieve(
                url=f"{mirror}{name}.gz",
                known_hash=f"sha256:{_SHA256[name]}",
                fname=f"{name}.gz",
                path=pooch.os_cache("cnnx") / "fashion-mnist",
            )
        except (OSError, ValueError) as error:  # no connection; other content than expected
            failures.append(f"{mirror}: {error}")
        else:
            return Path(path)
    raise OSError(
        f"could not download {name}.gz ({'; '.join(failures)}). Without a connection, use "
        "`apt-get install dataset-fashion-mnist`, or pass a folder with the four files as root"
    )


def _read_part(images_path: Path, labels_path: Path) -> Part:
    """Read images and labels, and check that they match."""
    images = read_idx(images_path)
    if images.dtype != np.uint8 or images.shape[1:] != _IMAGE_SHAPE or not len(images):
        raise FileFormatError(
            f"{images_path}: expected images (N, 28, 28) of uint8, N at least 1, "
            f"found {images.shape} of {images.dtype}"
        )
    labels = read_idx(labels_path)
    if labels.dtype != np.uint8 or labels.shape != images.shape[:1]:
        raise FileFormatError(
            f"{labels_path}: expected labels {images.shape[:1]} of uint8, one for each image "
            f"of {images_path.name}, found {labels.shape} of {labels.dtype}"
        )
    if labels.max() >= len(CLASS_NAMES):
        raise FileFormatError(
            f"{labels_path}: expected labels 0 to {len(CLASS_NAMES) - 1}, found {labels.max()}"
        )
    return images[:, np.newaxis], labels.astype(np.int64)
