"""Data augmentation, applied in C++ while a batch is loaded.

A list of augmentations is applied to each training image, in order. The random numbers for an image
depend only on the seed, the epoch and its index in the data, so they are the same for any batch
size, any number of threads and in a resumed run. `MixUp` and `CutMix` come last in a list; if there
are several, each batch uses one of them.

To add an augmentation, add a class and a row in `REGISTRY` (and its implementation in C++).
"""

from __future__ import annotations

from cnnx.augment._apply import apply
from cnnx.augment._base import Augmentation
from cnnx.augment._mixing import CutMix, MixUp
from cnnx.augment._moves import HorizontalFlip, RandomCrop, Rotation, Scale, Shift, VerticalFlip
from cnnx.augment._registry import REGISTRY, from_dict, resolve
from cnnx.augment._values import Brightness, Contrast, Erase

__all__ = [
    "REGISTRY",
    "Augmentation",
    "Brightness",
    "Contrast",
    "CutMix",
    "Erase",
    "HorizontalFlip",
    "MixUp",
    "RandomCrop",
    "Rotation",
    "Scale",
    "Shift",
    "VerticalFlip",
    "apply",
    "from_dict",
    "resolve",
]
