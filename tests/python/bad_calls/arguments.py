"""Unusable arguments of training, scoring, optimizers and settings."""

from __future__ import annotations

from typing import Any

import numpy as np

import cnnx
from cnnx import optimizers
from cnnx.errors import ConfigError, ShapeError
from cnnx.optimizers import SGD, Adam

from .scene import X_WANTED, BadCall, Scene


def _train(s: Scene, **options: Any) -> object:
    return s.model.train(s.x, s.y, **({"verbose": 0} | options))


ARGUMENTS = [
    BadCall("batch_size zero", lambda s: _train(s, batch_size=0),
            ConfigError, ("train", "batch_size", "at least 1", "got 0")),
    BadCall("batch_size negative", lambda s: _train(s, batch_size=-4),
            ConfigError, ("train", "batch_size", "at least 1", "got -4")),
    BadCall("batch_size a fraction", lambda s: _train(s, batch_size=2.5),
            TypeError, ("train", "batch_size", "integer", "2.5")),
    BadCall("batch_size text", lambda s: _train(s, batch_size="32"),
            TypeError, ("train", "batch_size", "integer", "'32'")),
    BadCall("batch_size a boolean", lambda s: _train(s, batch_size=True),
            TypeError, ("train", "batch_size", "integer", "True")),
    BadCall("epochs zero", lambda s: _train(s, epochs=0),
            ConfigError, ("train", "epochs", "at least 1", "got 0")),
    BadCall("epochs None", lambda s: _train(s, epochs=None),
            TypeError, ("train", "epochs", "integer", "None")),
    BadCall("validation_split one", lambda s: _train(s, validation_split=1.0),
            ConfigError, ("train", "validation_split", "smaller than 1", "got 1")),
    BadCall("validation_split negative", lambda s: _train(s, validation_split=-0.1),
            ConfigError, ("train", "validation_split", "at least 0", "got -0.1")),
    BadCall("validation_split NaN", lambda s: _train(s, validation_split=np.nan),
            ConfigError, ("train", "validation_split", "finite", "nan")),
    BadCall("validation_split text", lambda s: _train(s, validation_split="10%"),
            TypeError, ("train", "validation_split", "number", "'10%'")),
    BadCall("validation_split that takes nothing", lambda s: _train(s, validation_split=1e-6),
            ValueError, ("train", "validation_split", "1e-06", "8 images", "validation")),
    BadCall("validation twice",
            lambda s: _train(s, validation_split=0.5, validation_data=(s.x, s.y)),
            ConfigError, ("train", "validation_data", "validation_split", "not both")),
    BadCall("validation_data without labels", lambda s: _train(s, validation_data=s.x),
            TypeError, ("train", "validation_data", "pair", "(8, 2, 6, 6)")),
    BadCall("validation_data of three", lambda s: _train(s, validation_data=(s.x, s.y, s.y)),
            TypeError, ("train", "validation_data", "pair", "3")),
    BadCall("validation_data of another shape",
            lambda s: _train(s, validation_data=(s.x[:, :1], s.y)),
            ShapeError, ("validation_data[0]", X_WANTED, "(8, 1, 6, 6)")),
    BadCall("validation_data with a label too large",
            lambda s: _train(s, validation_data=(s.x, s.y + 3)),
            ValueError, ("validation_data[1]", "from 0 to 4")),
    BadCall("validation_data with NaN",
            lambda s: _train(s, validation_data=(s.spoiled(0, np.nan), s.y)),
            ValueError, ("validation_data[0]", "finite", "nan")),
    BadCall("shuffle text", lambda s: _train(s, shuffle="yes"),
            TypeError, ("train", "shuffle", "True or False", "'yes'")),
    BadCall("verbose seven", lambda s: _train(s, verbose=7),
            ConfigError, ("verbose", "got 7")),
    BadCall("callbacks not a list", lambda s: _train(s, callbacks=print),
            TypeError, ("train", "callbacks", "list", "print")),
    BadCall("callbacks of functions", lambda s: _train(s, callbacks=[print]),
            TypeError, ("train", "callbacks[0]", "Callback", "print")),
    BadCall("callbacks of classes", lambda s: _train(s, callbacks=[cnnx.Callback]),
            TypeError, ("train", "callbacks[0]", "class itself")),
    BadCall("predict batch_size zero", lambda s: s.model.predict(s.x, batch_size=0),
            ConfigError, ("predict", "batch_size", "at least 1", "got 0")),
    BadCall("evaluate batch_size text",
            lambda s: s.model.evaluate(s.x, s.y, batch_size="all"),  # type: ignore[arg-type]
            TypeError, ("evaluate", "batch_size", "integer", "'all'")),
    BadCall("threads zero", lambda s: cnnx.set_num_threads(0),
            ConfigError, ("set_num_threads", "at least 1", "got 0")),
    BadCall("threads negative", lambda s: cnnx.set_num_threads(-2),
            ConfigError, ("set_num_threads", "at least 1", "got -2")),
    BadCall("threads a fraction", lambda s: cnnx.set_num_threads(1.5),  # type: ignore[arg-type]
            TypeError, ("set_num_threads", "integer", "1.5")),
    BadCall("threads by the million", lambda s: cnnx.set_num_threads(10**9),
            ConfigError, ("set_num_threads", "at most", "1000000000")),
    BadCall("learning rate negative", lambda s: SGD(-0.1),
            ConfigError, ("SGD", "learning_rate", "at least 0", "-0.1")),
    BadCall("learning rate NaN", lambda s: SGD(float("nan")),
            ConfigError, ("SGD", "learning_rate", "finite", "nan")),
    BadCall("learning rate text", lambda s: Adam("fast"),  # type: ignore[arg-type]
            TypeError, ("Adam", "learning_rate", "number", "'fast'")),
    BadCall("learning rate of a model",
            lambda s: setattr(s.model, "learning_rate", float("inf")),
            ConfigError, ("learning_rate", "finite", "inf")),
    BadCall("momentum one", lambda s: SGD(0.1, momentum=1.0),
            ConfigError, ("SGD", "momentum", "smaller than 1", "got 1")),
    BadCall("nesterov without momentum", lambda s: SGD(0.1, nesterov=True),
            ConfigError, ("SGD", "nesterov", "momentum")),
    BadCall("beta_2 of one", lambda s: Adam(beta_2=1.0),
            ConfigError, ("Adam", "beta_2", "smaller than 1", "got 1")),
    BadCall("epsilon zero", lambda s: optimizers.AdamW(epsilon=0.0),
            ConfigError, ("AdamW", "epsilon", "greater than 0", "got 0")),
    BadCall("weight decay negative", lambda s: SGD(0.1, weight_decay=-1e-4),
            ConfigError, ("SGD", "weight_decay", "at least 0", "-0.0001")),
    BadCall("optimizer of a model", lambda s: setattr(s.model, "optimizer", "sdg"),
            ConfigError, ("optimizer", "sgd", "'sdg'")),
]  # fmt: skip
