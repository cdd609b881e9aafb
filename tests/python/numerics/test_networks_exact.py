"""Whole networks equal the reference exactly on small integers.

Inputs and weights are small integers, the loss is a mean of squares over a power of two of
values, and the targets lie a small integer from the outputs. Then every value on the way forward
is an integer, every gradient an integer times a power of two, and a step with a learning rate
that is a power of two leaves weights that float32 represents: nothing rounds, and every pass of
the network as it is really run (fused stages, slices of the batch, packed weights) must give the
reference's numbers. The reference checks that no sum of magnitudes comes near 2**24 units.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from cnnx import _core
from reference.cases import small_integers
from reference.geometry import Pair, outputs, sides
from reference.network import ReferenceNetwork
from support.checks import FLATTEN, SGD, Layers, assert_close, assert_exact, conv, dense, max_pool

F64 = npt.NDArray[np.float64]

NETWORKS = 24
RATE = 0.125


def _pick(rng: np.random.Generator, *options: Any) -> Any:
    return options[int(rng.integers(len(options)))]


def _random_conv(rng: np.random.Generator, channels: int) -> dict[str, Any]:
    """One of the convolutions that networks are made of, among them the oddest."""
    filters = int(_pick(rng, 1, 3, 4, 8, 12, 16, 17, 32))
    kernel = _pick(rng, 1, 2, 3, 3, 3, 5, (1, 3))
    groups = 1
    if channels > 1 and rng.random() < 0.25:
        groups, filters = channels, channels * int(_pick(rng, 1, 2))
    return conv(
        filters,
        kernel,
        groups=groups,
        stride=_pick(rng, [1, 1], [1, 1], [2, 2], [1, 2]),
        padding=_pick(rng, "same", "same", [1, 1], [0, 2]),
        dilation=_pick(rng, [1, 1], [1, 1], [1, 1], [2, 1]),
        activation=_pick(rng, "relu", "relu", "linear"),
        use_bias=bool(rng.random() < 0.8),
    )


def _size_after(layer: dict[str, Any], size: Pair) -> Pair:
    """Height and width behind a convolution or a pool; not positive when it does not fit."""
    padding, stride = layer["padding"], layer["stride"]
    kernel = layer.get("kernel_size") or layer["pool_size"]
    dilation = layer.get("dilation", [1, 1])
    how: Any = padding if isinstance(padding, str) else tuple(padding)
    both = sides(how, size, tuple(kernel), tuple(stride), tuple(dilation))
    first, second = (outputs(size[a], both[a], kernel[a], stride[a], dilation[a]) for a in range(2))
    return first, second


def _random_network(rng: np.random.Generator) -> tuple[Layers, tuple[int, ...]]:
    """One to three convolutions with pools between them, and one or two dense layers."""
    channels = int(_pick(rng, 1, 1, 2, 3, 8, 16))
    size = (int(rng.integers(9, 19)), int(rng.integers(9, 19)))
    shape = (channels, *size)
    layers: Layers = []
    for _ in range(int(rng.integers(1, 4))):
        pools = (
            max_pool(2),
            max_pool(2, stride=[1, 2]),
            max_pool(3, stride=[2, 2], padding=[1, 1]),
        )
        for layer in (_random_conv(rng, channels), _pick(rng, None, *pools)):
            if layer is not None and min(_size_after(layer, size)) >= 1:
                layers.append(layer)
                size, channels = _size_after(layer, size), layer.get("filters", channels)
    layers.append(FLATTEN)
    if rng.random() < 0.5:
        layers.append(dense(int(rng.integers(2, 20)), "relu"))
    return [*layers, dense(int(_pick(rng, 1, 2, 4, 8)))], shape


class _Measured(ReferenceNetwork):
    """The reference, which also notes the largest sum of magnitudes that any value was made of."""

    largest = 0.0

    def _magnitudes(self) -> ReferenceNetwork:
        values = {name: abs(value) for name, value in self.parameters.items()}
        return ReferenceNetwork(self.layers, values, self.loss)

    def _step(self, name: str, layer: Mapping[str, Any], x: F64, training: bool) -> tuple[F64, Any]:
        sums, _ = self._magnitudes()._step(name, layer, abs(x), training)
        self.largest = max(self.largest, float(sums.max()))
        return super()._step(name, layer, x, training)

    def _back(
        self,
        name: str,
        layer: Mapping[str, Any],
        grad: F64,
        x: F64,
        kept: Any,
        grads: dict[str, F64],
    ) -> F64:
        sums: dict[str, F64] = {}
        sums["x"] = self._magnitudes()._back(name, layer, abs(grad), abs(x), kept, sums)
        self.largest = max(self.largest, *(float(value.max()) for value in sums.values()))
        return super()._back(name, layer, grad, x, kept, grads)


def _integer_network(
    rng: np.random.Generator, layers: Layers, shape: tuple[int, ...], exact: bool
) -> tuple[Any, _Measured]:
    optimizer = SGD | {"learning_rate": RATE}
    network = _core.Network32(layers, shape, {"kind": "mse"}, optimizer, 0, exact)
    values = {}
    for name in network.parameter_names():
        like = network.get_parameter(name)
        kept = rng.random(like.shape) < min(1.0, 64 / like[0].size)
        values[name] = small_integers(rng, like.shape, 1) * kept
        network.set_parameter(name, values[name].astype(np.float32))
    return network, _Measured(layers, values, "mse")


@pytest.mark.parametrize("number", range(NETWORKS))
def test_forward_gradients_and_step(isa: str, number: int) -> None:
    rng = np.random.default_rng((11, number))
    layers, shape = _random_network(rng)
    batch = int(_pick(rng, 1, 2, 4, 8, 16, 32))
    network, oracle = _integer_network(rng, layers, shape, exact=True)
    what = f"{layers} on {batch} images of {shape}"
    x = small_integers(rng, (batch, *shape), 2).astype(np.float32)
    y = oracle.forward(x)
    assert oracle.largest < 2**24
    assert_exact(network.predict(x), y, f"outputs of {what}")

    targets = y + small_integers(rng, y.shape, 2)
    unit = 2.0 / y.size  # every gradient is a multiple of it
    oracle.largest = 0.0
    losses, expected = oracle.gradients(x, targets)
    assert oracle.largest / unit < 2**24
    loss, _, grads = network.gradients(x, targets.astype(np.float32))
    assert loss == losses.sum()
    assert set(grads) == set(expected)
    for name, grad in grads.items():
        assert_exact(grad, expected[name], f"gradient of {name} of {what}")

    network.train_batch(x, targets.astype(np.float32))
    for name in network.parameter_names():
        stepped = (oracle.parameters[name] - RATE * expected[name]).astype(np.float32)
        assert_exact(network.get_parameter(name), stepped, f"{name} after a step of {what}")


@pytest.mark.parametrize("number", range(NETWORKS))
def test_fast_convolutions_differ_in_three_by_three_only(isa: str, number: int) -> None:
    """Without ``exact_conv`` a 3x3 convolution may be a Winograd one; the others stay exact."""
    rng = np.random.default_rng((12, number))
    layers, shape = _random_network(rng)
    network, oracle = _integer_network(rng, layers, shape, exact=False)
    x = small_integers(rng, (8, *shape), 2).astype(np.float32)
    y, got = oracle.forward(x), network.predict(x)
    if any(layer.get("kernel_size") == [3, 3] for layer in layers):
        assert_close(got, y, 1e-4, f"outputs of {layers} on {shape}")
    else:
        assert_exact(got, y, f"outputs of {layers} on {shape}")


@pytest.mark.parametrize("kind", ["float64", "uint8"])
def test_images_of_other_types(isa: str, kind: str) -> None:
    """float64 images are rounded to float32, bytes are taken as they are."""
    rng = np.random.default_rng(13)
    layers: Layers = [
        {"kind": "rescale", "scale": 0.5, "offset": -64.0},
        conv(8, 5, activation="relu"),
        FLATTEN,
        dense(4),
    ]
    network, oracle = _integer_network(rng, layers, (2, 9, 9), exact=True)
    x = (2 * rng.integers(0, 128, (6, 2, 9, 9))).astype(kind)
    y = oracle.forward(x)
    assert_exact(network.predict(x), y, kind)
    rows = np.array([4, 0, 0, 5], np.int64)
    assert_exact(network.predict(x, rows), y[rows], f"chosen rows of {kind}")
    targets = (y + small_integers(rng, y.shape, 2)).astype(np.float32)
    assert network.evaluate_batch(x, targets, rows)[0] == oracle.gradients(
        x[rows], targets[rows]
    )[0].sum()  # fmt: skip
    _, expected = oracle.gradients(x[rows], targets[rows])
    network.train_batch(x, targets, rows)
    for name in network.parameter_names():
        stepped = (oracle.parameters[name] - RATE * expected[name]).astype(np.float32)
        assert_exact(network.get_parameter(name), stepped, f"{name} of {kind}")
