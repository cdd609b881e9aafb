"""Every example in the documentation runs as it stands.

Blocks marked ``python`` run in the order of their document, in one namespace, in an empty folder;
so do the ``$ cnnx ...`` lines of blocks marked ``console``. Fragments that are not to run are
marked ``python no-run``.
"""

from __future__ import annotations

import importlib
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import cnnx

ROOT = Path(__file__).resolve().parents[3]
BLOCK = re.compile(r"^```(python|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PUBLIC = (
    "cnnx", "cnnx.augment", "cnnx.callbacks", "cnnx.checkpoint", "cnnx.data", "cnnx.datasets",
    "cnnx.diagnosis", "cnnx.errors", "cnnx.io", "cnnx.layers", "cnnx.losses", "cnnx.metrics",
    "cnnx.models", "cnnx.ops", "cnnx.optimizers", "cnnx.schedules",
)  # fmt: skip
# For the package's own modules only.
OWN = {"CheckpointFolder", "TrainedModel", "check_callbacks", "check_layers", "resolve_for"}
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(document: Path) -> list[tuple[str, str, int]]:
    """Language, text and line number of each block that runs."""
    text = document.read_text(encoding="utf-8")
    found = []
    for match in BLOCK.finditer(text):
        language, body = match.groups()
        if language == "python" or re.search(r"^\$ cnnx ", body, re.MULTILINE):
            found.append((language, body, text.count("\n", 0, match.start(2))))
    return found


def run_commands(body: str, folder: Path) -> None:
    """Run the ``cnnx`` lines of a console block, in order."""
    for command in re.findall(r"^\$ (cnnx .*)$", body, re.MULTILINE):
        result = subprocess.run(
            [sys.executable, "-m", *shlex.split(command)],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert result.returncode == 0, f"{command}\n{result.stdout}{result.stderr}"


@pytest.mark.parametrize(
    "document",
    [pytest.param(path, id=str(path.relative_to(ROOT))) for path in DOCUMENTS if blocks(path)],
)
def test_examples(document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "__main__"}
    for language, body, line in blocks(document):
        if language == "console":
            run_commands(body, tmp_path)
        else:  # the blank lines give a failure the line number of the document
            exec(compile("\n" * line + body, str(document), "exec"), namespace)


@pytest.mark.parametrize("module", PUBLIC)
def test_every_public_name_is_documented(module: str) -> None:
    words = set()
    for document in DOCUMENTS:
        words |= set(re.findall(r"\w+", document.read_text(encoding="utf-8")))
    imported = importlib.import_module(module)
    names = set(getattr(imported, "__all__", [n for n in vars(imported) if n[0] != "_"]))
    assert sorted(names - words - OWN) == []


def test_every_method_of_a_network_is_documented() -> None:
    text = "".join(document.read_text(encoding="utf-8") for document in DOCUMENTS)
    names = [name for name in dir(cnnx.CNN) if not name.startswith("_")]
    assert [name for name in names if not re.search(rf"\b{name}\b", text)] == []
