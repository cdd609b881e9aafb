"""Access to the compiled engine: `core` is the extension module."""

from __future__ import annotations

from importlib.util import find_spec

from cnnx._engine.openmp import short_waits

try:
    with short_waits():
        import cnnx._core as core
except ImportError as error:
    if find_spec("cnnx._core") is not None:
        raise
    raise ImportError(
        "the compiled extension cnnx._core is missing: this is a source tree, or a broken "
        "installation. Install cnnx with `pip install .` and import it outside the source tree"
    ) from error

__all__ = ["core"]
