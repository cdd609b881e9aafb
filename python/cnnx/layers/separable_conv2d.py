"""Convolutions of each channel by itself, alone and followed by one that mixes channels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cnnx._checks.scalars import choice, flag, integer, pair
from cnnx.layers._base import INITIALIZERS, Layer, activation_name, padding_value


@dataclass(frozen=True, slots=True)
class DepthwiseConv2D(Layer):
    """Slide filters of its own over each channel.

    Input (channels, height, width) per image, output (channels * depth_multiplier, out height,
    out width) as for `Conv2D`. The filters of a channel follow one another. Parameters: ``weight``
    of shape (channels * depth_multiplier, 1, kernel height, kernel width) and ``bias`` of shape
    (channels * depth_multiplier,).

    Parameters
    ----------
    kernel_size : int or (int, int)
        The filters' height and width.
    stride : int or (int, int)
        The step of the filter.
    padding : "valid", "same", int or (int, int)
        Zeros around the image, as for `Conv2D`.
    dilation : int or (int, int)
        The distance between the pixels that neighbouring weights see.
    depth_multiplier : int
        The number of filters of each channel.
    activation : str, optional
        Applied to the sums.
    use_bias : bool
        Whether each filter adds a bias.
    kernel_initializer, bias_initializer : str
        As for `Conv2D`.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an unusable value.

    References
    ----------
    A. G. Howard et al.: MobileNets: efficient convolutional neural networks for mobile vision
    applications (2017).
    """

    kind: ClassVar[str] = "depthwise_conv2d"

    kernel_size: int | tuple[int, int]
    stride: int | tuple[int, int] = 1
    padding: str | int | tuple[int, int] = "valid"
    dilation: int | tuple[int, int] = 1
    depth_multiplier: int = 1
    activation: str | None = None
    use_bias: bool = True
    kernel_initializer: str = "he_normal"
    bias_initializer: str = "zeros"

    def __post_init__(self) -> None:
        """Check the arguments and bring them into one form."""
        for name, value in _checked(self).items():
            self._set(name, value)


@dataclass(frozen=True, slots=True)
class SeparableConv2D(Layer):
    """Slide filters over each channel, then mix the channels with a 1x1 convolution.

    ``DepthwiseConv2D(kernel_size, ...)`` without bias and activation, followed by
    ``Conv2D(filters, 1)`` with both. Parameters: ``depthwise.weight``, ``pointwise.weight`` and
    ``pointwise.bias``.

    Parameters
    ----------
    filters : int
        The number of output channels.
    kernel_size : int or (int, int)
        The height and width of the filters of each channel.
    stride : int or (int, int)
        The step of the filter.
    padding : "valid", "same", int or (int, int)
        Zeros around the image, as for `Conv2D`.
    dilation : int or (int, int)
        The distance between the pixels that neighbouring weights see.
    depth_multiplier : int
        The number of filters of each input channel.
    activation : str, optional
        Applied to the sums.
    use_bias : bool
        Whether each output channel adds a bias.
    kernel_initializer, bias_initializer : str
        As for `Conv2D`.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an unusable value.

    References
    ----------
    F. Chollet: Xception: deep learning with depthwise separable convolutions. CVPR (2017).
    """

    kind: ClassVar[str] = "separable_conv2d"

    filters: int
    kernel_size: int | tuple[int, int]
    stride: int | tuple[int, int] = 1
    padding: str | int | tuple[int, int] = "valid"
    dilation: int | tuple[int, int] = 1
    depth_multiplier: int = 1
    activation: str | None = None
    use_bias: bool = True
    kernel_initializer: str = "he_normal"
    bias_initializer: str = "zeros"

    def __post_init__(self) -> None:
        """Check the arguments and bring them into one form."""
        self._set("filters", integer(self.filters, "SeparableConv2D", "filters"))
        for name, value in _checked(self).items():
            self._set(name, value)


def _checked(layer: DepthwiseConv2D | SeparableConv2D) -> dict[str, object]:
    """Check the arguments that both layers have, and give them in one form."""
    owner = type(layer).__name__
    initializers = ("kernel_initializer", "bias_initializer")
    return {
        **{
            name: pair(getattr(layer, name), owner, name)
            for name in ("kernel_size", "stride", "dilation")
        },
        "padding": padding_value(layer.padding, owner),
        "depth_multiplier": integer(layer.depth_multiplier, owner, "depth_multiplier"),
        "activation": activation_name(layer.activation, owner),
        "use_bias": flag(layer.use_bias, owner, "use_bias"),
        **{name: choice(getattr(layer, name), owner, name, INITIALIZERS) for name in initializers},
    }
