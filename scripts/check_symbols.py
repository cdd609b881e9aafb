"""Check that the object file of an instruction set defines only its table, and no startup code.

The linker could use any other global or weak symbol, such as an inline function of a header, in
code that runs on every processor, where it would be an illegal instruction on older ones. The same
applies to code that initialises the table when the library is loaded, rather than at compile time.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

ISA = re.compile(r"isa_([a-z0-9]+)\.")


def symbols(nm: str, file: Path) -> list[tuple[str, str]]:
    """Return the type (as shown by nm) and name of each symbol defined in an object file."""
    output = subprocess.run(
        [nm, "-C", "--defined-only", file], capture_output=True, text=True, check=True
    ).stdout
    # Lines are "address type name".
    rows = (line.split(maxsplit=2) for line in output.splitlines())
    return [(row[1], row[2]) for row in rows if len(row) == 3]


def problems(nm: str, files: list[Path]) -> list[str]:
    """Return an entry for each violation."""
    found = []
    for file in files:
        match = ISA.search(file.name)
        if match is None:
            found.append(f"{file}: not named isa_<name>.*")
            continue
        defined = symbols(nm, file)
        # Local symbols have lower-case types, except for v, w (weak) and u (unique global).
        visible = [name for kind, name in defined if kind.isupper() or kind in "uvw"]
        if visible != [f"cnnx::isa_{match[1]}"]:
            found.append(
                f"{file}: expected only the symbol cnnx::isa_{match[1]}, found {len(visible)}:\n  "
                + "\n  ".join(visible)
            )
        if any("_GLOBAL__sub_I" in name for _, name in defined):
            found.append(f"{file}: code runs when the library is loaded; make the table constinit")
    return found


def main() -> int:
    """Check the files on the command line; return 0 if there is no violation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nm", default="nm", help="the nm program of the compiler")
    parser.add_argument("files", nargs="+", type=Path, help="object files isa_<name>.cpp.o")
    arguments = parser.parse_args()
    found = problems(arguments.nm, arguments.files)
    for line in found:
        print(line)
    if not found:
        print(f"{len(arguments.files)} files, one symbol each")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
