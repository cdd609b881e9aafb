"""The table of bad calls: what a user may get wrong, and what the message must say.

Each row has a name, a function that makes the bad call on a `Scene`, the exact class of the
exception, and pieces of text that its message must contain: the layer or argument, what was
received, what was expected. `bad_call_runner.py` runs each row in a process of its own.
"""

from __future__ import annotations

from .arguments import ARGUMENTS
from .building import BUILDING, LAYERS
from .files import FILES, IDX, STATE
from .images import IMAGES, LABELS
from .passes import OPS
from .scene import BadCall, Scene, good_data, standard_model

TABLE = {
    bad.name: bad
    for group in (IMAGES, LABELS, ARGUMENTS, LAYERS, BUILDING, STATE, FILES, IDX, OPS)
    for bad in group
}
"""Every row by its name."""

__all__ = ["TABLE", "BadCall", "Scene", "good_data", "standard_model"]
