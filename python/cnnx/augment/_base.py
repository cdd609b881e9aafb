"""The base class of all augmentations, and constraints shared by several of them."""

from __future__ import annotations

from dataclasses import dataclass

from cnnx._checks.constraints import Between
from cnnx._spec import Spec

LARGEST_FILL = 1e30


@dataclass(frozen=True, slots=True)
class Augmentation(Spec):
    """Base class of all augmentations.

    It holds arguments only; the engine applies it while it loads a batch.
    """


FILL = Between(-LARGEST_FILL, LARGEST_FILL)
"""The value of new pixels."""
