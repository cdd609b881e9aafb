"""Test arguments for every entry of the registries of layers, losses and optimizers.

The tests that walk a registry fail for an entry without a row here: a new layer, loss or
optimizer is reference-compared, gradient-checked and saved and loaded as soon as it exists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from cnnx import layers, losses, optimizers
from cnnx.layers import (
    Activation,
    Conv2D,
    Dense,
    Flatten,
    Layer,
    MaxPool2D,
    Normalize,
    Rescale,
)
from cnnx.losses import (
    BinaryCrossEntropy,
    CrossEntropy,
    Focal,
    Huber,
    Loss,
    MeanAbsoluteError,
    MeanSquaredError,
)
from cnnx.optimizers import SGD, Adagrad, Adam, AdamW, Lion, Optimizer, RMSprop


class Row(NamedTuple):
    """A network around the thing to be tested."""

    input_shape: tuple[int, ...]
    layers: list[Layer]


_IMAGE, _VECTOR = (3, 6, 5), (7,)

LAYERS: dict[str, list[Row]] = {
    "conv2d": [
        Row(_IMAGE, [Conv2D(4, 3)]),
        Row(_IMAGE, [Conv2D(5, (3, 2), padding="same", activation="relu")]),
        Row((16, 8, 8), [Conv2D(16, 3, padding="same", activation="relu")]),
        Row(_IMAGE, [Conv2D(4, 3, stride=2, padding=1, activation="tanh")]),
        Row(_IMAGE, [Conv2D(4, (2, 3), stride=(1, 3), padding=(2, 1), use_bias=False)]),
        Row((2, 9, 8), [Conv2D(3, 3, dilation=(2, 3), padding=2, activation="sigmoid")]),
        Row((4, 5, 5), [Conv2D(6, 3, groups=2, activation="leaky_relu")]),
        Row((4, 5, 5), [Conv2D(8, 3, groups=4, padding="same", stride=2, activation="softmax")]),
        Row((5, 4, 4), [Conv2D(7, 1, activation="linear")]),
    ],
    "max_pool2d": [
        Row((2, 6, 6), [MaxPool2D(2)]),
        Row(_IMAGE, [MaxPool2D(3, stride=2, padding=1)]),
        Row(_IMAGE, [MaxPool2D((2, 1), stride=(1, 2))]),
        Row((2, 7, 7), [MaxPool2D(2, stride=3)]),
    ],
    "flatten": [Row(_IMAGE, [Flatten()]), Row(_IMAGE, [Conv2D(2, 2), Flatten(), Dense(3)])],
    "dense": [
        Row(_VECTOR, [Dense(4)]),
        Row(_VECTOR, [Dense(33, activation="relu"), Dense(3, activation="tanh")]),
        Row(_VECTOR, [Dense(5, activation="sigmoid", use_bias=False)]),
        Row(_VECTOR, [Dense(5, activation="leaky_relu"), Dense(4, activation="softmax")]),
    ],
    "activation": [
        Row(shape, [Activation(name, alpha=0.3)])
        for name in layers.ACTIVATIONS
        for shape in (_IMAGE, _VECTOR)
    ],
    "rescale": [
        Row(_IMAGE, [Rescale(0.5, -1.0), Conv2D(2, 3)]),
        Row(_VECTOR, [Rescale(3.0), Dense(2)]),
    ],
    "normalize": [
        Row(_IMAGE, [Normalize((0.5, -0.25, 1.0), (2.0, 0.5, 1.5)), Conv2D(2, 3)]),
        Row((1, 4, 4), [Normalize(0.5, 0.25), Flatten()]),
    ],
}

LOSSES: dict[str, list[Loss]] = {
    "cross_entropy": [CrossEntropy(), CrossEntropy(label_smoothing=0.1)],
    "binary_cross_entropy": [BinaryCrossEntropy()],
    "focal": [Focal(), Focal(0.5, (0.25, 1.0, 2.0, 0.5))],
    "mse": [MeanSquaredError()],
    "mae": [MeanAbsoluteError()],
    "huber": [Huber(), Huber(0.25)],
}

OPTIMIZERS: dict[str, list[Optimizer]] = {
    "sgd": [
        SGD(0.1),
        SGD(0.1, momentum=0.9),
        SGD(0.05, momentum=0.8, nesterov=True),
        SGD(0.1, momentum=0.9, weight_decay=0.02),
        SGD(0.1, momentum=0.5, nesterov=True, weight_decay=0.01),
        SGD(0.1, momentum=0.8, weight_decay=0.01, clip_norm=0.7, clip_value=0.1, ema=0.5),
    ],
    "adam": [Adam(0.01), Adam(0.02, 0.8, 0.95, 1e-4, weight_decay=0.05)],
    "adamw": [
        AdamW(0.01),
        AdamW(0.02, 0.8, 0.95, 1e-6, weight_decay=0.1, decay_weights_only=True),
    ],
    "rmsprop": [
        RMSprop(0.003),
        RMSprop(0.001, 0.9, momentum=0.9, epsilon=1e-5, weight_decay=0.01, clip_value=0.05),
    ],
    "adagrad": [Adagrad(0.05), Adagrad(0.05, 1e-6, weight_decay=0.01, ema=0.8)],
    "lion": [Lion(0.005), Lion(0.003, 0.8, 0.95, 0.1, clip_norm=0.5, ema=0.9)],
}

NETWORKS: dict[str, Row] = {
    "one dense": Row((6,), [Dense(4)]),
    "mnist": Row(
        (1, 12, 12),
        [
            Conv2D(8, 3, padding="same", activation="relu"),
            MaxPool2D(2),
            Conv2D(16, 3, padding="same", activation="relu"),
            MaxPool2D(2),
            Flatten(),
            Dense(16, activation="relu"),
            Dense(4, activation="softmax"),
        ],
    ),
    "lenet": Row(
        (1, 14, 14),
        [
            Rescale(0.5, 0.1),
            Conv2D(6, 5, padding=2, activation="tanh"),
            MaxPool2D(2),
            Conv2D(16, 5, activation="tanh"),
            Flatten(),
            Dense(20, activation="sigmoid"),
            Dense(4),
        ],
    ),
    "everything": Row(
        (4, 13, 11),
        [
            Normalize((0.1, 0.2, 0.3, 0.4), (1.0, 2.0, 0.5, 1.5)),
            Conv2D(6, 3, stride=2, padding="same", groups=2, activation="leaky_relu"),
            Conv2D(5, (3, 2), dilation=(2, 1), padding=(2, 1), use_bias=False),
            Activation("leaky_relu", alpha=0.2),
            MaxPool2D(3, stride=2, padding=1),
            Conv2D(12, 1, activation="softmax"),
            Conv2D(12, 3, padding=1, groups=12, activation="sigmoid"),
            Flatten(),
            Dense(9, activation="tanh"),
            Dense(4),
            Activation("softmax"),
        ],
    ),
    "convolutions only": Row(
        (3, 9, 9),
        [
            Conv2D(32, 3, padding="same", activation="relu"),
            Conv2D(16, 3, padding="same", activation="relu"),
            Conv2D(4, 3, stride=2),
            Flatten(),
            Dense(4, activation="softmax"),
        ],
    ),
}
"""Whole networks of four classes."""


def all_layer_rows() -> Iterator[tuple[str, Row]]:
    """Every row of every layer with a readable name."""
    for kind, rows in LAYERS.items():
        for index, row in enumerate(rows):
            yield f"{kind}-{index}", row


def dicts(row: Row) -> list[dict[str, Any]]:
    """The row's layers as the engine takes them."""
    return [layer.to_dict() for layer in row.layers]


REGISTRIES: dict[str, tuple[Mapping[str, Any], Mapping[str, list[Any]]]] = {
    "layers": (layers.REGISTRY, LAYERS),
    "losses": (losses.REGISTRY, LOSSES),
    "optimizers": (optimizers.REGISTRY, OPTIMIZERS),
}
