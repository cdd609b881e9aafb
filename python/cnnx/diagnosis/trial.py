"""Trials on a copy of the network: does it learn, and at which learning rate."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike

from cnnx._checks.scalars import integer, real
from cnnx._training.fitting import CHUNK, Fitting
from cnnx._types import Array
from cnnx.data._classes import Classes
from cnnx.data._reader import Data
from cnnx.data._weights import class_indices
from cnnx.errors import ConfigError

if TYPE_CHECKING:
    from cnnx.data import Batch, Source
    from cnnx.diagnosis.data_check import CheckReport, Finding
    from cnnx.diagnosis.range_test import LearningRates

_TRIED = 32
"""How many images the trial of `check` has to learn by heart."""


class Diagnosis(Fitting):
    """The part of `CNN` that tries things out and leaves the network as it is."""

    def _copy(self) -> Self:
        """Make a network with the same weights and a new optimizer."""
        raise NotImplementedError

    def find_learning_rate(
        self,
        x: object,
        y: ArrayLike | None = None,
        *,
        batch_size: int = 32,
        start: float = 1e-6,
        end: float = 10.0,
        steps: int = 100,
    ) -> LearningRates:
        """Try learning rates from small to large on a copy of the network.

        Parameters
        ----------
        x, y : array-like
            Images and labels, as `train` takes them.
        batch_size : int
            How many images make one step.
        start, end : float
            The first and the last learning rate.
        steps : int
            How many are tried; the trial ends before when the loss has risen far.

        Returns
        -------
        LearningRates
            The losses by learning rate, and a suggestion; it can be plotted.

        Raises
        ------
        TypeError, ShapeError, ConfigError, ValueError
            If an argument cannot be used.

        References
        ----------
        L. N. Smith: Cyclical learning rates for training neural networks. WACV (2017).
        """
        from cnnx.data._prepare import make_sets  # noqa: PLC0415
        from cnnx.diagnosis.range_test import range_test  # noqa: PLC0415 - few programs need it

        owner = "find_learning_rate"
        start = real(start, owner, "start", above=0.0)
        end = real(end, owner, "end", above=0.0)
        if not end > start:
            raise ConfigError(f"{owner}: end must be greater than start {start:g}, got {end:g}")
        steps = integer(steps, owner, "steps", minimum=10)
        sets = make_sets(
            x,
            y,
            self._reader,
            batch_size=integer(batch_size, owner, "batch_size"),
            shuffle=True,
            seed=self._seed,
            classes=Classes(self._loss.kind, self._output_shape),
        )
        batches = _endless(sets.source)
        network = self._copy()._network  # noqa: SLF001 - one of its own kind

        def loss_at(rate: float) -> float:
            part = next(batches)
            options: dict[str, Any] = {} if part.weights is None else {"weights": part.weights}
            loss_sum, _ = network.train_batch(part.x, part.y, part.rows, rate, **options)
            return loss_sum / len(part) if loss_sum <= self._largest else math.inf

        return range_test(loss_at, start, end, steps)

    def check(self, x: ArrayLike, y: ArrayLike, *, steps: int = 200) -> CheckReport:
        """Look at data and network before a training, which takes seconds.

        Shapes, labels, their balance, the scale of the images and duplicates are looked at, then a
        copy of the network learns one batch by heart: a network that cannot do that will not learn
        anything else. The network itself stays as it is, bit for bit.

        Parameters
        ----------
        x, y : array-like
            Images and labels, as `train` takes them.
        steps : int
            How many steps the copy may take.

        Returns
        -------
        CheckReport
            What was found: print it, or ask ``report.ok``.

        Raises
        ------
        TypeError, ConfigError
            If `steps` cannot be used. What is wrong with the data stands in the report.
        """
        from cnnx.diagnosis.data_check import CheckReport, Finding, examine  # noqa: PLC0415 - see above

        steps = integer(steps, "check", "steps")
        try:
            data = self._reader.data(x, y)
        except (TypeError, ValueError) as error:
            return CheckReport([Finding("error", "data", str(error))])
        is_class = len(self._output_shape) == 1 and (
            data.y.ndim == 1 or self._loss.kind == "cross_entropy"
        )
        classes = self._output_shape[0] if is_class and self._output_shape != (1,) else None
        findings = list(examine(data, self._layers, classes))
        findings += self._trial(data, classes, steps)
        return CheckReport(findings)

    def _trial(self, data: Data, classes: int | None, steps: int) -> Iterator[Finding]:
        """Let a copy learn one batch by heart."""
        from cnnx.diagnosis.data_check import Finding, first_loss, spread  # noqa: PLC0415 - see above

        network = self._copy()._network  # noqa: SLF001 - one of its own kind
        sample = spread(len(data), CHUNK)
        loss = network.evaluate_batch(data.x, data.y, sample)[0] / len(sample)
        guesses = classes if self._loss.kind == "cross_entropy" else None
        if self._epochs_trained == 0:
            yield first_loss(loss, guesses)
        rows = _mixed(data, classes)
        begin = network.evaluate_batch(data.x, data.y, rows)[0] / len(rows)
        loss, right = begin, 0
        for step in range(1, steps + 1):
            network.train_batch(data.x, data.y, rows, self.learning_rate)
            if step % 10 == 0 or step == steps:
                loss, right = network.evaluate_batch(data.x, data.y, rows)
                loss /= len(rows)
                if not math.isfinite(loss):
                    yield Finding(
                        "warning",
                        "one batch",
                        f"diverged within {step} steps: the learning rate "
                        f"{self.learning_rate:g} is too large; try model.find_learning_rate(x, y)",
                    )
                    return
                if loss <= 0.1 * begin and right in {len(rows), -1}:
                    break
        text = f"loss {begin:.4g} to {loss:.4g} in {step} steps on {len(rows)} images"
        text += f", {right} of them right" if right >= 0 else ""
        learnt = loss <= 0.5 * begin if right < 0 else right >= 0.9 * len(rows)
        if learnt:
            yield Finding("ok", "one batch", text)
        else:
            yield Finding(
                "warning",
                "one batch",
                f"{text}: it does not learn even these; try another learning rate than "
                f"{self.learning_rate:g} (model.find_learning_rate), and look at labels, scale and "
                "frozen layers",
            )


def _endless(source: Source) -> Iterator[Batch]:
    """Give the batches of one epoch after the other."""
    epoch = 0
    while True:
        before = epoch
        for batch in source.epoch(epoch):
            before = -1
            yield batch
        if before == epoch:
            raise ValueError("find_learning_rate: x gave no batch")
        epoch += 1


def _mixed(data: Data, classes: int | None) -> Array:
    """Choose the rows of a batch that has images of as many classes as there can be."""
    if classes is None:
        return np.arange(min(len(data), _TRIED), dtype=np.int64)
    labels = class_indices(data.y)
    order = np.argsort(labels, kind="stable")
    first = np.searchsorted(labels[order], labels[order])
    turn = np.arange(len(order)) - first  # the how-manieth image of its class it is
    return np.sort(order[np.lexsort((labels[order], turn))][:_TRIED]).astype(np.int64)
