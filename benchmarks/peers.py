"""The peers' virtual environments: one each, so that their dependencies do not conflict."""

from __future__ import annotations

import os
import subprocess
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".venv-peers"

PACKAGES = {
    "torch": ["torch==2.13.0", "numpy"],
    "jax": ["jax", "jaxlib"],
    "tf": ["tensorflow-cpu"],
    "ort": ["onnxruntime", "onnx"],
}


def python_of(folder: Path, environment: str) -> Path:
    """Return the path of the interpreter of an environment, which may not exist."""
    return folder / environment / "bin" / "python"


def set_up(folder: Path) -> list[str]:
    """Create missing environments, and return the names of those that failed."""
    failed = []
    for name, packages in PACKAGES.items():
        if python_of(folder, name).exists():
            print(f"{name}: exists", flush=True)
            continue
        target = folder / name
        print(f"{name}: pip install {' '.join(packages)}", flush=True)
        venv.create(target, with_pip=True, clear=True)
        environ = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        environ.pop("PYTHONPATH", None)
        command = [str(python_of(folder, name)), "-m", "pip", "install", "-q", *packages]
        if subprocess.run(command, env=environ, check=False).returncode != 0:
            failed.append(name)
            # Remove the interpreter, so that the next --setup tries again.
            python_of(folder, name).unlink()
    return failed
