"""Each schedule gives the factors that its formula says, and training uses them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from cnnx import Callback, ConfigError, schedules
from cnnx.callbacks import Logs
from cnnx.schedules import Constant, Cosine, Exponential, OneCycle, Step, Warmup
from support.small import small_data, small_model

EXAMPLES: dict[str, list[schedules.Schedule]] = {
    "constant": [Constant()],
    "step": [Step(), Step(2, 0.5)],
    "exponential": [Exponential(), Exponential(0.5)],
    "cosine": [Cosine(), Cosine(0.1)],
    "one-cycle": [OneCycle(), OneCycle(0.5, 0.0, 0.01)],
    "warmup": [Warmup(), Warmup(0.5, "cosine"), Warmup(2, OneCycle())],  # type: ignore[arg-type]
}


def factors(schedule: schedules.Schedule, epochs: int = 4, steps: int = 5) -> list[float]:
    return [schedule(step, epochs * steps, steps) for step in range(epochs * steps)]


@pytest.mark.parametrize("kind", schedules.REGISTRY)
def test_registry(kind: str) -> None:
    assert schedules.REGISTRY[kind].kind == kind
    assert schedules.resolve(kind) == schedules.REGISTRY[kind]()
    for schedule in EXAMPLES[kind]:
        assert schedules.from_dict(schedule.to_dict()) == schedule
        assert schedules.resolve(schedule) is schedule
        values = factors(schedule)
        assert all(math.isfinite(value) and 0.0 <= value <= 1.0 for value in values)
        assert schedule(0, 1, 1) >= 0.0  # a run of a single step


def test_constant() -> None:
    assert factors(Constant()) == [1.0] * 20


def test_step() -> None:
    assert factors(Step(2, 0.5)) == [1.0] * 10 + [0.5] * 10
    assert factors(Step(1, 0.1), 3, 1) == pytest.approx([1.0, 0.1, 0.01])


def test_exponential() -> None:
    assert factors(Exponential(0.5)) == [1.0] * 5 + [0.5] * 5 + [0.25] * 5 + [0.125] * 5


def test_cosine() -> None:
    values = factors(Cosine())
    assert values == pytest.approx([(1 + math.cos(math.pi * i / 20)) / 2 for i in range(20)])
    assert values[0] == 1.0
    assert values[10] == pytest.approx(0.5)
    assert Cosine(0.1)(20, 20, 5) == pytest.approx(0.1)
    assert Cosine(0.1)(10, 20, 5) == pytest.approx(0.55)


def test_one_cycle() -> None:
    schedule = OneCycle(warmup=0.25, start=0.1, final=0.01)
    values = factors(schedule)
    assert values[0] == pytest.approx(0.1)
    assert values[5] == pytest.approx(1.0)
    assert int(np.argmax(values)) == 5
    assert schedule(20, 20, 5) == pytest.approx(0.01)
    rises = np.diff(values) > 0
    assert rises[:5].all()
    assert not rises[5:].any()
    # Half of the way at half of the steps, on both sides.
    assert schedule(0, 8, 1) < OneCycle(0.5, 0.1)(2, 8, 1) == pytest.approx(0.55)


def test_warmup() -> None:
    values = factors(Warmup(2, Exponential(0.5)))
    assert values[:10] == pytest.approx([(i + 1) / 10 for i in range(10)])
    assert values[10:] == [1.0] * 5 + [0.5] * 5
    # What follows is as long as what is left.
    assert Warmup(1, Cosine())(12, 20, 5) == pytest.approx(Cosine()(7, 15, 5))
    assert factors(Warmup(9, Cosine()), 2, 5)[-1] == pytest.approx(10 / 45)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Step(0), ConfigError, "Step: every_epochs must be at least 1, got 0"),
        (lambda: Step(1, 0.0), ConfigError, "Step: factor must be greater than 0"),
        (lambda: Exponential("a"), TypeError, "Exponential: factor must be a number"),  # type: ignore[arg-type]
        (lambda: Cosine(-1.0), ConfigError, "Cosine: final must be at least 0"),
        (lambda: OneCycle(1.0), ConfigError, "OneCycle: warmup must be smaller than 1"),
        (lambda: Warmup(0), ConfigError, "Warmup: epochs must be greater than 0"),
        (lambda: Warmup(1, Warmup()), ConfigError, "a schedule other than Warmup"),
        (lambda: Warmup(1, 5), TypeError, "Warmup: then must be one of"),  # type: ignore[arg-type]
        (lambda: schedules.resolve("cosin"), ConfigError, 'did you mean "cosine"'),
        (lambda: schedules.resolve(Cosine), TypeError, r"train: schedule is the class itself"),
        (
            lambda: schedules.from_dict({"kind": "step", "every": 3}),
            ConfigError,
            "unknown argument",
        ),
    ],
)
def test_unusable(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()


class Rates(Callback):
    """Notes the learning rate that the engine is given for each batch."""

    def __init__(self) -> None:
        self.rates: list[float] = []

    def on_train_begin(self, logs: Logs) -> None:
        network = self.model._network.engine
        rates = self.rates

        class Spy:
            def __getattr__(self, name: str) -> Any:
                return getattr(network, name)

            def train_batch(self, x: Any, y: Any, index: Any, rate: float, **other: Any) -> Any:
                rates.append(rate)
                return network.train_batch(x, y, index, rate, **other)

        self.model._network.engine = Spy()  # type: ignore[assignment]


@pytest.mark.parametrize("schedule", ["cosine", Warmup(1, "one-cycle"), Step(1, 0.5)])  # type: ignore[arg-type]
def test_training_follows_the_schedule(schedule: Any) -> None:
    x, y = small_data(40)
    model, spy = small_model(optimizer="adam"), Rates()
    history = model.train(
        x, y, epochs=3, batch_size=16, verbose=0, schedule=schedule, callbacks=[spy]
    )
    expected = [0.001 * f for f in factors(schedules.resolve(schedule), 3, 3)]
    assert spy.rates == expected
    assert history.history["learning_rate"] == expected[2::3]
    assert model.learning_rate == 0.001


def test_no_schedule_leaves_no_trace() -> None:
    x, y = small_data(40)
    spy = Rates()
    history = small_model().train(x, y, batch_size=16, verbose=0, callbacks=[spy])
    assert spy.rates == [0.01] * 3
    assert "learning_rate" not in history.history


def test_lines_show_the_learning_rate(capsys: pytest.CaptureFixture[str]) -> None:
    x, y = small_data(40)
    small_model().train(x, y, batch_size=20, verbose=2, schedule="cosine")
    assert "learning_rate 0.005," in capsys.readouterr().err
