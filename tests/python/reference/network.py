"""A whole network on float64 arrays, from layer descriptions to gradients of the mean loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from . import branches, conv, functions, pool

F64 = npt.NDArray[np.float64]
Layer = Mapping[str, Any]


Tape = list[tuple[F64, F64, Any, F64]]


def _residual(layer: Layer, name: str, x: F64) -> list[tuple[str, list[Layer]]]:
    branch = (f"{name}.branch.", list(layer["branch"]))
    return [branch, (f"{name}.shortcut.", list(layer.get("shortcut") or []))]


def _concat(layer: Layer, name: str, x: F64) -> list[tuple[str, list[Layer]]]:
    return [(f"{name}.branches.{i}.", list(part)) for i, part in enumerate(layer["branches"])]


_DEPTHWISE: Layer = {"kind": "depthwise_conv2d"}
_POINTWISE: Layer = {"kind": "conv2d"}
_CHAINS = {"residual": _residual, "concat": _concat}


def _geometry(layer: Layer, x: F64) -> conv.Geometry:
    padding = layer.get("padding", "valid")
    return conv.Geometry(
        stride=tuple(layer.get("stride", (1, 1))),
        padding=padding if isinstance(padding, str) else tuple(padding),  # type: ignore[arg-type]
        dilation=tuple(layer.get("dilation", (1, 1))),
        groups=x.shape[1] if layer["kind"] == "depthwise_conv2d" else layer.get("groups", 1),
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
        ``"<index>.weight"`` and ``"<index>.bias"`` in PyTorch's layouts; in branches
        ``"<index>.branch.<index>.weight"`` and so on.
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

    def _step(self, name: str, layer: Layer, x: F64, training: bool) -> tuple[F64, Any]:
        """Output of one layer, before its activation, and what its backward pass needs."""
        kind = layer["kind"]
        w = self.parameters.get(f"{name}.weight", np.zeros(0))
        b = self.parameters.get(f"{name}.bias")
        if kind in _CHAINS:
            kept = [self._run(part, at, x, training) for at, part in _CHAINS[kind](layer, name, x)]
            ends = [tape[-1][3] if tape else x for tape in kept]
            joined = np.concatenate(ends, axis=1) if kind == "concat" else np.sum(ends, axis=0)
            return joined, kept
        if kind == "batch_norm":
            running = (
                None
                if training
                else (
                    self.parameters[f"{name}.running_mean"],
                    self.parameters[f"{name}.running_var"],
                )
            )
            assert b is not None
            return branches.batch_norm(x, w, b, running, layer["epsilon"])
        if kind in ("conv2d", "depthwise_conv2d"):
            return conv.conv2d(x, w, b, _geometry(layer, x)), None
        if kind == "separable_conv2d":
            spatial = self._step(f"{name}.depthwise", {**layer, **_DEPTHWISE}, x, training)[0]
            mixed, _ = self._step(f"{name}.pointwise", _POINTWISE, spatial, training)
            return mixed, spatial
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

    def _back(
        self, name: str, layer: Layer, grad: F64, x: F64, kept: Any, grads: dict[str, F64]
    ) -> F64:
        """Gradient by the layer's input; parameter gradients go into ``grads``."""
        kind = layer["kind"]
        if kind in _CHAINS:
            chains = _CHAINS[kind](layer, name, x)
            ends = [tape[-1][3] if tape else x for tape in kept]
            cuts = np.cumsum([end.shape[1] for end in ends])[:-1]
            parts = np.split(grad, cuts, axis=1) if kind == "concat" else [grad] * len(ends)
            total = np.zeros_like(x)
            for (at, part), tape, own in zip(chains, kept, parts, strict=True):
                total += self._run_back(part, at, own, tape, grads)
            return total
        if kind == "batch_norm":
            w = self.parameters[f"{name}.weight"]
            dx, dw, db = branches.batch_norm_backward(grad, w, kept)
            grads[f"{name}.weight"], grads[f"{name}.bias"] = dw, db
            return dx
        if kind == "separable_conv2d":
            spatial = self._back(f"{name}.pointwise", _POINTWISE, grad, kept, None, grads)
            return self._back(f"{name}.depthwise", {**layer, **_DEPTHWISE}, spatial, x, None, grads)
        if kind in ("conv2d", "depthwise_conv2d", "dense"):
            w = self.parameters[f"{name}.weight"]
            if kind == "dense":
                dx, dw, db = functions.dense_backward(grad, x, w)
            else:
                dx, dw, db = conv.conv2d_backward(grad, x, w, _geometry(layer, x))
            grads[f"{name}.weight"] = dw
            if f"{name}.bias" in self.parameters:
                grads[f"{name}.bias"] = db
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

    @staticmethod
    def _activation(layer: Layer) -> tuple[str | None, float]:
        name = layer.get("activation")
        return name, float(layer.get("alpha", 1.0 if name == "elu" else 0.01))

    def _run(self, layers: Sequence[Layer], prefix: str, x: F64, training: bool) -> Tape:
        """Run layers in a row: for each its input, its sums, what it kept, and its output."""
        tape: Tape = []
        values = x
        for index, layer in enumerate(layers):
            z, kept = self._step(f"{prefix}{index}", layer, values, training)
            out = functions.activation(z, *self._activation(layer))
            tape.append((values, z, kept, out))
            values = out
        return tape

    def _run_back(
        self,
        layers: Sequence[Layer],
        prefix: str,
        grad: F64,
        tape: Tape,
        grads: dict[str, F64],
        fused: bool = False,
    ) -> F64:
        """Gradient by the first input; ``fused``: that of the last sums is given."""
        for index in reversed(range(len(layers))):
            inputs, z, kept, _ = tape[index]
            if not (fused and index == len(layers) - 1):
                grad = functions.activation_backward(grad, z, *self._activation(layers[index]))
            grad = self._back(f"{prefix}{index}", layers[index], grad, inputs, kept, grads)
        return grad

    def forward(self, x: Any) -> F64:
        """Outputs, after the final activation."""
        return self._run(self.layers, "", np.asarray(x, np.float64), False)[-1][3]

    def gradients(self, x: Any, targets: Any) -> tuple[F64, dict[str, F64]]:
        """Loss of every image, and the gradients of the mean loss ("input" for the images).

        ``targets`` are rows as wide as the output. Cross-entropy undoes a final softmax, and others
        their activation: it is taken of the values that went into it.
        """
        tape = self._run(self.layers, "", np.asarray(x, np.float64), True)
        values = tape[-1][3]
        goal = np.asarray(targets, np.float64)
        last = self._activation(self.layers[-1])[0]
        fused = last is not None and functions.TAKEN.get(self.loss) == last
        outputs = tape[-1][1] if fused else values
        loss, grad = functions.LOSSES[self.loss](outputs, goal, **self.loss_options)
        grads: dict[str, F64] = {}
        grads["input"] = self._run_back(self.layers, "", grad / len(values), tape, grads, fused)
        return loss, grads
