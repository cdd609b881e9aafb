"""Losses are found by name and survive the way through a dict."""

from __future__ import annotations

import pytest

from cnnx import CNN, ConfigError, losses
from cnnx.layers import Dense
from cnnx.losses import CrossEntropy, MeanSquaredError


@pytest.mark.parametrize("kind", losses.REGISTRY)
def test_by_name_and_through_a_dict(kind: str) -> None:
    loss = losses.resolve(kind)
    assert type(loss) is losses.REGISTRY[kind]
    assert losses.from_dict(loss.to_dict()) == loss
    assert losses.resolve(loss) is loss
    assert CNN([Dense(2)], (3,), loss=kind).loss == CNN([Dense(2)], (3,), loss=loss).loss == loss


def test_names_are_the_contract() -> None:
    assert losses.resolve("cross_entropy") == CrossEntropy()
    assert losses.resolve("mse") == MeanSquaredError()


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ("crossentropy", ConfigError, 'did you mean "cross_entropy"?'),
        (MeanSquaredError, TypeError, "call it: MeanSquaredError(...)"),
        (None, TypeError, "loss must be one of"),
        (Dense(2), TypeError, "loss must be one of"),
    ],
)
def test_unusable(value: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        CNN([Dense(2)], (3,), loss=value)  # type: ignore[arg-type]
    assert message in str(caught.value)
