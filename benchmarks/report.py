"""Tables, files and plots of results."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Format a Markdown table with padded columns; all but the first are right-aligned."""
    lines = [list(head), *(list(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]

    def text(line: Sequence[str]) -> str:
        first = line[0].ljust(widths[0])
        rest = [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
        return f"| {' | '.join([first, *rest])} |"

    rule = [f":{'-' * (widths[0] - 1)}", *(f"{'-' * (width - 1)}:" for width in widths[1:])]
    return "\n".join([text(lines[0]), f"| {' | '.join(rule)} |", *map(text, lines[1:])])


def rate(value: float | None) -> str:
    """Format images per second with at least three digits."""
    if value is None:
        return "failed"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def geometric_mean(values: Sequence[float]) -> float:
    """Compute the geometric mean."""
    return math.exp(sum(math.log(value) for value in values) / len(values))


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a result as indented JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(f"Written: {path}")


def draw(
    path: Path, title: str, panels: dict[str, tuple[list[str], dict[str, list[float | None]]]]
) -> None:
    """Draw a bar chart; a panel is (groups, {library: rates of the groups, None if missing})."""
    try:
        matplotlib: Any = import_module("matplotlib")
    except ImportError:
        print("No plot: matplotlib is not installed (pip install 'cnnx[plot]')")
        return
    matplotlib.use("Agg")
    pyplot: Any = import_module("matplotlib.pyplot")
    figure, axes = pyplot.subplots(len(panels), 1, figsize=(11, 4.2 * len(panels)), squeeze=False)
    for axis, (name, (groups, sides)) in zip(axes[:, 0], panels.items(), strict=True):
        width = 0.8 / max(1, len(sides))
        for place, (side, rates) in enumerate(sides.items()):
            shift = (place - (len(sides) - 1) / 2) * width
            shown = [(i + shift, value) for i, value in enumerate(rates) if value is not None]
            axis.bar([x for x, _ in shown], [value for _, value in shown], width, label=side)
        axis.set_xticks(range(len(groups)), groups)
        axis.set_yscale("log")
        axis.set_ylabel("images / s")
        axis.set_title(name)
        axis.legend(ncols=4, fontsize="small")
        axis.grid(visible=True, axis="y", alpha=0.3)
    figure.suptitle(title)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
    print(f"Written: {path}")
