"""Check who includes whom in the C++ code: the rules of docs/architecture.md, "Layers of the code".

Each folder below cpp/cnnx sees the folders that its row of SEES names, pybind11 is seen by the
bindings alone, OpenMP by core/parallel.cpp alone, and kernels use no header of the standard library
that holds functions, since those would be compiled once more with new instructions.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Folder below cpp/ (cnnx: the files directly in it) -> prefixes of the headers it may include.
SEES = {
    "cnnx/core": ["cnnx/core/"],
    "cnnx/kernels": ["cnnx/kernels/", "cnnx/core/index.h"],
    "cnnx/augment": ["cnnx/augment/", "cnnx/core/"],
    "cnnx/layers": ["cnnx/layers/", "cnnx/core/", "cnnx/kernels/table.h"],
    "cnnx/losses": ["cnnx/losses/", "cnnx/core/", "cnnx/kernels/table.h"],
    "cnnx/optim": ["cnnx/optim/", "cnnx/core/", "cnnx/kernels/table.h"],
    "cnnx": ["cnnx/"],
    "bindings": ["cnnx/", "bindings/"],
}
# The only ordinary code among the kernels: it selects the table.
DISPATCH = {"cnnx/kernels/dispatch.h", "cnnx/kernels/dispatch.cpp"}
# Functions of these headers cannot become symbols: intrinsics are always inlined.
KERNEL_HEADERS = {"cstddef", "cstdint", "immintrin.h", "arm_neon.h"}
# The reference kernels run on every processor and use the mathematical functions of the library.
REFERENCE = "cnnx/kernels/isa_reference.cpp"
REFERENCE_HEADERS = KERNEL_HEADERS | {"cmath", "cstring"}
# Headers with a single user: prefix -> files below cpp/ that may include it.
ONE_USER = {
    "pybind11/": "bindings/",
    "Python.h": "bindings/",
    "omp.h": "cnnx/core/parallel.cpp",
}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^">]+)[">]', re.MULTILINE)


def problems(root: Path) -> Iterator[str]:
    """One line for each include that its folder may not have."""
    base = root / "cpp"
    for file in sorted(base.rglob("*")):
        if file.suffix not in {".h", ".cpp", ".inl"}:
            continue
        name = file.relative_to(base).as_posix()
        folder = file.parent.relative_to(base).as_posix()
        rule = next((SEES[part] for part in _with_parents(folder) if part in SEES), None)
        if rule is None:
            yield f"cpp/{name}: its folder has no row in SEES"
            continue
        for header in INCLUDE.findall(file.read_text(encoding="utf-8")):
            if reason := _forbidden(name, folder, header, rule):
                yield f"cpp/{name}: includes {header}; {reason}"


def _with_parents(folder: str) -> Iterator[str]:
    """Yield a folder and its parents, innermost first."""
    while folder != ".":
        yield folder
        folder = Path(folder).parent.as_posix()


def _forbidden(name: str, folder: str, header: str, rule: list[str]) -> str | None:
    """Return the reason why `name` may not include `header`, or None if it may."""
    if ".." in header.split("/"):
        return "write the path relative to cpp/"
    for prefix, user in ONE_USER.items():
        if header.startswith(prefix):
            return None if name.startswith(user) else f"only {user} may"
    if header.startswith(("cnnx/", "bindings/")):
        allowed = ["cnnx/kernels/", "cnnx/core/"] if name in DISPATCH else rule
        if not header.startswith(tuple(allowed)):
            return f"allowed here: {', '.join(allowed)}"
    elif "cnnx/kernels" in _with_parents(folder) and name not in DISPATCH:
        standard = REFERENCE_HEADERS if name == REFERENCE else KERNEL_HEADERS
        if header not in standard:
            return f"allowed standard library headers: {', '.join(sorted(standard))}"
    return None


def main() -> int:
    """Check the project; return 0 if all rules are followed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT, help="folder of the project")
    root = parser.parse_args().root.resolve()
    found = list(problems(root))
    for line in found:
        print(line)
    if not found:
        print("Include rules: kept")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
