"""Convolution layer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from cnnx._checks.constraints import Choice, Flag, Integer, Pair
from cnnx._spec import checked
from cnnx.layers._base import ACTIVATIONS, INITIALIZERS, Layer, padding_value


@dataclass(frozen=True, slots=True)
class Conv2D(Layer):
    """2D convolution layer.

    Input (channels, height, width) per image, output (filters, out height, out width) with
    ``out = (in + 2 padding - dilation (kernel - 1) - 1) // stride + 1``. The number of input
    channels is inferred. Parameters: ``weight`` of shape
    (filters, channels / groups, kernel height, kernel width) and ``bias`` of shape (filters,).

    Parameters
    ----------
    filters : int
        Number of filters, which is the number of output channels.
    kernel_size : int or (int, int)
        Height and width of the filters.
    stride : int or (int, int)
        Stride of the convolution.
    padding : "valid", "same", int or (int, int)
        Zero padding: none, as much as gives ``ceil(in / stride)`` outputs (an odd row or column is
        added at the bottom and right), or a number of pixels on each side.
    dilation : int or (int, int)
        Dilation rate: distance between the pixels of neighbouring weights.
    groups : int
        Number of groups of channels, each convolved with its own filters.
    activation : str, optional
        Activation function; one of those listed by `Activation` ("softmax" is over channels).
    use_bias : bool
        Whether to add a bias.
    kernel_initializer, bias_initializer : str
        "he_normal", "he_uniform", "glorot_normal", "glorot_uniform" or "zeros".

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an invalid value.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-based learning applied to document
    recognition. Proceedings of the IEEE 86 (1998). He initialisation: K. He, X. Zhang, S. Ren,
    J. Sun: Delving deep into rectifiers. ICCV (2015). Glorot: X. Glorot, Y. Bengio: Understanding
    the difficulty of training deep feedforward neural networks. AISTATS (2010).
    """

    kind: ClassVar[str] = "conv2d"

    filters: int = field(metadata=checked(Integer()))
    kernel_size: int | tuple[int, int] = field(metadata=checked(Pair()))
    stride: int | tuple[int, int] = field(default=1, metadata=checked(Pair()))
    padding: str | int | tuple[int, int] = field(default="valid", metadata=checked(padding_value))
    dilation: int | tuple[int, int] = field(default=1, metadata=checked(Pair()))
    groups: int = field(default=1, metadata=checked(Integer()))
    activation: str | None = field(default=None, metadata=checked(Choice(ACTIVATIONS, "linear")))
    use_bias: bool = field(default=True, metadata=checked(Flag()))
    kernel_initializer: str = field(default="he_normal", metadata=checked(Choice(INITIALIZERS)))
    bias_initializer: str = field(default="zeros", metadata=checked(Choice(INITIALIZERS)))
