"""Check that links to local files and headings in the Markdown files, and paths in code, exist."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
# A path from the project's root, such as `cpp/cnnx/network.h`; with <name> in it, it is a pattern.
PATH = re.compile(r"`((?:benchmarks|cmake|cpp|docs|examples|python|scripts|tests)/[\w./-]*)`")
HEADING = re.compile(r"^#+ +(.+?)\s*$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def documents(root: Path) -> list[Path]:
    """Markdown files of the project, without those of builds and environments."""
    found = list(root.glob("*.md"))
    for folder in ("docs", "examples", "benchmarks", "python"):
        found += (root / folder).rglob("*.md")
    return sorted(found)


def anchors(text: str) -> set[str]:
    """Names that headings can be linked by, made as GitHub makes them."""
    titles = (re.sub(r"[`*]", "", title).lower() for title in HEADING.findall(FENCE.sub("", text)))
    return {re.sub(r"[^\w\- ]", "", title).replace(" ", "-") for title in titles}


def problems(root: Path) -> list[str]:
    """One line for each link or path that leads nowhere."""
    found = []
    for document in documents(root):
        text = document.read_text(encoding="utf-8")
        for target in LINK.findall(CODE.sub("", text)):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            file = (document.parent / path).resolve() if path else document
            place = f"{document.relative_to(root)}: {target}"
            if not file.exists():
                found.append(f"{place}: no such file")
            elif anchor and anchor not in anchors(file.read_text(encoding="utf-8")):
                found.append(f"{place}: no such heading")
        found += [
            f"{document.relative_to(root)}: `{path}`: no such file"
            for path in PATH.findall(FENCE.sub("", text))
            if not (root / path).exists()
        ]
    return found


def main() -> int:
    """Check the project; 0 when no link is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT, help="folder of the project")
    root = parser.parse_args().root.resolve()
    found = problems(root)
    for line in found:
        print(line)
    if not found:
        print(f"{len(documents(root))} documents, no broken link")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
