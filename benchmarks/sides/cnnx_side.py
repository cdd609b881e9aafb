"""cnnx: the public API for networks, and the engine for single layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from workloads import CLASSES, LEARNING_RATE, MOMENTUM, WORKLOADS, Conv, Dense, Layer, Pool

import cnnx
from cnnx import CNN, _core, layers, optimizers
from sides import Prepared


def layer_of(spec: Layer) -> layers.Layer:
    """Convert a layer of a workload to a layer of cnnx."""
    if isinstance(spec, Conv):
        return layers.Conv2D(
            spec.filters, spec.kernel, padding=(spec.padding, spec.padding), activation="relu"
        )
    if isinstance(spec, Pool):
        return layers.MaxPool2D(2)
    if isinstance(spec, Dense):
        return layers.Dense(spec.units, activation="relu" if spec.rectified else None)
    return layers.Flatten()


def build(workload: str, exact: bool = False, first: tuple[layers.Layer, ...] = ()) -> CNN:
    """Build the network of a workload, with optional layers before it."""
    spec = WORKLOADS[workload]
    return CNN(
        [*first, *(layer_of(layer) for layer in spec.layers)],
        input_shape=spec.input_shape,
        optimizer=optimizers.SGD(LEARNING_RATE, momentum=MOMENTUM),
        exact_conv=exact,
    )


def random_batch(shape: tuple[int, ...]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return random images (N, channels, height, width) and labels."""
    rng = np.random.default_rng(0)
    images = rng.standard_normal(shape, dtype=np.float32)
    return images, rng.integers(0, CLASSES, shape[0], dtype=np.int64)


class Side:
    """See `sides.Side`; the variant "exact" disables Winograd."""

    def __init__(self, variant: str, threads: int) -> None:
        self._exact = variant == "exact"
        cnnx.set_num_threads(threads)

    def versions(self) -> dict[str, str]:
        """Return versions and the configuration of the engine."""
        settings = cnnx.show_config("dict")
        wanted = ("isa", "threads", "openmp_runtime", "compiler")
        return {
            "cnnx": cnnx.__version__,
            "numpy": np.__version__,
            **{name: str(settings[name]) for name in wanted},
        }

    def prepare(self, case: Mapping[str, Any]) -> Prepared:
        """Build a network or a layer."""
        return self._layer(case) if case["suite"] == "layer" else self._network(case)

    def _network(self, case: Mapping[str, Any]) -> Prepared:
        """Train with `CNN.train_batch`, or infer with `CNN.predict`."""
        batch = int(case["batch"])
        model = build(case["workload"], self._exact)
        x, y = random_batch((batch, *WORKLOADS[case["workload"]].input_shape))
        if case["task"] == "train":
            return Prepared(lambda: model.train_batch(x, y), batch)
        return Prepared(lambda: model.predict(x, batch_size=batch), batch)

    def _layer(self, case: Mapping[str, Any]) -> Prepared:
        """Run the engine's network of a single layer, without the checks of `CNN`."""
        layer: layers.Layer
        if case["kind"] == "pool":
            layer = layers.MaxPool2D(case["kernel"], stride=case["stride"], padding=case["padding"])
        else:
            layer = layers.Conv2D(
                case["filters"],
                case["kernel"],
                stride=case["stride"],
                padding=(case["padding"], case["padding"]),
                groups=case["groups"],
            )
        shape = (case["channels"], case["height"], case["width"])
        network = _core.Network32(
            [layer.to_dict()],
            shape,
            {"kind": "mse"},
            optimizers.SGD(LEARNING_RATE).to_dict(),
            0,
            self._exact,
        )
        batch = int(case["batch"])
        x, _ = random_batch((batch, *shape))
        if case["task"] == "forward":
            return Prepared(lambda: network.predict(x), batch)
        target = np.zeros_like(network.predict(x))
        return Prepared(lambda: network.gradients(x, target), batch)
