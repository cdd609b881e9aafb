"""The layers that drop parts of their input in training."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from cnnx._checks.constraints import Real
from cnnx._spec import checked
from cnnx.layers._base import Layer


@dataclass(frozen=True, slots=True)
class Dropout(Layer):
    """In training, set random elements to zero and scale the others up; else do nothing.

    Any input; the shape stays. What is dropped follows from the network's seed, the step and the
    element's place alone: the same at any number of threads, and after resuming.

    Parameters
    ----------
    rate : float
        The share that is dropped, at least 0 and smaller than 1, in steps of 1/65536. The rest is
        multiplied by ``1 / (1 - rate)``, so that the mean stays.

    Raises
    ------
    TypeError
        If it is not a number.
    ConfigError
        If it is out of range.

    References
    ----------
    N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov: Dropout: a simple way
    to prevent neural networks from overfitting. JMLR 15 (2014).
    """

    kind: ClassVar[str] = "dropout"

    rate: float = field(metadata=checked(Real(minimum=0.0, below=1.0)))


@dataclass(frozen=True, slots=True)
class SpatialDropout2D(Layer):
    """In training, set whole channels of an image to zero and scale the others up.

    Input (channels, height, width); the shape stays. Neighbouring pixels of a channel are alike,
    so that dropping single ones takes little away.

    Parameters
    ----------
    rate : float
        The share of channels that is dropped, as for `Dropout`.

    Raises
    ------
    TypeError
        If it is not a number.
    ConfigError
        If it is out of range.

    References
    ----------
    J. Tompson, R. Goroshin, A. Jain, Y. LeCun, C. Bregler: Efficient object localization using
    convolutional networks. CVPR (2015).
    """

    kind: ClassVar[str] = "spatial_dropout2d"

    rate: float = field(metadata=checked(Real(minimum=0.0, below=1.0)))
