"""Information about the machine, recorded with results."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def cpu_model() -> str:
    """Return the name of the processor, as reported by the system."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        fields: dict[str, str] = {}
        for line in info.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            fields.setdefault(name.strip(), value.strip())
        if "model name" in fields:
            numbers = (fields.get("cpu family", "?"), fields.get("model", "?"))
            return f"{fields['model name']} (family {numbers[0]}, model {numbers[1]})"
    return platform.processor() or platform.machine()


def cores() -> int:
    """Return the number of processors available to this process."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def commit() -> str:
    """Return the commit of the source tree, with + if files have changed, or "unknown"."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty=+"]
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "unknown"
    return result.stdout.strip() or "unknown"


def describe() -> dict[str, str | int]:
    """Return a description of the machine, for the files of results."""
    return {
        "cpu": cpu_model(),
        "cores": cores(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "commit": commit(),
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }


def line() -> str:
    """Return a description of the machine in one line."""
    found = describe()
    return f"{found['cpu']}, {found['cores']} cores, {found['date']}, commit {found['commit']}"
