"""The engine's settings: threads, and what it was built with and runs on."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import Literal, overload

from cnnx._waiting import short_waits

try:
    with short_waits():
        from cnnx import _core
except ImportError as error:
    if find_spec("cnnx._core") is not None:
        raise
    raise ImportError(
        "cnnx's compiled part (cnnx._core) is missing: this is a source tree, or a broken "
        "installation. Install it with `pip install .` and import it from outside the source tree"
    ) from error

from cnnx._validate import integer
from cnnx.errors import ConfigError

MAX_THREADS = 4096

VERSION: str = str(_core.config()["version"])


def set_num_threads(n: int) -> None:
    """Set how many threads the engine uses; results are the same bits with any number.

    Without this, OMP_NUM_THREADS counts, else the processors that this process may use.

    Parameters
    ----------
    n : int
        The number of threads, from 1 to 4096.

    Raises
    ------
    TypeError
        If it is not an integer.
    ConfigError
        If it is smaller than 1 or too large.
    """
    _core.set_num_threads(integer(n, "set_num_threads", "n", maximum=MAX_THREADS))


def get_num_threads() -> int:
    """Tell how many threads the engine uses.

    Returns
    -------
    int
        The number of threads.
    """
    return int(_core.get_num_threads())


@overload
def show_config(mode: Literal["stdout"] = "stdout") -> None: ...
@overload
def show_config(mode: Literal["dict"]) -> dict[str, str | int | bool]: ...
def show_config(mode: Literal["stdout", "dict"] = "stdout") -> dict[str, str | int | bool] | None:
    """Show the version, the instruction set in use, the threads and the OpenMP run time.

    Parameters
    ----------
    mode : "stdout" or "dict"
        Print it, or return it.

    Returns
    -------
    dict or None
        The settings by name for "dict", nothing for "stdout".

    Raises
    ------
    ConfigError
        If the mode is another one.
    """
    if mode not in {"stdout", "dict"}:
        raise ConfigError(f'show_config: mode must be "stdout" or "dict", got {mode!r}')
    settings: dict[str, str | int | bool] = dict(_core.config())
    if mode == "dict":
        return settings
    width = max(len(name) for name in settings)
    for name, value in settings.items():
        sys.stdout.write(f"{name:<{width}}  {value}\n")
    return None
