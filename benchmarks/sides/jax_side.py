"""JAX: the training step or the forward pass as one compiled function."""

from __future__ import annotations

import os
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


def limit_threads(threads: int) -> None:
    """Limit JAX to some processors, as the number of threads cannot be set.

    The size of its thread pools is the number of processors of the process at start-up.
    """
    os.environ["NPROC"] = str(threads)
    if threads == 1:
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


class Side:
    """See `sides.Side`; there is one variant."""

    def __init__(self, variant: str, threads: int) -> None:
        limit_threads(threads)
        self._jax: Any = import_module("jax")
        self._numpy: Any = import_module("jax.numpy")

    def versions(self) -> dict[str, str]:
        """Return the versions of JAX and jaxlib, and the number of processors."""
        jaxlib: Any = import_module("jaxlib")
        allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else ()
        return {
            "jax": str(self._jax.__version__),
            "jaxlib": str(jaxlib.__version__),
            "processors": str(len(allowed)),
        }

    def _parameters(self, workload: Workload, key: Any) -> list[Any]:
        """Create weights and biases for the layers that have them, () for the others."""
        found: list[Any] = []
        for sized in sized_layers(workload):
            spec = sized.layer
            key, own = self._jax.random.split(key)
            if isinstance(spec, Conv):
                shape: tuple[int, ...] = (spec.kernel, spec.kernel, sized.channels, spec.filters)
                scale = (2.0 / (spec.kernel**2 * sized.channels)) ** 0.5
            elif isinstance(spec, Dense):
                shape = (sized.features, spec.units)
                scale = (2.0 / sized.features) ** 0.5
            else:
                found.append(())
                continue
            weights = scale * self._jax.random.normal(own, shape)
            found.append((weights, self._numpy.zeros(shape[-1])))
        return found

    def _forward(self, workload: Workload, parameters: list[Any], x: Any) -> Any:
        """Compute logits from images (N, height, width, channels)."""
        lax, relu = self._jax.lax, self._jax.nn.relu
        for spec, own in zip(workload.layers, parameters, strict=True):
            if isinstance(spec, Conv):
                border = [(spec.padding, spec.padding)] * 2
                x = lax.conv_general_dilated(
                    x, own[0], (1, 1), border, dimension_numbers=("NHWC", "HWIO", "NHWC")
                )
                x = relu(x + own[1])
            elif isinstance(spec, Pool):
                window = (1, 2, 2, 1)
                x = lax.reduce_window(x, -self._numpy.inf, lax.max, window, window, "VALID")
            elif isinstance(spec, Dense):
                x = x @ own[0] + own[1]
                x = relu(x) if spec.rectified else x
            else:
                x = x.reshape(x.shape[0], -1)
        return x

    def prepare(self, case: Mapping[str, Any]) -> Prepared:
        """Build a network; single layers are not offered."""
        jax, jnp = self._jax, self._numpy
        workload = WORKLOADS[case["workload"]]
        batch = int(case["batch"])
        channels, height, width = workload.input_shape
        keys = jax.random.split(jax.random.key(0), 3)
        parameters = self._parameters(workload, keys[0])
        x = jax.random.normal(keys[1], (batch, height, width, channels))
        if case["task"] == "infer":
            infer = jax.jit(lambda weights, images: self._forward(workload, weights, images))
            return Prepared(lambda: infer(parameters, x).block_until_ready(), batch)
        y = jax.random.randint(keys[2], (batch,), 0, CLASSES)

        def loss_of(weights: list[Any], images: Any, labels: Any) -> Any:
            logs = jax.nn.log_softmax(self._forward(workload, weights, images))
            return -jnp.mean(jnp.take_along_axis(logs, labels[:, None], 1))

        def step(weights: list[Any], velocity: list[Any], images: Any, labels: Any) -> Any:
            loss, grad = jax.value_and_grad(loss_of)(weights, images, labels)
            velocity = jax.tree.map(lambda v, g: MOMENTUM * v + g, velocity, grad)
            weights = jax.tree.map(lambda w, v: w - LEARNING_RATE * v, weights, velocity)
            return weights, velocity, loss

        compiled = jax.jit(step, donate_argnums=(0, 1))
        state = [parameters, jax.tree.map(jnp.zeros_like, parameters)]

        def train() -> float:
            state[0], state[1], loss = compiled(state[0], state[1], x, y)
            return float(loss)

        return Prepared(train, batch)
