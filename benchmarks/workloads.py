"""The networks of the benchmarks, with their batch sizes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Conv:
    """A convolution with square filters, stride 1, biases and ReLU."""

    filters: int
    kernel: int
    padding: int = 0


@dataclass(frozen=True)
class Pool:
    """Max pooling of 2x2 windows with stride 2."""


@dataclass(frozen=True)
class Flatten:
    """Flattening of an image to a vector."""


@dataclass(frozen=True)
class Dense:
    """A dense layer with biases, and ReLU except for the last layer."""

    units: int
    rectified: bool = True


Layer = Conv | Pool | Flatten | Dense


@dataclass(frozen=True)
class Workload:
    """A network for 10 classes with logits as outputs."""

    input_shape: tuple[int, int, int]  # channels, height, width
    layers: tuple[Layer, ...]
    batches: tuple[int, ...]


WORKLOADS = {
    # LeCun et al., "Gradient-based learning applied to document recognition", 1998, in its modern
    # form with ReLU and max pooling.
    "lenet5": Workload(
        (1, 28, 28),
        (
            *(Conv(6, 5, padding=2), Pool()),
            *(Conv(16, 5), Pool()),
            *(Flatten(), Dense(120), Dense(84), Dense(10, rectified=False)),
        ),
        (16, 64, 256),
    ),
    # A typical introductory network for handwritten digits.
    "mnist_cnn": Workload(
        (1, 28, 28),
        (
            *(Conv(32, 3, padding=1), Pool()),
            *(Conv(64, 3, padding=1), Pool()),
            *(Flatten(), Dense(128), Dense(10, rectified=False)),
        ),
        (16, 64, 256),
    ),
    # After Simonyan and Zisserman, "Very deep convolutional networks", 2015, for 32x32 pixels.
    "cifar_vgg": Workload(
        (3, 32, 32),
        (
            *(Conv(64, 3, padding=1), Conv(64, 3, padding=1), Pool()),
            *(Conv(128, 3, padding=1), Conv(128, 3, padding=1), Pool()),
            *(Conv(256, 3, padding=1), Conv(256, 3, padding=1), Pool()),
            *(Flatten(), Dense(256), Dense(10, rectified=False)),
        ),
        (32, 128),
    ),
}

LEARNING_RATE = 0.01
MOMENTUM = 0.9
CLASSES = 10


@dataclass(frozen=True)
class Sized:
    """A layer with its input shape."""

    layer: Layer
    channels: int
    height: int
    width: int

    @property
    def features(self) -> int:
        """The number of input features per image."""
        return self.channels * self.height * self.width


def sized_layers(workload: Workload) -> list[Sized]:
    """Compute the input shape of each layer of a network."""
    channels, height, width = workload.input_shape
    found = []
    for layer in workload.layers:
        found.append(Sized(layer, channels, height, width))
        if isinstance(layer, Conv):
            change = 2 * layer.padding - layer.kernel + 1
            channels, height, width = layer.filters, height + change, width + change
        elif isinstance(layer, Pool):
            height, width = height // 2, width // 2
        elif isinstance(layer, Flatten):
            channels, height, width = channels * height * width, 1, 1
        else:
            channels = layer.units
    return found
