"""Measure overhead: calls, batch sizes, threads, `CNN.train`, imports, size and memory.

python benchmarks/overhead.py

Each section prints its measurements with their targets. Sections can be selected by name.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import machine
import numpy as np
import peers
import report
from sides.cnnx_side import build, random_batch
from timing import median_seconds, warm_up
from workloads import WORKLOADS

import cnnx
from cnnx import CNN, _core, layers, optimizers

PROBE = Path(__file__).with_name("memory_probe.py")
IMPORT = "import time; t = time.perf_counter(); import {}; print(time.perf_counter() - t)"


@dataclass(frozen=True)
class Settings:
    """The settings of the measurements."""

    seconds: float
    rounds: int
    quick: bool
    peers: Path


@dataclass(frozen=True)
class Figure:
    """A result, with its target."""

    name: str
    value: float
    unit: str
    aim: str = ""


def in_turn(
    calls: dict[str, Callable[[], object]], settings: Settings
) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Measure calls alternately; return the median and the times by round of each."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        warm_up(call, settings.seconds / 4)
    for _ in range(settings.rounds):
        for name, call in calls.items():
            times[name].append(median_seconds(call, settings.seconds))
    return {name: statistics.median(values) for name, values in times.items()}, times


def step(settings: Settings) -> list[Figure]:
    """Measure a training step of one layer on one 8x8 image, which is nearly all overhead."""
    networks: dict[str, tuple[list[layers.Layer], str]] = {
        "Dense(10)": ([layers.Flatten(), layers.Dense(10)], "cross_entropy"),
        "Conv2D(10, 8)": ([layers.Conv2D(10, 8), layers.Flatten()], "cross_entropy"),
        "Conv2D(8, 3)": ([layers.Conv2D(8, 3)], "mse"),
    }
    x, y = random_batch((1, 1, 8, 8))
    calls: dict[str, Callable[[], object]] = {}
    for name, (spec, loss) in networks.items():
        model = CNN(spec, (1, 8, 8), loss=loss, optimizer=optimizers.SGD(0.01, momentum=0.9))
        target = np.zeros_like(model.predict(x)) if loss == "mse" else y
        calls[name] = partial(model.train_batch, x, target)
    medians, _ = in_turn(calls, settings)
    title = "train_batch, 8x8, batch 1, "
    return [Figure(title + name, 1e6 * t, "us", "< 15") for name, t in medians.items()]


def batches(settings: Settings) -> list[Figure]:
    """Measure the time per image of a training step for batch sizes from 16 to 1024."""
    figures = []
    for workload in ("lenet5",) if settings.quick else ("lenet5", "mnist_cnn"):
        model = build(workload)
        calls: dict[str, Callable[[], object]] = {}
        sizes = (16, 64) if settings.quick else (16, 32, 64, 128, 256, 512, 1024)
        for size in sizes:
            x, y = random_batch((size, *WORKLOADS[workload].input_shape))
            calls[str(size)] = partial(model.train_batch, x, y)
        medians, _ = in_turn(calls, settings)
        each = {name: 1e6 * seconds / int(name) for name, seconds in medians.items()}
        figures += [
            Figure(f"{workload}, batch {name}, time per image", value, "us")
            for name, value in each.items()
        ]
        spread = max(each.values()) / min(each.values())
        figures.append(Figure(f"{workload}, slowest / fastest batch size", spread, "x", "<= 1.25"))
    return figures


def on_threads(count: int, call: Callable[[], object]) -> None:
    """Call with a number of threads; the cost of setting it is negligible."""
    cnnx.set_num_threads(count)
    call()


def threads(settings: Settings) -> list[Figure]:
    """Compare two threads with one."""
    if machine.cores() < 2:
        print("threads: skipped, as it needs two cores")
        return []
    before = cnnx.get_num_threads()
    figures = []
    for workload, aim in (("mnist_cnn", ">= 1.85"), ("lenet5", "")):
        model = build(workload)
        x, y = random_batch((64, *WORKLOADS[workload].input_shape))

        call = partial(model.train_batch, x, y)
        medians, times = in_turn(
            {"1": partial(on_threads, 1, call), "2": partial(on_threads, 2, call)}, settings
        )
        for name, seconds in medians.items():
            text = f"{workload}, batch 64, threads: {name}"
            figures.append(Figure(text, 64 / seconds, "images/s"))
        ratio = statistics.median(a / b for a, b in zip(times["1"], times["2"], strict=True))
        figures.append(Figure(f"{workload}, batch 64, two threads / one", ratio, "x", aim))
    cnnx.set_num_threads(before)
    return figures


def train(settings: Settings) -> list[Figure]:
    """Compare `CNN.train` with `train_batch` on the same images.

    The first result compares the same work: `train` with `train_batch` on every batch plus
    `evaluate` on the validation images. The second compares `train` with `train_batch` only.
    """
    try:
        (images, labels), _ = cnnx.datasets.fashion_mnist()
    except (OSError, ImportError) as error:
        print(f"train: skipped, as Fashion-MNIST is not available ({error})")
        return []
    count, batch = (640, 64) if settings.quick else (12800, 64)
    held = count // 10
    x, y = np.ascontiguousarray(images[:count]), labels[:count]
    held_x, held_y = images[-held:], labels[-held:]
    model = build("mnist_cnn", first=(layers.Rescale(1 / 255),))

    def by_train() -> None:
        with contextlib.redirect_stderr(io.StringIO()):
            model.train(x, y, batch_size=batch, validation_data=(held_x, held_y), verbose=1)

    def by_batches() -> None:
        for first in range(0, count, batch):
            model.train_batch(x[first : first + batch], y[first : first + batch])

    times: dict[str, list[float]] = {"train": [], "batches": [], "evaluate": []}
    calls: dict[str, Callable[[], object]] = {
        "train": by_train,
        "batches": by_batches,
        "evaluate": lambda: model.evaluate(held_x, held_y),
    }
    for work in calls.values():
        work()
    for _ in range(settings.rounds):
        for name, work in calls.items():
            start = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - start)
    rounds = list(zip(times["train"], times["batches"], times["evaluate"], strict=True))
    share = statistics.median((steps + scores) / whole for whole, steps, scores in rounds)
    charged = statistics.median(steps / whole for whole, steps, _ in rounds)
    title = "CNN.train, Fashion-MNIST uint8, batch 64"
    rate = count / statistics.median(times["batches"])
    return [
        Figure("train_batch, the same images", rate, "images/s"),
        Figure(title, count / statistics.median(times["train"]), "images/s"),
        Figure(f"{title}: share of train_batch and evaluate", 100 * share, "%", ">= 95"),
        Figure(f"{title}: share of train_batch", 100 * charged, "%"),
    ]


def fresh(python: Path, *arguments: str) -> str:
    """Run Python in a fresh process and return the last line of its output."""
    environ = dict(os.environ)
    if python != Path(sys.executable):
        environ.pop("PYTHONPATH", None)
    command = [str(python), *arguments]
    result = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{result.stderr}")
    return result.stdout.splitlines()[-1]


def imports(settings: Settings) -> list[Figure]:
    """Compare the import times of cnnx and NumPy, in alternating fresh processes."""
    times: dict[str, list[float]] = {"numpy": [], "cnnx": []}
    for turn in range(1 + (2 if settings.quick else 15)):
        for module, found in times.items():
            seconds = float(fresh(Path(sys.executable), "-c", IMPORT.format(module)))
            if turn > 0:  # the first import reads the files from disk
                found.append(seconds)
    ratio = statistics.median(
        own / base for own, base in zip(times["cnnx"], times["numpy"], strict=True)
    )
    return [
        Figure("import numpy", 1e3 * statistics.median(times["numpy"]), "ms"),
        Figure("import cnnx (with NumPy)", 1e3 * statistics.median(times["cnnx"]), "ms"),
        Figure("import cnnx / import numpy", ratio, "x", "<= 1.5"),
    ]


def size(_: Settings) -> list[Figure]:
    """Measure the size of the installed package, including compiled Python files."""
    folder = Path(cnnx.__file__).parent
    files = [file for file in folder.rglob("*") if file.is_file()]
    engine = Path(str(_core.__file__)).stat().st_size
    total = sum(file.stat().st_size for file in files)
    return [
        Figure("installed size", total / 1e6, "MB", "< 6"),
        Figure("of which the engine", engine / 1e6, "MB"),
    ]


def allocations(_: Settings) -> list[Figure]:
    """Count the allocations of the engine in training steps after the first."""
    figures = []
    for workload in WORKLOADS:
        model = build(workload)
        x, y = random_batch((16, *WORKLOADS[workload].input_shape))
        model.train_batch(x, y)
        before = _core.allocation_count()
        for _step in range(3):
            model.train_batch(x, y)
        count = _core.allocation_count() - before
        figures.append(Figure(f"{workload}, allocations in 3 steps", count, "", "0"))
    return figures


def memory(settings: Settings) -> list[Figure]:
    """Compare the peak memory of training runs with PyTorch, in fresh processes."""
    pythons = {"cnnx": Path(sys.executable)}
    torch = peers.python_of(settings.peers, "torch")
    if torch.exists():
        pythons["torch"] = torch
    else:
        print(f"memory: {torch} is missing (networks.py --setup): cnnx only")
    cases = [("mnist_cnn", 64), ("mnist_cnn", 1024), ("cifar_vgg", 128)]
    figures = []
    for workload, batch in [("lenet5", 16)] if settings.quick else cases:
        above: dict[str, float] = {}
        whole: dict[str, float] = {}
        for name, python in pythons.items():
            found = json.loads(fresh(python, str(PROBE), name, workload, str(batch), "4"))
            whole[name] = found["trained"] / 1e6
            above[name] = (found["trained"] - found["imported"]) / 1e6
            text = f"{workload}, batch {batch}, {name}"
            figures.append(Figure(f"{text}: whole process", whole[name], "MB"))
            figures.append(Figure(f"{text}: above the imports", above[name], "MB"))
        if len(pythons) == 2:
            text = f"{workload}, batch {batch}, cnnx / torch"
            shares = (whole["cnnx"] / whole["torch"], above["cnnx"] / above["torch"])
            figures.append(Figure(f"{text}: whole process", 100 * shares[0], "%", "<= 20"))
            figures.append(Figure(f"{text}: above the imports", 100 * shares[1], "%"))
    return figures


SECTIONS: dict[str, Callable[[Settings], list[Figure]]] = {
    section.__name__: section
    for section in (step, batches, threads, train, imports, size, allocations, memory)
}


def parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = made.add_argument
    add("--sections", nargs="+", choices=tuple(SECTIONS), default=list(SECTIONS))
    add("--peers", type=Path, default=peers.FOLDER, help="folder of the peers' environments")
    add("--rounds", type=int, default=5)
    add("--seconds", type=float, default=0.5, help="length of a measurement")
    add("--quick", action="store_true", help="short and small, as a test")
    add("--output", type=Path, default=report.RESULTS, help="folder for the JSON file")
    return made


def main() -> int:
    """Run the benchmark."""
    arguments = parser().parse_args()
    quick = arguments.quick
    settings = Settings(
        0.01 if quick else arguments.seconds,
        1 if quick else arguments.rounds,
        quick,
        arguments.peers,
    )
    print(machine.line())
    figures: list[Figure] = []
    for name in arguments.sections:
        found = SECTIONS[name](settings)
        figures += found
        if found:
            lines = [[f.name, f"{f.value:,.2f}", f.unit, f.aim] for f in found]
            print(f"\n{report.table([name, 'measured', 'unit', 'target'], lines)}", flush=True)
    content = {
        "machine": machine.describe(),
        "cnnx": cnnx.show_config("dict"),
        "numpy": np.__version__,
        "figures": [vars(figure) for figure in figures],
    }
    report.write_json(arguments.output / "overhead.json", content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
