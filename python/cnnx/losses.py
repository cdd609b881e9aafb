"""Loss functions, minimised by training.

To add a loss, add a class and a row in `REGISTRY` (and its implementation in C++).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from cnnx import _spec
from cnnx._checks.constraints import Maybe, Real
from cnnx._checks.scalars import describe, real
from cnnx._spec import Spec, checked
from cnnx.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Loss(Spec):
    """Base class of all losses."""


@dataclass(frozen=True, slots=True)
class CrossEntropy(Loss):
    """Cross-entropy between the predicted probabilities and the target class.

    Takes integer labels of shape (N,), or rows of probabilities of shape (N, classes). A final
    softmax is computed together with it; a network without one is assumed to return logits.

    Parameters
    ----------
    label_smoothing : float
        Fraction of the target that is distributed evenly over all classes, in [0, 1).

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an invalid value.

    References
    ----------
    C. Szegedy, V. Vanhoucke, S. Ioffe, J. Shlens, Z. Wojna: Rethinking the Inception architecture
    for computer vision. CVPR (2016), for the smoothing.
    """

    kind: ClassVar[str] = "cross_entropy"

    label_smoothing: float = field(default=0.0, metadata=checked(Real(minimum=0.0, below=1.0)))


@dataclass(frozen=True, slots=True)
class BinaryCrossEntropy(Loss):
    """Binary cross-entropy of every output, averaged over the outputs of an image.

    Takes targets between 0 and 1 of the shape of the outputs; for a single output also labels 0 and
    1 of shape (N,), for which accuracy is reported; for several outputs also labels, each
    equivalent to its one-hot row. A final sigmoid is computed together with it; a network without
    one is assumed to return logits.
    """

    kind: ClassVar[str] = "binary_cross_entropy"


def _weights(alpha: object, owner: str, name: str) -> tuple[float, ...]:
    """Check class weights."""
    if isinstance(alpha, np.ndarray) and alpha.ndim == 1:
        alpha = alpha.tolist()
    if not isinstance(alpha, (tuple, list)):
        raise TypeError(
            f"{owner}: {name} must be a sequence of weights, one for each class, "
            f"got {describe(alpha)}"
        )
    if not alpha:
        raise ConfigError(f"{owner}: {name} must have one weight for each class, got none")
    return tuple(real(w, owner, f"{name}[{i}]", minimum=0.0) for i, w in enumerate(alpha))


@dataclass(frozen=True, slots=True)
class Focal(Loss):
    """Cross-entropy that gives less weight to images that are classified with confidence.

    ``alpha * (1 - p) ** gamma * -log(p)``, with ``p`` the probability of the target class.
    Takes what `CrossEntropy` takes.

    Parameters
    ----------
    gamma : float
        Focusing parameter, at least 0; with 0 and no `alpha` it is `CrossEntropy`.
    alpha : sequence of float, optional
        Weight of each class, at least 0; 1 for all by default.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an invalid value; when a network is built, if the number of weights
        differs from the number of classes.

    References
    ----------
    T.-Y. Lin, P. Goyal, R. Girshick, K. He, P. Dollar: Focal loss for dense object detection. ICCV
    (2017).
    """

    kind: ClassVar[str] = "focal"

    gamma: float = field(default=2.0, metadata=checked(Real(minimum=0.0)))
    alpha: Sequence[float] | None = field(default=None, metadata=checked(Maybe(_weights)))


@dataclass(frozen=True, slots=True)
class MeanSquaredError(Loss):
    """Squared difference from the target, averaged over the outputs of an image.

    Takes targets of the shape of the outputs, or integer labels of shape (N,), which are equivalent
    to one-hot rows.
    """

    kind: ClassVar[str] = "mse"


@dataclass(frozen=True, slots=True)
class MeanAbsoluteError(Loss):
    """Absolute difference from the target, averaged over the outputs of an image.

    Takes what `MeanSquaredError` takes. It is less sensitive to outliers.
    """

    kind: ClassVar[str] = "mae"


@dataclass(frozen=True, slots=True)
class Huber(Loss):
    """Squared difference up to a threshold, linear beyond it, averaged over the outputs.

    ``e ** 2 / 2`` for differences ``e`` up to `delta` in absolute value, otherwise
    ``delta * (abs(e) - delta / 2)``, averaged over the outputs of an image. Accepts the same
    targets as `MeanSquaredError`.

    Parameters
    ----------
    delta : float
        Threshold between the quadratic and the linear part, greater than 0.

    Raises
    ------
    TypeError
        If `delta` is not a number.
    ConfigError
        If `delta` is not greater than 0, or not finite.

    References
    ----------
    P. J. Huber: Robust estimation of a location parameter. Annals of Mathematical Statistics 35
    (1964).
    """

    kind: ClassVar[str] = "huber"

    delta: float = field(default=1.0, metadata=checked(Real(above=0.0)))


REGISTRY: dict[str, type[Loss]] = {
    loss.kind: loss
    for loss in (
        CrossEntropy,
        BinaryCrossEntropy,
        Focal,
        MeanSquaredError,
        MeanAbsoluteError,
        Huber,
    )
}
"""The losses by name, as accepted by ``CNN`` and stored in files."""


def from_dict(values: object) -> Loss:
    """Create a loss from its dictionary form.

    Parameters
    ----------
    values : object
        What a loss's ``to_dict`` returned.

    Returns
    -------
    Loss
        An equal loss.

    Raises
    ------
    TypeError
        If `values` is not a dictionary.
    ConfigError
        If the kind or an argument is unknown.
    """
    return _spec.from_dict(values, REGISTRY, "loss")


def resolve(value: object) -> Loss:
    """Return a loss, given a loss or its name.

    Parameters
    ----------
    value : object
        A `Loss`, or a key of `REGISTRY` such as "cross_entropy" or "mse".

    Returns
    -------
    Loss
        The loss.

    Raises
    ------
    TypeError
        If `value` is neither a loss nor a string.
    ConfigError
        If no loss has that name.
    """
    return _spec.resolve(value, REGISTRY, Loss, "loss")


__all__ = [
    "REGISTRY",
    "BinaryCrossEntropy",
    "CrossEntropy",
    "Focal",
    "Huber",
    "Loss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "from_dict",
    "resolve",
]
