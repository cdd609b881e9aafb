"""The layers of the sweep: layers of ResNets, MobileNets and LeNets, and unusual sizes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class LayerCase:
    """A convolution, or max pooling (`filters` 0), on square or rectangular feature maps."""

    family: str
    channels: int
    height: int
    width: int
    filters: int
    kernel: int
    stride: int = 1
    padding: int = 0
    groups: int = 1
    batch: int = 32

    @property
    def pool(self) -> bool:
        """Whether the layer is a pooling layer."""
        return self.filters == 0

    @property
    def name(self) -> str:
        """A short description: kernel, channels, size, and unusual arguments."""
        kind = "pool" if self.pool else "conv"
        channels = str(self.channels) if self.pool else f"{self.channels}->{self.filters}"
        words = [f"{kind} {self.kernel}x{self.kernel} {channels} @{self.height}x{self.width}"]
        if self.stride != (self.kernel if self.pool else 1):
            words.append(f"stride {self.stride}")
        if self.padding:
            words.append(f"pad {self.padding}")
        if self.groups == self.channels > 1:
            words.append("depthwise")
        elif self.groups > 1:
            words.append(f"{self.groups} groups")
        return ", ".join(words)

    def case(self, task: str) -> dict[str, Any]:
        """Return a request to a worker; the task is "forward" or "gradients" (both passes)."""
        fields = asdict(self)
        fields.update(suite="layer", kind="pool" if self.pool else "conv", task=task)
        return fields


def _conv(
    family: str,
    channels: int,
    size: int,
    filters: int,
    kernel: int,
    stride: int = 1,
    padding: int | None = None,
    groups: int = 1,
) -> LayerCase:
    border = (kernel - 1) // 2 if padding is None else padding
    return LayerCase(family, channels, size, size, filters, kernel, stride, border, groups)


def _depthwise(channels: int, size: int, stride: int = 1, kernel: int = 3) -> LayerCase:
    return _conv("mobilenet", channels, size, channels, kernel, stride, groups=channels)


SHAPES = [
    # He et al., "Deep residual learning for image recognition", 2016: ResNet-20 for 32x32 pixels
    _conv("resnet", 3, 32, 16, 3),
    _conv("resnet", 16, 32, 16, 3),
    _conv("resnet", 16, 32, 32, 3, stride=2),
    _conv("resnet", 16, 32, 32, 1, stride=2),
    _conv("resnet", 32, 16, 32, 3),
    _conv("resnet", 32, 16, 64, 3, stride=2),
    _conv("resnet", 32, 16, 64, 1, stride=2),
    _conv("resnet", 64, 8, 64, 3),
    # larger ResNets: bottlenecks, and the first layer of ImageNet networks
    _conv("resnet", 3, 64, 64, 7, stride=2),
    _conv("resnet", 64, 16, 16, 1),
    _conv("resnet", 64, 16, 256, 1),
    _conv("resnet", 256, 8, 64, 1),
    _conv("resnet", 128, 8, 128, 3, groups=32),  # ResNeXt
    # Howard et al., "MobileNets", 2017
    _conv("mobilenet", 3, 32, 32, 3, stride=2),
    _depthwise(32, 32),
    _conv("mobilenet", 32, 32, 64, 1),
    _depthwise(64, 32, stride=2),
    _conv("mobilenet", 64, 16, 128, 1),
    _depthwise(128, 16),
    _conv("mobilenet", 128, 16, 128, 1),
    _depthwise(128, 16, stride=2),
    _depthwise(256, 8),
    _conv("mobilenet", 256, 8, 256, 1),
    _depthwise(96, 14, kernel=5),
    _depthwise(72, 28, stride=2, kernel=5),
    _conv("mobilenet", 24, 28, 144, 1),
    _conv("mobilenet", 144, 28, 24, 1),
    _conv("mobilenet", 116, 14, 116, 1, groups=4),  # ShuffleNet
    # LeNet and similar networks
    _conv("lenet", 1, 28, 6, 5, padding=2),
    _conv("lenet", 6, 14, 16, 5, padding=0),
    _conv("lenet", 16, 5, 120, 5, padding=0),
    _conv("lenet", 1, 28, 32, 3),
    _conv("lenet", 1, 28, 8, 3, padding=0),
    _conv("lenet", 1, 28, 20, 5, padding=0),
    _conv("lenet", 20, 12, 50, 5, padding=0),
    _conv("lenet", 32, 14, 64, 5),
    _conv("lenet", 1, 28, 16, 7),
    # unusual sizes and numbers of channels
    _conv("odd", 3, 33, 17, 3),
    _conv("odd", 13, 15, 29, 3),
    _conv("odd", 37, 7, 41, 3),
    _conv("odd", 37, 7, 41, 1),
    _conv("odd", 5, 31, 7, 5, stride=2),
    _conv("odd", 65, 9, 33, 3, stride=2),
    _conv("odd", 48, 13, 96, 3, groups=3),
    LayerCase("odd", 2, 19, 57, 10, 3, padding=1),
    LayerCase("odd", 16, 11, 45, 24, 3, stride=3),
    _conv("odd", 11, 17, 9, 7),
    # pooling
    LayerCase("pool", 32, 28, 28, 0, 2, 2),
    LayerCase("pool", 64, 32, 32, 0, 3, 2, padding=1),
    LayerCase("pool", 64, 27, 27, 0, 3, 2),
    LayerCase("pool", 16, 24, 24, 0, 3, 3),
    LayerCase("pool", 48, 15, 15, 0, 3, 1, padding=1),
    LayerCase("pool", 6, 28, 28, 0, 4, 4),
    LayerCase("pool", 13, 21, 21, 0, 5, 2, padding=2),
]
