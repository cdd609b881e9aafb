"""Test arguments for every entry of the registries of layers, losses and optimizers.

The tests that walk a registry fail for an entry without a row here: a new layer, loss or
optimizer is reference-compared, gradient-checked and saved and loaded as soon as it exists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from cnnx import augment, layers, losses, optimizers
from cnnx.augment import Augmentation
from cnnx.layers import (
    Activation,
    AvgPool2D,
    BatchNorm,
    Concat,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GlobalAvgPool2D,
    GlobalMaxPool2D,
    Layer,
    MaxPool2D,
    Normalize,
    Rescale,
    Residual,
    SeparableConv2D,
    SpatialDropout2D,
    UpSample2D,
    ZeroPad2D,
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


def _same(filters: int, size: int = 3, activation: str = "linear", **more: Any) -> Conv2D:
    """A convolution that keeps the image's size."""
    return Conv2D(filters, size, padding="same", activation=activation, **more)


def _plain(filters: int, **more: Any) -> Conv2D:
    """A convolution before a batch normalisation, which takes a bias away again."""
    return _same(filters, use_bias=False, **more)


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
    "avg_pool2d": [
        Row((2, 6, 6), [AvgPool2D(2)]),
        Row((17, 7, 6), [AvgPool2D(3, stride=2, padding=1)]),
        Row(_IMAGE, [AvgPool2D((2, 1), stride=(1, 2)), Conv2D(4, 2, activation="elu")]),
        Row((2, 7, 7), [AvgPool2D(2, stride=3)]),
        Row((5, 6, 7), [Conv2D(70, 1, activation="softplus"), AvgPool2D(3, stride=1)]),
        Row((3, 5, 8), [AvgPool2D((4, 5), stride=(1, 3), padding=(2, 1))]),
    ],
    "global_avg_pool2d": [
        Row(_IMAGE, [GlobalAvgPool2D()]),
        Row(_IMAGE, [Conv2D(67, 3, activation="tanh"), GlobalAvgPool2D(), Dense(3)]),
        Row((19, 1, 1), [GlobalAvgPool2D()]),
        Row((2, 13, 11), [GlobalAvgPool2D()]),
    ],
    "global_max_pool2d": [
        Row(_IMAGE, [GlobalMaxPool2D()]),
        Row(_IMAGE, [Conv2D(67, 3, activation="relu"), GlobalMaxPool2D(), Dense(3)]),
        Row(_IMAGE, [Conv2D(9, 2, activation="elu"), GlobalMaxPool2D()]),
    ],
    "zero_pad2d": [
        Row(_IMAGE, [ZeroPad2D(1), Conv2D(4, 3)]),
        Row(_IMAGE, [ZeroPad2D((0, 2))]),
        Row(_IMAGE, [Conv2D(4, 2, activation="tanh"), ZeroPad2D(((2, 0), (1, 3))), MaxPool2D(2)]),
        Row(_IMAGE, [ZeroPad2D(0)]),
    ],
    "up_sample2d": [
        Row(_IMAGE, [UpSample2D(2)]),
        Row(_IMAGE, [UpSample2D((1, 3)), Conv2D(4, 3)]),
        Row((18, 3, 4), [UpSample2D(2, "bilinear")]),
        Row(_IMAGE, [Conv2D(70, 2, activation="tanh"), UpSample2D((3, 2), "bilinear")]),
        Row((2, 1, 3), [UpSample2D((4, 5), "bilinear"), Conv2D(3, 2)]),
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
    "batch_norm": [
        Row(_IMAGE, [_plain(4), BatchNorm(), _same(2)]),
        Row(_IMAGE, [_plain(5), BatchNorm(epsilon=0.1, activation="relu"), MaxPool2D(2)]),
        Row(_IMAGE, [_plain(5), BatchNorm(), Activation("relu"), _same(2)]),
        Row(_IMAGE, [BatchNorm(activation="tanh"), _same(2)]),
        Row(_IMAGE, [_same(3, activation="tanh"), Flatten(), BatchNorm(), Dense(3)]),
        Row(_VECTOR, [Dense(6, use_bias=False), BatchNorm(activation="sigmoid"), Dense(3)]),
    ],
    "dropout": [
        Row(_IMAGE, [_same(4), Dropout(0.4), _same(2)]),
        Row(_VECTOR, [Dense(40, activation="tanh"), Dropout(0.2), Dense(3)]),
    ],
    "spatial_dropout2d": [Row(_IMAGE, [_same(9), SpatialDropout2D(0.3), _same(2)])],
    "depthwise_conv2d": [
        Row(_IMAGE, [DepthwiseConv2D(3)]),
        Row(_IMAGE, [DepthwiseConv2D((3, 2), 2, "same", depth_multiplier=2, activation="relu")]),
        Row((20, 7, 6), [DepthwiseConv2D(3, 1, 1, (2, 1), activation="tanh", use_bias=False)]),
    ],
    "separable_conv2d": [
        Row(_IMAGE, [SeparableConv2D(4, 3)]),
        Row(_IMAGE, [SeparableConv2D(6, 3, 2, "same", depth_multiplier=2, activation="tanh")]),
    ],
    "residual": [
        Row(_IMAGE, [Residual([_same(3)])]),
        Row(_IMAGE, [_same(4), Residual([_same(4, 3, "tanh"), _same(4)], activation="relu")]),
        Row(_IMAGE, [_same(4), Residual([_same(6), _same(6)], [_same(6, 1)]), _same(2)]),
        Row(
            (16, 8, 8),
            [
                _plain(16),
                BatchNorm(activation="relu"),
                Residual([_plain(16), BatchNorm(), Activation("relu"), _plain(16), BatchNorm()]),
                Residual(
                    [_plain(20, stride=2), BatchNorm(activation="tanh"), _plain(20), BatchNorm()],
                    [_plain(20, size=1, stride=2), BatchNorm()],
                    activation="relu",
                ),
                _same(2),
            ],
        ),
        Row(
            _IMAGE,
            [Residual([_same(3), Residual([_same(3, 3, "tanh")]), _same(3)], [_same(3)]), _same(2)],
        ),
        Row(_VECTOR, [Residual([Dense(9, activation="tanh"), Dense(7)]), Dense(2)]),
    ],
    "concat": [
        Row(_IMAGE, [Concat([[_same(4)], [_same(2, 1), _same(5)], []]), _same(2)]),
        Row(_IMAGE, [_same(4), Concat([[_plain(3), BatchNorm()], [BatchNorm()], []]), _same(2)]),
        Row(_VECTOR, [Dense(5), Concat([[Dense(3)], [], []]), Dense(2)]),
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

AUGMENTATIONS: dict[str, list[Augmentation]] = {
    "crop": [augment.RandomCrop(1), augment.RandomCrop((0, 2), fill=1.5)],
    "flip": [augment.HorizontalFlip(), augment.HorizontalFlip(0.9)],
    "vflip": [augment.VerticalFlip()],
    "shift": [augment.Shift(0.2), augment.Shift(0.5, fill=2)],
    "rotate": [augment.Rotation(), augment.Rotation(180, fill=1)],
    "scale": [augment.Scale(), augment.Scale(0.5, 2.0, fill=-1)],
    "erase": [augment.Erase(), augment.Erase(1.0, (0.2, 0.9), (0.1, 1.0), fill=3)],
    "brightness": [augment.Brightness(), augment.Brightness(1)],
    "contrast": [augment.Contrast(), augment.Contrast(1)],
    "mixup": [augment.MixUp(), augment.MixUp(3)],
    "cutmix": [augment.CutMix(), augment.CutMix(0.1)],
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
    "averages": Row(
        (3, 9, 8),
        [
            ZeroPad2D(((1, 0), (2, 1))),
            Conv2D(8, 3),
            Activation("gelu"),
            AvgPool2D(3, stride=2, padding=1),
            Conv2D(20, 2, activation="elu"),
            UpSample2D(2, "bilinear"),
            Activation("silu"),
            UpSample2D((1, 2)),
            Conv2D(12, 3, activation="softplus"),
            Activation("hard_swish"),
            GlobalAvgPool2D(),
            Dense(4, activation="softmax"),
        ],
    ),
    "global maximum": Row(
        (2, 8, 8),
        [
            Conv2D(10, 3, activation="relu"),
            Conv2D(6, 3, activation="elu"),
            GlobalMaxPool2D(),
            Dense(4),
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
    "branches": Row(
        (3, 12, 12),
        [
            _plain(16),
            BatchNorm(activation="tanh"),
            Residual([_plain(16), BatchNorm(activation="tanh"), _same(16)], activation="tanh"),
            SeparableConv2D(24, 3, stride=2, padding="same", use_bias=False),
            BatchNorm(activation="tanh"),
            Concat([[_same(8, 1)], [DepthwiseConv2D(3, padding="same"), _same(12)], []]),
            Residual([_plain(20), BatchNorm()], [_plain(20, size=1), BatchNorm()], "relu"),
            Flatten(),
            Dense(12, use_bias=False),
            BatchNorm(activation="tanh"),
            Dense(4, activation="softmax"),
        ],
    ),
    "dropped": Row(
        (3, 12, 12),
        [
            _same(16, activation="relu"),
            SpatialDropout2D(0.2),
            _same(16, activation="relu"),
            MaxPool2D(2),
            Flatten(),
            Dropout(0.3),
            Dense(4, activation="softmax"),
        ],
    ),
}
"""Whole networks of four classes."""

DRAWN = {"dropout", "spatial_dropout2d"}
"""Kinds whose training depends on random draws, which the reference does not make."""
MODES = {*DRAWN, "batch_norm"}
"""Kinds that do something else in training."""


def kinds(row: Row) -> set[str]:
    """The kinds of all layers of a row, those within others included."""

    def walk(layer: dict[str, Any]) -> Iterator[str]:
        yield layer["kind"]
        parts = [layer.get("branch"), layer.get("shortcut"), *layer.get("branches", [])]
        for part in parts:
            for inner in part or []:
                yield from walk(inner)

    return {kind for layer in row.layers for kind in walk(layer.to_dict())}


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
    "augmentations": (augment.REGISTRY, AUGMENTATIONS),
}
