"""The convolutional layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cnnx._checks.scalars import choice, flag, integer, pair
from cnnx.layers._base import INITIALIZERS, Layer, activation_name, padding_value


@dataclass(frozen=True, slots=True)
class Conv2D(Layer):
    """Slide learned filters over images: one feature map a filter.

    Input (channels, height, width) per image, output (filters, out height, out width) with
    ``out = (in + 2 padding - dilation (kernel - 1) - 1) // stride + 1``. The number of input
    channels is taken from the layer before. Parameters: ``weight`` of shape
    (filters, channels / groups, kernel height, kernel width) and ``bias`` of shape (filters,).

    Parameters
    ----------
    filters : int
        The number of filters, which is the number of output channels.
    kernel_size : int or (int, int)
        The filters' height and width.
    stride : int or (int, int)
        The step of the filter.
    padding : "valid", "same", int or (int, int)
        Zeros around the image: none, as many as give ``ceil(in / stride)`` outputs (an odd one
        at the bottom and right), or a number at each side.
    dilation : int or (int, int)
        The distance between the pixels that neighbouring weights see.
    groups : int
        Channels are cut into this many groups, each with filters of its own.
    activation : str, optional
        Applied to the sums; one of those that `Activation` lists ("softmax" is over channels).
    use_bias : bool
        Whether each filter adds a bias.
    kernel_initializer, bias_initializer : str
        "he_normal", "he_uniform", "glorot_normal", "glorot_uniform" or "zeros".

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an unusable value.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-based learning applied to document
    recognition. Proceedings of the IEEE 86 (1998). He initialisation: K. He, X. Zhang, S. Ren,
    J. Sun: Delving deep into rectifiers. ICCV (2015). Glorot: X. Glorot, Y. Bengio: Understanding
    the difficulty of training deep feedforward neural networks. AISTATS (2010).
    """

    kind: ClassVar[str] = "conv2d"

    filters: int
    kernel_size: int | tuple[int, int]
    stride: int | tuple[int, int] = 1
    padding: str | int | tuple[int, int] = "valid"
    dilation: int | tuple[int, int] = 1
    groups: int = 1
    activation: str | None = None
    use_bias: bool = True
    kernel_initializer: str = "he_normal"
    bias_initializer: str = "zeros"

    def __post_init__(self) -> None:
        """Check the arguments and bring them into one form."""
        self._set("filters", integer(self.filters, "Conv2D", "filters"))
        for name in ("kernel_size", "stride", "dilation"):
            self._set(name, pair(getattr(self, name), "Conv2D", name))
        self._set("padding", padding_value(self.padding, "Conv2D"))
        self._set("groups", integer(self.groups, "Conv2D", "groups"))
        self._set("activation", activation_name(self.activation, "Conv2D"))
        self._set("use_bias", flag(self.use_bias, "Conv2D", "use_bias"))
        for name in ("kernel_initializer", "bias_initializer"):
            self._set(name, choice(getattr(self, name), "Conv2D", name, INITIALIZERS))
