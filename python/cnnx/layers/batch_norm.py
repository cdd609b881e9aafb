"""The batch normalisation layer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from cnnx._checks.constraints import Choice, Real
from cnnx._spec import checked
from cnnx.layers._base import ACTIVATIONS, Layer


@dataclass(frozen=True, slots=True)
class BatchNorm(Layer):
    """Normalise each channel over the batch, then apply a learned scale and offset.

    ``y = weight * (x - mean) / sqrt(variance + epsilon) + bias``. Training uses the mean and
    variance of the batch, over its images and pixels; inference uses running averages, and is free
    after a convolution or dense layer, into whose weights the scale is folded. For features (after
    ``Flatten``), every feature is a channel. Parameters: ``weight`` and ``bias`` of shape
    (channels,); ``running_mean`` and ``running_var`` are part of the state and are not learned. If
    ``weight`` and ``bias`` are frozen, training uses the running averages and does not update them.

    A training batch is processed as a whole, because its statistics are needed: the memory for
    activations grows with the batch size.

    Parameters
    ----------
    momentum : float
        Decay of the running averages, in [0, 1):
        ``running = momentum * running + (1 - momentum) * batch``, with the unbiased variance.
        Corresponds to ``1 - momentum`` in PyTorch.
    epsilon : float
        Added to the variance for stability, greater than 0.
    activation : str, optional
        Activation function, applied to the result.

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
