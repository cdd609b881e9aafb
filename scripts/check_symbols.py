"""Check that an instruction-set object file defines one symbol, its table, and runs nothing early.

A second global symbol, or a weak one such as an inline function of a header, could be chosen by the
linker for code that runs on every processor; on an older one it would be an illegal instruction. So
would code that fills the table when the library is loaded, instead of the compiler.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

ISA = re.compile(r"isa_([a-z0-9]+)\.")


def symbols(nm: str, file: Path) -> list[tuple[str, str]]:
    """Type (as nm has it) and name of every symbol that an object file defines."""
    output = subprocess.run(
        [nm, "-C", "--defined-only", file], capture_output=True, text=True, check=True
    ).stdout
    # Lines are "address type name".
    rows = (line.split(maxsplit=2) for line in output.splitlines())
    return [(row[1], row[2]) for row in rows if len(row) == 3]


def problems(nm: str, files: list[Path]) -> list[str]:
    """One entry for each rule that a file breaks."""
    found = []
    for file in files:
        match = ISA.search(file.name)
        if match is None:
            found.append(f"{file}: not named isa_<name>.*")
            continue
        defined = symbols(nm, file)
        # Local symbols have lower-case types; v, w (weak) and u (unique in the program) are not.
        visible = [name for kind, name in defined if kind.isupper() or kind in "uvw"]
        if visible != [f"cnnx::isa_{match[1]}"]:
            found.append(
                f"{file}: expected the one symbol cnnx::isa_{match[1]}, found {len(visible)}:\n  "
                + "\n  ".join(visible)
            )
        if any("_GLOBAL__sub_I" in name for _, name in defined):
            found.append(f"{file}: code runs when the library is loaded; make the table constinit")
    return found


def main() -> int:
    """Check the files on the command line; 0 when all keep the rule."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nm", default="nm", help="the nm of the compiler's tools")
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
