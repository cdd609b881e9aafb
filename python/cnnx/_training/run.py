"""A call of `train`: combines arguments, plan, callbacks, checkpoints and the trainer."""

from __future__ import annotations

import warnings

from cnnx._checks.caller import levels_to_the_caller
from cnnx._network.network import Network
from cnnx._training.arguments import Arguments
from cnnx._training.plan import Plan, make_plan
from cnnx._training.resume import Resume
from cnnx._training.trainer import Trainer
from cnnx.callbacks import Callback, CallbackList, TrainedModel
from cnnx.callbacks.history import History


def train(network: Network, model: TrainedModel, arguments: Arguments) -> History:
    """Plan and execute a run; `model` is the model that is passed to callbacks."""
    plan = make_plan(network, arguments)
    _warn_of_frozen(network)
    history = History()
    shown: list[Callback] = [] if arguments.progress is None else [arguments.progress]
    callbacks = CallbackList(
        [*arguments.callbacks, history, *shown], model, _params(plan, arguments)
    )
    resume = None
    if plan.folder is not None:
        resume = Resume(plan.folder, network, plan, arguments.callbacks, history)
    try:
        Trainer(network, plan, callbacks, resume).run()
    finally:
        if arguments.progress is not None:
            arguments.progress.close()
    return history


def _params(plan: Plan, arguments: Arguments) -> dict[str, object]:
    """Describe the run for callbacks."""
    return {
        "epochs": plan.epochs,
        "steps": plan.source.steps,
        "batch_size": plan.batch_size,
        "samples": plan.source.samples,
        "verbose": arguments.verbose,
        "validation": plan.validation is not None,
    }


def _warn_of_frozen(network: Network) -> None:
    """Warn if all weights are frozen."""
    if network.all_frozen:
        warnings.warn(
            "train: all weights are frozen, so training has no effect; unfreeze some of them, for "
            "example with model.unfreeze(-1)",
            UserWarning,
            stacklevel=levels_to_the_caller(),
        )
