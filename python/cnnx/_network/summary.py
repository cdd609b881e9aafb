"""The table of a network's layers."""

from __future__ import annotations

from collections.abc import Sequence

from cnnx._network.network import Network
from cnnx.layers import Layer


def summary(network: Network) -> str:
    """Return a table of the layers of a network."""
    rows = [("", "Layer", "Output shape", "Parameters", "FLOPs")]
    rows.append(("", "Input", _shape(network.input_shape), "0", "0"))
    parameters = flops = 0
    for i, (layer, info) in enumerate(
        zip(network.layers, network.engine.layer_info(), strict=True)
    ):
        parameters += info["parameters"]
        flops += info["flops"]
        rows.append(
            (
                str(i),
                _title(layer),
                _shape(info["output_shape"]),
                f"{info['parameters']:,}",
                f"{info['flops']:,}",
            )
        )
    rows.append(("", "Total", "", f"{parameters:,}", f"{flops:,}"))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = [
        f"{number:>{widths[0]}}  {name:<{widths[1]}}  {shape:<{widths[2]}}  "
        f"{count:>{widths[3]}}  {work:>{widths[4]}}"
        for number, name, shape, count, work in rows
    ]
    rule = "-" * len(lines[0])
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])


def _shape(shape: Sequence[int]) -> str:
    """Format (32, 28, 28) as "32 x 28 x 28"."""
    return " x ".join(map(str, shape))


def _title(layer: Layer) -> str:
    """Format the class of a layer with its window and activation."""
    values = layer.to_dict()
    parts = [type(layer).__name__]
    window = values.get("kernel_size", values.get("pool_size"))
    if window is not None:
        parts.append(f"{window[0]}x{window[1]}")
    if values.get("activation", "linear") != "linear":
        parts.append(values["activation"])
    return " ".join(parts)
