"""Check the wording of documentation, docstrings, comments and messages.

The project is documented in the terms of Keras and scikit-learn. Each row of PHRASES is a regular
expression for home-made wording, with the wording to use instead. Expressions match whole words,
without regard to case, and over the line breaks of a paragraph, a comment or a string.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUFFIXES = {".py", ".pyi", ".md", ".cpp", ".h", ".inl", ".toml", ".yml", ".cmake"}
# These files contain the phrases.
EXCEPT = {"scripts/check_english.py", "tests/python/test_check_english.py"}

_RUN = r"(?! (?:run|loop|step|set|image|batch|example|dataset|data|time|part|pass|mode|thread)s?\b)"
_EACH = r"(?:step|second|batch|channel|class|image|epoch|row|tile|call|map|thread|layer|round)"
_COUNTED = (
    r"(?:seconds|microseconds|us|ms|cycles|images|batches|numbers?|lines?|entr(?:y|ies)|values?"
    r"|weights?|bars?|draws?|bits|sums?)"
)

PHRASES = [
    # loss, metrics, optimizers
    (r"what training makes small", "loss functions, minimised by training"),
    (r"(?:is|are) made small", "is minimised"),
    (r"figures? of merit", "evaluation metrics"),
    (r"right answers?", "correct predictions"),
    (r"means? and deviations?", "mean and standard deviation"),
    (r"how much of the last (?:step|one) goes on", "momentum coefficient in [0, 1)"),
    (r"the first of equals?", "the first one in case of a tie"),
    (r"by heart", "overfit to one batch"),
    (r"(?:of|has) no right or wrong", "has no accuracy"),
    # training runs
    (rf"(?:a|each|every|the next|the last|several) training{_RUN}", "a run"),
    (r"trainings", "runs"),
    (r"the begin(?! hook)", "the start"),
    (r"(?:begins?|began|starts?|made|makes?|written) anew", "start over, restart"),
    (r"(?:was|is|be) taken up(?: again)?(?: in| at| from)?", "was resumed"),
    (r"go(?:es|ing)? on (?:where|exactly|after|from|within|at)", "resume, continue"),
    (r"as if (?:it|nothing) had (?:never stopped|happened)", "exactly"),
    (r"spoils?(?: a| the)? training", "problems"),
    (r"on the way back", "in the backward pass"),
    (r"ways? (?:out|back)", "fix, remedy, advice"),
    (r"(?:no longer )?of (?:no )?use", "can no longer be used"),
    (r"build the network again", "rebuild the network"),
    # data and files
    (r"data sets?", "dataset"),
    (r"what gives batches", "a source of batches"),
    (r"g(?:ive|ives|ave|iving) (?:no )?batch(?:es)?", "yield batches"),
    (r"(?:is|are|stands?) there (?:twice|more than once)", "duplicates"),
    (r"cut short", "truncated"),
    (r"in small letters", "in lower case"),
    (r"mend(?:s|ed|ing)?", "fix, repair"),
    # defaults, ownership, rates
    (r"by (?:itself|themselves)", "by default, on its own"),
    (r"unless given", "by default"),
    (r"(?:of|for) one's own", "custom"),
    (r"(?:loop|measure|function|callback|layer|thread|file|folder)s? of yours", "your own, custom"),
    (r"known by name", "predefined"),
    (rf"{_COUNTED} an? {_EACH}", "per"),
    (r"in each case nothing has changed|nothing has changed then", "is unchanged"),
    (r"(?:that|which) (?:is|are) none", "that is not one, invalid"),
    (r"h(?:eld|old) against", "compared with"),
    (r"what (?:is|are) (?:asked|wanted) (?:of|from)", "required"),
]
# A docstring starts with what a thing is or does.
_OPENING = re.compile(r'^\s*r?"""(?:What|Gives?(?! (?:each|every))|Where|Who|Says?|Tells?)\b')
_NOUN = "start with what it is or does: a noun, or Return, Compute, Check ..."

_PATTERNS = [
    (re.compile(rf"(?<![\w-])(?:{phrase})(?![\w-])", re.IGNORECASE), better)
    for phrase, better in PHRASES
]
# What surrounds the words of a line: comment signs, list markers, quotes of joined strings.
_PREFIX = re.compile(r"""^(?:(?://+|#+|\*|-|>|\|)\s*)*(?:[rf]{0,2}["'](?!["']))?""")
_SUFFIX = re.compile(r"""(?<!["'])["'][,;)]*$""")


def files(root: Path) -> list[Path]:
    """List the text files that git tracks, or all below a folder without git."""
    command = ["git", "-C", str(root), "ls-files", "-z"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode == 0 and result.stdout:
        found = [root / name for name in result.stdout.split("\0") if name]
    else:
        found = list(root.rglob("*"))
    return sorted(
        path
        for path in found
        if (path.suffix in SUFFIXES or path.name == "CMakeLists.txt")
        and path.is_file()
        and path.relative_to(root).as_posix() not in EXCEPT
    )


def problems(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield line number, phrase and better wording for each phrase in a text."""
    lines = text.splitlines()
    starts: list[int] = []
    joined = ""
    for number, line in enumerate(lines, 1):
        if _OPENING.match(line):
            yield number, line.strip().split()[0].lstrip('r"'), _NOUN
        words = _SUFFIX.sub("", _PREFIX.sub("", line.strip()).rstrip())
        starts.append(len(joined))
        # A line without words ends a paragraph; phrases do not extend over it.
        joined += " ".join(words.split()) + " " if words else "\n"
    for pattern, better in _PATTERNS:
        for match in pattern.finditer(joined):
            number = max(i for i, start in enumerate(starts, 1) if start <= match.start())
            yield number, match.group(), better


def main() -> int:
    """Check the project; return 0 if no phrase is found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT, help="folder of the project")
    root = parser.parse_args().root.resolve()
    count = 0
    checked = files(root)
    for path in checked:
        for number, phrase, better in sorted(problems(path.read_text(encoding="utf-8"))):
            print(f'{path.relative_to(root).as_posix()}:{number}: "{phrase}": write {better}')
            count += 1
    if not count:
        print(f"{len(checked)} files, no phrase to replace")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
