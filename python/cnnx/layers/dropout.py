"""The dropout layers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from cnnx._checks.constraints import Real
from cnnx._spec import checked
from cnnx.layers._base import Layer


@dataclass(frozen=True, slots=True)
class Dropout(Layer):
    """Dropout: sets random elements to zero in training; has no effect in inference.

    The input may have any shape; the output has the same shape. The dropped elements depend only
    on the network's seed, the step and the element's position, not on the number of threads or on
    whether the run was resumed.

    Parameters
    ----------
    rate : float
        The fraction of elements to drop in [0, 1), rounded to a multiple of 1/65536. The remaining
        elements are multiplied by ``1 / (1 - rate)``, so that the expected value is preserved.

    Raises
    ------
    TypeError
        If `rate` is not a number.
    ConfigError
        If `rate` is out of range.

    References
    ----------
    N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov: Dropout: a simple way
    to prevent neural networks from overfitting. JMLR 15 (2014).
    """

    kind: ClassVar[str] = "dropout"

    rate: float = field(metadata=checked(Real(minimum=0.0, below=1.0)))


@dataclass(frozen=True, slots=True)
class SpatialDropout2D(Layer):
    """Spatial dropout: sets random channels of an image to zero in training.

    Input (channels, height, width) per image; the output has the same shape. Neighbouring pixels
    are strongly correlated, so dropping individual pixels has little effect.

    Parameters
    ----------
    rate : float
        The fraction of channels to drop, as for `Dropout`.

    Raises
    ------
    TypeError
        If `rate` is not a number.
    ConfigError
        If `rate` is out of range.

    References
    ----------
    J. Tompson, R. Goroshin, A. Jain, Y. LeCun, C. Bregler: Efficient object localization using
    convolutional networks. CVPR (2015).
    """

    kind: ClassVar[str] = "spatial_dropout2d"

    rate: float = field(metadata=checked(Real(minimum=0.0, below=1.0)))
