"""Weights come out and go in by PyTorch's names, all or none of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnx import CNN, ConfigError, ShapeError
from cnnx.optimizers import SGD, Lion
from support.small import small_data, small_model, weights


def test_names_shapes_and_copies() -> None:
    model = small_model()
    state = model.state_dict()
    assert {name: value.shape for name, value in state.items()} == {
        "0.weight": (4, 1, 3, 3),
        "0.bias": (4,),
        "3.weight": (3, 36),
        "3.bias": (3,),
    }
    state["0.weight"][:] = 7
    assert not (model.state_dict()["0.weight"] == 7).any()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", ">f4", "longdouble"])
def test_any_floating_dtype(dtype: str) -> None:
    model, other = small_model(seed=1), small_model(seed=2)
    state = {name: value.astype(dtype) for name, value in model.state_dict().items()}
    other.load_state_dict(state)
    for name, value in other.state_dict().items():
        assert value.dtype == np.float32
        np.testing.assert_array_equal(value, state[name].astype(np.float32))


def test_predictions_follow() -> None:
    x, _ = small_data()
    model, other = small_model(seed=1), small_model(seed=2)
    other.load_state_dict(model.state_dict())
    np.testing.assert_array_equal(other.predict(x), model.predict(x))


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in small_model(seed=2).state_dict().items() if key != name}


@pytest.mark.parametrize(
    ("state", "error", "message"),
    [
        (without("3.bias"), ConfigError, "missing 3.bias"),
        (without("") | {"3.biass": [1.0]}, ConfigError, 'unknown 3.biass; did you mean "3.bias"?'),
        (without("") | {"3.bias": [1.0, 2.0]}, ShapeError, "3.bias must have shape (3,), got (2,)"),
        (without("") | {"3.bias": ["a", "b", "c"]}, TypeError, "3.bias: expected numbers"),
        (without("") | {"3.bias": None}, TypeError, "3.bias: expected an array of numbers"),
        (without("") | {"3.bias": [0, 1e300, 0]}, ValueError, "3.bias[1] is too large for float32"),
        ([1, 2], TypeError, "load_state_dict: expected a dict of arrays, got [1, 2] (list)"),
    ],
)
def test_all_or_nothing(state: Any, error: type[Exception], message: str) -> None:
    model = small_model(seed=1)
    before = weights(model)
    with pytest.raises(error) as caught:
        model.load_state_dict(state)
    assert message in str(caught.value)
    assert weights(model) == before


def test_not_strict_takes_what_is_known() -> None:
    model, other = small_model(seed=1), small_model(seed=2)
    before = model.state_dict()
    part = {"0.weight": other.state_dict()["0.weight"], "9.weight": np.zeros(3)}
    model.load_state_dict(part, strict=False)
    after = model.state_dict()
    np.testing.assert_array_equal(after["0.weight"], part["0.weight"])
    np.testing.assert_array_equal(after["3.weight"], before["3.weight"])
    with pytest.raises(ShapeError, match=r"0\.weight must have shape"):
        model.load_state_dict({"0.weight": np.zeros(3)}, strict=False)
    with pytest.raises(TypeError, match="strict must be True or False"):
        model.load_state_dict(part, strict="no")  # type: ignore[arg-type]


def test_averaged_weights_inside_a_block_only() -> None:
    x, y = small_data()
    model = small_model(optimizer=SGD(0.1, momentum=0.9, ema=0.5))
    with pytest.raises(ConfigError, match="no step has been made"), model.averaged_weights():
        pass
    model.train(x, y, epochs=2, verbose=0)
    before, scores = weights(model), model.evaluate(x, y)
    with model.averaged_weights():
        averaged = weights(model)
        assert averaged != before
        assert model.evaluate(x, y) != scores
        with pytest.raises(ConfigError, match=r"training: not while .* averaged_weights\(\)"):
            model.train_batch(x, y)
        with pytest.raises(ConfigError, match="not while"):
            model.optimizer = SGD(0.1)
        assert model.optimizer.ema == 0.5
    assert weights(model) == before
    assert model.evaluate(x, y) == scores
    with pytest.raises(KeyError, match="mine"), model.averaged_weights():
        raise KeyError("mine")
    assert weights(model) == before
    with pytest.raises(ConfigError, match="give it one with ema"), small_model().averaged_weights():
        pass


def test_averaged_weights_in_a_file(tmp_path: Path) -> None:
    x, y = small_data()
    model = small_model(optimizer=Lion(0.01, ema=0.9, clip_norm=1.0))
    model.train(x, y, verbose=0)
    with model.averaged_weights():
        averaged = weights(model)
        with pytest.raises(ConfigError, match="not while"):
            model.save(tmp_path / "all.safetensors")
        model.save(tmp_path / "averaged.safetensors", include_optimizer=False)
    assert list(tmp_path.iterdir()) == [tmp_path / "averaged.safetensors"]
    assert weights(CNN.load(tmp_path / "averaged.safetensors")) == averaged
    # The average itself goes with the optimizer's state.
    model.save(tmp_path / "all.safetensors")
    other = CNN.load(tmp_path / "all.safetensors")
    with other.averaged_weights():
        assert weights(other) == averaged
