"""Optimizers check their arguments, are found by name, and survive the way through a dict."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from cnnx import CNN, ConfigError, optimizers
from cnnx.layers import Dense
from cnnx.optimizers import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop

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
    common = {"clip_norm": None, "clip_value": None, "ema": None, "decay_weights_only": False}
    assert Adam().to_dict() == common | {
        "kind": "adam",
        "learning_rate": 0.001,
        "beta_1": 0.9,
        "beta_2": 0.999,
        "epsilon": 1e-8,
        "weight_decay": 0.0,
    }
    assert AdamW().to_dict() == Adam().to_dict() | {"kind": "adamw", "weight_decay": 0.01}
    assert RMSprop().to_dict() == common | {
        "kind": "rmsprop",
        "learning_rate": 0.01,
        "rho": 0.99,
        "momentum": 0.0,
        "epsilon": 1e-8,
        "weight_decay": 0.0,
    }
    assert Adagrad().to_dict() == common | {
        "kind": "adagrad",
        "learning_rate": 0.01,
        "epsilon": 1e-10,
        "weight_decay": 0.0,
    }


@pytest.mark.parametrize("kind", optimizers.REGISTRY)
def test_what_all_have(kind: str) -> None:
    """By keyword only, so that no optimizer's own arguments move."""
    optimizer = optimizers.REGISTRY[kind](
        0.1,
        clip_norm=np.float32(2),
        clip_value=3,
        ema=0.5,
        decay_weights_only=True,  # type: ignore[arg-type]
    )
    assert optimizer.clip_norm == 2.0
    assert type(optimizer.clip_norm) is type(optimizer.clip_value) is float
    again = optimizers.from_dict(json.loads(json.dumps(optimizer.to_dict())))
    assert again == optimizer != optimizers.REGISTRY[kind](0.1)
    before = {"kind": kind, "learning_rate": 0.1}  # a file from before they existed
    assert optimizers.from_dict(before) == optimizers.REGISTRY[kind](0.1)
    assert optimizer.with_learning_rate(0.2).ema == 0.5


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
        (lambda: any_.RMSprop(rho=1.0), ConfigError, "RMSprop: rho must be smaller than 1"),
        (lambda: any_.RMSprop(momentum=-1), ConfigError, "RMSprop: momentum must be at least 0"),
        (lambda: any_.Adagrad(epsilon=0), ConfigError, "Adagrad: epsilon must be greater than 0"),
        (lambda: any_.Lion(beta_2=1), ConfigError, "Lion: beta_2 must be smaller than 1"),
        (lambda: any_.SGD(clip_norm=0), ConfigError, "SGD: clip_norm must be greater than 0"),
        (lambda: any_.Adam(clip_value="1"), TypeError, "Adam: clip_value must be a number"),
        (lambda: any_.Lion(ema=1.0), ConfigError, "Lion: ema must be smaller than 1"),
        (lambda: any_.Lion(ema=0), ConfigError, "Lion: ema must be greater than 0"),
        (lambda: any_.SGD(decay_weights_only=1), TypeError, "decay_weights_only must be True or"),
        (lambda: optimizers.resolve("Adam"), ConfigError, 'did you mean "adam"?'),
        (lambda: optimizers.resolve(SGD), TypeError, "call it: SGD(...)"),
        (lambda: optimizers.resolve(0.1), TypeError, "optimizer must be one of"),
    ],
)
def test_unusable_arguments(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        make()
    assert message in str(caught.value)
