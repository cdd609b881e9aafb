"""Keras on TensorFlow: `fit` for training, a compiled call for inference."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from workloads import CLASSES, LEARNING_RATE, MOMENTUM, WORKLOADS, Conv, Dense, Layer, Pool

from sides import Prepared

FIT_BATCHES = 12  # batches per call of `fit`, to amortise its start-up cost


class Side:
    """See `sides.Side`; there is one variant."""

    def __init__(self, variant: str, threads: int) -> None:
        os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3")
        self._tf: Any = import_module("tensorflow")
        self._tf.config.threading.set_intra_op_parallelism_threads(threads)
        self._tf.config.threading.set_inter_op_parallelism_threads(1)
        self._keras: Any = import_module("keras")
        self._numpy: Any = import_module("numpy")

    def versions(self) -> dict[str, str]:
        """Return the versions of Keras and TensorFlow, and the number of threads."""
        threads = self._tf.config.threading.get_intra_op_parallelism_threads()
        return {
            "keras": str(self._keras.__version__),
            "tensorflow": str(self._tf.__version__),
            "threads": str(threads),
        }

    def _layer(self, spec: Layer) -> Any:
        layers = self._keras.layers
        if isinstance(spec, Conv):
            same = spec.padding > 0
            if same and 2 * spec.padding + 1 != spec.kernel:
                raise ValueError(f"Keras does not support this padding: {spec}")
            return layers.Conv2D(
                spec.filters,
                spec.kernel,
                padding="same" if same else "valid",
                activation="relu",
            )
        if isinstance(spec, Pool):
            return layers.MaxPooling2D(2)
        if isinstance(spec, Dense):
            return layers.Dense(spec.units, activation="relu" if spec.rectified else None)
        return layers.Flatten()

    def prepare(self, case: Mapping[str, Any]) -> Prepared:
        """Build a network; single layers are not supported."""
        keras, numpy = self._keras, self._numpy
        workload = WORKLOADS[case["workload"]]
        batch = int(case["batch"])
        channels, height, width = workload.input_shape
        model = keras.Sequential([keras.Input((height, width, channels))])
        for spec in workload.layers:
            model.add(self._layer(spec))
        rng = numpy.random.default_rng(0)
        if case["task"] == "infer":
            images = rng.standard_normal((batch, height, width, channels), dtype="float32")
            constant = self._tf.constant(images)
            infer = self._tf.function(lambda values: model(values, training=False))
            return Prepared(lambda: infer(constant).numpy(), batch)
        count = batch * FIT_BATCHES
        x = rng.standard_normal((count, height, width, channels), dtype="float32")
        y = rng.integers(0, CLASSES, count)
        model.compile(
            optimizer=keras.optimizers.SGD(LEARNING_RATE, momentum=MOMENTUM),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        )
        return Prepared(lambda: model.fit(x, y, batch_size=batch, epochs=1, verbose=0), count)
