"""Data augmentation: random transformations of training images, applied in C++ on loading.

Training applies a list of augmentations to each image, in order. The random numbers for an image
depend only on the seed, the epoch and its row in the dataset, not on the batch size, the number of
threads or whether the run was resumed. `MixUp` and `CutMix` must be last in the list; if it has
several, one is chosen at random for each batch.

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
