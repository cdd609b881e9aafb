"""Check that each instruction-set object file defines one symbol: its table.

A second global symbol, or a weak one such as an inline function of a header, could be chosen by the
linker for code that runs on every processor; on an older one it would be an illegal instruction.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

ISA = re.compile(r"isa_([a-z0-9]+)\.")


def defined_symbols(nm: str, file: Path) -> list[str]:
    """Names of the symbols of an object file that other files can see."""
    output = subprocess.run(
        [nm, "-C", "--defined-only", "--extern-only", file],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    # Lines are "address type name".
    rows = (line.split(maxsplit=2) for line in output.splitlines() if line.strip())
    return sorted(row[2] for row in rows if len(row) == 3)


def problems(nm: str, files: list[Path]) -> list[str]:
    """One line for each file whose symbols are not exactly its table."""
    found = []
    for file in files:
        match = ISA.search(file.name)
        if match is None:
            found.append(f"{file}: not named isa_<name>.*")
            continue
        symbols = defined_symbols(nm, file)
        if len(symbols) != 1 or not re.search(rf"\b{match[1]}_table\b", symbols[0]):
            found.append(
                f"{file}: expected the one symbol {match[1]}_table, found {len(symbols)}:\n  "
                + "\n  ".join(symbols)
            )
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
