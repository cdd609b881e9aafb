"""Batch normalisation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from cnnx._checks.constraints import Choice, Real
from cnnx._spec import checked
from cnnx.layers._base import ACTIVATIONS, Layer


@dataclass(frozen=True, slots=True)
class BatchNorm(Layer):
    """Bring each channel to mean 0 and deviation 1 over the batch, then scale and shift it.

    ``y = weight * (x - mean) / sqrt(variance + epsilon) + bias``. In training, mean and variance
    are those of the batch, over its images and pixels; afterwards running averages of them are
    used, and the layer costs nothing behind a convolution or dense layer, whose weights take it
    in. On features (after ``Flatten``) every feature is a channel. Parameters: ``weight`` and
    ``bias`` of shape (channels,); ``running_mean`` and ``running_var`` belong to the state and are
    not learned. Where ``weight`` and ``bias`` are frozen, the running averages are used in training
    too, and stay as they are.

    A batch to train on goes through such a network as a whole, because its statistics are needed:
    the memory for activations grows with the batch.

    Parameters
    ----------
    momentum : float
        How much of the running averages stays in a step, at least 0 and smaller than 1:
        ``running = momentum * running + (1 - momentum) * batch``, with the unbiased variance.
        PyTorch's ``momentum`` is one minus this.
    epsilon : float
        Added to the variance, greater than 0.
    activation : str, optional
        Applied to the result.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an unusable value.

    References
    ----------
    S. Ioffe, C. Szegedy: Batch normalization: accelerating deep network training by reducing
    internal covariate shift. ICML (2015).
    """

    kind: ClassVar[str] = "batch_norm"

    momentum: float = field(default=0.9, metadata=checked(Real(minimum=0.0, below=1.0)))
    epsilon: float = field(default=1e-5, metadata=checked(Real(above=0.0)))
    activation: str | None = field(default=None, metadata=checked(Choice(ACTIVATIONS, "linear")))
