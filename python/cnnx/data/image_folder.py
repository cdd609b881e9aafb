"""`ImageFolder`: a folder of images with one sub-folder per class."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cnnx._checks.scalars import LARGEST_SEED, choice, describe, integer, pair, real
from cnnx._types import Array
from cnnx.data._decode import ASPECTS, decode, pillow
from cnnx.data._split import held_out
from cnnx.errors import ConfigError


class ImageSet:
    """Labelled image files that are decoded when they are used; a part of an `ImageFolder`.

    With ``model.train(x=folder.train)``, a background thread decodes the images of the next
    batches. Images are passed to the engine as uint8.

    Attributes
    ----------
    paths : tuple[Path, ...]
        The files, by class and sorted by name.
    labels : ndarray
        int64 class indices of the files.
    classes : tuple[str, ...]
        The names of the classes.
    """

    def __init__(
        self,
        paths: tuple[Path, ...],
        labels: NDArray[np.int64],
        classes: tuple[str, ...],
        size: tuple[int, int],
        channels: int,
        aspect: str,
        background: int,
    ) -> None:
        self.paths = paths
        self.labels = labels
        self.classes = classes
        self._form = (size, channels, aspect, background)

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.paths)

    def __getitem__(self, index: int) -> tuple[NDArray[np.uint8], int]:
        """Return an image and its label, like a PyTorch dataset."""
        row = range(len(self))[index]  # handles negative indices and raises IndexError
        return self.read(np.array([row]))[0], int(self.labels[row])

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """The shape of one image, (channels, height, width)."""
        (height, width), channels, *_ = self._form
        return channels, height, width

    def read(self, rows: Array) -> NDArray[np.uint8]:
        """Read the images with the given indices.

        Parameters
        ----------
        rows : ndarray
            Integer indices of the images.

        Returns
        -------
        ndarray
            uint8 (len(rows), channels, height, width).

        Raises
        ------
        FileFormatError
            If a file is corrupted.
        OSError
            If a file cannot be read.
        ImportError
            If Pillow is not installed.
        """
        images = np.empty((len(rows), *self.input_shape), np.uint8)
        for place, row in enumerate(rows):
            images[place] = decode(self.paths[row], *self._form)
        return images

    def arrays(self) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Read all images into memory.

        Returns
        -------
        tuple[ndarray, ndarray]
            uint8 (N, channels, height, width) and int64 (N,).

        Raises
        ------
        FileFormatError, OSError, ImportError
            As for `read`.
        """
        return self.read(np.arange(len(self))), self.labels.copy()

    def subset(self, rows: NDArray[np.int64]) -> ImageSet:
        """Return a subset of the images, without reading any file.

        Parameters
        ----------
        rows : ndarray
            int64 indices of the images.

        Returns
        -------
        ImageSet
            The selected images, in the given order.
        """
        paths = tuple(self.paths[row] for row in rows)
        return ImageSet(paths, self.labels[rows], self.classes, *self._form)


