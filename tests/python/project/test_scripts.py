"""The project's own checkers: each passes on good files and catches a planted violation."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"


def check(script: str, *arguments: object) -> tuple[int, str]:
    """Exit code and output of one checker."""
    result = subprocess.run(
        [sys.executable, SCRIPTS / script, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stderr == ""
    return result.returncode, result.stdout


def plant(root: Path, path: str, text: str) -> None:
    """Write a file of a made-up project."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("cpp/cnnx/core/shape.h", '#include "cnnx/core/index.h"'),
        ("cpp/cnnx/core/parallel.cpp", "#include <omp.h>"),
        ("cpp/cnnx/kernels/dense.h", '#include "cnnx/kernels/simd.h"\n#include <cstddef>'),
        ("cpp/cnnx/kernels/isa_reference.cpp", "#include <cmath>"),
        ("cpp/cnnx/kernels/dispatch.cpp", '#include <string>\n#include "cnnx/core/error.h"'),
        ("cpp/cnnx/layers/conv2d.cpp", '#include "cnnx/kernels/table.h"\n#include <vector>'),
        ("cpp/cnnx/network.h", '#include "cnnx/layers/layer.h"\n#include "cnnx/optim/sgd.h"'),
        ("cpp/bindings/module.cpp", '#include <pybind11/numpy.h>\n#include "cnnx/network.h"'),
    ],
)
def test_includes_that_are_allowed(tmp_path: Path, path: str, line: str) -> None:
    plant(tmp_path, path, line + "\n")
    assert check("check_includes.py", "--root", tmp_path) == (0, "Include rules: kept\n")


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("cpp/cnnx/core/shape.h", '#include "cnnx/kernels/table.h"'),
        ("cpp/cnnx/core/shape.h", "#include <omp.h>"),
        ("cpp/cnnx/kernels/dense.h", '#include "cnnx/core/parallel.h"'),
        ("cpp/cnnx/kernels/dense.h", "#include <cmath>"),
        ("cpp/cnnx/kernels/conv/direct.h", "#include <cmath>"),
        ("cpp/cnnx/kernels/isa_reference.cpp", "#include <vector>"),
        ("cpp/cnnx/kernels/dispatch.cpp", '#include "cnnx/layers/layer.h"'),
        ("cpp/cnnx/layers/conv2d.cpp", '#  include "cnnx/losses/loss.h"'),
        ("cpp/cnnx/layers/conv2d.cpp", '#include "../losses/loss.h"'),
        ("cpp/cnnx/layers/conv2d.cpp", '#include "cnnx/network.h"'),
        ("cpp/cnnx/layers/conv2d.cpp", '#include "cnnx/kernels/simd.h"'),
        ("cpp/cnnx/losses/mse.cpp", '#include "cnnx/layers/layer.h"'),
        ("cpp/cnnx/optim/sgd.cpp", '#include "cnnx/layers/layer.h"'),
        ("cpp/cnnx/network.cpp", "#include <pybind11/pybind11.h>"),
        ("cpp/cnnx/network.cpp", '#include "bindings/arrays.h"'),
        ("cpp/new_folder/thing.cpp", "#include <vector>"),
    ],
)
def test_includes_that_are_not(tmp_path: Path, path: str, line: str) -> None:
    plant(tmp_path, path, line + "\n")
    code, output = check("check_includes.py", "--root", tmp_path)
    assert code == 1
    assert output.startswith(f"{path}: ")
    assert len(output.splitlines()) == 1


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("_engine/__init__.py", "from cnnx import _core as core"),
        ("history.py", "from cnnx import errors"),
        ("layers/dense.py", "from cnnx._spec import Spec"),
        ("layers/dense.py", '"""The class CNN is named in texts."""  # and CNN in comments'),
        ("cli/train.py", "from cnnx import CNN, layers"),
        ("model.py", "class CNN: ..."),
    ],
)
def test_imports_that_are_allowed(tmp_path: Path, path: str, line: str) -> None:
    plant(tmp_path, f"python/cnnx/{path}", line + "\n")
    assert check("check_imports.py", "--root", tmp_path) == (0, "Import rules: kept\n")


