"""Output sizes and paddings, from their definitions."""

from __future__ import annotations

from typing import Literal, TypeAlias

Pair: TypeAlias = tuple[int, int]
Padding: TypeAlias = Literal["valid", "same"] | Pair
Sides: TypeAlias = tuple[Pair, Pair]  # ((top, bottom), (left, right))


def span(kernel: int, dilation: int) -> int:
    """Input positions that a dilated kernel covers along one axis."""
    return dilation * (kernel - 1) + 1


def sides(padding: Padding, size: Pair, kernel: Pair, stride: Pair, dilation: Pair) -> Sides:
    """Rows above and below, columns left and right, that a padding stands for.

    "same" gives ``ceil(size / stride)`` outputs; an odd remainder goes to the bottom and right.
    """
    if padding == "valid":
        return (0, 0), (0, 0)
    if padding == "same":
        both = []
        for axis in range(2):
            outputs = -(-size[axis] // stride[axis])
            needed = (outputs - 1) * stride[axis] + span(kernel[axis], dilation[axis])
            total = max(needed - size[axis], 0)
            both.append((total // 2, total - total // 2))
        return both[0], both[1]
    return (padding[0], padding[0]), (padding[1], padding[1])


def outputs(size: int, side: Pair, kernel: int, stride: int, dilation: int = 1) -> int:
    """Number of kernel positions along one axis; zero or less when the kernel does not fit."""
    return (size + side[0] + side[1] - span(kernel, dilation)) // stride + 1
