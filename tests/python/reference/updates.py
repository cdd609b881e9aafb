"""The steps of the optimizers from their papers, and what surrounds them, in float64."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]
Options = Mapping[str, Any]
State = dict[str, F64]


def _sgd(w: F64, g: F64, s: State, o: Options, _: int) -> F64:
    g = g + o["weight_decay"] * w
    if o["momentum"]:
        s["momentum"] = o["momentum"] * s["momentum"] + g
        g = g + o["momentum"] * s["momentum"] if o["nesterov"] else s["momentum"]
    return w - o["learning_rate"] * g


def _adam(w: F64, g: F64, s: State, o: Options, step: int) -> F64:
    rate, b1, b2 = o["learning_rate"], o["beta_1"], o["beta_2"]
    if o["kind"] == "adam":
        g = g + o["weight_decay"] * w
    else:
        w = w * (1 - rate * o["weight_decay"])
    s["mean"] = b1 * s["mean"] + (1 - b1) * g
    s["square"] = b2 * s["square"] + (1 - b2) * g * g
    spread = np.sqrt(s["square"] / (1 - b2**step))
    return np.asarray(w - rate * s["mean"] / (1 - b1**step) / (spread + o["epsilon"]))


def _rmsprop(w: F64, g: F64, s: State, o: Options, _: int) -> F64:
    g = g + o["weight_decay"] * w
    s["square"] = o["rho"] * s["square"] + (1 - o["rho"]) * g**2
    move = g / (np.sqrt(s["square"]) + o["epsilon"])
    if o["momentum"]:
        s["momentum"] = o["momentum"] * s["momentum"] + move
        move = s["momentum"]
    return np.asarray(w - o["learning_rate"] * move)


def _adagrad(w: F64, g: F64, s: State, o: Options, _: int) -> F64:
    g = g + o["weight_decay"] * w
    s["square"] = s["square"] + g**2
    return np.asarray(w - o["learning_rate"] * g / (np.sqrt(s["square"]) + o["epsilon"]))


def _lion(w: F64, g: F64, s: State, o: Options, _: int) -> F64:
    way = np.sign(o["beta_1"] * s["mean"] + (1 - o["beta_1"]) * g)
    s["mean"] = o["beta_2"] * s["mean"] + (1 - o["beta_2"]) * g
    return np.asarray(w - o["learning_rate"] * (way + o["weight_decay"] * w))


STEPS = {
    "sgd": _sgd,
    "adam": _adam,
    "adamw": _adam,
    "rmsprop": _rmsprop,
    "adagrad": _adagrad,
    "lion": _lion,
}


class ReferenceUpdates:
    """All weights of a network, stepped together.

    Parameters
    ----------
    weights
        By name.
    options
        As ``optimizer.to_dict()`` gives them.
    """

    def __init__(self, weights: Mapping[str, F64], options: Options) -> None:
        self.weights = dict(weights)
        self.options = options
        self.state: dict[str, State] = {
            name: {slot: np.zeros_like(w) for slot in ("momentum", "mean", "square")}
            for name, w in weights.items()
        }
        self.average: dict[str, F64] = {}
        self.steps = 0

    def clipped(self, grads: Mapping[str, F64]) -> dict[str, F64]:
        """Gradients as the step gets them."""
        most, longest = self.options["clip_value"], self.options["clip_norm"]
        cut = {n: g if most is None else np.clip(g, -most, most) for n, g in grads.items()}
        if longest is None:
            return cut
        norm = float(np.sqrt(sum((g**2).sum() for g in cut.values())))
        return {n: g * min(1.0, longest / norm) for n, g in cut.items()}

    def step(self, grads: Mapping[str, F64]) -> None:
        """One step on all weights, and on their average."""
        self.steps += 1
        clipped = self.clipped({name: grads[name] for name in self.weights})
        for name, w in self.weights.items():
            options = dict(self.options)
            if options["decay_weights_only"] and w.ndim == 1:
                options["weight_decay"] = 0.0
            rule = STEPS[options["kind"]]
            self.weights[name] = rule(w, clipped[name], self.state[name], options, self.steps)
        if self.options["ema"] is None:
            return
        keep = self.options["ema"] if self.average else 0.0
        for name, w in self.weights.items():
            self.average[name] = keep * self.average.get(name, w) + (1 - keep) * w