class ImageFolder:
    """A folder of images with one sub-folder per class, such as ``flowers/rose/0001.jpg``.

    The classes are the sub-folders, sorted by name. A class consists of all image files below its
    folder, at any depth. Image files have a suffix known to Pillow (.png, .jpg, .webp etc.); other
    files, and files and folders whose name starts with a dot, are ignored. Files are decoded when
    they are used. `train` and `validation` can be passed to `CNN.train`.

    For each image, the EXIF orientation is applied, 16 bits are reduced to 8, palettes and other
    colour spaces are converted to greyscale or RGB, and transparent pixels are blended with
    `background`. It is then resized with Pillow's bilinear filter, which averages over all pixels
    when downscaling. Only the first frame of an animation is used.

    Parameters
    ----------
    path : path-like
        The folder that contains the class folders.
    size : int or (int, int)
        The height and width to which images are resized.
    channels : 1 or 3
        1 for greyscale, 3 for RGB.
    validation_split : float
        The fraction of each class that is held out for validation, but at least one image.
    seed : int
        The seed for selecting the validation images.
    aspect : "stretch", "crop" or "pad"
        How to resize images with a different aspect ratio: by stretching, by cropping centrally or
        by padding on both sides.
    background : int
        The grey value, 0 (black) to 255, behind transparent pixels and in the padding of "pad".

    Attributes
    ----------
    classes : tuple[str, ...]
        The names of the classes; label i stands for ``classes[i]``.
    all, train : ImageSet
        All images, and those that are not held out.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an invalid value, the folder has fewer than two classes, or a class has
        no images or too few for a validation split.
    OSError
        If the folder cannot be read.
    ImportError
        If Pillow is not installed.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        size: int | tuple[int, int],
        channels: int = 3,
        *,
        validation_split: float = 0.0,
        seed: int = 0,
        aspect: str = "stretch",
        background: int = 0,
    ) -> None:
        owner = "ImageFolder"
        if not isinstance(path, (str, os.PathLike)):
            raise TypeError(f"{owner}: path must be a path, got {describe(path)}")
        height_width = pair(size, owner, "size")
        channels = integer(channels, owner, "channels", minimum=1)
        if channels not in {1, 3}:
            raise ConfigError(
                f"{owner}: channels must be 1 (grey) or 3 (red, green, blue), got {channels}"
            )
        fraction = real(validation_split, owner, "validation_split", minimum=0.0, below=1.0)
        seed = integer(seed, owner, "seed", minimum=0, maximum=LARGEST_SEED)
        aspect = choice(aspect, owner, "aspect", ASPECTS)
        background = integer(background, owner, "background", minimum=0, maximum=255)

        self.path = Path(path)
        files = _find(self.path)
        self.classes = tuple(files)
        paths = tuple(file for group in files.values() for file in group)
        labels = np.repeat(np.arange(len(files)), [len(group) for group in files.values()])
        self.all = ImageSet(
            paths, labels.astype(np.int64), self.classes, height_width, channels, aspect, background
        )
        self._validation: ImageSet | None = None
        self.train = self.all
        if fraction > 0.0:
            mask = held_out(self.all.labels, self.classes, fraction, seed)
            self.train = self.all.subset(np.flatnonzero(~mask))
            self._validation = self.all.subset(np.flatnonzero(mask))

    def __len__(self) -> int:
        """Return the total number of images."""
        return len(self.all)

    def __repr__(self) -> str:
        """Show the path, the number and shape of the images, and the number of classes."""
        shape = "x".join(map(str, self.input_shape))
        return (
            f"ImageFolder({str(self.path)!r}: {len(self)} images of {shape}, "
            f"{len(self.classes)} classes)"
        )

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """The shape of one image, (channels, height, width), for `CNN`."""
        return self.all.input_shape

    @property
    def validation(self) -> ImageSet:
        """The images that are held out for validation.

        Raises
        ------
        ConfigError
            If there are none, because `validation_split` is 0.
        """
        if self._validation is None:
            raise ConfigError(
                "ImageFolder: no images are held out; pass validation_split=0.2, for example"
            )
        return self._validation

    def arrays(self) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Read all images into memory, including those held out.

        Returns
        -------
        tuple[ndarray, ndarray]
            uint8 (N, channels, height, width) and int64 (N,).

        Raises
        ------
        FileFormatError
            If a file is corrupted.
        OSError
            If a file cannot be read.
        """
        return self.all.arrays()


def _find(path: Path) -> dict[str, list[Path]]:
    """List the image files of each class, sorted by name."""
    module = pillow("Image")
    formats = module.registered_extensions()  # loads all plugins, so that OPEN is complete
    suffixes = frozenset(suffix for suffix, name in formats.items() if name in module.OPEN)
    names = sorted(
        entry.name for entry in path.iterdir() if entry.is_dir() and not entry.name.startswith(".")
    )
    if len(names) < 2:
        found = f"only {names[0]!r}" if names else "none"
        raise ConfigError(f"{path}: expected sub-folders for at least two classes, found {found}")
    files = {name: _images_below(path / name, suffixes) for name in names}
    for name, group in files.items():
        if not group:
            raise ConfigError(
                f"{path / name}: the class has no image files; add some or remove the folder"
            )
    return files


def _images_below(folder: Path, suffixes: frozenset[str]) -> list[Path]:
    """List the image files below a folder."""
    found: list[Path] = []
    for here, folders, names in os.walk(folder, onerror=_raise):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [
            Path(here, name)
            for name in names
            if not name.startswith(".") and Path(name).suffix.lower() in suffixes
        ]
    return sorted(found, key=lambda file: file.relative_to(folder).as_posix())


def _raise(error: OSError) -> None:
    """Raise the error for a folder that cannot be read, which ``os.walk`` ignores by default."""
    raise error


__all__ = ["ImageFolder", "ImageSet"]
