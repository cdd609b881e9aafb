"""`check` finds what is wrong, `find_learning_rate` finds a slope, and both change nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import cnnx
from cnnx import CNN, ConfigError, ShapeError, layers, optimizers
from cnnx.diagnosis import CheckReport, Finding
from cnnx.diagnosis.range_test import LearningRates, range_test
from small import SHAPE, small_data, small_model
from support import hash_arrays


def state(model: CNN) -> tuple[str, str, int]:
    network = model._network.engine
    return (
        hash_arrays(model.state_dict()),
        hash_arrays(network.optimizer_state()),
        model._network.epochs_trained,
    )


def found(report: CheckReport, subject: str) -> Finding:
    return next(finding for finding in report.findings if finding.subject == subject)


def good(**other: Any) -> CNN:
    return small_model(**{"optimizer": optimizers.SGD(0.05, momentum=0.9)} | other)


def check(x: Any, y: Any, **other: Any) -> CheckReport:
    return good(**other).check(x, y)


def test_all_is_well() -> None:
    x, y = small_data(60)
    report = check(np.clip(x, 0, 1), y)
    assert report.ok, str(report)
    assert [finding.subject for finding in report.findings] == [
        "images", "scale", "labels", "balance", "duplicates", "first loss", "one batch"
    ]  # fmt: skip
    lines = str(report).splitlines()
    assert len(lines) == 8
    assert "60 of shape (1, 6, 6), float32" in lines[0]
    assert lines[-1] == "ready to train"


def test_the_network_stays_as_it_is() -> None:
    x, y = small_data(60)
    model = good()
    model.train(x, y, verbose=0)
    before, learning_rate = state(model), model.learning_rate
    report = model.check(x, y)
    model.find_learning_rate(x, y, steps=20)
    assert state(model) == before
    assert model.learning_rate == learning_rate
    assert "first loss" not in [finding.subject for finding in report.findings]
    twin = good()
    twin.train(x, y, verbose=0)
    for network in (model, twin):
        network.train(x, y, verbose=0)
    assert state(model) == state(twin)


@pytest.mark.parametrize(
    ("factor", "first", "way_out"),
    [
        (255.0, None, "Rescale(1/255)"),
        (-1000.0, None, "layers.Normalize("),
        (0.0, None, "all values are equal"),
        (255.0, layers.Normalize(0.0, 1.0), "change the arguments of the Normalize layer"),
    ],
)
def test_scale(factor: float, first: layers.Layer | None, way_out: str) -> None:
    x, y = small_data(60)
    parts = [*([first] if first else []), *small_model().layers]
    report = check(np.clip(x, 0, 1) * np.float32(factor), y, layers=parts)
    scale = found(report, "scale")
    assert scale.level == "warning"
    assert way_out in scale.text
    assert not report.ok


@pytest.mark.parametrize("first", [layers.Rescale(1 / 255), layers.Normalize(80.0, 100.0)])
def test_scaled_by_the_first_layer(first: layers.Layer) -> None:
    x, y = small_data(60)
    images = (np.clip(x, 0, 1) * 255).astype(np.uint8)
    report = check(images, y, layers=[first, *small_model().layers])
    assert found(report, "scale").level == "ok", str(report)


def test_imbalance_and_missing_classes() -> None:
    x, _ = small_data(60)
    y = np.zeros(60, np.int64)
    y[:3] = 1
    report = check(x, y)
    assert 'class_weight="balanced"' in found(report, "balance").text
    assert found(report, "balance").level == "warning"
    assert found(report, "classes").text.startswith("no images of 2;")
    assert "0 to 1, 2 of 3 classes" in found(report, "labels").text


def test_duplicates() -> None:
    x, y = small_data(300)
    assert found(check(x, y), "duplicates").level == "ok"
    x[1], y[1] = x[0], y[0]
    assert found(check(x, y), "duplicates").level == "note"
    x[2:20] = x[0]
    y[2:20] = y[0]
    assert "validation data" in found(check(x, y), "duplicates").text
    y[2] = (y[0] + 1) % 3
    finding = found(check(x, y), "duplicates")
    assert finding.level == "warning"
    assert "19 of 300 images are duplicates, 1 of them with different labels" in finding.text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x, y: (x[:, :, :5], y), "x: expected"),
        (lambda x, y: (x * np.nan, y), "got nan"),
        (lambda x, y: (x, y + 1), "pass y - 1"),
        (lambda x, y: (x, y[:-1]), "each image needs one"),
        (lambda x, y: (x, y.astype(float)), "must be integers"),
    ],
)
def test_data_that_cannot_be_used(change: Any, message: str) -> None:
    x, y = small_data(60)
    y[0] = 2
    report = check(*change(x, y))
    assert not report.ok
    assert [finding.level for finding in report.findings] == ["error"]
    assert message in report.errors[0].text
    assert str(report).endswith("1 error, 0 warnings")


@pytest.mark.parametrize("rate", [1e-9, 1e30])
def test_a_learning_rate_that_does_not_learn(rate: float) -> None:
    x, y = small_data(60)
    finding = found(check(x, y, optimizer=optimizers.SGD(rate)), "one batch")
    assert finding.level == "warning"
    assert "find_learning_rate" in finding.text


def test_large_outputs() -> None:
    x, y = small_data(60)
    model = good()
    model.load_state_dict({n: 1000 * w for n, w in model.state_dict().items()})
    assert found(model.check(x, y), "first loss").level == "warning"


def test_other_targets() -> None:
    x, _ = small_data(60)
    targets = x.mean(axis=(1, 2, 3))
    model = CNN(
        [layers.Flatten(), layers.Dense(1)], SHAPE, loss="mse", optimizer=optimizers.SGD(0.05)
    )
    report = model.check(x, targets)
    assert report.ok, str(report)
    assert "balance" not in [finding.subject for finding in report.findings]
    with pytest.raises(ConfigError, match="steps must be at least 1"):
        model.check(x, targets, steps=0)


# The learning-rate range test


def test_range_test_on_a_known_curve() -> None:
    """The loss falls fastest where its logarithmic slope is steepest, and ends when it is high."""

    def curve(rate: float) -> float:
        z = math.log10(rate)
        return 2.0 - 1.0 / (1.0 + math.exp(-4 * (z + 2))) + (math.exp(3 * z) if z > -0.5 else 0.0)

    found = range_test(curve, 1e-6, 100.0, 200)
    assert found.suggestion is not None
    assert 0.005 < found.suggestion < 0.05  # 0.01, and a little later for the average
    assert found.lrs[0] == 1e-6
    assert found.lrs[-1] < 50.0  # it was ended
    np.testing.assert_allclose(np.diff(np.log(found.lrs)), math.log(1e8) / 199)
    assert found.losses == [curve(rate) for rate in found.lrs]
    assert f"{found.suggestion:.2g}" in str(found)


def test_a_lucky_batch_at_the_begin_is_no_slope() -> None:
    """The first losses scatter more than the later fall of the average in one step."""
    scatter = np.random.default_rng(0).normal(0.0, 0.2, 100)
    noise = iter([1.5, *scatter])

    def curve(rate: float) -> float:
        return 3.0 - 2.0 / (1.0 + (0.01 / rate)) + next(noise)

    found = range_test(curve, 1e-6, 1.0, 100)
    assert found.suggestion is not None
    assert 0.001 < found.suggestion < 0.2


def test_range_test_without_a_slope() -> None:
    flat = range_test(lambda rate: 1.0 + rate, 1e-6, 1.0, 50)
    assert flat.suggestion is None
    assert "model.check" in str(flat)
    rates: Iterator[float] = iter([1.0] * 5 + [math.inf])
    ended = range_test(lambda rate: next(rates), 1e-6, 1.0, 50)
    assert len(ended.lrs) == 5


def test_the_suggestion_learns() -> None:
    (x, y), (x_test, y_test) = cnnx.datasets.digits()
    parts = [
        layers.Conv2D(8, 3, activation="relu"),
        layers.Flatten(),
        layers.Dense(10, activation="softmax"),
    ]
    model = CNN(parts, (1, 8, 8), optimizer=optimizers.SGD(1e-9, momentum=0.9), seed=0)
    result = cnnx.find_learning_rate(model, x, y)
    assert isinstance(result, LearningRates)
    assert result.suggestion is not None
    model.learning_rate = result.suggestion
    model.train(x, y, epochs=3, verbose=0)
    assert model.evaluate(x_test, y_test)["accuracy"] > 0.9


def test_plot() -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    result = range_test(lambda rate: 1 / (1 + rate), 1e-3, 10.0, 50)
    axes = result.plot()
    assert axes.get_xscale() == "log"
    assert len(axes.lines) == 3
    assert result.plot(axes) is axes


def test_plot_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r'pip install "cnnx\[plot\]"'):
        range_test(lambda rate: rate, 1e-3, 1.0, 20).plot()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"start": 0}, ConfigError, "start must be greater than 0"),
        ({"start": 1.0, "end": 0.5}, ConfigError, "end must be greater than start 1, got 0.5"),
        ({"steps": 5}, ConfigError, "steps must be at least 10"),
        ({"batch_size": 0}, ConfigError, "batch_size must be at least 1"),
    ],
)
def test_unusable_arguments(arguments: Any, error: type[Exception], message: str) -> None:
    x, y = small_data()
    with pytest.raises(error, match=f"find_learning_rate: {message}"):
        small_model().find_learning_rate(x, y, **arguments)
    with pytest.raises(ShapeError):
        small_model().find_learning_rate(x[0], y)
