"""`CNN`: what it is, training, scoring and predicting."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cnnx import CNN, ConfigError, DivergenceError, ShapeError, _core, layers, losses
from cnnx.layers import Dense, Flatten
from cnnx.optimizers import SGD, Adam
from support.small import SHAPE, small_data, small_model, weights

# What it is


def test_description() -> None:
    model = small_model(optimizer=SGD(0.1, momentum=0.9), seed=np.int64(3))
    assert model.input_shape == (1, 6, 6)
    assert model.output_shape == (3,)
    assert model.layers[0] == layers.Conv2D(4, 3, padding="same", activation="relu")
    assert model.parameter_count == 4 * 9 + 4 + 36 * 3 + 3
    assert model.loss == losses.CrossEntropy()
    assert model.optimizer == SGD(0.1, momentum=0.9)
    assert model.seed == 3
    assert model.dtype == np.float32
    assert repr(model) == "CNN((1, 6, 6) -> Conv2D, MaxPool2D, Flatten, Dense -> (3,))"


def test_same_seed_same_weights() -> None:
    assert weights(small_model(seed=5)) == weights(small_model(seed=5))
    assert weights(small_model(seed=5)) != weights(small_model(seed=6))


@pytest.mark.parametrize("dtype", ["float32", "float64", np.float64, np.dtype("float32")])
def test_dtype_is_that_of_weights_and_outputs(dtype: Any) -> None:
    model = small_model(dtype=dtype)
    x, _ = small_data(3)
    assert model.dtype == np.dtype(dtype)
    assert model.predict(x).dtype == np.dtype(dtype)
    assert all(value.dtype == np.dtype(dtype) for value in model.state_dict().values())


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"layers": []}, ConfigError, "layers must have at least one layer"),
        ({"layers": Dense(3)}, TypeError, "layers must be a list of layers"),
        ({"layers": [Flatten]}, TypeError, "layers[0] is the class itself; call it: Flatten(...)"),
        ({"layers": [Flatten(), "dense"]}, TypeError, "layers[1] must be a layer from"),
        ({"input_shape": 64}, TypeError, "got 64 (int); write (64,)"),
        ({"input_shape": (28, 28)}, ShapeError, "for grey images write (1, 28, 28)"),
        ({"input_shape": (9, 1, 8, 8)}, ShapeError, "leave the number of images out: (1, 8, 8)"),
        ({"input_shape": (1, 0, 6)}, ShapeError, "input_shape[1] must be at least 1, got 0"),
        ({"input_shape": (1, 6.0, 6)}, TypeError, "input_shape[1] must be an integer, got 6.0"),
        ({"seed": -1}, ConfigError, "seed must be at least 0, got -1"),
        ({"seed": None}, TypeError, "seed must be an integer, got None"),
        (
            {"dtype": "float16"},
            ConfigError,
            'dtype must be "float32" or "float64", got \'float16\'',
        ),
        ({"dtype": None}, ConfigError, "got None"),
        ({"dtype": "fancy"}, ConfigError, "got 'fancy'"),
        ({"exact_conv": 1}, TypeError, "exact_conv must be True or False"),
    ],
)
def test_unusable_arguments(
    arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        CNN(**{"layers": [Flatten(), Dense(3)], "input_shape": SHAPE} | arguments)
    assert message in str(caught.value)


# Training


def test_it_learns() -> None:
    x, y = small_data(200)
    model = small_model(optimizer=SGD(0.1, momentum=0.9))
    history = model.train(
        x[:150], y[:150], epochs=8, batch_size=20, validation_data=(x[150:], y[150:]), verbose=0
    ).history
    assert history["loss"][-1] < 0.2 < history["loss"][0]
    assert history["val_accuracy"][-1] > 0.9
    assert model.evaluate(x[150:], y[150:]) == {
        "loss": history["val_loss"][-1],
        "accuracy": history["val_accuracy"][-1],
    }


def test_an_epoch_is_its_batches_in_the_drawn_order() -> None:
    """`train` equals the same steps by hand; averages weigh the smaller last batch by its size."""
    x, y = small_data(50)
    model, by_hand = small_model(), small_model()
    history = model.train(x, y, epochs=2, batch_size=16, verbose=0).history
    for epoch in range(2):
        order = _core.permutation(50, 1, epoch)
        assert sorted(order.tolist()) == list(range(50))
        loss = accuracy = 0.0
        for start in range(0, 50, 16):
            rows = order[start : start + 16]
            batch_loss, batch_accuracy = by_hand.train_batch(x[rows], y[rows])
            loss += batch_loss * len(rows)
            accuracy += batch_accuracy * len(rows)
        assert history["loss"][epoch] == pytest.approx(loss / 50, rel=1e-12)
        assert history["accuracy"][epoch] == pytest.approx(accuracy / 50, rel=1e-12)
    assert weights(model) == weights(by_hand)


def test_further_calls_go_on() -> None:
    x, y = small_data(50)
    once, twice = small_model(), small_model()
    once.train(x, y, epochs=2, verbose=0)
    twice.train(x, y, verbose=0)
    twice.train(x, y, verbose=0)
    assert weights(once) == weights(twice)


def test_without_shuffling_rows_are_used_in_order() -> None:
    x, y = small_data(40)
    model, by_hand = small_model(), small_model()
    model.train(x, y, batch_size=16, shuffle=False, verbose=0)
    for start in range(0, 40, 16):
        by_hand.train_batch(x[start : start + 16], y[start : start + 16])
    assert weights(model) == weights(by_hand)


def test_shuffling_changes_the_order() -> None:
    x, y = small_data(40)
    first, second = small_model(), small_model()
    first.train(x, y, batch_size=16, shuffle=False, verbose=0)
    second.train(x, y, batch_size=16, verbose=0)
    assert weights(first) != weights(second)


@pytest.mark.parametrize(("fraction", "kept"), [(0.25, 30), (0.9, 4), (0.01, 39)])
def test_validation_split_holds_out_the_end(fraction: float, kept: int) -> None:
    x, y = small_data(40)
    model, other = small_model(), small_model()
    split = model.train(x, y, epochs=2, validation_split=fraction, verbose=0).history
    data = (x[kept:], y[kept:])
    given = other.train(x[:kept], y[:kept], epochs=2, validation_data=data, verbose=0).history
    assert split == given
    assert weights(model) == weights(other)


def test_validation_changes_nothing() -> None:
    x, y = small_data(40)
    model, other = small_model(), small_model()
    model.train(x, y, epochs=2, validation_data=small_data(9, seed=5), verbose=0)
    other.train(x, y, epochs=2, verbose=0)
    assert weights(model) == weights(other)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"epochs": 0}, ConfigError, "train: epochs must be at least 1, got 0"),
        ({"epochs": 2.5}, TypeError, "train: epochs must be an integer, got 2.5"),
        ({"batch_size": -8}, ConfigError, "train: batch_size must be at least 1, got -8"),
        ({"batch_size": True}, TypeError, "train: batch_size must be an integer, got True"),
        ({"validation_split": 1.0}, ConfigError, "validation_split must be smaller than 1"),
        ({"validation_split": 0.999}, ValueError, "of 40 images leaves none for training"),
        ({"validation_data": small_data(4), "validation_split": 0.5}, ConfigError, "not both"),
        ({"validation_data": small_data(4)[0]}, TypeError, "must be a pair (x, y), got an array"),
        ({"validation_data": (1, 2, 3)}, TypeError, "must be a pair (x, y), got 3 items"),
        (
            {"validation_data": (small_data(4)[0][:, 0], small_data(4)[1])},
            ShapeError,
            "add the channel axis, validation_data[0][:, None]",
        ),
        (
            {"validation_data": (small_data(4)[0], [0, 1, 2, 9])},
            ValueError,
            "got 9 at validation_data[1][3]",
        ),
        ({"shuffle": "yes"}, TypeError, "shuffle must be True or False"),
        ({"verbose": 5}, ConfigError, "verbose must be"),
        ({"callbacks": 5}, TypeError, "callbacks must be a list"),
    ],
)
def test_unusable_training(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    x, y = small_data(40)
    model = small_model()
    before = weights(model)
    with pytest.raises(error) as caught:
        model.train(x, y, **{"verbose": 0} | arguments)
    assert message in str(caught.value)
    assert weights(model) == before


def test_divergence_names_epoch_and_batch() -> None:
    x, y = small_data(40)
    model = small_model(optimizer=SGD(1e30))
    with pytest.raises(DivergenceError) as caught:
        model.train(x, y, epochs=3, batch_size=16, verbose=0)
    assert "epoch 1 of 3, batch " in str(caught.value)
    assert " of 3; try a learning rate smaller than 1e+30" in str(caught.value)
    with pytest.raises(DivergenceError, match="this batch"):
        model.train_batch(x, y)


def test_learning_rate_and_optimizer() -> None:
    x, y = small_data(40)
    model, other = small_model(optimizer=SGD(0.1, momentum=0.9)), small_model()
    model.train_batch(x, y)
    model.learning_rate = 0.05
    assert model.optimizer == SGD(0.05, momentum=0.9)
    assert int(model._network.engine.optimizer_state()["step"]) == 1  # the momentum is kept
    model.optimizer = Adam(0.02)
    assert (model.learning_rate, model.optimizer) == (0.02, Adam(0.02))
    assert int(model._network.engine.optimizer_state()["step"]) == 0
    with pytest.raises(ConfigError, match="learning_rate must be at least 0, got -1"):
        model.learning_rate = -1
    with pytest.raises(ConfigError, match="optimizer must be one of"):
        model.optimizer = "sdg"
    assert model.optimizer == Adam(0.02)
    other.learning_rate = 0.0
    before = weights(other)
    other.train_batch(x, y)
    assert weights(other) == before


def test_train_batch_scores_before_the_step() -> None:
    x, y = small_data(40)
    model = small_model()
    expected = model.evaluate(x, y)
    loss, accuracy = model.train_batch(x, y)
    assert loss == pytest.approx(expected["loss"], rel=1e-6)
    assert accuracy == expected["accuracy"]
    assert model.train_batch(x, y)[0] < loss


@pytest.mark.parametrize("spoil", ["nan", "label"])
def test_train_batch_says_what_is_wrong_and_changes_nothing(spoil: str) -> None:
    x, y = small_data(40)
    if spoil == "nan":
        x[3, 0, 1, 2] = np.nan
    else:
        y[7] = 3
    model = small_model()
    before = weights(model)
    with pytest.raises(ValueError, match=r"got (nan at x\[3, 0, 1, 2\]|3 at y\[7\])"):
        model.train_batch(x, y)
    assert weights(model) == before
    assert int(model._network.engine.optimizer_state()["step"]) == 0


def test_regression() -> None:
    x, _ = small_data(60)
    y = x[:, 0, 0, 0] * 2 - 1
    model = CNN([Flatten(), Dense(1)], SHAPE, loss="mse", optimizer=SGD(0.02))
    history = model.train(x, y, epochs=60, validation_split=0.2, verbose=0).history
    assert list(history) == ["loss", "val_loss"]
    assert history["val_loss"][-1] < 0.5 * history["val_loss"][0]
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    assert list(model.evaluate(x, y)) == ["loss"]
    assert np.isnan(model.train_batch(x, y)[1])
    residuals = model.predict(x)[:, 0] - y
    assert model.evaluate(x, y)["loss"] == pytest.approx(np.mean(residuals**2), rel=1e-4)


def test_labels_and_one_hot_rows_are_the_same() -> None:
    x, y = small_data(40)
    model, other = small_model(), small_model()
    model.train(x, y, epochs=2, verbose=0)
    other.train(x, np.eye(3)[y], epochs=2, verbose=0)
    for name, value in model.state_dict().items():
        np.testing.assert_allclose(other.state_dict()[name], value, rtol=1e-5, atol=1e-6)
    assert model.evaluate(x, np.eye(3)[y]) == pytest.approx(model.evaluate(x, y), rel=1e-6)


# Scoring and predicting


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_chunks_do_not_show(dtype: str) -> None:
    x, y = small_data(70)
    model = small_model(dtype=dtype)
    outputs, scores = model.predict(x), model.evaluate(x, y)
    for chunk in (1, 7, 64, 1000):
        np.testing.assert_array_equal(model.predict(x, batch_size=chunk), outputs)
        found = model.evaluate(x, y, batch_size=chunk)
        assert found["accuracy"] == scores["accuracy"]
        assert found["loss"] == pytest.approx(scores["loss"], rel=1e-15, abs=0)


def test_predict_gives_probabilities() -> None:
    x, y = small_data(40)
    model = small_model()
    outputs = model.predict(x)
    assert outputs.shape == (40, 3)
    np.testing.assert_allclose(outputs.sum(axis=1), 1, rtol=1e-6)
    accuracy = np.mean(outputs.argmax(axis=1) == y)
    assert model.evaluate(x, y)["accuracy"] == accuracy
    loss = -np.log(outputs[np.arange(40), y]).mean()
    assert model.evaluate(x, y)["loss"] == pytest.approx(loss, rel=1e-5)


def test_predict_leaves_the_network_as_it_is() -> None:
    x, y = small_data(40)
    model, other = small_model(), small_model()
    model.predict(x)
    model.evaluate(x, y)
    model.train(x, y, verbose=0)
    other.train(x, y, verbose=0)
    assert weights(model) == weights(other)


@pytest.mark.parametrize("call", ["evaluate", "predict"])
def test_unusable_chunks(call: str) -> None:
    x, y = small_data(4)
    arguments = (x, y) if call == "evaluate" else (x,)
    with pytest.raises(ConfigError, match=f"{call}: batch_size must be at least 1, got 0"):
        getattr(small_model(), call)(*arguments, batch_size=0)
    with pytest.raises(ShapeError, match="expected at least one image"):
        getattr(small_model(), call)(*(a[:0] for a in arguments))


def test_whole_arrays_reach_the_engine_uncopied(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every batch is the same two arrays and rows to take from them."""
    x, y = small_data(40)
    model = small_model()
    seen: list[tuple[Any, ...]] = []

    class Engine:
        def train_batch(self, *arguments: Any) -> tuple[float, int]:
            seen.append(arguments)
            return 1.0, 1

    monkeypatch.setattr(model._network, "engine", Engine())
    history = model.train(x, y, batch_size=16, verbose=0).history
    assert all(np.shares_memory(a[0], x) and len(a[0]) == 40 for a in seen)
    assert all(np.shares_memory(a[1], y) and len(a[1]) == 40 for a in seen)
    assert [len(a[2]) for a in seen] == [16, 16, 8]
    assert all(a[2].dtype == np.int64 for a in seen)
    assert history == {"loss": [3 / 40], "accuracy": [3 / 40]}
