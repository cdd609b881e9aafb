"""Who is compared: cnnx and its peers, each a module here and an environment of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class SideInfo:
    """A row of the comparison."""

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
    """Something to time: a call, and how many images one call handles."""

    call: Callable[[], object]
    images: int


class Side(Protocol):
    """What each module here offers, as its class `Side`."""

    def __init__(self, variant: str, threads: int) -> None:
        """Set the library up; runs before anything is computed."""

    def versions(self) -> dict[str, str]:
        """Versions of the libraries in use, and settings worth recording."""
        ...

    def prepare(self, case: Mapping[str, Any]) -> Prepared:
        """Build what a case asks for; see `network_case` and `layer_case`."""
        ...


def network_case(workload: str, batch: int, task: str) -> dict[str, Any]:
    """Ask for one of `workloads.WORKLOADS`; the task is "train" or "infer"."""
    return {"suite": "network", "workload": workload, "batch": batch, "task": task}
