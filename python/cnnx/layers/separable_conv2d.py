"""Depthwise and depthwise separable convolution layers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from cnnx._checks.constraints import Choice, Flag, Integer, Pair
from cnnx._spec import checked
from cnnx.layers._base import ACTIVATIONS, INITIALIZERS, Layer, padding_value


@dataclass(frozen=True, slots=True)
class DepthwiseConv2D(Layer):
    """Depthwise convolution: each channel is convolved with its own filters.

    Input (channels, height, width) per image, output (channels * depth_multiplier, out height,
    out width) as for `Conv2D`. The outputs of a channel are adjacent. Parameters: ``weight`` of
    shape (channels * depth_multiplier, 1, kernel height, kernel width) and ``bias`` of shape
    (channels * depth_multiplier,).

    Parameters
    ----------
    kernel_size : int or (int, int)
        Height and width of the filters.
    stride : int or (int, int)
        Stride of the convolution.
    padding : "valid", "same", int or (int, int)
        Zero padding, as for `Conv2D`.
    dilation : int or (int, int)
        Dilation rate, as for `Conv2D`.
    depth_multiplier : int
        Number of filters per channel.
    activation : str, optional
        Activation function.
    use_bias : bool
        Whether to add a bias.
    kernel_initializer, bias_initializer : str
        As for `Conv2D`.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an invalid value.

    References
    ----------
    A. G. Howard et al.: MobileNets: efficient convolutional neural networks for mobile vision
    applications (2017).
    """

    kind: ClassVar[str] = "depthwise_conv2d"

    kernel_size: int | tuple[int, int] = field(metadata=checked(Pair()))
    stride: int | tuple[int, int] = field(default=1, metadata=checked(Pair()))
    padding: str | int | tuple[int, int] = field(default="valid", metadata=checked(padding_value))
    dilation: int | tuple[int, int] = field(default=1, metadata=checked(Pair()))
    depth_multiplier: int = field(default=1, metadata=checked(Integer()))
    activation: str | None = field(default=None, metadata=checked(Choice(ACTIVATIONS, "linear")))
    use_bias: bool = field(default=True, metadata=checked(Flag()))
    kernel_initializer: str = field(default="he_normal", metadata=checked(Choice(INITIALIZERS)))
    bias_initializer: str = field(default="zeros", metadata=checked(Choice(INITIALIZERS)))


@dataclass(frozen=True, slots=True)
class SeparableConv2D(Layer):
    """Depthwise separable convolution: a depthwise convolution, then a 1x1 convolution.

    Equivalent to ``DepthwiseConv2D(kernel_size, ...)`` without bias and activation, followed by
    ``Conv2D(filters, 1)`` with both. Parameters: ``depthwise.weight``, ``pointwise.weight`` and
    ``pointwise.bias``.

    Parameters
    ----------
    filters : int
        Number of output channels.
    kernel_size : int or (int, int)
        Height and width of the depthwise filters.
    stride : int or (int, int)
        Stride of the convolution.
    padding : "valid", "same", int or (int, int)
        Zero padding, as for `Conv2D`.
    dilation : int or (int, int)
        Dilation rate, as for `Conv2D`.
    depth_multiplier : int
        Number of filters per input channel.
    activation : str, optional
        Activation function.
    use_bias : bool
        Whether to add a bias.
    kernel_initializer, bias_initializer : str
        As for `Conv2D`.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an invalid value.

    References
    ----------
    F. Chollet: Xception: deep learning with depthwise separable convolutions. CVPR (2017).
    """

    kind: ClassVar[str] = "separable_conv2d"

    filters: int = field(metadata=checked(Integer()))
    kernel_size: int | tuple[int, int] = field(metadata=checked(Pair()))
    stride: int | tuple[int, int] = field(default=1, metadata=checked(Pair()))
    padding: str | int | tuple[int, int] = field(default="valid", metadata=checked(padding_value))
    dilation: int | tuple[int, int] = field(default=1, metadata=checked(Pair()))
    depth_multiplier: int = field(default=1, metadata=checked(Integer()))
    activation: str | None = field(default=None, metadata=checked(Choice(ACTIVATIONS, "linear")))
    use_bias: bool = field(default=True, metadata=checked(Flag()))
    kernel_initializer: str = field(default="he_normal", metadata=checked(Choice(INITIALIZERS)))
    bias_initializer: str = field(default="zeros", metadata=checked(Choice(INITIALIZERS)))
