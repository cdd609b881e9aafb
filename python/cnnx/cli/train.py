"""``cnnx train``: train a network on images, and say how well it does."""

from __future__ import annotations

import argparse
import contextlib
import time
import warnings
from typing import TYPE_CHECKING, Any

import cnnx
from cnnx import CNN, ConfigError, callbacks, checkpoint, io
from cnnx.cli import arguments, choices, config_file, network_arguments, output, training_data

if TYPE_CHECKING:
    from cnnx.callbacks import Callback
    from cnnx.cli.training_data import TrainingData


HELP = "train a network on images"
DESCRIPTION = (
    "Train a network and print its score on the test images, or on images held out where there "
    "are none. Everything has a default that suits the data."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    training_data.add_arguments(parser)
    network_arguments.add_arguments(parser)
    group = parser.add_argument_group("training")
    group.add_argument("--epochs", type=arguments.positive_int, metavar="N")
    group.add_argument("--batch-size", type=arguments.positive_int, metavar="N")
    group.add_argument(
        "--schedule",
        choices=choices.registry("schedules"),
        help="how the learning rate changes while it trains",
    )
    group.add_argument(
        "--augment",
        metavar="NAMES",
        help="what happens to images on their way, in this order, separated by commas: "
        f"{', '.join(choices.registry('augment'))}; a number after = sets the first argument, "
        "as in flip,crop=2; none: nothing, where the data has a default",
    )
    group.add_argument(
        "--class-weight",
        choices=("balanced",),
        help="how much a class counts in the loss; balanced: each as much as any other",
    )
    group.add_argument(
        "--early-stopping",
        type=arguments.positive_int,
        metavar="PATIENCE",
        help="end after PATIENCE epochs without a better validation loss, and take the best epoch",
    )
    files = parser.add_argument_group("files")
    files.add_argument("--out", metavar="FILE", help="save the trained network (.safetensors)")
    files.add_argument(
        "--checkpoint",
        metavar="DIR",
        help="write checkpoints there, after every epoch; the same command resumes from them",
    )
    files.add_argument(
        "--every",
        type=arguments.positive_int,
        metavar="N",
        help="write a checkpoint after every N batches too",
    )
    files.add_argument(
        "--resume",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="resume from existing checkpoints, or remove them (default: --resume)",
    )
    files.add_argument("--csv", metavar="FILE", help="write the scores, a line an epoch")
    files.add_argument("--tensorboard", metavar="DIR", help="write the scores for TensorBoard")
    config_file.add_arguments(parser)
    arguments.add_threads(parser)
    arguments.add_json(parser)
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def run(args: argparse.Namespace) -> None:
    """Train, save, evaluate and report."""
    _check(args)
    arguments.apply_threads(args)
    data = training_data.load(args)
    if args.early_stopping is not None and data.held_out is None and not data.split:
        args.parser.error("argument --early-stopping: needs images held out: --validation-split X")
    model = network_arguments.model(args, data)
    options = _options(args, data)
    if args.print_config:
        output.emit(config_file.write(options, args.parser))
        return
    if not args.quiet:
        others = 0 if data.held_out is None else len(training_data.labels_of(data.held_out))
        output.note(
            f"{args.data}: {len(data.labels)} images for training, {others} for the "
            f"{data.held_out_name}; {cnnx.get_num_threads()} threads"
        )
        _say_what_is_there(args)
    start = time.perf_counter()
    try:  # the data is sound, so what is refused here is an argument
        history = model.train(data.x, data.y, **_training(args, data, options))
    except ConfigError as error:
        args.parser.error(_in_options(error))
    except ValueError as error:
        args.parser.error(str(error))
    seconds = time.perf_counter() - start
    average = model.averaged_weights() if args.ema is not None else contextlib.nullcontext()
    with average:
        if args.out is not None:
            model.save(args.out, include_optimizer=args.ema is None)
        scores = (
            None
            if data.held_out is None
            else model.evaluate(*training_data.labelled(data.held_out))
        )
    _report(args, model, data, options, history.history, scores, seconds)


def _check(args: argparse.Namespace) -> None:
    """Refuse arguments that cannot be used, before anything is loaded."""
    if args.every is not None and args.checkpoint is None:
        args.parser.error("argument --every: needs a folder: --checkpoint DIR")
    if args.augment is not None:
        try:
            choices.augmentations(args.augment)
        except argparse.ArgumentTypeError as error:
            args.parser.error(f"argument --augment: {error}")
    if args.out is not None:
        try:
            io.check_writable(args.out)
        except ConfigError as error:
            args.parser.error(f"argument --out: {error}")


def _say_what_is_there(args: argparse.Namespace) -> None:
    """Say where a run is resumed, before a long wait."""
    if args.checkpoint is None or not args.resume:
        return
    with warnings.catch_warnings(action="ignore"):  # `CNN.train` says what is damaged
        found = checkpoint.newest(args.checkpoint)
    if found is None:
        return
    values = found.training.values
    if values["position"]["finished"]:
        output.note(f"{args.checkpoint}: the training was finished, this is its result")
    else:
        output.note(f"{args.checkpoint}: resumes from {values['place']}")


def _in_options(error: ConfigError) -> str:
    """Say what `CNN.train` refuses in terms of the command line."""
    if error.argument == "checkpoint" and error.problem is not None:
        return (
            f"{error.problem}; name another folder with --checkpoint, or start over in this one "
            "with --no-resume, which removes its checkpoints"
        )
    return error.detail or str(error)


def _options(args: argparse.Namespace, data: TrainingData) -> dict[str, Any]:
    """Name the values in use, by option."""
    options = dict(vars(args))
    options |= network_arguments.effective(args, data)
    options["epochs"] = args.epochs or data.plan.epochs
    options["batch_size"] = args.batch_size or data.plan.batch_size
    options["schedule"] = args.schedule or data.plan.schedule
    options["augment"] = args.augment or data.plan.augment
    if args.validation_split is None and data.held_out_name == "test":
        options["validation_split"] = data.split
    elif args.validation_split is None:
        options["validation_split"] = data.plan.validation_split
    if args.size is not None:
        options["size"] = "x".join(map(str, args.size))
    return options


def _training(
    args: argparse.Namespace, data: TrainingData, options: dict[str, Any]
) -> dict[str, Any]:
    """Name the arguments of `CNN.train`."""
    found: dict[str, Any] = {
        "epochs": options["epochs"],
        "batch_size": options["batch_size"],
        "validation_split": data.split,
        "validation_data": None if data.split else data.held_out,
        "verbose": 0 if args.quiet else "auto",
        "callbacks": _callbacks(args),
    }
    if options["schedule"] is not None:
        found["schedule"] = options["schedule"]
    if options["augment"] is not None:
        found["augment"] = choices.augmentations(options["augment"])
    if args.class_weight is not None:
        found["class_weight"] = args.class_weight
    if args.checkpoint is not None:
        found |= {"checkpoint": args.checkpoint, "every": args.every, "resume": args.resume}
    return found


def _callbacks(args: argparse.Namespace) -> list[Callback]:
    """Make the callbacks."""
    found: list[Callback] = []
    if args.early_stopping is not None:
        found.append(
            callbacks.EarlyStopping("val_loss", patience=args.early_stopping, restore_best=True)
        )
    if args.csv is not None:
        found.append(callbacks.CSVLogger(args.csv))
    if args.tensorboard is not None:
        found.append(callbacks.TensorBoard(args.tensorboard))
    return found


def _report(
    args: argparse.Namespace,
    model: CNN,
    data: TrainingData,
    options: dict[str, Any],
    history: dict[str, list[float]],
    scores: dict[str, float] | None,
    seconds: float,
) -> None:
    """Say how it went."""
    if args.json:
        output.emit_json(
            {
                "dataset": args.data,
                "classes": None if data.names is None else list(data.names),
                "config": {
                    "model": args.model,
                    "loss": model.loss.to_dict(),
                    "epochs": options["epochs"],
                    "batch_size": options["batch_size"],
                    "optimizer": network_arguments.optimizer(args, data).to_dict(),
                    "schedule": options["schedule"],
                    "augment": options["augment"],
                    "validation_split": options["validation_split"],
                    "seed": args.seed,
                    "threads": cnnx.get_num_threads(),
                },
                "parameters": model.parameter_count,
                "history": history,
                data.held_out_name: scores,
                "seconds": seconds,
                "model": args.out,
            }
        )
        return
    name = data.held_out_name
    parts = [f"trained in {seconds:.1f} s"]
    if scores is not None:
        parts.insert(0, f"{name} loss {scores['loss']:.4f}")
        if "accuracy" in scores:
            parts.insert(0, f"{name} accuracy {scores['accuracy']:.2%}")
    output.emit(", ".join(parts))
    if args.out is not None:
        output.emit(f"saved {args.out}")
