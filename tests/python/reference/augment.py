"""Augmentations from their definitions, one image and one pixel at a time, with the engine's draws.

The random numbers are Philox4x32-10 in Python's integers; an image is (channels, height, width).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Description = dict[str, Any]
AUGMENT, MIX = 16, 17  # streams
MASK = 2**32 - 1


def philox(counter: list[int], key: list[int]) -> list[int]:
    """Ten rounds of Salmon et al., 2011."""
    for i in range(10):
        k = [(key[0] + i * 0x9E3779B9) & MASK, (key[1] + i * 0xBB67AE85) & MASK]
        a, b = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
        counter = [(b >> 32) ^ counter[1] ^ k[0], b & MASK, (a >> 32) ^ counter[3] ^ k[1], a & MASK]
    return counter


class Stream:
    """Draws by index for one seed, purpose and epoch."""

    def __init__(self, seed: int, purpose: int, epoch: int) -> None:
        self.key, self.lane = [seed & MASK, seed >> 32], [purpose, epoch]

    def pair(self, index: int) -> tuple[float, float]:
        w = philox([index & MASK, index >> 32, *self.lane], self.key)
        return ((w[1] << 32 | w[0]) >> 11) / 2**53, ((w[3] << 32 | w[2]) >> 11) / 2**53

    def normal(self, index: int) -> float:
        u, v = self.pair(index)
        return math.sqrt(-2 * math.log(1 - u)) * math.cos(2 * math.pi * v)


def nearest(value: float) -> int:
    return math.floor(value + 0.5)


# Where the pixel (y, x) of the new image comes from

Place = tuple[float, float]
Pairs = Callable[[int], tuple[float, float]]


def _crop(step: Description, pairs: Pairs, height: int, width: int) -> Callable[[Place], Place]:
    u, v = pairs(0)
    down, right = step["padding"]
    y0, x0 = int(u * (2 * down + 1)) - down, int(v * (2 * right + 1)) - right
    return lambda at: (at[0] + y0, at[1] + x0)


def _flip(step: Description, pairs: Pairs, height: int, width: int) -> Callable[[Place], Place]:
    done = pairs(0)[0] < step["p"]
    return lambda at: (at[0], width - 1 - at[1] if done else at[1])


def _vflip(step: Description, pairs: Pairs, height: int, width: int) -> Callable[[Place], Place]:
    done = pairs(0)[0] < step["p"]
    return lambda at: (height - 1 - at[0] if done else at[0], at[1])


def _shift(step: Description, pairs: Pairs, height: int, width: int) -> Callable[[Place], Place]:
    u, v = pairs(0)
    down = nearest((2 * u - 1) * step["fraction"] * height)
    right = nearest((2 * v - 1) * step["fraction"] * width)
    return lambda at: (at[0] - down, at[1] - right)


def _rotate(step: Description, pairs: Pairs, height: int, width: int) -> Callable[[Place], Place]:
    angle = math.radians((2 * pairs(0)[0] - 1) * step["degrees"])
    centre = complex((width - 1) / 2, -(height - 1) / 2)  # y upwards

    def source(at: Place) -> Place:
        z = centre + (complex(at[1], -at[0]) - centre) * complex(math.cos(angle), -math.sin(angle))
        return -z.imag, z.real

    return source


def _scale(step: Description, pairs: Pairs, height: int, width: int) -> Callable[[Place], Place]:
    factor = step["low"] + (step["high"] - step["low"]) * pairs(0)[0]
    cy, cx = (height - 1) / 2, (width - 1) / 2
    return lambda at: (cy + (at[0] - cy) / factor, cx + (at[1] - cx) / factor)


MOVES: dict[str, Any] = {
    "crop": _crop, "flip": _flip, "vflip": _vflip, "shift": _shift, "rotate": _rotate,
    "scale": _scale,
}  # fmt: skip


def sample(image: Array, at: Place, fill: float) -> Array:
    """Bilinear interpolation of all channels; neighbours outside have the value `fill`."""
    _, height, width = image.shape
    top, left = math.floor(at[0]), math.floor(at[1])
    total = np.zeros(len(image))
    for y, wy in ((top, 1 - (at[0] - top)), (top + 1, at[0] - top)):
        for x, wx in ((left, 1 - (at[1] - left)), (left + 1, at[1] - left)):
            inside = 0 <= y < height and 0 <= x < width
            total += wy * wx * (image[:, y, x] if inside else fill)
    return total


def move(image: Array, sources: list[Callable[[Place], Place]], fill: float) -> Array:
    """Several moves as one: from the new pixel back through the last, ..., the first."""
    made = np.empty_like(image)
    for y in range(image.shape[1]):
        for x in range(image.shape[2]):
            at: Place = (float(y), float(x))
            for source in reversed(sources):
                at = source(at)
            made[:, y, x] = sample(image, at, fill)
    return made


def change(image: Array, step: Description, pairs: Pairs, is_bytes: bool) -> Array:
    """Erase, brightness and contrast."""
    image = image.copy()
    u, _ = pairs(0)
    if step["kind"] == "erase":
        return _erase(image, step, pairs) if u < step["p"] else image
    factor = 1 + (2 * u - 1) * step["amount"]
    mean = image.mean() if step["kind"] == "contrast" else 0.0
    image = mean + factor * (image - mean)
    return image.clip(0, 255) if is_bytes else image


def _erase(image: Array, step: Description, pairs: Pairs) -> Array:
    _, height, width = image.shape
    for attempt in range(10):
        u, v = pairs(1 + 2 * attempt)
        area = height * width * (step["area"][0] + u * (step["area"][1] - step["area"][0]))
        ratio = step["ratio"][0] * (step["ratio"][1] / step["ratio"][0]) ** v
        rows, columns = nearest(math.sqrt(area * ratio)), nearest(math.sqrt(area / ratio))
        if 1 <= rows <= height and 1 <= columns <= width:
            down, right = pairs(2 + 2 * attempt)
            top, left = int(down * (height - rows + 1)), int(right * (width - columns + 1))
            image[:, top : top + rows, left : left + columns] = step["fill"]
            break
    return image


def augment_one(
    image: Array, steps: list[Description], seed: int, epoch: int, row: int, is_bytes: bool
) -> Array:
    """All steps on one image; consecutive moves with one fill value are one map."""
    stream = Stream(seed, AUGMENT, epoch)
    pending: list[Any] = []
    fill: float | None = None
    for number, step in enumerate(steps):

        def pairs(k: int, number: int = number) -> tuple[float, float]:
            return stream.pair((row << 20) + (number << 12) + k)

        if step["kind"] in MOVES:
            new = step.get("fill")
            if None not in (fill, new) and fill != new:
                image, pending, fill = move(image, pending, fill or 0.0), [], None
            pending.append(MOVES[step["kind"]](step, pairs, *image.shape[1:]))
            fill = new if fill is None else fill
            continue
        if pending:
            image, pending, fill = move(image, pending, fill or 0.0), [], None
        image = change(image, step, pairs, is_bytes)
    return move(image, pending, fill or 0.0) if pending else image


# Mixing


def log_gamma_variate(stream: Stream, shape: float, at: list[int]) -> float:
    """Marsaglia and Tsang, 2000; shapes below 1 by the power of a uniform number."""
    if shape < 1:
        larger = log_gamma_variate(stream, shape + 1, at)
        at[0] += 1
        return larger + math.log(1 - stream.pair(at[0] - 1)[0]) / shape
    d = shape - 1 / 3
    while True:
        x = stream.normal(at[0])
        at[0] += 1
        v = (1 + x / math.sqrt(9 * d)) ** 3
        if v <= 0:
            continue
        u = 1 - stream.pair(at[0])[0]
        at[0] += 1
        if math.log(u) < 0.5 * x * x + d * (1 - v + math.log(v)):
            return math.log(d * v)


Box = tuple[slice, slice]


def mixing(
    rules: list[Description], seed: int, epoch: int, row: int, count: int, height: int, width: int
) -> tuple[int, float, Box | None]:
    """Distance to the partner, own share, and for CutMix the rectangle."""
    stream = Stream(seed, MIX, epoch)
    which, roll = stream.pair(row << 20)
    down, right = stream.pair((row << 20) + 1)
    rule = rules[int(which * len(rules))]
    at = [(row << 20) + 2]
    a = log_gamma_variate(stream, rule["alpha"], at)
    b = log_gamma_variate(stream, rule["alpha"], at)
    share = 1 / (1 + math.exp(b - a))
    distance = 1 + int(roll * (count - 1))
    if rule["kind"] == "mixup":
        return distance, share, None
    y, x, side = int(down * height), int(right * width), math.sqrt(1 - share)
    h, w = int(side * height) // 2, int(side * width) // 2
    rows = slice(max(0, y - h), min(height, y + h))
    columns = slice(max(0, x - w), min(width, x + w))
    area = (rows.stop - rows.start) * (columns.stop - columns.start)
    return distance, 1 - area / (height * width), (rows, columns)


def augment(
    images: npt.NDArray[Any], steps: list[Description], seed: int, epoch: int, first_row: int = 0
) -> Array:
    """A batch."""
    is_bytes = images.dtype == np.uint8
    rules = [step for step in steps if step["kind"] in ("mixup", "cutmix")]
    others = steps[: len(steps) - len(rules)]
    made = np.stack(
        [
            augment_one(image.astype(np.float64), others, seed, epoch, first_row + row, is_bytes)
            for row, image in enumerate(images)
        ]
    )
    if not rules or len(images) < 2:
        return made
    size = (made.shape[2], made.shape[3])
    distance, share, box = mixing(rules, seed, epoch, first_row, len(images), *size)
    partners = np.roll(made, -distance, axis=0)
    if box is None:
        return share * made + (1 - share) * partners
    made[:, :, box[0], box[1]] = partners[:, :, box[0], box[1]]
    return made