@pytest.mark.parametrize(
    ("path", "line", "reason"),
    [
        ("history.py", "from cnnx import _core", "only _engine may"),
        ("history.py", "from cnnx._core import Network32", "only _engine may"),
        ("history.py", "import cnnx._core as engine", "only _engine may"),
        ("history.py", "from . import _core", "only _engine may"),
        ("io/npz.py", "def load():\n    from .._core import config", "only _engine may"),
        ("errors.py", "from cnnx._checks import scalars", "stands above it"),
        ("layers/dense.py", "from cnnx._network.network import Network", "stands above it"),
        ("data/source.py", "if TYPE_CHECKING:\n    from cnnx import model", "stands above it"),
        ("_training/run.py", "def train():\n    from cnnx import model", "stands above it"),
        ("_training/run.py", "importlib.import_module('cnnx.model')", "stands above it"),
        ("_network/network.py", "def f(model: CNN): ...", "names CNN"),
        ("callbacks/base.py", "import numpy as CNN", "names CNN"),
        ("callbacks/base.py", "model = cnnx.CNN", "names CNN"),
        ("somewhere/new.py", "import math", "has no place in TIERS"),
    ],
)
def test_imports_that_are_not(tmp_path: Path, path: str, line: str, reason: str) -> None:
    for module in ("_checks/scalars", "_network/network", "model"):
        plant(tmp_path, f"python/cnnx/{module}.py", "")
    plant(tmp_path, f"python/cnnx/{path}", line + "\n")
    code, output = check("check_imports.py", "--root", tmp_path)
    assert code == 1
    assert output.startswith(f"python/cnnx/{path}")
    assert reason in output
    assert len(output.splitlines()) == 1


def test_imports_in_a_circle(tmp_path: Path) -> None:
    plant(tmp_path, "python/cnnx/losses.py", "from cnnx import metrics\n")
    plant(tmp_path, "python/cnnx/metrics.py", "def f():\n    from cnnx import losses\n")
    assert check("check_imports.py", "--root", tmp_path)[1].startswith("circle of rooms: ")


def test_imports_in_a_circle_within_a_room(tmp_path: Path) -> None:
    plant(tmp_path, "python/cnnx/io/a.py", "from cnnx.io import b\n")
    plant(tmp_path, "python/cnnx/io/b.py", "from cnnx.io import a\n")
    assert check("check_imports.py", "--root", tmp_path)[1].startswith("circle of modules: ")
    plant(tmp_path, "python/cnnx/io/b.py", "def late():\n    from cnnx.io import a\n")
    assert check("check_imports.py", "--root", tmp_path)[0] == 0


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("README.md", "A training step starts at the beginning of a training run."),
        ("cpp/cnnx/network.h", "// one layer begins where another ends"),
        ("python/cnnx/losses.py", '"""Loss functions, minimised by training."""'),
        ("data.bin", "the begin of"),
    ],
)
def test_english_that_is_allowed(tmp_path: Path, path: str, text: str) -> None:
    plant(tmp_path, path, text + "\n")
    assert check("check_english.py", "--root", tmp_path) == (
        0,
        "English: no phrase that is refused\n",
    )


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("README.md", "At the begin of the run"),
        ("README.md", "Figures of\nmerit"),
        ("cpp/cnnx/network.h", "// called at the\n// begin of a pass"),
        ("python/cnnx/losses.py", '"""The losses: what training makes small."""'),
        ("python/cnnx/losses.py", "# how to mend it"),
        ("docs/guide.md", "For loops of one's own"),
        ("docs/guide.md", "continue a training later"),
    ],
)
def test_english_that_is_not(tmp_path: Path, path: str, text: str) -> None:
    plant(tmp_path, path, text + "\n")
    code, output = check("check_english.py", "--root", tmp_path)
    assert code == 1
    assert output.startswith(f"{path}:1: ")
    assert len(output.splitlines()) == 1


