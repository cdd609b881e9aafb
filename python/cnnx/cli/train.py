"""``cnnx train``: train a network on a data set, and say how well it does."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import cnnx
from cnnx import CNN, ConfigError, io, optimizers
from cnnx.cli import arguments, output
from cnnx.cli.recipes import RECIPES, Recipe

if TYPE_CHECKING:
    import argparse

    from cnnx.optimizers import Optimizer


HELP = "train a network on a data set"
DESCRIPTION = (
    "Train a network on a data set and print its score on the test images. "
    "Everything has a default that suits the data set."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("dataset", choices=RECIPES, help="the data set")
    parser.add_argument("--out", metavar="FILE", help="save the trained network (.safetensors)")
    parser.add_argument("--epochs", type=arguments.positive_int, metavar="N")
    parser.add_argument("--batch-size", type=arguments.positive_int, metavar="N")
    parser.add_argument("--optimizer", choices=optimizers.REGISTRY)
    parser.add_argument("--lr", type=arguments.positive_float, metavar="X", help="learning rate")
    parser.add_argument(
        "--momentum", type=arguments.fraction, metavar="X", help="for optimizers that have one"
    )
    parser.add_argument(
        "--validation-split",
        type=arguments.fraction,
        metavar="X",
        help="share of the training images kept for validation; 0: validate on the test images",
    )
    parser.add_argument(
        "--seed",
        type=arguments.seed,
        default=0,
        metavar="N",
        help="decides the first weights and the order of the images (default: 0)",
    )
    arguments.add_data_root(parser)
    arguments.add_threads(parser)
    arguments.add_json(parser)
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def run(args: argparse.Namespace) -> None:
    """Train, save, evaluate and report."""
    recipe = RECIPES[args.dataset]
    if args.data_root is not None and not recipe.has_root:
        args.parser.error(f"{args.dataset} is part of cnnx: --data-root does not apply")
    epochs = args.epochs or recipe.epochs
    batch_size = args.batch_size or recipe.batch_size
    split = recipe.validation_split if args.validation_split is None else args.validation_split
    arguments.apply_threads(args)
    if args.out is not None:
        try:
            io.check_writable(args.out)
        except ConfigError as error:
            args.parser.error(f"argument --out: {error}")

    (x, y), (x_test, y_test) = recipe.data(args.data_root)
    if not args.quiet:
        output.note(
            f"{args.dataset}: {len(x)} images for training, {len(x_test)} for the test; "
            f"{cnnx.get_num_threads()} threads"
        )
    start = time.perf_counter()
    try:  # the data is sound, so what is refused here is an argument
        optimizer = _optimizer(args, recipe)
        model = CNN(recipe.layers(), input_shape=x.shape[1:], optimizer=optimizer, seed=args.seed)
        history = model.train(
            x,
            y,
            epochs=epochs,
            batch_size=batch_size,
            validation_split=split,
            validation_data=None if split else (x_test, y_test),
            verbose=0 if args.quiet else "auto",
        )
    except ValueError as error:
        args.parser.error(str(error))
    seconds = time.perf_counter() - start
    if args.out is not None:
        model.save(args.out)
    scores = model.evaluate(x_test, y_test)

    if args.json:
        output.emit_json(
            {
                "dataset": args.dataset,
                "config": {
                    "epochs": epochs,
                    "batch_size": batch_size,
                    "optimizer": optimizer.to_dict(),
                    "validation_split": split,
                    "seed": args.seed,
                    "threads": cnnx.get_num_threads(),
                },
                "history": history.history,
                "test": scores,
                "seconds": seconds,
                "model": args.out,
            }
        )
        return
    output.emit(
        f"test accuracy {scores['accuracy']:.2%}, test loss {scores['loss']:.4f}, "
        f"trained in {seconds:.1f} s"
    )
    if args.out is not None:
        output.emit(f"saved {args.out}")


def _optimizer(args: argparse.Namespace, recipe: Recipe) -> Optimizer:
    """Make the optimizer: the recipe's, or another one with that one's own defaults."""
    settings = recipe.optimizer.to_dict()
    if args.optimizer not in {None, recipe.optimizer.kind}:
        settings = {"kind": args.optimizer}
    if args.lr is not None:
        settings["learning_rate"] = args.lr
    if args.momentum is not None:
        settings["momentum"] = args.momentum
    return optimizers.from_dict(settings)
