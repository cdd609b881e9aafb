"""Compare training and inference of complete networks with other libraries.

python benchmarks/networks.py --setup      create the peers' environments (once)
python benchmarks/networks.py --threads 2  measure; results go to benchmarks/results/

A training step consists of: zero gradients, forward, cross-entropy, backward, SGD with momentum,
and reading the loss. See benchmarks/README.md for the method and the interpretation of results.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import machine
import peers
import report
from sides import OURS, SIDES, network_case
from workers import Series, Sides
from workloads import WORKLOADS

TASKS = ("train", "infer")
BUSY = 0.05  # a library that uses more of a processor while waiting disturbs the others


@dataclass
class Row:
    """The measurements of all libraries for a workload, batch size and task."""

    workload: str
    batch: int
    task: str
    series: dict[str, Series]

    @property
    def ours(self) -> Series | None:
        """The measurements of cnnx, or None if it failed."""
        found = [self.series[name] for name in OURS if name in self.series]
        return found[0] if found and found[0].seconds else None

    @property
    def best_peer(self) -> str | None:
        """The name of the fastest peer."""
        peers_here = [n for n, s in self.series.items() if n not in OURS and s.seconds]
        return min(peers_here, key=lambda name: self.series[name].median, default=None)

    @property
    def ratio(self) -> float | None:
        """The speed of cnnx relative to the fastest peer, computed from medians."""
        if self.ours is None or self.best_peer is None:
            return None
        return self.series[self.best_peer].median / self.ours.median

    @property
    def spread(self) -> tuple[float, float] | None:
        """The smallest and the largest ratio of a round."""
        if self.ours is None or self.best_peer is None:
            return None
        pairs = zip(self.series[self.best_peer].seconds, self.ours.seconds, strict=True)
        ratios = [theirs / own for theirs, own in pairs]
        return min(ratios), max(ratios)

    def as_json(self) -> dict[str, Any]:
        """Return the row as JSON-serialisable values."""
        return {
            "workload": self.workload,
            "batch": self.batch,
            "task": self.task,
            "best_peer": self.best_peer,
            "ratio": self.ratio,
            "ratio_by_round": self.spread,
            "sides": {
                name: {
                    "images_per_second": s.rate if s.seconds else None,
                    "microseconds_per_image_by_round": [1e6 * value for value in s.seconds],
                    "idle_processor_share": s.idle,
                    "error": s.error,
                }
                for name, s in self.series.items()
            },
        }


def parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = made.add_argument
    add("--setup", action="store_true", help="create the peers' environments and exit")
    add("--peers", type=Path, default=peers.FOLDER, help="folder of the peers' environments")
    add("--threads", type=int, choices=(1, 2), default=min(2, machine.cores()))
    add("--workloads", nargs="+", choices=tuple(WORKLOADS), default=list(WORKLOADS))
    add("--batches", nargs="+", type=int, help="batch sizes; default: those of each workload")
    add("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    theirs = [name for name in SIDES if name not in OURS]
    add("--sides", nargs="*", choices=theirs, default=theirs, help="peers to compare with")
    add("--exact", action="store_true", help="cnnx with exact_conv=True: no Winograd")
    add("--rounds", type=int, default=5, help="measurements per library and row")
    add("--seconds", type=float, default=1.0, help="length of a measurement")
    add("--quick", action="store_true", help="one short round of small batches, as a test")
    add("--output", type=Path, default=report.RESULTS, help="folder for JSON and plot")
    return made


def show(rows: Sequence[Row], names: Sequence[str]) -> None:
    """Print a table for each task, failures, and libraries that were busy while waiting."""
    for task in dict.fromkeys(row.task for row in rows):
        here = [row for row in rows if row.task == task]
        sides = [name for name in names if any(name in row.series for row in here)]
        head = ["workload", "batch", *(SIDES[name].title for name in sides)]
        lines = []
        for row in here:
            cells = [row.series[name] for name in sides]
            rates = [report.rate(s.rate if s.seconds else None) for s in cells]
            line = [row.workload, str(row.batch), *rates]
            if row.ratio is None or row.spread is None:
                line += ["-", "-"]
            else:
                line += [f"{row.ratio:.2f}", f"{row.spread[0]:.2f} to {row.spread[1]:.2f}"]
            lines.append(line)
        print(f"\n{task}, images/s; ratio = cnnx / best peer\n")
        print(report.table([*head, "ratio", "by round"], lines))
        ratios = [row.ratio for row in here if row.ratio is not None]
        if ratios:
            mean = report.geometric_mean(ratios)
            print(f"\nGeometric mean {mean:.2f}, least {min(ratios):.2f} ({len(ratios)} rows)")
    for row in rows:
        for name, series in row.series.items():
            where = f"{SIDES[name].title}, {row.workload}/{row.batch} {row.task}"
            if series.error is not None:
                print(f"FAILED: {where}: {series.error}")
            if series.idle > BUSY:
                print(f"Busy while waiting: {where}: {series.idle:.0%} of a processor")


def picture(rows: Sequence[Row], names: Sequence[str], path: Path, title: str) -> None:
    """Plot the rates, with one panel per task."""
    panels: dict[str, tuple[list[str], dict[str, list[float | None]]]] = {}
    for task in dict.fromkeys(row.task for row in rows):
        here = [row for row in rows if row.task == task]
        groups = [f"{row.workload}\n{row.batch}" for row in here]
        sides: dict[str, list[float | None]] = {}
        for name in names:
            found = [row.series.get(name, Series()) for row in here]
            if any(series.seconds for series in found):
                sides[SIDES[name].title] = [s.rate if s.seconds else None for s in found]
        panels["Training" if task == "train" else "Inference"] = (groups, sides)
    report.draw(path, title, panels)


def main() -> int:
    """Run the benchmark; return 0 if cnnx ran everything, regardless of its peers."""
    arguments = parser().parse_args()
    if arguments.setup:
        failed = peers.set_up(arguments.peers)
        print(f"FAILED: {', '.join(failed)}" if failed else "Environments are ready")
        return 1 if failed else 0
    rounds, seconds = arguments.rounds, arguments.seconds
    if arguments.quick:
        rounds, seconds = 1, 0.05
    rows: list[Row] = []
    print(machine.line())
    ours = "cnnx_exact" if arguments.exact else "cnnx"
    with Sides([ours, *arguments.sides], arguments.peers, arguments.threads) as sides:
        if sides.absent:
            print(f"No environment for: {', '.join(sides.absent)} (see --setup and --peers)")
        versions = sides.versions()
        for name, found in versions.items():
            print(f"  {SIDES[name].title}: {', '.join(f'{k} {v}' for k, v in found.items())}")
        for workload in arguments.workloads:
            own = WORKLOADS[workload].batches
            for batch in arguments.batches or (own[:1] if arguments.quick else own):
                for task in arguments.tasks:
                    case = network_case(workload, batch, task)
                    row = Row(workload, batch, task, sides.interleave(case, rounds, seconds))
                    rows.append(row)
                    ratio = "-" if row.ratio is None else f"{row.ratio:.2f}"
                    print(f"{workload}/{batch} {task}: {ratio}", flush=True)
        names = sides.names
    show(rows, names)
    plural = "s" if arguments.threads > 1 else ""
    stem = f"networks-{arguments.threads}-thread{plural}{'-exact' if arguments.exact else ''}"
    ratios = [row.ratio for row in rows if row.ratio is not None]
    content = {
        "machine": machine.describe(),
        "threads": arguments.threads,
        "rounds": rounds,
        "seconds_per_measurement": seconds,
        "versions": versions,
        "not_installed": sides.absent,
        "median_ratio": statistics.median(ratios) if ratios else None,
        "rows": [row.as_json() for row in rows],
    }
    report.write_json(arguments.output / f"{stem}.json", content)
    title = f"{machine.cpu_model()}, {arguments.threads} thread{plural}"
    picture(rows, names, arguments.output / f"{stem}.png", title)
    return 0 if all(row.ours is not None for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
