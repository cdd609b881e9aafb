"""Training data that is more than two arrays: folders of images, batches made on the way.

`ImageFolder` reads class sub-folders of image files. `Batches` cuts endless batches into epochs.
A class of one's own that follows the protocol `Source` and gives `Batch` objects can be trained on
too.
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
