"""Augmentations that mix each image of a batch with another one, and their targets with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from cnnx._checks.constraints import Between
from cnnx._spec import checked
from cnnx.augment._base import Augmentation

_LEAST, _MOST = 1e-3, 1e3


@dataclass(frozen=True, slots=True)
class MixUp(Augmentation):
    """Blend each image with another one of its batch: ``s * x + (1 - s) * x'``, targets alike.

    The share ``s`` of a batch is drawn from Beta(alpha, alpha).

    Parameters
    ----------
    alpha : float
        0.001 to 1000; small ones blend little, 1 draws every share as likely.

    Raises
    ------
    TypeError
        If it is not a number.
    ConfigError
        If it lies outside 0.001 to 1000.

    References
    ----------
    H. Zhang, M. Cisse, Y. N. Dauphin, D. Lopez-Paz: mixup: beyond empirical risk minimization.
    ICLR (2018).
    """

    kind: ClassVar[str] = "mixup"

    alpha: float = field(default=0.2, metadata=checked(Between(_LEAST, _MOST)))


@dataclass(frozen=True, slots=True)
class CutMix(Augmentation):
    """Replace a rectangle of each image by that of another one of its batch.

    The rectangle has the image's proportions and the area ``1 - s``, with ``s`` drawn from
    Beta(alpha, alpha), around a pixel anywhere; what of it lies outside is lost. Targets are mixed
    by the areas that are left.

    Parameters
    ----------
    alpha : float
        0.001 to 1000; 1 draws every area as likely.

    Raises
    ------
    TypeError
        If it is not a number.
    ConfigError
        If it lies outside 0.001 to 1000.

    References
    ----------
    S. Yun, D. Han, S. J. Oh, S. Chun, J. Choe, Y. Yoo: CutMix: regularization strategy to train
    strong classifiers with localizable features. ICCV (2019).
    """

    kind: ClassVar[str] = "cutmix"

    alpha: float = field(default=1.0, metadata=checked(Between(_LEAST, _MOST)))


__all__ = ["CutMix", "MixUp"]
