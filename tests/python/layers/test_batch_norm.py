"""Batch normalisation through the public interface: running averages, folding, freezing, state."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from cnnx import CNN, _core
from cnnx.layers import BatchNorm, Conv2D, Dense, DepthwiseConv2D, Dropout, Flatten, Layer, Residual
from cnnx.optimizers import SGD
from support.checks import Array, assert_close

SHAPE = (3, 6, 5)
Averages = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]


def _images(count: int, seed: int = 0, dtype: str = "float64") -> Array:
    return (2.0 + np.random.default_rng(seed).standard_normal((count, *SHAPE))).astype(dtype)


def _labels(count: int, classes: int = 4) -> Array:
    return np.random.default_rng(9).integers(0, classes, count)


def _after_a_step(averages: Averages, x: Array, momentum: float) -> Averages:
    """The running averages as their definition says: a mean, and a variance by count minus one."""
    columns = np.moveaxis(x.astype(np.float64), 1, 0).reshape(x.shape[1], -1)
    variance = columns.var(axis=1, ddof=1) if columns.shape[1] > 1 else columns.var(axis=1)
    keep = momentum
    return (
        keep * averages[0] + (1 - keep) * columns.mean(axis=1),
        keep * averages[1] + (1 - keep) * variance,
    )


def _draw_state(model: CNN, seed: int) -> None:
    """Give every parameter random values; variances and weights lie between 0.5 and 2."""
    rng = np.random.default_rng(seed)
    model.load_state_dict(
        {
            name: rng.uniform(0.5, 2.0, value.shape).astype(value.dtype)
            if value.ndim == 1
            else rng.standard_normal(value.shape).astype(value.dtype) / 4
            for name, value in model.state_dict().items()
        }
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("momentum", [0.9, 0.0, 0.25])
def test_running_averages_over_several_steps(dtype: str, momentum: float) -> None:
    """Batches of different sizes, of one image, and of more than a pass holds otherwise."""
    model = CNN([BatchNorm(momentum), Flatten(), Dense(4)], SHAPE, dtype=dtype)
    averages: Averages = (np.zeros(3), np.ones(3))
    for step, count in enumerate((8, 1, 300, 37)):
        x = _images(count, step, dtype)
        model.train_batch(x, _labels(count))
        averages = _after_a_step(averages, x, momentum)
        tolerance = 1e-5 if dtype == "float32" else 1e-12
        assert_close(model.state_dict()["0.running_mean"], averages[0], tolerance, "mean")
        assert_close(model.state_dict()["0.running_var"], averages[1], tolerance, "variance")


def test_a_batch_of_one_vector_has_no_variance() -> None:
    model = CNN([BatchNorm(0.5), Dense(2)], (3,), dtype="float64", optimizer=SGD(0.0))
    model.train_batch(np.array([[4.0, -2.0, 0.0]]), np.array([1]))
    state = model.state_dict()
    np.testing.assert_array_equal(state["0.running_mean"], [2.0, -1.0, 0.0])
    np.testing.assert_array_equal(state["0.running_var"], [0.5, 0.5, 0.5])
    assert np.isfinite(model.predict(np.ones((1, 3)))).all()


def test_running_averages_of_a_layer_within_a_network() -> None:
    """The averages are of the layer's input in training, before the step changes the weights."""
    model = CNN(
        [Conv2D(5, 3, activation="relu"), BatchNorm(0.8), Flatten(), Dense(4)],
        SHAPE,
        dtype="float64",
        optimizer=SGD(0.5),
    )
    averages: Averages = (np.zeros(5), np.ones(5))
    for step in range(4):
        x = _images(12, step)
        front = CNN([Conv2D(5, 3, activation="relu")], SHAPE, dtype="float64", loss="mse")
        own = model.state_dict()
        front.load_state_dict({name: own[name] for name in ("0.weight", "0.bias")})
        averages = _after_a_step(averages, front.predict(x), 0.8)
        model.train_batch(x, _labels(12))
        assert_close(model.state_dict()["1.running_mean"], averages[0], 1e-12, "mean")
        assert_close(model.state_dict()["1.running_var"], averages[1], 1e-12, "variance")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_outputs_use_the_running_averages(dtype: str) -> None:
    model = CNN([BatchNorm(epsilon=0.01, activation="tanh")], SHAPE, loss="mse", dtype=dtype)
    _draw_state(model, 1)
    state = {k: v.astype(np.float64).reshape(3, 1, 1) for k, v in model.state_dict().items()}
    x = _images(7, 2, dtype)
    normal = (x - state["0.running_mean"]) / np.sqrt(state["0.running_var"] + 0.01)
    expected = np.tanh(normal * state["0.weight"] + state["0.bias"])
    assert_close(model.predict(x), expected, 1e-5 if dtype == "float32" else 1e-12, "outputs")
    assert model.evaluate(x, model.predict(x))["loss"] == pytest.approx(0.0, abs=1e-12)


