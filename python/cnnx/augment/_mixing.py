"""Augmentations that mix the images and targets of a batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from cnnx._checks.constraints import Between
from cnnx._spec import checked
from cnnx.augment._base import Augmentation

_LEAST, _MOST = 1e-3, 1e3


@dataclass(frozen=True, slots=True)
class MixUp(Augmentation):
    """Mix each image with another one of the batch: ``s * x + (1 - s) * x'``, and their targets.

    Targets are blended in the same way. The mixing ratio ``s`` is drawn from Beta(alpha, alpha),
    once per batch.

    Parameters
    ----------
    alpha : float
        Parameter of the distribution, 0.001 to 1000; small values mix little, 1 is uniform.

    Raises
    ------
    TypeError
        If `alpha` is not a number.
    ConfigError
        If `alpha` is outside 0.001 to 1000.

    References
    ----------
    H. Zhang, M. Cisse, Y. N. Dauphin, D. Lopez-Paz: mixup: beyond empirical risk minimization.
    ICLR (2018).
    """

    kind: ClassVar[str] = "mixup"

    alpha: float = field(default=0.2, metadata=checked(Between(_LEAST, _MOST)))


@dataclass(frozen=True, slots=True)
class CutMix(Augmentation):
    """Replace a rectangle of each image by that of another one of the batch.

    The rectangle has the image's proportions and the area ``1 - s``, with ``s`` drawn from
    Beta(alpha, alpha), around a random pixel, and is clipped at the border. Targets are mixed in
    proportion to the areas.

    Parameters
    ----------
    alpha : float
        Parameter of the distribution, 0.001 to 1000; 1 is uniform.

    Raises
    ------
    TypeError
        If `alpha` is not a number.
    ConfigError
        If `alpha` is outside 0.001 to 1000.

    References
    ----------
    S. Yun, D. Han, S. J. Oh, S. Chun, J. Choe, Y. Yoo: CutMix: regularization strategy to train
    strong classifiers with localizable features. ICCV (2019).
    """

    kind: ClassVar[str] = "cutmix"

    alpha: float = field(default=1.0, metadata=checked(Between(_LEAST, _MOST)))


__all__ = ["CutMix", "MixUp"]
