"""Training data other than two arrays: image folders and sources of batches.

`ImageFolder` reads class sub-folders of image files. `Batches` splits an endless stream of batches
into epochs. Your own class that follows the protocol `Source` or `Readable` can be trained on too.
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
