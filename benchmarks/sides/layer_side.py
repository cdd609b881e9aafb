"""Layers of cnnx as they run inside a network: in channels-last layout, without conversion.

Requires the library of the CMake target `cnnx_layers`; its path is given by the environment
variable CNNX_LAYERS, which is set by `sweep.py --layers`.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping
from typing import Any

from sides import Prepared

FIELDS = ("channels", "height", "width", "filters", "kernel", "stride", "padding", "groups")


class _Layer:
    """A layer of the library, with its buffers."""

    def __init__(self, library: ctypes.CDLL, numbers: list[int]) -> None:
        self._library = library
        self._layer = library.layer_new(*map(ctypes.c_long, numbers))

    def forward(self) -> None:
        self._library.layer_forward(self._layer)

    def gradients(self) -> None:
        self._library.layer_gradients(self._layer)

    def __del__(self) -> None:
        self._library.layer_delete(self._layer)


class Side:
    """See `sides.Side`; the variant "exact" disables Winograd."""

    def __init__(self, variant: str, threads: int) -> None:
        self._exact = variant == "exact"
        self._threads = threads
        self._library = ctypes.CDLL(os.environ["CNNX_LAYERS"])
        self._library.layer_new.restype = ctypes.c_void_p
        for name in ("layer_forward", "layer_gradients", "layer_delete"):
            function = getattr(self._library, name)
            function.argtypes = [ctypes.c_void_p]
            function.restype = None

    def versions(self) -> dict[str, str]:
        """Return the path of the library, which has no version."""
        return {"library": os.environ["CNNX_LAYERS"]}

    def prepare(self, case: Mapping[str, Any]) -> Prepared:
        """Build a layer."""
        numbers = [int(case[name]) for name in FIELDS]
        layer = _Layer(
            self._library, [*numbers, int(case["batch"]), int(self._exact), self._threads]
        )
        call = layer.forward if case["task"] == "forward" else layer.gradients
        return Prepared(call, int(case["batch"]))