FOLDED: list[list[Layer]] = [
    [Conv2D(6, 3)],
    [Conv2D(18, 3, padding="same", use_bias=False)],
    [Conv2D(6, 3, groups=3, stride=2, padding=1)],
    [DepthwiseConv2D(3, depth_multiplier=2)],
    [Flatten(), Dense(9)],
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("between", [None, "relu"])
@pytest.mark.parametrize("front", FOLDED, ids=repr)
def test_folding_does_not_change_outputs(
    isa: str, front: list[Layer], between: str | None, dtype: str
) -> None:
    """Against the same layers in two networks, where nothing can be folded.

    With an activation between them nothing may be folded either.
    """
    if between is not None:
        front = [type(layer)(**_arguments(layer, between)) for layer in front]
    for activation in ("linear", "relu", "sigmoid"):
        whole = CNN([*front, BatchNorm(activation=activation)], SHAPE, loss="mse", dtype=dtype)
        _draw_state(whole, 3)
        state = whole.state_dict()
        first = CNN(front, SHAPE, loss="mse", dtype=dtype)
        first.load_state_dict({name: state[name] for name in first.state_dict()})
        second = CNN(
            [BatchNorm(activation=activation)], first.output_shape, loss="mse", dtype=dtype
        )
        number = len(front)
        second.load_state_dict({name: state[f"{number}{name[1:]}"] for name in second.state_dict()})
        x = _images(6, 4, dtype)
        tolerance = 1e-5 if dtype == "float32" else 1e-13
        assert_close(whole.predict(x), second.predict(first.predict(x)), tolerance, activation)


def _arguments(layer: Layer, activation: str) -> dict[str, Any]:
    """The arguments of a layer, with an activation where it takes one."""
    values = {k: v for k, v in layer.to_dict().items() if k != "kind"}
    return values | ({"activation": activation} if "activation" in values else {})


def test_training_after_predicting_sees_the_weights_themselves() -> None:
    """Folded weights are for outputs only; both kinds of calls may alternate."""
    models = [
        CNN([Conv2D(6, 3), BatchNorm(activation="relu"), Flatten(), Dense(4)], SHAPE, seed=2)
        for _ in range(2)
    ]
    x, y = _images(16, 5, "float32"), _labels(16)
    for step in range(5):
        losses = [model.train_batch(x, y) for model in models]
        assert losses[0] == losses[1]
        models[0].predict(x[: step + 1])
        models[0].evaluate(x, y)
    for name, value in models[1].state_dict().items():
        np.testing.assert_array_equal(models[0].state_dict()[name], value)
    np.testing.assert_array_equal(models[0].predict(x), models[1].predict(x))


def test_frozen_layers_use_and_keep_their_averages() -> None:
    model = CNN([Conv2D(4, 3), BatchNorm(), Flatten(), Dense(4)], SHAPE, dtype="float64", seed=1)
    _draw_state(model, 6)
    before = model.state_dict()
    x, y = _images(10, 7), _labels(10)
    model._network.engine.set_trainable(["3.weight", "3.bias"])
    evaluated = model.evaluate(x, y)["loss"]
    trained, _ = model.train_batch(x, y)
    assert trained == pytest.approx(evaluated, rel=1e-12)  # the averages, not the batch's
    after = model.state_dict()
    for name, value in before.items():
        same = np.array_equal(value, after[name])
        assert same == (not name.startswith("3."))
    # Free again, it follows the batches again.
    model._network.engine.set_trainable(list(before))
    model.train_batch(x, y)
    assert not np.array_equal(model.state_dict()["1.running_mean"], before["1.running_mean"])


def test_outputs_do_not_depend_on_their_company() -> None:
    model = CNN(
        [
            Conv2D(8, 3, padding="same"),
            BatchNorm(activation="relu"),
            Residual([Conv2D(8, 3, padding="same"), BatchNorm()], activation="relu"),
            Flatten(),
            BatchNorm(),
            Dense(4, activation="softmax"),
        ],
        SHAPE,
    )
    x = _images(300, 8, "float32")
    model.train_batch(x, _labels(300))
    expected = model.predict(x)
    for threads in (1, 3):
        _core.set_num_threads(threads)
        for size in (1, 7, 64, 300):
            np.testing.assert_array_equal(model.predict(x, batch_size=size), expected)


@pytest.mark.parametrize("targets", ["labels", "rows"])
def test_large_batches_are_one(targets: str) -> None:
    """The same bits at any number of threads, and the gradients of the definition."""
    x, y = _images(700, 9), _labels(700)
    wanted = np.eye(4)[y] if targets == "rows" else y
    layers = [BatchNorm(), Flatten(), Dense(4, activation="softmax")]
    traces = []
    for threads in (1, 2, 5):
        _core.set_num_threads(threads)
        model = CNN(layers, SHAPE, dtype="float64", optimizer=SGD(0.1))
        losses = [model.train_batch(x, wanted)[0] for _ in range(3)]
        traces.append((losses, [v.tobytes() for v in model.state_dict().values()]))
    assert traces[0] == traces[1] == traces[2]

    model = CNN(layers, SHAPE, dtype="float64", optimizer=SGD(0.1))
    weight, bias = (model.state_dict()[f"2.{name}"] for name in ("weight", "bias"))
    normal = (x - x.mean(axis=(0, 2, 3), keepdims=True)) / np.sqrt(
        x.var(axis=(0, 2, 3), keepdims=True) + 1e-5
    )
    z = normal.reshape(700, -1) @ weight.T + bias
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    assert traces[0][0][0] == pytest.approx(-log_p[np.arange(700), y].mean(), rel=1e-12)
    grad = ((np.exp(log_p) - np.eye(4)[y]) / 700).T @ normal.reshape(700, -1)
    _, _, grads = model._network.engine.gradients(x, wanted)
    assert_close(grads["2.weight"], grad, 1e-12, "weights behind the layer")


def test_saving_keeps_the_running_averages(tmp_path: Path) -> None:
    model = CNN([Conv2D(4, 3), BatchNorm(), Dropout(0.2), Flatten(), Dense(4)], SHAPE, seed=3)
    x, y = _images(16, 10, "float32"), _labels(16)
    for _ in range(3):
        model.train_batch(x, y)
    assert set(model.state_dict()) >= {f"1.{n}" for n in ("weight", "bias", "running_mean")}
    model.save(tmp_path / "model.safetensors")
    again = CNN.load(tmp_path / "model.safetensors")
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(again.state_dict()[name], value)
    np.testing.assert_array_equal(again.predict(x), model.predict(x))
    # And it continues as if nothing had happened.
    assert again.train_batch(x, y) == model.train_batch(x, y)
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(again.state_dict()[name], value)


def test_steps_allocate_nothing() -> None:
    model = CNN(
        [
            Conv2D(8, 3, padding="same", use_bias=False),
            BatchNorm(activation="relu"),
            Residual(
                [Conv2D(8, 3, padding="same", use_bias=False), BatchNorm(), Dropout(0.1)],
                activation="relu",
            ),
            Flatten(),
            Dropout(0.5),
            Dense(4, activation="softmax"),
        ],
        SHAPE,
    )
    x, y = _images(300, 11, "float32"), _labels(300)
    _core.set_num_threads(2)
    model.train_batch(x, y)
    model.predict(x[:50])
    before = _core.allocation_count()
    for count in (300, 1, 64, 299, 300):
        model.train_batch(x[:count], y[:count])
        model.predict(x[:50])
    assert _core.allocation_count() == before
