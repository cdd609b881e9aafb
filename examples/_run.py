"""Command-line arguments and reporting shared by the examples."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import cnnx
from cnnx import CNN


def arguments(description: str, epochs: int, seeds: tuple[int, ...]) -> argparse.Namespace:
    """Parse ``--epochs``, ``--seeds``, ``--threads`` and ``--quiet``."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--epochs", type=int, default=epochs)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(seeds))
    parser.add_argument("--threads", type=int, help="default: all")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    args = parser.parse_args()
    if args.threads is not None:
        cnnx.set_num_threads(args.threads)
    return args


def report(seeds: list[int], train: Callable[[int], tuple[CNN, float]]) -> None:
    """Train once per seed, and print each test accuracy and their mean.

    `train` returns the network and its test accuracy. The test images are used neither for training
    nor for model selection.
    """
    found = []
    for seed in seeds:
        begin = time.perf_counter()
        model, accuracy = train(seed)
        found.append(accuracy)
        print(
            f"seed {seed}: {accuracy:.2%} on the test images, "
            f"{model.parameter_count:,} parameters, {time.perf_counter() - begin:.0f} s "
            f"on {cnnx.get_num_threads()} threads",
            flush=True,
        )
    print(f"mean of {len(found)}: {statistics.mean(found):.2%}")
