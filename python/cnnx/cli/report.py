"""The confusion matrix and the scores of each class, as text and for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnnx import metrics
from cnnx.cli import training_data
from cnnx.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cnnx import CNN

_SCORES = ("precision", "recall", "f1", "support")


def matrix(model: CNN, data: Any) -> NDArray[np.int64]:
    """Count which classes the network takes for which."""
    if len(model.output_shape) != 1 or model.output_shape[0] < 2:
        raise ConfigError(
            f"--report needs a network with an output for each class, got outputs of shape "
            f"{model.output_shape}"
        )
    classes = model.output_shape[0]
    predicted = model.predict(training_data.labelled(data)[0])
    return metrics.confusion_matrix(training_data.labels_of(data), predicted, classes)


def scores(counts: NDArray[np.int64]) -> dict[str, list[float]]:
    """Compute the scores of each class."""
    found = metrics.ClassificationReport.of(counts)
    return {name: getattr(found, name).tolist() for name in _SCORES}


def text(counts: NDArray[np.int64], names: tuple[str, ...]) -> str:
    """Write confusion matrix and scores as two tables."""
    left = max(map(len, names))
    cell = max(5, len(str(counts.max())), len(str(len(names) - 1)))
    lines = [
        "rows: the class of the image; columns: what the network takes it for",
        " ".join([" " * left, *(f"{column:>{cell}}" for column in range(len(names)))]),
    ]
    lines += [
        " ".join([f"{name:<{left}}", *(f"{count:>{cell}}" for count in row)])
        for name, row in zip(names, counts.tolist(), strict=True)
    ]
    return "\n".join([*lines, "", str(metrics.ClassificationReport.of(counts, names))])
