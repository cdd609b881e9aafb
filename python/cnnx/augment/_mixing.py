"""Augmentations that mix pairs of images of a batch and their targets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from cnnx._checks.constraints import Between
from cnnx._spec import checked
from cnnx.augment._base import Augmentation

_LEAST, _MOST = 1e-3, 1e3


@dataclass(frozen=True, slots=True)
class MixUp(Augmentation):
    """Blends each image with another one of its batch: ``s * x + (1 - s) * x'``.

    Targets are blended in the same way. The mixing ratio ``s`` is drawn from Beta(alpha, alpha),
    once per batch.

    Parameters
    ----------
    alpha : float
        The parameter of the Beta distribution, 0.001 to 1000. Small values blend little; with 1,
        the mixing ratio is uniformly distributed.

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
    """Replaces a rectangle of each image by that of another image of its batch.

    The rectangle has the aspect ratio of the image and covers a fraction ``1 - s`` of its area,
    with ``s`` drawn from Beta(alpha, alpha). It is centred on a uniformly drawn pixel and clipped
    at the border. Targets are mixed in proportion to the areas after clipping.

    Parameters
    ----------
    alpha : float
        The parameter of the Beta distribution, 0.001 to 1000; with 1, the area is uniformly
        distributed.

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
