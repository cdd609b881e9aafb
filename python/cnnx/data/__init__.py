"""Training data other than arrays: folders of images and custom sources of batches.

`ImageFolder` reads image files from one sub-folder per class. `Batches` splits an infinite stream
of batches into epochs. Custom classes can implement the protocol `Source`, which yields `Batch`
objects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnx._lazy import finder

if TYPE_CHECKING:
    from cnnx.data.batches import Batches
    from cnnx.data.image_folder import ImageFolder, ImageSet
    from cnnx.data.source import Batch, Readable, Source

_MODULES = {
    "Batch": "source",
    "Source": "source",
    "Batches": "batches",
    "Readable": "source",
    "ImageFolder": "image_folder",
    "ImageSet": "image_folder",
}
__getattr__ = finder(__name__, _MODULES)

__all__ = ["Batch", "Batches", "ImageFolder", "ImageSet", "Readable", "Source"]
