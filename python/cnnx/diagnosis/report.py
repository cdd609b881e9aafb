"""The report of `CNN.check`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from cnnx._types import Array

Level = Literal["ok", "note", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a single check.

    Attributes
    ----------
    level : "ok", "note", "warning" or "error"
        The severity.
    subject : str
        What was checked.
    text : str
        The result, and how to fix a problem.
    """

    level: Level
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The result of `CNN.check`; prints as a table.

    Attributes
    ----------
    findings : list[Finding]
        One finding per check.
    """

    findings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether there are no warnings and no errors."""
        return not self.warnings and not self.errors

    @property
    def warnings(self) -> list[Finding]:
        """The findings that may prevent the network from learning well."""
        return [finding for finding in self.findings if finding.level == "warning"]

    @property
    def errors(self) -> list[Finding]:
        """The findings that make training impossible."""
        return [finding for finding in self.findings if finding.level == "error"]

    def __str__(self) -> str:
        """Format one line per finding, and a summary."""
        width = max((len(finding.subject) for finding in self.findings), default=0)
        lines = [f"{f.level:<7}  {f.subject:<{width}}  {f.text}" for f in self.findings]
        counts = f"{_count(self.errors, 'error')}, {_count(self.warnings, 'warning')}"
        lines.append("ready to train" if self.ok else counts)
        return "\n".join(lines)


def spread(images: int, wanted: int) -> Array:
    """Select rows evenly spread over a dataset."""
    return np.linspace(0, images - 1, min(images, wanted)).astype(np.int64)


def _count(findings: list[Finding], what: str) -> str:
    """Format the number of findings."""
    return f"{len(findings)} {what}{'' if len(findings) == 1 else 's'}"
