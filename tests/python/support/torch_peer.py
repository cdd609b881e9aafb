"""The same network in PyTorch, for the tests that compare the two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from support.rows import Row, dicts

Array = npt.NDArray[Any]
Description = dict[str, Any]


def _activate(torch: Any, z: Any, layer: Description) -> Any:
    name = layer.get("activation", "linear")
    if name == "leaky_relu":
        return torch.nn.functional.leaky_relu(z, layer.get("alpha", 0.01))
    if name == "elu":
        return torch.nn.functional.elu(z, layer.get("alpha", 1.0))
    if name == "softmax":
        return torch.softmax(z, dim=1)
    more = torch.nn.functional
    functions = {
        "relu": torch.relu,
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "softplus": more.softplus,
        "gelu": more.gelu,
        "silu": more.silu,
        "hard_swish": more.hardswish,
    }
    return functions[name](z) if name in functions else z


class Peer:
    """A network whose modules are named by the layers' positions, as cnnx names its parameters."""

    def __init__(self, torch: Any, row: Row, dtype: str) -> None:
        self.torch, self.layers = torch, dicts(row)
        self.dtype = getattr(torch, dtype)
        shape = torch.zeros((2, *row.input_shape), dtype=self.dtype)
        self.modules, _ = self._chain(self.layers, shape)

    def _chain(self, layers: Sequence[Description], x: Any) -> tuple[Any, Any]:
        """Modules of layers that follow each other, and what they make of x."""
        modules = self.torch.nn.ModuleDict()
        for index, layer in enumerate(layers):
            module = self._module(layer, x)
            if module is not None:
                modules[str(index)] = module.to(self.dtype)
            with self.torch.no_grad():
                x = self._apply(layer, module, x)
        for module in modules.modules():
            if isinstance(module, self.torch.nn.modules.batchnorm._BatchNorm):
                module.reset_running_stats()
        return modules, x

    def _module(self, layer: Description, x: Any) -> Any:
        nn, kind = self.torch.nn, layer["kind"]
        if kind == "dense":
            return nn.Linear(x.shape[1], layer["units"], bias=layer["use_bias"])
        if kind == "batch_norm":
            make = nn.BatchNorm2d if x.ndim == 4 else nn.BatchNorm1d
            return make(x.shape[1], layer["epsilon"], 1 - layer["momentum"])
        if kind == "conv2d":
            return self._conv(layer, x.shape[1])
        if kind == "depthwise_conv2d":
            return self._conv(_depthwise(layer, x.shape[1]), x.shape[1])
        if kind == "separable_conv2d":
            inner = x.shape[1] * layer["depth_multiplier"]
            depthwise = _depthwise(layer, x.shape[1]) | {"use_bias": False}
            return nn.ModuleDict(
                {
                    "depthwise": self._conv(depthwise, x.shape[1]),
                    "pointwise": nn.Conv2d(inner, layer["filters"], 1, bias=layer["use_bias"]),
                }
            )
        if kind == "residual":
            parts = {"branch": self._chain(layer["branch"], x)[0]}
            if layer["shortcut"]:
                parts["shortcut"] = self._chain(layer["shortcut"], x)[0]
            return nn.ModuleDict(parts)
        if kind == "concat":
            branches = [self._chain(branch, x)[0] for branch in layer["branches"]]
            return nn.ModuleDict(
                {"branches": nn.ModuleDict({str(i): part for i, part in enumerate(branches)})}
            )
        return None

    def _conv(self, layer: Description, channels: int) -> Any:
        padding = layer["padding"]
        return self.torch.nn.Conv2d(
            channels,
            layer["filters"],
            tuple(layer["kernel_size"]),
            stride=tuple(layer["stride"]),
            padding=0 if isinstance(padding, str) else tuple(padding),
            dilation=tuple(layer["dilation"]),
            groups=layer["groups"],
            bias=layer["use_bias"],
        )

    def _same(self, layer: Description, x: Any) -> Any:
        """Pad as "same" asks: the odd remainder at the bottom and right."""
        if layer.get("padding") != "same":
            return x
        sides: list[int] = []
        for axis in (1, 0):
            stride, kernel = layer["stride"][axis], layer["kernel_size"][axis]
            size = x.shape[2 + axis]
            covered = (-(-size // stride) - 1) * stride + layer["dilation"][axis] * (kernel - 1) + 1
            total = max(covered - size, 0)
            sides += [total // 2, total - total // 2]
        return self.torch.nn.functional.pad(x, sides)

    def _run(self, layers: Sequence[Description], modules: Any, x: Any) -> Any:
        for index, layer in enumerate(layers):
            name = str(index)
            module = modules[name] if name in modules else None  # noqa: SIM401 - no dict
            x = self._apply(layer, module, x)
        return x

    def _apply(self, layer: Description, module: Any, x: Any) -> Any:
        kind = layer["kind"]
        if kind in ("conv2d", "dense", "depthwise_conv2d", "batch_norm"):
            return _activate(self.torch, module(self._same(layer, x)), layer)
        if kind == "separable_conv2d":
            x = module["depthwise"](self._same(layer, x))
            return _activate(self.torch, module["pointwise"](x), layer)
        if kind == "residual":
            around = self._run(layer["shortcut"], module["shortcut"], x) if layer["shortcut"] else x
            return _activate(
                self.torch, self._run(layer["branch"], module["branch"], x) + around, layer
            )
        if kind == "concat":
            parts = [
                self._run(branch, module["branches"][str(i)], x)
                for i, branch in enumerate(layer["branches"])
            ]
            return self.torch.cat(parts, dim=1)
        return self._plain(layer, x)

    def _plain(self, layer: Description, x: Any) -> Any:
        """Layers without parameters."""
        nn, kind = self.torch.nn, layer["kind"]
        if kind == "max_pool2d":
            return nn.functional.max_pool2d(
                x, tuple(layer["pool_size"]), tuple(layer["stride"]), tuple(layer["padding"])
            )
        if kind == "avg_pool2d":
            return nn.functional.avg_pool2d(
                x,
                tuple(layer["pool_size"]),
                tuple(layer["stride"]),
                tuple(layer["padding"]),
                count_include_pad=False,
            )
        if kind == "global_avg_pool2d":
            return nn.functional.adaptive_avg_pool2d(x, 1).flatten(1)
        if kind == "global_max_pool2d":
            return nn.functional.adaptive_max_pool2d(x, 1).flatten(1)
        if kind == "zero_pad2d":
            top, bottom, left, right = layer["padding"]
            return nn.functional.pad(x, (left, right, top, bottom))
        if kind == "up_sample2d":
            mode = layer["interpolation"]
            corners = {} if mode == "nearest" else {"align_corners": False}
            return nn.functional.interpolate(
                x, scale_factor=tuple(map(float, layer["size"])), mode=mode, **corners
            )
        if kind == "flatten":
            return x.flatten(1)
        if kind == "rescale":
            return x * layer["scale"] + layer["offset"]
        if kind == "normalize":
            mean, std = (
                self.torch.tensor(layer[n], dtype=self.dtype).reshape(1, -1, 1, 1)
                for n in ("mean", "std")
            )
            return (x - mean) / std
        assert kind == "activation", f"{kind} has no peer here"
        return _activate(self.torch, x, layer)

    def forward(self, x: Any, *, logits: bool = False) -> Any:
        """Outputs; with ``logits`` the values before a final softmax."""
        layers = list(self.layers)
        if logits and layers[-1].get("activation") == "softmax":
            layers[-1] = layers[-1] | {"activation": "linear"}
        return self._run(layers, self.modules, x)

    def loss(self, x: Array, y: Array) -> Any:
        """The mean cross entropy in training."""
        self.modules.train()
        inputs = self.torch.from_numpy(x).requires_grad_()
        self.inputs = inputs
        return self.torch.nn.functional.cross_entropy(
            self.forward(inputs, logits=True), self.torch.from_numpy(y)
        )

    def predict(self, x: Array) -> Array:
        """Outputs under the running averages."""
        self.modules.eval()
        with self.torch.no_grad():
            return np.asarray(self.forward(self.torch.from_numpy(x)).numpy())

    def state(self) -> dict[str, Array]:
        """Parameters and running averages by name."""
        return {
            name: value.detach().numpy().copy()
            for name, value in self.modules.state_dict().items()
            if not name.endswith("num_batches_tracked")
        }


def _depthwise(layer: Description, channels: int) -> Description:
    """The grouped convolution that a depthwise one is."""
    return layer | {"groups": channels, "filters": channels * layer["depth_multiplier"]}
