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


def _window(layer: Layer) -> tuple[Any, Any, Any]:
    size = tuple(layer["pool_size"])
    return size, tuple(layer.get("stride") or size), tuple(layer.get("padding", (0, 0)))


def _resize(layer: Layer, x: F64) -> tuple[F64, F64]:
    """The matrices that make rows and columns of an image longer."""
    make = functions.repetition if layer["interpolation"] == "nearest" else functions.interpolation
    return make(x.shape[2], layer["size"][0]), make(x.shape[3], layer["size"][1])


class ReferenceNetwork:
    """Layers given as dictionaries of plain values, parameters by their public names.

    Parameters
    ----------
    layers
        ``{"kind": "conv2d", ...}`` and so on, as ``layer.to_dict()`` gives them.
    parameters
        ``"<index>.weight"`` and ``"<index>.bias"`` in PyTorch's layouts.
    loss
        ``"cross_entropy"`` or ``"mse"``.
    """

    def __init__(self, layers: Sequence[Layer], parameters: Mapping[str, Any], loss: str) -> None:
        self.layers = list(layers)
        self.parameters = {k: np.asarray(v, np.float64) for k, v in parameters.items()}
        self.loss = loss

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
            return pool.max_pool2d(x, *_window(layer))
        if kind == "avg_pool2d":
            return pool.avg_pool2d(x, *_window(layer)), None
        if kind == "global_avg_pool2d":
            return x.mean(axis=(2, 3)), None
        if kind == "global_max_pool2d":
            y, where = pool.max_pool2d(x, x.shape[2:], (1, 1), (0, 0))
            return y[:, :, 0, 0], where
        if kind == "zero_pad2d":
            top, bottom, left, right = layer["padding"]
            return np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right))), None
        if kind == "up_sample2d":
            rows, columns = _resize(layer, x)
            return rows @ x @ columns.T, None
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
        if kind == "avg_pool2d":
            return pool.avg_pool2d_backward(grad, x.shape, *_window(layer))
        if kind == "global_avg_pool2d":
            return np.broadcast_to(grad[:, :, None, None] / x[0, 0].size, x.shape)
        if kind == "global_max_pool2d":
            return pool.max_pool2d_backward(grad[:, :, None, None], kept, x.shape)
        if kind == "zero_pad2d":
            top, _, left, _ = layer["padding"]
            return grad[:, :, top : top + x.shape[2], left : left + x.shape[3]]
        if kind == "up_sample2d":
            rows, columns = _resize(layer, x)
            return rows.T @ grad @ columns
        if kind == "flatten":
            return grad.reshape(x.shape)
        if kind == "rescale":
            return np.asarray(grad * layer["scale"])
        if kind == "normalize":
            return np.asarray(grad / np.reshape(layer["std"], (1, -1) + (1,) * (x.ndim - 2)))
        return grad

    def _activation(self, index: int) -> tuple[str | None, float]:
        layer = self.layers[index]
        name = layer.get("activation")
        return name, float(layer.get("alpha", 1.0 if name == "elu" else 0.01))

    def forward(self, x: Any) -> F64:
        """Outputs, after the final activation."""
        values = np.asarray(x, np.float64)
        for index in range(len(self.layers)):
            z, _ = self._step(index, values)
            values = functions.activation(z, *self._activation(index))
        return values

    def gradients(self, x: Any, targets: Any) -> tuple[F64, dict[str, F64]]:
        """Loss of every image, and the gradients of the mean loss ("input" for the images).

        ``targets`` are rows as wide as the output. Cross-entropy undoes a final softmax: it is
        taken of the values that went into it.
        """
        values = np.asarray(x, np.float64)
        tape: list[tuple[F64, F64, Any]] = []
        for index in range(len(self.layers)):
            z, kept = self._step(index, values)
            tape.append((values, z, kept))
            values = functions.activation(z, *self._activation(index))
        goal = np.asarray(targets, np.float64)
        fused = self.loss == "cross_entropy" and self._activation(-1)[0] == "softmax"
        if self.loss == "cross_entropy":
            loss, grad = functions.cross_entropy(tape[-1][1] if fused else values, goal)
        else:
            loss, grad = functions.mse(values, goal)
        grad = grad / len(values)
        grads: dict[str, F64] = {}
        for index in reversed(range(len(self.layers))):
            inputs, z, kept = tape[index]
            if not (fused and index == len(self.layers) - 1):
                grad = functions.activation_backward(grad, z, *self._activation(index))
            grad = self._back(index, grad, inputs, kept, grads)
        grads["input"] = grad
        return loss, grads
