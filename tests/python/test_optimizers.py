"""Optimizers check their arguments, are found by name, and survive the way through a dict."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from cnnx import CNN, ConfigError, optimizers
from cnnx.layers import Dense
from cnnx.optimizers import SGD, Adam, AdamW, Optimizer

any_: Any = optimizers  # whose arguments the type checker does not look at
ALL: list[Optimizer] = [
    SGD(),
    SGD(0.1, 0.9, True, 1e-4),
    Adam(),
    Adam(0.01, 0.8, 0.99, 1e-6, 0.1),
    AdamW(),
    AdamW(weight_decay=0.0),
]


@pytest.mark.parametrize("optimizer", ALL, ids=repr)
def test_dict_form_is_json_and_gives_an_equal_optimizer(optimizer: Optimizer) -> None:
    again = optimizers.from_dict(json.loads(json.dumps(optimizer.to_dict())))
    assert again == optimizer
    assert type(again) is type(optimizer)


@pytest.mark.parametrize("kind", optimizers.REGISTRY)
def test_by_name(kind: str) -> None:
    optimizer = optimizers.resolve(kind)
    assert type(optimizer) is optimizers.REGISTRY[kind]
    assert CNN([Dense(2)], (3,), optimizer=kind).optimizer == optimizer


def test_defaults_are_pytorchs() -> None:
    assert Adam().to_dict() == {
        "kind": "adam",
        "learning_rate": 0.001,
        "beta_1": 0.9,
        "beta_2": 0.999,
        "epsilon": 1e-8,
        "weight_decay": 0.0,
    }
    assert AdamW().to_dict() == Adam().to_dict() | {"kind": "adamw", "weight_decay": 0.01}


def test_with_learning_rate_leaves_the_rest() -> None:
    first = SGD(0.1, momentum=0.9, nesterov=True)
    second = first.with_learning_rate(np.float32(0.5))  # type: ignore[arg-type]
    assert second == SGD(0.5, momentum=0.9, nesterov=True)
    assert type(second.learning_rate) is float
    assert first.learning_rate == 0.1
    with pytest.raises(ConfigError, match="SGD: learning_rate must be at least 0"):
        first.with_learning_rate(-1)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: any_.SGD(-0.1), ConfigError, "SGD: learning_rate must be at least 0, got -0.1"),
        (lambda: any_.SGD(float("nan")), ConfigError, "learning_rate must be a finite number"),
        (lambda: any_.SGD("0.1"), TypeError, "learning_rate must be a number"),
        (lambda: any_.SGD(True), TypeError, "learning_rate must be a number, got True"),
        (lambda: any_.SGD(0.1, momentum=1.0), ConfigError, "momentum must be smaller than 1"),
        (lambda: any_.SGD(0.1, nesterov=True), ConfigError, "nesterov needs a momentum"),
        (lambda: any_.SGD(0.1, 0.9, nesterov=1), TypeError, "nesterov must be True or False"),
        (lambda: any_.SGD(0.1, weight_decay=-1), ConfigError, "weight_decay must be at least 0"),
        (lambda: any_.Adam(beta_1=1.0), ConfigError, "Adam: beta_1 must be smaller than 1"),
        (lambda: any_.AdamW(beta_2=-0.1), ConfigError, "AdamW: beta_2 must be at least 0"),
        (lambda: any_.Adam(epsilon=0.0), ConfigError, "epsilon must be greater than 0"),
        (lambda: optimizers.resolve("Adam"), ConfigError, 'did you mean "adam"?'),
        (lambda: optimizers.resolve(SGD), TypeError, "call it: SGD(...)"),
        (lambda: optimizers.resolve(0.1), TypeError, "optimizer must be one of"),
    ],
)
def test_unusable_arguments(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        make()
    assert message in str(caught.value)
