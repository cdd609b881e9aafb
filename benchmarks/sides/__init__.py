"""The compared libraries: cnnx and its peers, each with a module here and its own environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class SideInfo:
    """A library, or a variant of its use."""

    title: str
    module: str  # in this folder
    environment: str | None  # folder of its virtual environment; None: the caller's
    variant: str = ""
    trains: bool = True


SIDES = {
    "cnnx": SideInfo("cnnx", "cnnx_side", None),
    "cnnx_exact": SideInfo("cnnx exact_conv", "cnnx_side", None, "exact"),
    "layer": SideInfo("cnnx layer", "layer_side", None),
    "layer_exact": SideInfo("cnnx layer exact_conv", "layer_side", None, "exact"),
    "torch": SideInfo("PyTorch", "torch_side", "torch"),
    "torch_cl": SideInfo("PyTorch ch.last", "torch_side", "torch", "channels_last"),
    "torch_compile": SideInfo("torch.compile", "torch_side", "torch", "compile"),
    "jax": SideInfo("JAX jit", "jax_side", "jax"),
    "keras": SideInfo("Keras/TF", "keras_side", "tf"),
    "ort": SideInfo("ONNX Runtime", "onnx_side", "ort", trains=False),
}

OURS = ("cnnx", "cnnx_exact", "layer", "layer_exact")


@dataclass(frozen=True)
class Prepared:
    """A call to be timed, and the number of images per call."""

    call: Callable[[], object]
    images: int


class Side(Protocol):
    """Interface of the class `Side` of each module here."""

    def __init__(self, variant: str, threads: int) -> None:
        """Set up the library, before anything is computed."""

    def versions(self) -> dict[str, str]:
        """Return the versions of the libraries in use, and relevant settings."""
        ...

    def prepare(self, case: Mapping[str, Any]) -> Prepared:
        """Build the network or layer of a case."""
        ...


def network_case(workload: str, batch: int, task: str) -> dict[str, Any]:
    """Return a request for one of `workloads.WORKLOADS`; the task is "train" or "infer"."""
    return {"suite": "network", "workload": workload, "batch": batch, "task": task}
