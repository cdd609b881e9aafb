"""Measure the peak memory of a training run; must be run in a fresh process.

python memory_probe.py SIDE WORKLOAD BATCH STEPS      prints bytes, as JSON
"""

from __future__ import annotations

import json
import resource
import sys
from importlib import import_module
from pathlib import Path

from sides import SIDES, Side, network_case


def peak_bytes() -> int:
    """Return the peak memory of this process.

    On Linux, getrusage includes the peak of the parent process; the kernel's status file does not.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return 1024 * int(line.split()[1])
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def memory(name: str, workload: str, batch: int, steps: int) -> dict[str, int]:
    """Train for some steps; "imported" is the peak before the network was built."""
    info = SIDES[name]
    side: Side = import_module(f"sides.{info.module}").Side(info.variant, 1)
    imported = peak_bytes()
    prepared = side.prepare(network_case(workload, batch, "train"))
    for _ in range(steps):
        prepared.call()
    return {"imported": imported, "trained": peak_bytes()}


def main() -> None:
    """Print the peak memory."""
    name, workload, batch, steps = sys.argv[1:]
    print(json.dumps(memory(name, workload, int(batch), int(steps))))


if __name__ == "__main__":
    main()
