"""Types shared by the datasets."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Part: TypeAlias = tuple[NDArray[Any], NDArray[np.int64]]
"""Images (N, C, H, W) and labels (N,)."""

Split: TypeAlias = tuple[Part, Part]
"""The training set and the test set."""
