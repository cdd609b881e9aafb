"""The engine's settings: threads, version, instruction set, OpenMP."""

from __future__ import annotations

import sys
from typing import Literal, overload

from cnnx._checks.scalars import integer
from cnnx._engine import core
from cnnx.errors import ConfigError

MAX_THREADS = 4096

VERSION: str = str(core.config()["version"])


def set_num_threads(n: int) -> None:
    """Set the number of threads; results are the same bits with any number.

    The default is OMP_NUM_THREADS, else the number of processors available to the process.

    Parameters
    ----------
    n : int
        The number of threads, from 1 to 4096.

    Raises
    ------
    TypeError
        If `n` is not an integer.
    ConfigError
        If `n` is out of range.
    """
    core.set_num_threads(integer(n, "set_num_threads", "n", maximum=MAX_THREADS))


def get_num_threads() -> int:
    """Return the number of threads.

    Returns
    -------
    int
        The number of threads.
    """
    return int(core.get_num_threads())


@overload
def show_config(mode: Literal["stdout"] = "stdout") -> None: ...
@overload
def show_config(mode: Literal["dict"]) -> dict[str, str | int | bool]: ...
def show_config(mode: Literal["stdout", "dict"] = "stdout") -> dict[str, str | int | bool] | None:
    """Show the version, instruction set, number of threads and OpenMP runtime.

    Parameters
    ----------
    mode : "stdout" or "dict"
        Whether to print the configuration or return it.

    Returns
    -------
    dict or None
        The configuration by name for "dict", ``None`` for "stdout".

    Raises
    ------
    ConfigError
        If `mode` is another string.
    """
    if mode not in {"stdout", "dict"}:
        raise ConfigError(f'show_config: mode must be "stdout" or "dict", got {mode!r}')
    settings: dict[str, str | int | bool] = dict(core.config())
    if mode == "dict":
        return settings
    width = max(len(name) for name in settings)
    for name, value in settings.items():
        sys.stdout.write(f"{name:<{width}}  {value}\n")
    return None
