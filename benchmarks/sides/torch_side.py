"""PyTorch: contiguous, channels_last and compiled."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from workloads import (
    CLASSES,
    LEARNING_RATE,
    MOMENTUM,
    WORKLOADS,
    Conv,
    Dense,
    Pool,
    Workload,
    sized_layers,
)

from sides import Prepared

torch: Any = import_module("torch")
functional: Any = import_module("torch.nn.functional")


def build(workload: Workload) -> Any:
    """Build the network of a workload."""
    nn = torch.nn
    modules: list[Any] = []
    for sized in sized_layers(workload):
        spec = sized.layer
        if isinstance(spec, Conv):
            modules.append(
                nn.Conv2d(sized.channels, spec.filters, spec.kernel, padding=spec.padding)
            )
            modules.append(nn.ReLU())
        elif isinstance(spec, Pool):
            modules.append(nn.MaxPool2d(2))
        elif isinstance(spec, Dense):
            modules.append(nn.Linear(sized.features, spec.units))
            if spec.rectified:
                modules.append(nn.ReLU())
        else:
            modules.append(nn.Flatten())
    return nn.Sequential(*modules)


class Side:
    """See `sides.Side`; the variant is "", "channels_last" or "compile"."""

    def __init__(self, variant: str, threads: int) -> None:
        self._variant = variant
        torch.set_num_threads(threads)
        torch.manual_seed(0)

    def versions(self) -> dict[str, str]:
        """Return the version, the number of threads and the instruction set in use."""
        return {
            "torch": str(torch.__version__),
            "threads": str(torch.get_num_threads()),
            "isa": str(torch.backends.cpu.get_cpu_capability()),
        }

    def prepare(self, case: Mapping[str, Any]) -> Prepared:
        """Build a network or a layer."""
        return self._layer(case) if case["suite"] == "layer" else self._network(case)

    def _arranged(self, thing: Any) -> Any:
        """Convert images or a module to the measured layout."""
        if self._variant == "channels_last":
            return thing.to(memory_format=torch.channels_last)
        return thing

    def _network(self, case: Mapping[str, Any]) -> Prepared:
        workload = WORKLOADS[case["workload"]]
        batch = int(case["batch"])
        network = self._arranged(build(workload))
        run = torch.compile(network) if self._variant == "compile" else network
        x = self._arranged(torch.randn(batch, *workload.input_shape))
        if case["task"] == "infer":
            network.eval()

            def infer() -> Any:
                with torch.inference_mode():
                    return run(x)

            return Prepared(infer, batch)
        y = torch.randint(0, CLASSES, (batch,))
        optimizer = torch.optim.SGD(network.parameters(), LEARNING_RATE, momentum=MOMENTUM)

        def step() -> float:
            optimizer.zero_grad(set_to_none=True)
            loss = functional.cross_entropy(run(x), y)
            loss.backward()
            optimizer.step()
            return float(loss.item())

        return Prepared(step, batch)

    def _layer(self, case: Mapping[str, Any]) -> Prepared:
        batch = int(case["batch"])
        arguments = {name: case[name] for name in ("stride", "padding")}
        if case["kind"] == "pool":
            layer = torch.nn.MaxPool2d(case["kernel"], **arguments)
        else:
            layer = torch.nn.Conv2d(
                case["channels"],
                case["filters"],
                case["kernel"],
                groups=case["groups"],
                **arguments,
            )
        layer = self._arranged(layer)
        x = self._arranged(torch.randn(batch, case["channels"], case["height"], case["width"]))
        if case["task"] == "forward":

            def forward() -> Any:
                with torch.inference_mode():
                    return layer(x)

            return Prepared(forward, batch)
        x.requires_grad_()
        target = self._arranged(torch.zeros_like(layer(x)))

        def gradients() -> float:
            x.grad = None
            layer.zero_grad(set_to_none=True)
            loss = functional.mse_loss(layer(x), target)
            loss.backward()
            return float(loss.item())

        return Prepared(gradients, batch)
