"""The report of `CNN.check`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from cnnx._types import Array

Level = Literal["ok", "note", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of a check.

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
    """The findings of `CNN.check`; print it to see them.

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
        """Findings that may keep the network from learning well."""
        return [finding for finding in self.findings if finding.level == "warning"]

    @property
    def errors(self) -> list[Finding]:
        """Findings that prevent training."""
        return [finding for finding in self.findings if finding.level == "error"]

    def __str__(self) -> str:
        """Write a line for each thing, and one about all."""
        width = max((len(finding.subject) for finding in self.findings), default=0)
        lines = [f"{f.level:<7}  {f.subject:<{width}}  {f.text}" for f in self.findings]
        counts = f"{_count(self.errors, 'error')}, {_count(self.warnings, 'warning')}"
        lines.append("ready to train" if self.ok else counts)
        return "\n".join(lines)


def spread(images: int, wanted: int) -> Array:
    """Choose rows spread evenly over a set."""
    return np.linspace(0, images - 1, min(images, wanted)).astype(np.int64)


def _count(findings: list[Finding], what: str) -> str:
    """Say how many there are."""
    return f"{len(findings)} {what}{'' if len(findings) == 1 else 's'}"
