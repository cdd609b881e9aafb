"""Decoding of an image file to a uint8 array (channels, height, width), with Pillow."""

from __future__ import annotations

import importlib
import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnx.errors import FileFormatError

ASPECTS = ("stretch", "crop", "pad")
"""How images with a different aspect ratio are resized."""


def pillow(name: str) -> Any:
    """Import a module of Pillow on first use."""
    try:
        return importlib.import_module(f"PIL.{name}")
    except ImportError as error:
        raise ImportError(
            "reading image files requires Pillow: install it with `pip install cnnx[images]` or "
            "`pip install pillow`"
        ) from error


def decode(
    path: Path, size: tuple[int, int], channels: int, aspect: str, background: int
) -> NDArray[np.uint8]:
    """Decode an image file and convert it to the given size and number of channels."""
    content = path.read_bytes()
    try:
        with pillow("Image").open(io.BytesIO(content)) as image:
            # The EXIF orientation may swap height and width, so it is applied first.
            upright = pillow("ImageOps").exif_transpose(image)
            plain = _plain(upright, channels, background)
            return _to_array(_resized(plain, size, aspect, background))
    except (MemoryError, ImportError):
        raise
    except Exception as error:  # Pillow raises many kinds of exceptions for corrupted files
        reason = _without_buffer(str(error)) or type(error).__name__
        raise FileFormatError(
            f"{path}: cannot be read as an image ({reason}); repair or remove the file"
        ) from error


def _without_buffer(reason: str) -> str:
    """Remove the address of the buffer from a message of Pillow."""
    return reason.partition(" <_io.BytesIO")[0]


def _plain(image: Any, channels: int, background: int) -> Any:
    """Convert an image of any mode to 8 bits per channel, without transparency."""
    module = pillow("Image")
    if image.mode.startswith("I") or image.mode == "F":
        image = _eight_bits(image)
    if image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info:
        image = image.convert("RGBA")
        behind = module.new("RGBA", image.size, (background, background, background, 255))
        image = module.alpha_composite(behind, image).convert("RGB")
    return image.convert("L" if channels == 1 else "RGB")


def _eight_bits(image: Any) -> Any:
    """Scale 16 bits to 8, with rounding; other ranges of values are rejected."""
    values = np.asarray(image)
    if values.dtype.kind == "f" or values.min() < 0 or values.max() > 65535:
        raise ValueError(
            f"its pixels are {values.dtype} values from {values.min():g} to {values.max():g}, but "
            "only 8 and 16 bits per channel are supported"
        )
    eight = (values.astype(np.uint32) * 255 + 32767) // 65535
    return pillow("Image").fromarray(eight.astype(np.uint8))


def _resized(image: Any, size: tuple[int, int], aspect: str, background: int) -> Any:
    """Resize an image."""
    height, width = size
    bilinear = pillow("Image").Resampling.BILINEAR
    if image.size == (width, height):
        return image
    if aspect == "crop":
        return pillow("ImageOps").fit(image, (width, height), bilinear)
    if aspect == "pad":
        grey = background if image.mode == "L" else (background, background, background)
        return pillow("ImageOps").pad(image, (width, height), bilinear, color=grey)
    return image.resize((width, height), bilinear)


def _to_array(image: Any) -> NDArray[np.uint8]:
    """Convert an image to an array with channels first."""
    values: NDArray[np.uint8] = np.asarray(image, dtype=np.uint8)
    return values[None] if values.ndim == 2 else np.ascontiguousarray(values.transpose(2, 0, 1))


__all__ = ["ASPECTS", "decode", "pillow"]
