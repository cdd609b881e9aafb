"""What a look at images and labels tells before training."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from cnnx._types import Array
from cnnx.data._reader import Data
from cnnx.data._weights import class_indices
from cnnx.layers import Layer, Normalize, Rescale

_LOOKED_AT = 4096
"""How many images the statistics are made of, spread over the set."""
_HASHED = 200_000
"""How many images are compared with each other."""
_IMBALANCE = 10.0

Level = Literal["ok", "note", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes
    ----------
    level : "ok", "note", "warning" or "error"
        How bad it is.
    subject : str
        What was looked at.
    text : str
        What was found, and what to do about it.
    """

    level: Level
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What `CNN.check` found; print it.

    Attributes
    ----------
    findings : list[Finding]
        One entry for each thing that was looked at.
    """

    findings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether there is neither a warning nor an error."""
        return not self.warnings and not self.errors

    @property
    def warnings(self) -> list[Finding]:
        """What may keep the network from learning well."""
        return [finding for finding in self.findings if finding.level == "warning"]

    @property
    def errors(self) -> list[Finding]:
        """What keeps it from training at all."""
        return [finding for finding in self.findings if finding.level == "error"]

    def __str__(self) -> str:
        """Write a line for each thing, and one about all."""
        width = max((len(finding.subject) for finding in self.findings), default=0)
        lines = [f"{f.level:<7}  {f.subject:<{width}}  {f.text}" for f in self.findings]
        counts = f"{_count(self.errors, 'error')}, {_count(self.warnings, 'warning')}"
        lines.append("ready to train" if self.ok else counts)
        return "\n".join(lines)


def examine(data: Data, layers: Sequence[Layer], classes: int | None) -> Iterator[Finding]:
    """Look at shapes, scale, labels and duplicates.

    Parameters
    ----------
    data : Data
        Checked images and labels.
    layers : sequence of Layer
        The network's, whose first may bring images to scale.
    classes : int, optional
        How many classes the network has, if it has classes.

    Yields
    ------
    Finding
        What was found.
    """
    yield Finding(
        "ok", "images", f"{len(data)} of shape {data.x.shape[1:]}, {data.x.dtype}, all finite"
    )
    yield _scale(data.x, layers[0])
    if classes is not None:
        yield from _labels(class_indices(data.y), classes)
    yield _duplicates(data)


def spread(images: int, wanted: int) -> Array:
    """Choose rows spread evenly over a set.

    Parameters
    ----------
    images : int
        How many there are.
    wanted : int
        How many are chosen at most.

    Returns
    -------
    ndarray
        int64, rising.
    """
    return np.linspace(0, images - 1, min(images, wanted)).astype(np.int64)


def _scale(x: Array, first: Layer) -> Finding:
    """Judge the numbers that reach the first layer with weights."""
    sample = x[spread(len(x), _LOOKED_AT)].astype(np.float64)
    raw_low, raw_high = float(sample.min()), float(sample.max())
    if isinstance(first, Rescale):
        sample = sample * first.scale + first.offset
    elif isinstance(first, Normalize):
        shape = (1, -1) + (1,) * (sample.ndim - 2)
        sample = (sample - np.reshape(first.mean, shape)) / np.reshape(first.std, shape)
    low, high = float(sample.min()), float(sample.max())
    mean, deviation = float(sample.mean()), float(sample.std())
    after = f" after {type(first).__name__}" if isinstance(first, (Rescale, Normalize)) else ""
    text = f"{low:.4g} to {high:.4g}, mean {mean:.3g}, deviation {deviation:.3g}{after}"
    if deviation == 0.0:
        return Finding("warning", "scale", f"{text}: all numbers are the same, nothing to learn")
    unit = low >= -1.1 and high <= 1.1 and deviation > 0.01
    if unit or (abs(mean) <= 1.0 and 0.2 <= deviation <= 3.0):
        return Finding("ok", "scale", text)
    way_out = f"put layers.Normalize({mean:.4g}, {deviation:.4g}) first"
    if raw_low >= 0.0 and 2.0 < raw_high <= 255.0 and not after:
        way_out = "put layers.Rescale(1/255) first, if these are pixels"
    elif after:
        way_out = f"the layer {type(first).__name__} does not suit them"
    return Finding(
        "warning", "scale", f"{text}: neither 0..1 nor mean 0 and deviation 1; {way_out}"
    )


def _labels(labels: Array, classes: int) -> Iterator[Finding]:
    """Judge how many images each class has."""
    counts = np.bincount(labels, minlength=classes)
    present = counts[counts > 0]
    yield Finding(
        "ok", "labels", f"{labels.min()} to {labels.max()}, {len(present)} of {classes} classes"
    )
    missing = np.flatnonzero(counts == 0)
    if len(missing) > 0:
        names = ", ".join(map(str, missing[:8])) + (", ..." if len(missing) > 8 else "")
        yield Finding(
            "warning",
            "classes",
            f"no image of {names}; are all classes in the data, or is the last layer too wide?",
        )
    ratio = present.max() / present.min()
    text = f"{present.min()} to {present.max()} images a class"
    if ratio >= _IMBALANCE:
        yield Finding(
            "warning",
            "balance",
            f"{text}, {ratio:.0f} to 1: rare classes will hardly be learnt; pass "
            'class_weight="balanced" to train',
        )
    else:
        yield Finding("ok", "balance", text)


def _duplicates(data: Data) -> Finding:
    """Count images that are there more than once, and those with different labels."""
    labels = class_indices(data.y) if data.y.ndim == 1 else None
    seen: dict[bytes, int] = {}
    repeated = contradicting = 0
    looked_at = min(len(data), _HASHED)
    for i in range(looked_at):
        key = hashlib.blake2b(data.x[i].data, digest_size=16).digest()
        first = seen.setdefault(key, i)
        if first != i:
            repeated += 1
            contradicting += labels is not None and bool(labels[i] != labels[first])
    if repeated == 0:
        return Finding("ok", "duplicates", f"none among {looked_at} images")
    text = f"{repeated} of {looked_at} images are there more than once"
    if contradicting:
        return Finding(
            "warning", "duplicates", f"{text}, {contradicting} of them with another label"
        )
    if repeated > looked_at / 100:
        return Finding(
            "warning", "duplicates", f"{text}; some may be in the validation data as well"
        )
    return Finding("note", "duplicates", text)


def _count(findings: list[Finding], what: str) -> str:
    """Say how many there are."""
    return f"{len(findings)} {what}{'' if len(findings) == 1 else 's'}"


def first_loss(loss: float, classes: int | None) -> Finding:
    """Judge the loss of a network that has learnt nothing yet.

    Parameters
    ----------
    loss : float
        Its cross-entropy.
    classes : int, optional
        How many classes it has; ``None`` where the loss is another one.

    Returns
    -------
    Finding
        What was found.
    """
    if classes is None:
        return Finding("ok" if math.isfinite(loss) else "error", "first loss", f"{loss:.4g}")
    chance = math.log(classes)
    text = f"{loss:.4g}; guessing among {classes} classes would give {chance:.4g}"
    if not math.isfinite(loss):
        return Finding("error", "first loss", f"{text}: the outputs are no numbers")
    if loss > 3.0 * max(chance, 0.5):
        return Finding(
            "warning", "first loss", f"{text}: outputs are large; check scale and initializers"
        )
    return Finding("ok", "first loss", text)
