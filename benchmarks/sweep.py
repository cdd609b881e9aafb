"""Compare single layers with PyTorch in both layouts, forward and with gradients.

python benchmarks/sweep.py

Each library runs a network with one layer. "gradients" computes the gradients of the weights, the
biases and the images, with mean squared error as the loss. cnnx accepts and returns images in
channels-first layout and converts them in each call, whereas PyTorch's images are already in the
layout of the row. Inside a network, cnnx does not convert between layers: with --layers, its layers
are measured without conversion (see layers.cpp) and compared with PyTorch's better layout.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import machine
import peers
import report
from shapes import SHAPES, LayerCase
from sides import SIDES
from workers import Series, Sides

TASKS = ("forward", "gradients")
PEERS = ("torch", "torch_cl")


@dataclass
class Row:
    """The measurements of all libraries for a layer and task."""

    layer: LayerCase
    task: str
    ours: Series
    theirs: dict[str, Series]
    inside: Series | None = None  # the layer as it runs inside a network

    @property
    def best(self) -> Series:
        """The measurements of cnnx that are compared with PyTorch."""
        return self.ours if self.inside is None else self.inside

    @property
    def ratio(self) -> float | None:
        """The speed of cnnx relative to PyTorch's better layout."""
        medians = [series.median for series in self.theirs.values() if series.seconds]
        if not medians or not self.best.seconds:
            return None
        return min(medians) / self.best.median

    def all_series(self) -> dict[str, Series]:
        """Return all measurements by name."""
        inside = {} if self.inside is None else {"cnnx_layer": self.inside}
        return {"cnnx": self.ours, **inside, **self.theirs}

    def as_json(self) -> dict[str, Any]:
        """Return the row as JSON-serialisable values."""
        return {
            "layer": self.layer.name,
            "family": self.layer.family,
            "batch": self.layer.batch,
            "task": self.task,
            "ratio": self.ratio,
            "microseconds_per_batch_by_round": {
                name: [1e6 * self.layer.batch * value for value in series.seconds]
                for name, series in self.all_series().items()
            },
            "errors": {
                name: series.error
                for name, series in self.all_series().items()
                if series.error is not None
            },
        }


def parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = made.add_argument
    add("--peers", type=Path, default=peers.FOLDER, help="folder of the peers' environments")
    add("--threads", type=int, choices=(1, 2), default=1)
    add("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    families = sorted({shape.family for shape in SHAPES})
    add("--families", nargs="+", choices=families, default=families)
    add("--layers", type=Path, help="library of the CMake target cnnx_layers")
    add("--exact", action="store_true", help="cnnx with exact_conv=True: no Winograd")
    add("--rounds", type=int, default=5, help="measurements per library and row")
    add("--seconds", type=float, default=0.2, help="length of a measurement")
    add("--quick", action="store_true", help="one short round of the first layer of each family")
    add("--output", type=Path, default=report.RESULTS, help="folder for the JSON file")
    return made


def microseconds(series: Series | None, batch: int) -> str:
    """Format the time per batch."""
    if series is None or not series.seconds:
        return "failed"
    return f"{1e6 * batch * series.median:,.0f}"


def show(rows: list[Row], names: list[str]) -> None:
    """Print the table, the rows that are slower than PyTorch, and failures."""
    inside = rows[0].inside is not None
    head = ["layer", "task", "cnnx us", *(["inside us"] if inside else [])]
    head += [*(f"{SIDES[name].title} us" for name in names), "ratio"]
    lines = []
    for row in rows:
        cells = [microseconds(row.theirs.get(name), row.layer.batch) for name in names]
        ratio = "-" if row.ratio is None else f"{row.ratio:.2f}"
        own = [microseconds(row.ours, row.layer.batch)]
        if inside:
            own.append(microseconds(row.inside, row.layer.batch))
        lines.append([row.layer.name, row.task, *own, *cells, ratio])
    ours = "cnnx's inside a network" if inside else "cnnx's"
    print(f"\nMicroseconds per batch of {SHAPES[0].batch}; ratio = better layout's time / {ours}\n")
    print(report.table(head, lines))
    compared = [row for row in rows if row.ratio is not None]
    if compared:
        ratios = [row.ratio for row in compared if row.ratio is not None]
        losing = [row for row in compared if row.ratio is not None and row.ratio < 1]
        print(
            f"\n{len(compared)} rows: geometric mean {report.geometric_mean(ratios):.2f}, "
            f"least {min(ratios):.2f}; {len(losing)} slower than PyTorch"
        )
        for row in sorted(losing, key=lambda row: row.ratio or 0.0):
            print(f"  SLOWER: {row.layer.name}, {row.task}: {row.ratio:.2f}")
    for row in rows:
        for name, series in row.all_series().items():
            if series.error is not None:
                print(f"FAILED: {name}, {row.layer.name}, {row.task}: {series.error}")


def main() -> int:
    """Run the benchmark; return 0 if cnnx ran everything."""
    arguments = parser().parse_args()
    rounds, seconds = arguments.rounds, arguments.seconds
    layers = [shape for shape in SHAPES if shape.family in arguments.families]
    if arguments.quick:
        rounds, seconds = 1, 0.01
        layers = [next(s for s in layers if s.family == name) for name in arguments.families]
    print(machine.line())
    ours = "cnnx_exact" if arguments.exact else "cnnx"
    inside = [ours.replace("cnnx", "layer")] if arguments.layers else []
    if arguments.layers:
        os.environ["CNNX_LAYERS"] = str(arguments.layers.resolve())
    rows: list[Row] = []
    with Sides([ours, *inside, *PEERS], arguments.peers, arguments.threads) as sides:
        if sides.absent:
            print(f"No environment for: {', '.join(sides.absent)} (see networks.py --setup)")
        versions = sides.versions()
        for layer in layers:
            for task in arguments.tasks:
                series = sides.interleave(layer.case(task), rounds, seconds)
                own = series.pop(ours)
                rows.append(Row(layer, task, own, series, *map(series.pop, inside)))
            print(".", end="", flush=True)
        print()
        names = [name for name in sides.names if name in PEERS]
    show(rows, names)
    plural = "s" if arguments.threads > 1 else ""
    stem = f"sweep-{arguments.threads}-thread{plural}{'-exact' if arguments.exact else ''}"
    content = {
        "machine": machine.describe(),
        "threads": arguments.threads,
        "rounds": rounds,
        "seconds_per_measurement": seconds,
        "versions": versions,
        "rows": [row.as_json() for row in rows],
    }
    report.write_json(arguments.output / f"{stem}.json", content)
    return 0 if all(row.ours.seconds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
