"""A whole network on float64 arrays, from layer descriptions to gradients of the mean loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from . import conv, functions, pool

F64 = npt.NDArray[np.float64]
Layer = Mapping[str, Any]


def _geometry(layer: Layer) -> conv.Geometry:
    padding = layer.get("padding", "valid")
    return conv.Geometry(
        stride=tuple(layer.get("stride", (1, 1))),
        padding=padding if isinstance(padding, str) else tuple(padding),  # type: ignore[arg-type]
        dilation=tuple(layer.get("dilation", (1, 1))),
        groups=layer.get("groups", 1),
    )


class ReferenceNetwork:
    """Layers given as dictionaries of plain values, parameters by their public names.

    Parameters
    ----------
    layers
        ``{"kind": "conv2d", ...}`` and so on, as ``layer.to_dict()`` gives them.
    parameters
        ``"<index>.weight"`` and ``"<index>.bias"`` in PyTorch's layouts.
    loss
        Its kind, or as ``loss.to_dict()`` gives it.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        parameters: Mapping[str, Any],
        loss: str | Mapping[str, Any],
    ) -> None:
        self.layers = list(layers)
        self.parameters = {k: np.asarray(v, np.float64) for k, v in parameters.items()}
        options = {"kind": loss} if isinstance(loss, str) else dict(loss)
        self.loss: str = options.pop("kind")
        self.loss_options = options

    def _step(self, index: int, x: F64) -> tuple[F64, Any]:
        """Output of one layer, before its activation, and what its backward pass needs."""
        layer, kind = self.layers[index], self.layers[index]["kind"]
        w = self.parameters.get(f"{index}.weight", np.zeros(0))
        b = self.parameters.get(f"{index}.bias")
        if kind == "conv2d":
            return conv.conv2d(x, w, b, _geometry(layer)), None
        if kind == "dense":
            return functions.dense(x, w, b), None
        if kind == "max_pool2d":
            size = tuple(layer["pool_size"])
            stride = tuple(layer.get("stride") or size)
            return pool.max_pool2d(x, size, stride, tuple(layer.get("padding", (0, 0))))
        if kind == "flatten":
            return x.reshape(len(x), -1), None
        if kind == "activation":
            return x, None
        if kind == "rescale":
            return x * layer["scale"] + layer["offset"], None
        if kind == "normalize":
            axes = (1, -1) + (1,) * (x.ndim - 2)
            mean, std = np.reshape(layer["mean"], axes), np.reshape(layer["std"], axes)
            return (x - mean) / std, None
        raise KeyError(kind)

    def _back(self, index: int, grad: F64, x: F64, kept: Any, grads: dict[str, F64]) -> F64:
        """Gradient by the layer's input; parameter gradients go into ``grads``."""
        layer, kind = self.layers[index], self.layers[index]["kind"]
        if kind in ("conv2d", "dense"):
            w = self.parameters[f"{index}.weight"]
            if kind == "conv2d":
                dx, dw, db = conv.conv2d_backward(grad, x, w, _geometry(layer))
            else:
                dx, dw, db = functions.dense_backward(grad, x, w)
            grads[f"{index}.weight"] = dw
            if f"{index}.bias" in self.parameters:
                grads[f"{index}.bias"] = db
            return dx
        if kind == "max_pool2d":
            return pool.max_pool2d_backward(grad, kept, x.shape)
        if kind == "flatten":
            return grad.reshape(x.shape)
        if kind == "rescale":
            return np.asarray(grad * layer["scale"])
        if kind == "normalize":
            return np.asarray(grad / np.reshape(layer["std"], (1, -1) + (1,) * (x.ndim - 2)))
        return grad

    def _activation(self, index: int) -> tuple[str | None, float]:
        layer = self.layers[index]
        return layer.get("activation"), float(layer.get("alpha", 0.01))

    def forward(self, x: Any) -> F64:
        """Outputs, after the final activation."""
        values = np.asarray(x, np.float64)
        for index in range(len(self.layers)):
            z, _ = self._step(index, values)
            values = functions.activation(z, *self._activation(index))
        return values

    def gradients(self, x: Any, targets: Any) -> tuple[F64, dict[str, F64]]:
        """Loss of every image, and the gradients of the mean loss ("input" for the images).

        ``targets`` are rows as wide as the output. Cross-entropy undoes a final softmax, and others
        their activation: it is taken of the values that went into it.
        """
        values = np.asarray(x, np.float64)
        tape: list[tuple[F64, F64, Any]] = []
        for index in range(len(self.layers)):
            z, kept = self._step(index, values)
            tape.append((values, z, kept))
            values = functions.activation(z, *self._activation(index))
        goal = np.asarray(targets, np.float64)
        last = self._activation(-1)[0]
        fused = last is not None and functions.TAKEN.get(self.loss) == last
        outputs = tape[-1][1] if fused else values
        loss, grad = functions.LOSSES[self.loss](outputs, goal, **self.loss_options)
        grad = grad / len(values)
        grads: dict[str, F64] = {}
        for index in reversed(range(len(self.layers))):
            inputs, z, kept = tape[index]
            if not (fused and index == len(self.layers) - 1):
                grad = functions.activation_backward(grad, z, *self._activation(index))
            grad = self._back(index, grad, inputs, kept, grads)
        grads["input"] = grad
        return loss, grads
