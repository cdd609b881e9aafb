"""Refuse phrases that nobody would say, in every text that the project tracks.

Texts are written as in the documentation of Keras and scikit-learn: plain nouns and the field's
terms. Each row of PHRASES is a pattern and the wording to use instead.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

PHRASES = {
    r"(at|from|on|of|the|their) begin( of)?": '"start" or "beginning" as a noun',
    r"follow the begin": '"called when training starts"',
    r"begins? anew": '"start over"',
    r"(shows|is|it is|was|by default|one) by itself": '"by default"; or "on its own", "alone"',
    r"right answers?": '"correct predictions"',
    r"(is|are|of them) right on": '"correct"',
    r"figures? of merit": '"evaluation metric"',
    r"a training(?! (step|batch|run|image|set|loop|pass|example|sample|label|data))": '"a run"',
    r"(every|last|next|whole|two|several|three) trainings?(?! (step|batch|run|image|set|loop))": (
        '"run"'
    ),
    r"trainings": '"runs"',
    r"what training makes small": '"loss functions, minimised by training"',
    r"is made small": '"is minimised"',
    r"how much of the (last|average)": '"momentum coefficient", "decay"',
    r"(no longer )?of use\b.{0,20}build": '"can no longer be used; rebuild the network"',
    r"images are there more than once": '"duplicate images"',
    r"mend(s|ed|ing)?": '"fix" or "repair"',
    r"of one's own": '"your own"',
    r"which is none": "say what was expected",
    r"what gives (batches|images)": '"a source of batches"',
    r"how-manieth": '"the index of"',
    r"makes? of (its|the) (images|input)": '"the output of", "the augmented images"',
    r"learns? .{0,20}by heart": '"overfit"',
    r"who(ever)? is to learn": '"trainable"',
    r"goes on (from|where|at|with the)": '"resumes", "continues"',
    r"(training|run|call|command) goes on": '"resumes", "continues"',
    r"files? of merit": '"metrics"',
    r"is of another call": '"was written by another call"',
    r"put (back|together) again": '"restored"',
}
SUFFIXES = {".py", ".pyi", ".md", ".cpp", ".h", ".toml", ".yml", ".cmake", ".txt"}
# These two quote what they refuse.
OWN = {"scripts/check_english.py", "tests/python/project/test_scripts.py"}


def problems(root: Path, files: list[str]) -> Iterator[str]:
    """Yield one line for each phrase that is found, also across the end of a line."""
    patterns = [
        (re.compile(rf"\b{phrase.replace(' ', GAP)}\b", re.IGNORECASE), better)
        for phrase, better in PHRASES.items()
    ]
    for name in files:
        if Path(name).suffix not in SUFFIXES or name in OWN:
            continue
        text = (root / name).read_text(encoding="utf-8")
        for pattern, better in patterns:
            for match in pattern.finditer(text):
                line = text.count("\n", 0, match.start()) + 1
                found = " ".join(match.group().split())
                yield f"{name}:{line}: {found!r}; write {better}"


# Between two words: spaces, or the end of a line with what comments and docstrings begin with.
GAP = r"(?:[ \t]+|[ \t]*\n[ \t]*(?:#|//)?[ \t]*)"


def tracked(root: Path) -> list[str]:
    """List the files that git tracks; all files where there is no repository."""
    if not (root / ".git").exists():
        return sorted(f.relative_to(root).as_posix() for f in root.rglob("*") if f.is_file())
    result = subprocess.run(
        ["git", "ls-files"],  # noqa: S607 - whichever git the project is developed with
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout.splitlines()


def main() -> int:
    """Check the project; 0 when no phrase is found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT, help="folder of the project")
    root = parser.parse_args().root.resolve()
    found = sorted(problems(root, tracked(root)))
    for line in found:
        print(line)
    if not found:
        print("English: no phrase that is refused")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
