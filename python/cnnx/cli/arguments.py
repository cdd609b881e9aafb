"""Argument types, and the arguments that several subcommands share."""

from __future__ import annotations

import argparse
from typing import Any, Protocol

import cnnx
from cnnx._checks.scalars import LARGEST_INT, LARGEST_SEED


class Adder(Protocol):
    """What arguments are added to: a parser, or a group of its arguments."""

    def add_argument(self, *names: str, **options: Any) -> Any:
        """Add an argument."""
        ...


def positive_int(text: str) -> int:
    """Parse a whole number from 1 to 2**31 - 1."""
    return _integer(text, 1, LARGEST_INT)


def seed(text: str) -> int:
    """Parse a whole number from 0 to 2**63 - 1."""
    return _integer(text, 0, LARGEST_SEED)


def positive_float(text: str) -> float:
    """Parse a finite number above 0."""
    value = _number(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text!r}")
    return value


def not_negative_float(text: str) -> float:
    """Parse a finite number of at least 0."""
    value = _number(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number of at least 0, got {text!r}")
    return value


def size(text: str) -> tuple[int, int]:
    """Parse a height and a width, such as "32x48"; "32" means both."""
    height, cross, width = text.partition("x")
    return positive_int(height), positive_int(width if cross else height)


def fraction(text: str) -> float:
    """Parse a number from 0 to 1, 1 itself excluded."""
    value = _number(text)
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(
            f"expected a number from 0 to 1, 1 itself excluded, got {text!r}"
        )
    return value


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add ``--json``."""
    parser.add_argument(
        "--json",
        action="store_true",
        help="print one JSON document on standard output, and nothing else there",
    )


def add_threads(parser: argparse.ArgumentParser) -> None:
    """Add ``--threads``."""
    parser.add_argument(
        "--threads",
        type=positive_int,
        metavar="N",
        help="number of threads (default: what the machine grants); results do not depend on it",
    )


def apply_threads(args: argparse.Namespace) -> None:
    """Use as many threads as ``--threads`` says."""
    if args.threads is None:
        return
    try:
        cnnx.set_num_threads(args.threads)
    except cnnx.ConfigError as error:
        args.parser.error(f"argument --threads: {error}")


def add_data_root(parser: Adder) -> None:
    """Add ``--data-root``."""
    parser.add_argument(
        "--data-root",
        metavar="DIR",
        help="folder with the files of the data set, for data sets that are not part of cnnx",
    )


def _integer(text: str, minimum: int, maximum: int) -> int:
    try:
        value = int(text)
    except ValueError:
        value = minimum - 1
    if not minimum <= value <= maximum:
        raise argparse.ArgumentTypeError(
            f"expected a whole number from {minimum} to {maximum}, got {text!r}"
        )
    return value


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a number, got {text!r}") from None
