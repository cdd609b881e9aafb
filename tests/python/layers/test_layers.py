"""Layers check their arguments, bring them into one form, and survive the way through a dict."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pytest

from cnnx import ConfigError, layers
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
    MaxPool2D,
    Normalize,
    Rescale,
    Residual,
    SeparableConv2D,
    SpatialDropout2D,
    UpSample2D,
    ZeroPad2D,
)

EXAMPLES: dict[str, list[layers.Layer]] = {
    "conv2d": [
        Conv2D(8, 3),
        Conv2D(8, (3, 5), 2, "same", (1, 2), 4, "relu", False, "glorot_uniform", "zeros"),
        Conv2D(1, 1, padding=(0, 2)),
    ],
    "max_pool2d": [MaxPool2D(2), MaxPool2D((3, 2), 1, 1)],
    "avg_pool2d": [AvgPool2D(2), AvgPool2D((3, 2), 1, (1, 0))],
    "global_avg_pool2d": [GlobalAvgPool2D()],
    "global_max_pool2d": [GlobalMaxPool2D()],
    "zero_pad2d": [ZeroPad2D(1), ZeroPad2D((0, 2)), ZeroPad2D(((1, 2), (3, 4)))],
    "up_sample2d": [UpSample2D(2), UpSample2D((1, 3), "bilinear")],
    "flatten": [Flatten()],
    "dense": [Dense(10), Dense(1, "sigmoid", use_bias=False, kernel_initializer="zeros")],
    "activation": [
        *(Activation(name) for name in layers.ACTIVATIONS),
        Activation("leaky_relu", alpha=0.2),
        Activation("elu", alpha=0.5),
    ],
    "rescale": [Rescale(1 / 255), Rescale(2, -1)],
    "normalize": [Normalize(0.5, 0.25), Normalize([0.1, 0.2, 0.3], (1.0, 2.0, 3.0))],
    "batch_norm": [BatchNorm(), BatchNorm(0.99, 1e-3, "relu")],
    "dropout": [Dropout(0), Dropout(0.5)],
    "spatial_dropout2d": [SpatialDropout2D(0.25)],
    "depthwise_conv2d": [
        DepthwiseConv2D(3),
        DepthwiseConv2D((3, 5), 2, "same", 1, 2, "relu", False),
    ],
    "separable_conv2d": [SeparableConv2D(8, 3), SeparableConv2D(8, 5, 2, 2, activation="relu")],
    "residual": [
        Residual([Conv2D(3, 1)]),
        Residual([Residual([Dense(3)])], [Dense(3), BatchNorm()], activation="relu"),
    ],
    "concat": [Concat([[], [Dense(2)]]), Concat([[Residual([Dense(3)])], [Flatten(), Dense(2)]])],
}
any_: Any = layers  # whose arguments the type checker does not look at
ALL = [layer for examples in EXAMPLES.values() for layer in examples]


def test_every_registered_layer_has_examples() -> None:
    assert set(EXAMPLES) == set(layers.REGISTRY)
    for kind, examples in EXAMPLES.items():
        assert all(type(layer) is layers.REGISTRY[kind] for layer in examples)


@pytest.mark.parametrize("layer", ALL, ids=repr)
def test_dict_form_is_json_and_gives_an_equal_layer(layer: layers.Layer) -> None:
    values = json.loads(json.dumps(layer.to_dict()))
    again = layers.from_dict(values)
    assert again == layer
    assert hash(again) == hash(layer)
    assert type(again) is type(layer)


@pytest.mark.parametrize("layer", ALL, ids=repr)
def test_layers_cannot_be_changed(layer: layers.Layer) -> None:
    for field in dataclasses.fields(layer):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(layer, field.name, 1)
    with pytest.raises((AttributeError, TypeError)):
        layer.other = 1  # type: ignore[attr-defined]


def test_dict_form_of_a_convolution() -> None:
    assert Conv2D(8, 3, padding=1).to_dict() == {
        "kind": "conv2d",
        "filters": 8,
        "kernel_size": [3, 3],
        "stride": [1, 1],
        "padding": [1, 1],
        "dilation": [1, 1],
        "groups": 1,
        "activation": "linear",
        "use_bias": True,
        "kernel_initializer": "he_normal",
        "bias_initializer": "zeros",
    }


def test_dict_form_of_zero_padding() -> None:
    """Plain values for the engine: top, bottom, left, right."""
    assert ZeroPad2D(((1, 2), (3, 4))).to_dict() == {"kind": "zero_pad2d", "padding": [1, 2, 3, 4]}


def test_different_spellings_are_equal() -> None:
    assert Conv2D(8, 3) == Conv2D(8, (3, 3), activation="linear", padding="valid")
    assert Conv2D(np.int32(8), np.array([3, 3])) == Conv2D(8, [3, 3])  # type: ignore[arg-type]
    assert MaxPool2D(2) == MaxPool2D((2, 2), stride=2)
    assert MaxPool2D(3) != MaxPool2D(3, stride=2)
    assert AvgPool2D(2) == AvgPool2D([2, 2], stride=(2, 2))  # type: ignore[arg-type]
    assert ZeroPad2D(1) == ZeroPad2D((1, 1)) == ZeroPad2D(((1, 1), (1, 1)))
    assert ZeroPad2D((1, 2)) == ZeroPad2D([[1, 1], [2, 2]])  # type: ignore[arg-type]
    assert ZeroPad2D(np.array([[1, 0], [2, 3]])) == ZeroPad2D(((1, 0), (2, 3)))  # type: ignore[arg-type]
    assert Activation("elu") == Activation("elu", alpha=1)
    assert Activation("leaky_relu") == Activation("leaky_relu", alpha=0.01)
    assert Normalize(1, 2) == Normalize([1.0], np.array([2.0]))  # type: ignore[arg-type]


def test_numpy_numbers_become_pythons() -> None:
    layer = Conv2D(np.int64(8), (np.uint8(3), 3), use_bias=np.bool_(False))  # type: ignore[arg-type]
    assert type(layer.filters) is int
    assert type(layer.kernel_size[0]) is int  # type: ignore[index]
    assert layer.use_bias is False
    assert type(Rescale(np.float32(0.5)).scale) is float  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: any_.Conv2D(0, 3), ConfigError, "Conv2D: filters must be at least 1, got 0"),
        (lambda: any_.Conv2D(True, 3), TypeError, "filters must be an integer, got True (bool)"),
        (lambda: any_.Conv2D(8.0, 3), TypeError, "got 8.0 (float); write filters=8"),
        (lambda: any_.Conv2D(8, "3"), TypeError, "kernel_size must be an integer or a pair"),
        (lambda: any_.Conv2D(8, (3, 3, 3)), ConfigError, "got 3 numbers: (3, 3, 3)"),
        (lambda: any_.Conv2D(8, (3, 0)), ConfigError, "kernel_size[1] must be at least 1, got 0"),
        (lambda: any_.Conv2D(8, 3, stride=-1), ConfigError, "stride must be at least 1, got -1"),
        (lambda: any_.Conv2D(8, 3, padding=-1), ConfigError, "padding must be at least 0, got -1"),
        (lambda: any_.Conv2D(8, 3, padding="full"), ConfigError, '"valid", "same", got \'full\''),
        (lambda: any_.Conv2D(8, 3, padding=None), TypeError, "padding must be"),
        (lambda: any_.Conv2D(2**31, 3), ConfigError, "filters must be at most 2147483647"),
        (lambda: any_.Conv2D(8, 3, activation="rleu"), ConfigError, 'did you mean "relu"?'),
        (lambda: any_.Conv2D(8, 3, activation=max), TypeError, "activation must be one of"),
        (lambda: any_.Conv2D(8, 3, use_bias=1), TypeError, "use_bias must be True or False"),
        (
            lambda: any_.Conv2D(8, 3, kernel_initializer="he"),
            ConfigError,
            "kernel_initializer must be",
        ),
        (lambda: any_.MaxPool2D(0), ConfigError, "MaxPool2D: pool_size must be at least 1"),
        (lambda: any_.MaxPool2D(2, stride=0), ConfigError, "MaxPool2D: stride must be at least 1"),
        (lambda: any_.AvgPool2D(0), ConfigError, "AvgPool2D: pool_size must be at least 1"),
        (lambda: any_.AvgPool2D(2, padding=-1), ConfigError, "AvgPool2D: padding must be at"),
        (lambda: any_.UpSample2D(0), ConfigError, "UpSample2D: size must be at least 1, got 0"),
        (lambda: any_.UpSample2D(2, None), TypeError, "UpSample2D: interpolation must be one of"),
        (lambda: any_.ZeroPad2D("same"), TypeError, "ZeroPad2D: padding must be an integer or"),
        (lambda: any_.ZeroPad2D([1, 1, 1, 1]), ConfigError, "got 4 numbers: [1, 1, 1, 1]"),
        (lambda: any_.ZeroPad2D([[1], [1]]), ConfigError, "((top, bottom), (left, right)), got"),
        (lambda: any_.Dense(-3), ConfigError, "Dense: units must be at least 1, got -3"),
        (lambda: any_.Dense(None), TypeError, "Dense: units must be an integer, got None"),
        (lambda: any_.Activation(None), TypeError, "Activation: activation must be one of"),
        (
            lambda: any_.Activation("leaky_relu", alpha=np.inf),
            ConfigError,
            "alpha must be a finite",
        ),
        (lambda: any_.Rescale(0), ConfigError, "Rescale: scale must not be 0"),
        (lambda: any_.Rescale("1/255"), TypeError, "scale must be a number, got '1/255' (str)"),
        (lambda: any_.Rescale(1 + 2j), TypeError, "scale must be a"),
        (lambda: any_.Rescale(np.complex64(1)), TypeError, "scale must be a real number"),
        (lambda: any_.Rescale(10**400), ConfigError, "scale must be a finite number"),
        (lambda: any_.Normalize([], []), ConfigError, "mean must have one value per channel"),
        (lambda: any_.Normalize([0, 0], 1), ConfigError, "got 2 and 1"),
        (lambda: any_.Normalize(0.0, 0.0), ConfigError, "std must be greater than 0"),
        (lambda: any_.Normalize(0.0, [1, -1]), ConfigError, "std[1] must be greater than 0"),
        (lambda: any_.BatchNorm(1.0), ConfigError, "BatchNorm: momentum must be"),
        (lambda: any_.BatchNorm("0.9"), TypeError, "momentum must be a number, got '0.9' (str)"),
        (lambda: any_.BatchNorm(epsilon=0), ConfigError, "epsilon must be greater than 0"),
        (lambda: any_.BatchNorm(activation="rleu"), ConfigError, 'did you mean "relu"?'),
        (lambda: any_.Dropout(1), ConfigError, "Dropout: rate must be"),
        (lambda: any_.Dropout(None), TypeError, "Dropout: rate must be a number, got None"),
        (lambda: any_.SpatialDropout2D(-0.1), ConfigError, "SpatialDropout2D: rate must be"),
        (lambda: any_.DepthwiseConv2D(0), ConfigError, "DepthwiseConv2D: kernel_size must be"),
        (
            lambda: any_.DepthwiseConv2D(3, depth_multiplier=0),
            ConfigError,
            "DepthwiseConv2D: depth_multiplier must be at least 1, got 0",
        ),
        (lambda: any_.SeparableConv2D(0, 3), ConfigError, "SeparableConv2D: filters must be at"),
        (lambda: any_.SeparableConv2D(8, 3, padding="full"), ConfigError, "'full'"),
        (lambda: any_.Residual([]), ConfigError, "branch must have at least one layer, got none"),
        (lambda: any_.Residual(Dense(3)), TypeError, "must be a list of layers, got Dense"),
        (lambda: any_.Residual(Dense(3)), TypeError, "; put it in a list"),
        (lambda: any_.Residual([Dense]), TypeError, "branch[0] must be a layer from cnnx.layers"),
        (lambda: any_.Residual([Dense(3)], [3]), TypeError, "shortcut[0] must be a layer"),
        (lambda: any_.Residual([Dense(3)], activation=3), TypeError, "Residual: activation"),
        (lambda: any_.Concat([[]]), ConfigError, "branches must have 2 to 32 entries, got 1"),
        (lambda: any_.Concat([[]] * 33), ConfigError, "2 to 32 entries, got 33"),
        (lambda: any_.Concat(Dense(3)), TypeError, "branches must be a list of lists of layers"),
        (lambda: any_.Concat([Dense(3), []]), TypeError, "branches[0] must be a list of layers"),
        (lambda: any_.Concat([[], ["flatten"]]), TypeError, "branches[1][0] must be a layer"),
        (lambda: any_.Normalize(None, 1.0), TypeError, "mean must be a number, or one per channel"),
    ],
)
def test_unusable_arguments(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        make()
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ("conv2d", TypeError, "layer: expected a dict, got 'conv2d'"),
        ({}, TypeError, "kind must be one of"),
        ({"kind": "conv3d"}, ConfigError, 'did you mean "conv2d"?'),
        ({"kind": "dense"}, ConfigError, "Dense: argument 'units' is missing"),
        ({"kind": "flatten", "axis": 1}, ConfigError, "Flatten: unknown argument 'axis'"),
        ({"kind": "dense", "units": "8"}, TypeError, "units must be an integer"),
        ({"kind": "residual", "branch": 3}, TypeError, "Residual: branch: expected a list of"),
        ({"kind": "residual", "branch": [3]}, TypeError, "layer: expected a dict, got 3"),
        ({"kind": "concat", "branches": [[], 3]}, TypeError, "Concat: branches[1]: expected a"),
        ({"kind": "concat", "branches": 3}, TypeError, "branches must be a list of lists"),
        (
            {"kind": "residual", "branch": [{"kind": "dense", "units": 0}]},
            ConfigError,
            "Dense: units must be at least 1, got 0",
        ),
    ],
)
def test_unusable_dicts(values: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        layers.from_dict(values)
    assert message in str(caught.value)
