"""Dropout layers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from cnnx._checks.constraints import Real
from cnnx._spec import checked
from cnnx.layers._base import Layer


@dataclass(frozen=True, slots=True)
class Dropout(Layer):
    """Set random elements to zero during training and scale up the others.

    Input of any shape, output of the same shape. The dropped elements depend only on the network's
    seed, the step and the element's position: they are the same with any number of threads and in a
    resumed run.

    Parameters
    ----------
    rate : float
        Fraction of the elements to drop, in [0, 1), rounded to multiples of 1/65536. The others are
        multiplied by ``1 / (1 - rate)``, which preserves the mean.

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
    """Set random channels to zero during training and scale up the others.

    Input (channels, height, width), output of the same shape. Neighbouring pixels of a channel are
    correlated, so dropping single pixels has little effect.

    Parameters
    ----------
    rate : float
        Fraction of the channels to drop, as for `Dropout`.

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
