"""Augmentation: random changes of training images, made in C++ while a batch is loaded.

A list of these describes what training does to each image, in order. An image's draws depend on the
seed, the epoch and its row in the data set alone, so that the batch size, the threads and the point
where a run was taken up make no difference. `MixUp` and `CutMix` come last in a list; of several,
each batch draws one.

A new augmentation is one class and one row in `REGISTRY` (and its step in C++).
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
