"""The batch normalisation layer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from cnnx._checks.constraints import Choice, Real
from cnnx._spec import checked
from cnnx.layers._base import ACTIVATIONS, Layer


@dataclass(frozen=True, slots=True)
class BatchNorm(Layer):
    """Batch normalisation: normalises each channel over the batch, then scales and shifts it.

    ``y = weight * (x - mean) / sqrt(variance + epsilon) + bias``. In training, mean and variance
    are computed over the images and pixels of the batch. In inference, their running averages are
    used, and after a convolution or dense layer the normalisation is folded into that layer's
    weights. For features (after ``Flatten``), every feature is a channel. Parameters: ``weight``
    and ``bias`` of shape (channels,). ``running_mean`` and ``running_var`` are part of the state,
    but not trained. If ``weight`` and ``bias`` are frozen, the running averages are used in
    training as well and are not updated.

    Networks with this layer process a training batch as a whole, so the memory for activations
    grows with the batch size.

    Parameters
    ----------
    momentum : float
        Momentum of the running averages in [0, 1):
        ``running = momentum * running + (1 - momentum) * batch``, with the unbiased variance.
        Corresponds to ``1 - momentum`` in PyTorch.
    epsilon : float
        Added to the variance for numerical stability, greater than 0.
    activation : str, optional
        The activation applied to the output.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an invalid value.

    References
    ----------
    S. Ioffe, C. Szegedy: Batch normalization: accelerating deep network training by reducing
    internal covariate shift. ICML (2015).
    """

    kind: ClassVar[str] = "batch_norm"

    momentum: float = field(default=0.9, metadata=checked(Real(minimum=0.0, below=1.0)))
    epsilon: float = field(default=1e-5, metadata=checked(Real(above=0.0)))
    activation: str | None = field(default=None, metadata=checked(Choice(ACTIVATIONS, "linear")))
