"""The options that make a network and its optimizer, for every subcommand that trains."""

from __future__ import annotations

import argparse
import dataclasses
from typing import TYPE_CHECKING, Any

from cnnx import CNN, ConfigError, layers, losses, optimizers
from cnnx.cli import arguments, choices

if TYPE_CHECKING:
    from cnnx.cli.training_data import TrainingData
    from cnnx.losses import Loss
    from cnnx.optimizers import Optimizer

_OPTIMIZER_OPTIONS = {
    "lr": "learning_rate",
    "momentum": "momentum",
    "nesterov": "nesterov",
    "weight_decay": "weight_decay",
    "decay_weights_only": "decay_weights_only",
    "clip_norm": "clip_norm",
    "clip_value": "clip_value",
    "ema": "ema",
}
"""Options by the optimizers' arguments that they set."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    network = parser.add_argument_group("network")
    network.add_argument(
        "--model",
        choices=choices.models(),
        default=choices.RECIPE,
        help="the layers: those that suit the data (recipe, the default), or one of cnnx.models",
    )
    network.add_argument("--loss", choices=choices.registry("losses"), default="cross_entropy")
    network.add_argument(
        "--label-smoothing",
        type=arguments.fraction,
        metavar="X",
        help="fraction of each target distributed over all classes, where the loss supports it",
    )
    network.add_argument(
        "--seed",
        type=arguments.seed,
        default=0,
        metavar="N",
        help="decides the first weights, the order of the images and which are held out "
        "(default: 0)",
    )
    group = parser.add_argument_group("optimizer")
    group.add_argument("--optimizer", choices=choices.registry("optimizers"))
    group.add_argument("--lr", type=arguments.positive_float, metavar="X", help="learning rate")
    group.add_argument(
        "--momentum", type=arguments.fraction, metavar="X", help="for optimizers that have one"
    )
    group.add_argument(
        "--nesterov", action=argparse.BooleanOptionalAction, help="look ahead along the momentum"
    )
    group.add_argument(
        "--weight-decay",
        type=arguments.not_negative_float,
        metavar="X",
        help="how strongly weights are pulled to zero",
    )
    group.add_argument(
        "--decay-weights-only",
        action=argparse.BooleanOptionalAction,
        help="weight decay leaves out biases and normalisation",
    )
    group.add_argument(
        "--clip-norm",
        type=arguments.positive_float,
        metavar="X",
        help="largest length of the gradient",
    )
    group.add_argument(
        "--clip-value",
        type=arguments.positive_float,
        metavar="X",
        help="largest size of a single number in the gradient",
    )
    group.add_argument(
        "--ema",
        type=arguments.fraction,
        metavar="X",
        help="keep a moving average of the weights, of which each step leaves the fraction X; "
        "scores at the end and the saved network are the average's",
    )


def model(args: argparse.Namespace, data: TrainingData) -> CNN:
    """Make the network."""
    try:
        made = CNN(
            _layers(args, data), data.input_shape, _loss(args), optimizer(args, data), args.seed
        )
    except (ValueError, TypeError) as error:  # the data is sound, so it is an argument
        args.parser.error(str(error))
    return made


def optimizer(args: argparse.Namespace, data: TrainingData) -> Optimizer:
    """Make the optimizer: the data's, or another one with that one's own defaults."""
    settings = data.plan.optimizer.to_dict()
    if args.optimizer not in {None, data.plan.optimizer.kind}:
        settings = {"kind": args.optimizer}
    taken = {field.name for field in dataclasses.fields(optimizers.REGISTRY[settings["kind"]])}
    for option, name in _OPTIMIZER_OPTIONS.items():
        value = getattr(args, option)
        if value is None:
            continue
        if name not in taken:
            raise ConfigError(
                f"argument --{option.replace('_', '-')}: does not apply to --optimizer "
                f"{settings['kind']}"
            )
        settings[name] = value
    return optimizers.from_dict(settings)


def effective(args: argparse.Namespace, data: TrainingData) -> dict[str, Any]:
    """Name the values in use for options that the user left open."""
    settings = optimizer(args, data).to_dict()
    return {"optimizer": settings["kind"]} | {
        option: settings.get(name) for option, name in _OPTIMIZER_OPTIONS.items()
    }


def _loss(args: argparse.Namespace) -> Loss:
    """Make the loss."""
    settings = {"kind": args.loss}
    if args.label_smoothing is not None:
        taken = {field.name for field in dataclasses.fields(losses.REGISTRY[args.loss])}
        if "label_smoothing" not in taken:
            raise ConfigError(f"argument --label-smoothing: does not apply to --loss {args.loss}")
        settings["label_smoothing"] = args.label_smoothing
    return losses.from_dict(settings)


def _layers(args: argparse.Namespace, data: TrainingData) -> list[layers.Layer]:
    """Make the layers; bytes are scaled first."""
    make = data.plan.layers
    if args.model != choices.RECIPE:
        make = choices.registry("models")[args.model]
    made = list(make(data.input_shape, data.classes))
    if data.bytes_ and not isinstance(made[0], (layers.Rescale, layers.Normalize)):
        made.insert(0, layers.Rescale(1 / 255))
    return made
