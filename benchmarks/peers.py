"""The peers' virtual environments: one each, so that none decides another's packages."""

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
    """Interpreter of an environment, whether it exists or not."""
    return folder / environment / "bin" / "python"


def set_up(folder: Path) -> list[str]:
    """Create the environments that are missing; return those that could not be."""
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
            # Without an interpreter, the next --setup tries again.
            python_of(folder, name).unlink()
    return failed
