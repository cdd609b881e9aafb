"""Layers with unusable arguments, and networks whose layers do not fit."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnx import CNN, layers
from cnnx.errors import ConfigError, ShapeError
from cnnx.layers import Conv2D, Dense, Flatten, MaxPool2D, Normalize, Rescale
from cnnx.optimizers import SGD

from .scene import BadCall


def _net(*stack: layers.Layer, shape: Any = (2, 6, 6), **options: Any) -> CNN:
    return CNN(list(stack), shape, **options)


LAYERS = [
    BadCall("filters zero", lambda s: Conv2D(0, 3),
            ConfigError, ("Conv2D", "filters", "at least 1", "got 0")),
    BadCall("filters negative", lambda s: Conv2D(-8, 3),
            ConfigError, ("Conv2D", "filters", "at least 1", "got -8")),
    BadCall("filters a fraction", lambda s: Conv2D(2.5, 3),  # type: ignore[arg-type]
            TypeError, ("Conv2D", "filters", "integer", "2.5")),
    BadCall("kernel zero", lambda s: Conv2D(8, 0),
            ConfigError, ("Conv2D", "kernel_size", "at least 1", "got 0")),
    BadCall("kernel with a zero", lambda s: Conv2D(8, (3, 0)),
            ConfigError, ("Conv2D", "kernel_size[1]", "at least 1", "got 0")),
    BadCall("kernel of three", lambda s: Conv2D(8, (3, 3, 3)),  # type: ignore[arg-type]
            ConfigError, ("Conv2D", "kernel_size", "pair", "3 numbers")),
    BadCall("kernel text", lambda s: Conv2D(8, "3x3"),  # type: ignore[arg-type]
            TypeError, ("Conv2D", "kernel_size", "pair", "'3x3'")),
    BadCall("stride zero", lambda s: Conv2D(8, 3, stride=0),
            ConfigError, ("Conv2D", "stride", "at least 1", "got 0")),
    BadCall("stride negative", lambda s: Conv2D(8, 3, stride=(1, -1)),
            ConfigError, ("Conv2D", "stride[1]", "at least 1", "got -1")),
    BadCall("dilation zero", lambda s: Conv2D(8, 3, dilation=0),
            ConfigError, ("Conv2D", "dilation", "at least 1", "got 0")),
    BadCall("padding negative", lambda s: Conv2D(8, 3, padding=-1),
            ConfigError, ("Conv2D", "padding", "at least 0", "got -1")),
    BadCall("padding unknown", lambda s: Conv2D(8, 3, padding="full"),
            ConfigError, ("Conv2D", "padding", "same", "valid", "'full'")),
    BadCall("groups zero", lambda s: Conv2D(8, 3, groups=0),
            ConfigError, ("Conv2D", "groups", "at least 1", "got 0")),
    BadCall("activation misspelt", lambda s: Conv2D(8, 3, activation="rleu"),
            ConfigError, ("Conv2D", "activation", "relu", "'rleu'")),
    BadCall("activation a function",
            lambda s: Dense(8, activation=np.tanh),  # type: ignore[arg-type]
            TypeError, ("Dense", "activation", "tanh", "ufunc")),
    BadCall("initializer unknown", lambda s: Conv2D(8, 3, kernel_initializer="xavier"),
            ConfigError, ("Conv2D", "kernel_initializer", "glorot_uniform", "'xavier'")),
    BadCall("use_bias a number", lambda s: Dense(8, use_bias=1),  # type: ignore[arg-type]
            TypeError, ("Dense", "use_bias", "True or False", "1")),
    BadCall("units zero", lambda s: Dense(0),
            ConfigError, ("Dense", "units", "at least 1", "got 0")),
    BadCall("units negative", lambda s: Dense(-10),
            ConfigError, ("Dense", "units", "at least 1", "got -10")),
    BadCall("units huge", lambda s: Dense(10**12),
            ConfigError, ("Dense", "units", "at most", "1000000000000")),
    BadCall("units NaN", lambda s: Dense(float("nan")),  # type: ignore[arg-type]
            TypeError, ("Dense", "units", "integer", "nan")),
    BadCall("pool zero", lambda s: MaxPool2D(0),
            ConfigError, ("MaxPool2D", "pool_size", "at least 1", "got 0")),
    BadCall("pool stride zero", lambda s: MaxPool2D(2, stride=0),
            ConfigError, ("MaxPool2D", "stride", "at least 1", "got 0")),
    BadCall("pool padding negative", lambda s: MaxPool2D(2, padding=-1),
            ConfigError, ("MaxPool2D", "padding", "at least 0", "got -1")),
    BadCall("pool padding text", lambda s: MaxPool2D(2, padding="same"),  # type: ignore[arg-type]
            TypeError, ("MaxPool2D", "padding", "integer", "'same'")),
    BadCall("activation layer unknown", lambda s: layers.Activation("gelu"),
            ConfigError, ("Activation", "activation", "relu", "'gelu'")),
    BadCall("rescale by nothing", lambda s: Rescale(0.0),
            ConfigError, ("Rescale", "scale", "0")),
    BadCall("rescale by infinity", lambda s: Rescale(float("inf")),
            ConfigError, ("Rescale", "scale", "finite", "inf")),
    BadCall("normalize by nothing", lambda s: Normalize(0.0, 0.0),
            ConfigError, ("Normalize", "std", "greater than 0", "got 0")),
    BadCall("normalize by fewer", lambda s: Normalize((0.0, 0.0), (1.0,)),
            ConfigError, ("Normalize", "mean", "std", "2", "1")),
    BadCall("layer from an unknown kind", lambda s: layers.from_dict({"kind": "conv3d"}),
            ConfigError, ("layer", "kind", "conv2d", "'conv3d'")),
    BadCall("layer from an unknown argument",
            lambda s: layers.from_dict({"kind": "dense", "units": 3, "bias": True}),
            ConfigError, ("Dense", "unknown argument", "'bias'")),
]  # fmt: skip

_CONV = Conv2D(4, 3)

BUILDING = [
    BadCall("kernel larger than the image", lambda s: _net(_CONV, MaxPool2D(2), Conv2D(4, 5)),
            ShapeError, ("Conv2D (layer 2)", "kernel 5x5", "input 2x2", "padding 0", "same")),
    BadCall("dilated kernel larger than the padded image",
            lambda s: _net(Conv2D(4, 3, dilation=4, padding=1)),
            ShapeError, ("Conv2D (layer 0)", "kernel 3x3", "dilation 4", "input 6x6",
                         "padding 1")),
    BadCall("window larger than the image", lambda s: _net(_CONV, MaxPool2D(5)),
            ShapeError, ("MaxPool2D (layer 1)", "window 5x5", "input 4x4", "padding 0")),
    BadCall("pool padding of more than half", lambda s: _net(MaxPool2D(3, padding=2)),
            ShapeError, ("MaxPool2D (layer 0)", "padding 2x2", "half", "3x3")),
    BadCall("groups that do not divide the channels",
            lambda s: _net(Conv2D(6, 3, groups=3)),
            ShapeError, ("Conv2D (layer 0)", "groups=3", "2 input channels", "6 filters")),
    BadCall("groups that do not divide the filters",
            lambda s: _net(Conv2D(5, 3, groups=2)),
            ShapeError, ("Conv2D (layer 0)", "groups=2", "2 input channels", "5 filters")),
    BadCall("dense on maps", lambda s: _net(_CONV, Dense(5)),
            ShapeError, ("Dense (layer 1)", "(features,)", "(4, 4, 4)", "Flatten")),
    BadCall("convolution behind flatten", lambda s: _net(Flatten(), _CONV),
            ShapeError, ("Conv2D (layer 1)", "(channels, height, width)", "(72,)", "Flatten")),
    BadCall("pool behind dense", lambda s: _net(Flatten(), Dense(9), MaxPool2D(2)),
            ShapeError, ("MaxPool2D (layer 2)", "(channels, height, width)", "(9,)")),
    BadCall("cross_entropy of maps", lambda s: _net(_CONV),
            ShapeError, ("loss", "cross-entropy", "(classes,)", "(4, 4, 4)", "Flatten")),
    BadCall("normalize of other channels",
            lambda s: _net(Normalize((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))),
            ShapeError, ("Normalize (layer 0)", "3", "2")),
    BadCall("no layers", lambda s: _net(), ConfigError, ("CNN", "layers", "at least one")),
    BadCall("one layer without a list",
            lambda s: CNN(_CONV, (2, 6, 6)),  # type: ignore[arg-type]
            TypeError, ("CNN", "layers", "list", "Conv2D")),
    BadCall("a name among the layers",
            lambda s: CNN([_CONV, "flatten"], (2, 6, 6)),  # type: ignore[list-item]
            TypeError, ("CNN", "layers[1]", "'flatten'")),
    BadCall("a class among the layers",
            lambda s: CNN([_CONV, Flatten], (2, 6, 6)),  # type: ignore[list-item]
            TypeError, ("CNN", "layers[1]", "Flatten(...)")),
    BadCall("input_shape of two", lambda s: _net(_CONV, shape=(6, 6)),
            ShapeError, ("CNN", "input_shape", "(channels, height, width)", "(6, 6)")),
    BadCall("input_shape with the batch", lambda s: _net(_CONV, shape=(8, 2, 6, 6)),
            ShapeError, ("CNN", "input_shape", "(channels, height, width)", "(8, 2, 6, 6)")),
    BadCall("input_shape with a zero", lambda s: _net(_CONV, shape=(1, 0, 28)),
            ShapeError, ("CNN", "input_shape[1]", "at least 1", "got 0")),
    BadCall("input_shape negative", lambda s: _net(_CONV, shape=(-1, 6, 6)),
            ShapeError, ("CNN", "input_shape[0]", "at least 1", "got -1")),
    BadCall("input_shape of fractions", lambda s: _net(_CONV, shape=(2, 6.0, 6)),
            TypeError, ("CNN", "input_shape[1]", "integer", "6.0")),
    BadCall("input_shape a number", lambda s: _net(Dense(3), shape=72),
            TypeError, ("CNN", "input_shape", "tuple", "72")),
    BadCall("loss unknown", lambda s: _net(_CONV, loss="hinge"),
            ConfigError, ("CNN", "loss", "cross_entropy", "'hinge'")),
    BadCall("loss a number", lambda s: _net(_CONV, loss=3),
            TypeError, ("CNN", "loss", "cross_entropy", "3")),
    BadCall("optimizer unknown", lambda s: _net(_CONV, optimizer="adamm"),
            ConfigError, ("CNN", "optimizer", "adam", "'adamm'")),
    BadCall("optimizer a class", lambda s: _net(_CONV, optimizer=SGD),
            TypeError, ("CNN", "optimizer", "SGD(...)")),
    BadCall("seed negative", lambda s: _net(_CONV, seed=-1),
            ConfigError, ("CNN", "seed", "at least 0", "got -1")),
    BadCall("seed a fraction", lambda s: _net(_CONV, seed=0.5),
            TypeError, ("CNN", "seed", "integer", "0.5")),
    BadCall("seed of 80 bits", lambda s: _net(_CONV, seed=1 << 80),
            ConfigError, ("CNN", "seed", "at most", str(1 << 80))),
    BadCall("dtype half", lambda s: _net(_CONV, dtype="float16"),
            ConfigError, ("CNN", "dtype", "float32", "float64", "float16")),
    BadCall("exact_conv text", lambda s: _net(_CONV, exact_conv="no"),
            TypeError, ("CNN", "exact_conv", "True or False", "'no'")),
    BadCall("weights whose number overflows",
            lambda s: _net(Dense(2**31 - 1), shape=(2**31 - 1,)),
            ShapeError, ("Dense (layer 0)", "2147483647", "overflow")),
    BadCall("images whose size overflows",
            lambda s: _net(Flatten(), shape=(2**31 - 1,) * 3),
            ShapeError, ("input_shape", "2147483647", "overflow")),
    BadCall("filters whose number overflows",
            lambda s: _net(Conv2D(2**31 - 1, 2**16, padding=2**16), shape=(2**16, 6, 6)),
            ShapeError, ("Conv2D (layer 0)", "2147483647", "overflow")),
    BadCall("kernel that overflows with its dilation",
            lambda s: _net(Conv2D(1, 2**31 - 1, dilation=2**31 - 1)),
            ShapeError, ("Conv2D (layer 0)", "2147483647")),
    BadCall("padding that overflows",
            lambda s: _net(Conv2D(1, 1, padding=2**31 - 1)),
            ShapeError, ("Conv2D (layer 0)",)),
    BadCall("weights beyond the memory", lambda s: _net(Flatten(), Dense(2**31 - 1)),
            MemoryError, ()),
]  # fmt: skip