@pytest.mark.parametrize(
    "link",
    [
        "[a](other.md)",
        "[a](other.md#a-heading-with-code)",
        "[a](#own-heading)",
        "[a](https://example.org/nothing)",
        "`[a](nowhere.md)`",
        "`docs/other.md`, `docs/`, `docs/<name>.md`, `somewhere/else.md`",
        "```\n[a](nowhere.md)\n```",
    ],
)
def test_links_that_lead_somewhere(tmp_path: Path, link: str) -> None:
    plant(tmp_path, "docs/other.md", "# A heading, with `code`\n")
    plant(tmp_path, "docs/page.md", f"# Own heading\n\n{link}\n")
    assert check("check_links.py", "--root", tmp_path) == (0, "2 documents, no broken link\n")


@pytest.mark.parametrize(
    "link", ["[a](nowhere.md)", "[a](other.md#nothing)", "![a](x.png)", "`docs/x.md`"]
)
def test_links_that_do_not(tmp_path: Path, link: str) -> None:
    plant(tmp_path, "docs/other.md", "# Heading\n\n```\n# nothing\n```\n")
    plant(tmp_path, "docs/page.md", f"{link}\n")
    code, output = check("check_links.py", "--root", tmp_path)
    assert code == 1
    assert output.startswith("docs/page.md: ")


TABLE = "namespace cnnx { extern const int isa_avx2; const int isa_avx2 = 1; }\n"


def compiled(folder: Path, name: str, source: str) -> Path:
    """Object file of a small C++ source."""
    compiler = shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
    assert compiler is not None, "the C++ tests were built with one"
    plant(folder, f"{name}.cpp", source)
    target = folder / f"{name}.o"
    subprocess.run([compiler, "-O0", "-c", folder / f"{name}.cpp", "-o", target], check=True)
    return target


def test_symbols_of_a_table_alone(tmp_path: Path) -> None:
    hidden = "namespace { int helper() { return 2; } }\nstatic int other() { return helper(); }\n"
    use = "namespace { [[maybe_unused]] int (*keep)() = other; }\n"
    file = compiled(tmp_path, "isa_avx2", hidden + use + TABLE)
    assert check("check_symbols.py", file) == (0, "1 files, one symbol each\n")


@pytest.mark.parametrize(
    ("name", "source", "symbol"),
    [
        ("isa_avx2", TABLE + "int helper() { return 2; }\n", "helper()"),
        (
            "isa_avx2",
            TABLE + "inline int weak() { return 2; }\nstatic int (*keep)() = weak;\n"
            "namespace cnnx { extern int* p; void f() { *p = keep(); } }\n",
            "weak()",
        ),
        (
            "isa_avx2",
            TABLE + "template <class T> T twice(T x) { return 2 * x; }\ntemplate int twice(int);\n",
            "int twice<int>(int)",
        ),
        ("isa_avx2", "namespace cnnx { int other = 1; }\n", "cnnx::other"),
        ("isa_avx512", TABLE, "cnnx::isa_avx2"),
    ],
)
def test_symbols_beside_the_table(tmp_path: Path, name: str, source: str, symbol: str) -> None:
    code, output = check("check_symbols.py", compiled(tmp_path, name, source))
    assert code == 1
    assert symbol in [line.strip() for line in output.splitlines()[1:]]


def test_symbols_that_are_filled_when_the_library_is_loaded(tmp_path: Path) -> None:
    source = "int made();\n" + TABLE.replace("isa_avx2 = 1", "isa_avx2 = made()")
    code, output = check("check_symbols.py", compiled(tmp_path, "isa_avx2", source))
    assert code == 1
    assert output.endswith("make the table constinit\n")
