"""The effect of the options of ``cnnx train`` on the network and the run."""

from __future__ import annotations

import csv
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnx import CNN, datasets
from cnnx.cli import choices

Run = Callable[..., Any]

QUICK = ("--epochs", 1, "--batch-size", 128, "--quiet")
SEEN = ("train", "digits", "--batch-size", 256)


def test_help_lists_all_choices(call: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "1000")  # argparse breaks lines at hyphens
    result = call("train", "--help")
    assert result.returncode == 0
    words = set(re.split(r"[\s,;{}]+", result.stdout))
    for module in ("models", "losses", "optimizers", "schedules", "augment"):
        assert set(choices.registry(module)) <= words


@pytest.mark.parametrize("name", ["lenet5", "simple_cnn"])
def test_a_model_of_the_registry(call_json: Run, tmp_path: Path, name: str) -> None:
    (x, y), _ = datasets.digits(dtype="uint8")
    large = np.kron(x[:64], np.ones((1, 1, 4, 4), np.uint8))
    np.savez(tmp_path / "data.npz", x=large, y=y[:64] % 2, x_test=large, y_test=y[:64] % 2)
    net = tmp_path / "net.safetensors"
    document = call_json("train", tmp_path / "data.npz", "--model", name, *QUICK, "--out", net)
    model = CNN.load(net)
    wanted = choices.registry("models")[name]((1, 32, 32), 2)
    assert [layer.kind for layer in model.layers][-len(wanted) :] == [x.kind for x in wanted]
    assert model.layers[0].kind == "rescale"
    assert document["parameters"] == model.parameter_count
    assert document["config"]["model"] == name


def test_the_loss(call_json: Run) -> None:
    document = call_json("train", "digits", *QUICK, "--label-smoothing", 0.1)
    assert document["config"]["loss"]["kind"] == "cross_entropy"
    assert document["config"]["loss"]["label_smoothing"] == 0.1
    document = call_json("train", "digits", *QUICK, "--loss", "mse")
    assert document["config"]["loss"]["kind"] == "mse"


def test_the_optimizer_s_settings(call_json: Run) -> None:
    document = call_json(
        "train", "digits", *QUICK, "--optimizer", "sgd", "--lr", 0.1, "--momentum", 0.9,
        "--nesterov", "--weight-decay", 0.001, "--decay-weights-only", "--clip-norm", 1,
        "--clip-value", 0.5, "--ema", 0.5,
    )  # fmt: skip
    wanted = {
        "kind": "sgd", "learning_rate": 0.1, "momentum": 0.9, "nesterov": True,
        "weight_decay": 0.001, "decay_weights_only": True, "clip_norm": 1.0, "clip_value": 0.5,
        "ema": 0.5,
    }  # fmt: skip
    assert wanted.items() <= document["config"]["optimizer"].items()


def test_the_average_is_scored_and_saved(call_json: Run, tmp_path: Path) -> None:
    net = tmp_path / "net.safetensors"
    plain = call_json("train", "digits", *QUICK)
    document = call_json("train", "digits", *QUICK, "--ema", 0.9, "--out", net)
    assert document["history"]["loss"] == plain["history"]["loss"]
    assert document["test"] != plain["test"]
    assert CNN.load(net).evaluate(*datasets.digits()[1]) == document["test"]


def test_schedule_and_augmentation_change_the_training(call_json: Run) -> None:
    plain = call_json("train", "digits", *QUICK)["history"]["loss"]
    scheduled = call_json("train", "digits", *QUICK, "--schedule", "cosine")
    augmented = call_json("train", "digits", *QUICK, "--augment", "flip,crop=1")
    weighted = call_json("train", "digits", *QUICK, "--class-weight", "balanced")
    for document in (scheduled, augmented, weighted):
        assert document["history"]["loss"] != plain
    assert scheduled["config"]["schedule"] == "cosine"
    assert augmented["config"]["augment"] == "flip,crop=1"


def test_augmentations_are_made_from_their_names() -> None:
    crop, flip, half = choices.augmentations("crop=2, flip,flip=0.25")
    assert (crop.padding, flip.p, half.p) in {(2, 0.5, 0.25), ((2, 2), 0.5, 0.25)}


def test_early_stopping(call_json: Run) -> None:
    document = call_json(
        "train", "digits", "--epochs", 50, "--early-stopping", 1, "--optimizer", "sgd",
        "--lr", 1e-30, "--quiet",
    )  # fmt: skip
    assert len(document["history"]["loss"]) < 5


def test_the_scores_as_csv(call_json: Run, tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    document = call_json("train", "digits", *QUICK, "--epochs", 2, "--csv", path)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["loss"]) for row in rows] == document["history"]["loss"]


def test_checkpoints_are_gone_on_from(call_json: Run, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    arguments = ("train", "digits", *QUICK, "--epochs", 2, "--checkpoint", folder, "--every", 5)
    document = call_json(*arguments)
    assert any(folder.iterdir())
    again = call_json(*arguments)  # it was finished: the result is put in place
    assert again["test"] == document["test"]
    assert again["history"] == document["history"]
    assert call_json(*arguments, "--no-resume")["test"] == document["test"]


def test_it_says_from_where_it_goes_on(
    call: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = (
        *SEEN,
        "--epochs",
        2,
        "--checkpoint",
        tmp_path / "run",
    )
    assert "goes on" not in call(*arguments).stderr
    assert "the training was finished, this is its result" in call(*arguments).stderr
    assert "finished" not in call(*arguments, "--no-resume").stderr
    result = call(*arguments[:-4], "--epochs", 3, *arguments[-2:])
    assert result.returncode == 2
    assert "epochs is 3 but was 2" in result.stderr
    assert "--no-resume" in result.stderr

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cnnx.callbacks.CSVLogger.on_epoch_end", interrupted)
    other = (
        *SEEN,
        "--epochs",
        2,
        "--every",
        1,
        "--csv",
        tmp_path / "a.csv",
    )
    other = (*other, "--checkpoint", tmp_path / "other")
    assert call(*other).returncode == 130
    monkeypatch.undo()
    result = call(*other)
    assert result.returncode == 0
    assert "goes on from epoch 1, batch" in result.stderr


def test_a_warning_is_one_line(call: Run, tmp_path: Path) -> None:
    (x, y), _ = datasets.digits()
    rows = np.r_[np.flatnonzero(y == 3)[:6], np.flatnonzero(y != 3)]
    np.savez(tmp_path / "data.npz", x=x[rows], y=y[rows])
    arguments = ("train", tmp_path / "data.npz", *QUICK, "--validation-split", 0)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        result = call(*arguments)
        assert call(*arguments, "--class-weight", "balanced").stderr == ""
    assert result.returncode == 0
    assert result.stderr.startswith("cnnx: warning: class 1 has 146 images and class 3 has 6: ")
    assert result.stderr.count("\n") == 1


def test_augmentation_that_the_data_has_by_itself_is_left_out(call_json: Run) -> None:
    document = call_json("train", "digits", "--epochs", 1, "--augment", "none")
    other = call_json("train", "digits", "--epochs", 1)
    assert document["config"]["augment"] == "none"
    assert other["config"]["augment"] == "shift,rotate,scale"
    assert document["history"] != other["history"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--every", "5"], "argument --every: needs a folder: --checkpoint DIR"),
        (["--augment", "flop"], "argument --augment: expected names out of"),
        (["--augment", "flop"], 'did you mean "flip"?'),
        (["--augment", "flip,"], "argument --augment"),
        (["--augment", "crop=-1"], "argument --augment: crop=-1: "),
        (["--augment", "crop=wide"], "argument --augment: expected a number for padding of crop"),
        (["--schedule", "cosin"], "argument --schedule: invalid choice"),
        (["--model", "resnet"], "argument --model: invalid choice"),
        (["--loss", "l2"], "argument --loss: invalid choice"),
        (["--loss", "mse", "--label-smoothing", "0.1"], "--label-smoothing: does not apply"),
        (["--optimizer", "adam", "--nesterov"], "--nesterov: does not apply"),
        (["--weight-decay", "-1"], "argument --weight-decay: expected a number of at least 0"),
        (["--clip-norm", "0"], "argument --clip-norm"),
        (["--ema", "1"], "argument --ema"),
        (["--early-stopping", "0"], "argument --early-stopping"),
        (["--class-weight", "even"], "argument --class-weight"),
    ],
    ids=" ".join,
)
def test_wrong_usage(call: Run, arguments: list[str], message: str) -> None:
    result = call("train", "digits", *arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert "cnnx train: error:" in result.stderr
    assert message in result.stderr


def test_early_stopping_needs_images_held_out(call: Run, tmp_path: Path) -> None:
    (x, y), _ = datasets.digits()
    np.savez(tmp_path / "data.npz", x=x, y=y)
    result = call("train", tmp_path / "data.npz", "--validation-split", 0, "--early-stopping", 2)
    assert result.returncode == 2
    assert "needs images held out" in result.stderr


def test_check(call: Run, call_json: Run, tmp_path: Path) -> None:
    result = call("check", "digits")
    assert result.returncode == 0, result.stdout + result.stderr
    document = call_json("check", "digits")
    assert document["ok"] is True
    for finding in document["findings"]:
        assert finding["text"] in result.stdout.replace("\n", " ")
    np.savez(tmp_path / "data.npz", x=np.full((4, 8, 8), np.nan), y=np.arange(4) // 2)
    assert call("check", tmp_path / "data.npz").returncode == 1


def test_find_lr(call: Run, call_json: Run) -> None:
    document = call_json("find-lr", "digits", "--optimizer", "sgd")
    assert 0 < document["suggestion"] < 100
    assert len(document["learning_rates"]) == len(document["losses"]) > 0
    result = call("find-lr", "digits", "--optimizer", "sgd")
    assert f"{document['suggestion']:.2g}" in result.stdout


def test_report(call: Run, call_json: Run, model: Path) -> None:
    document = call_json("evaluate", model, "digits", "--report")
    counts = np.array(document["confusion_matrix"])
    assert counts.shape == (10, 10)
    assert counts.sum() == document["images"]
    assert counts.trace() == round(document["test"]["accuracy"] * document["images"])
    assert document["report"]["support"] == counts.sum(axis=1).tolist()
    assert document["report"]["recall"] == pytest.approx(
        (counts.diagonal() / counts.sum(axis=1)).tolist()
    )
    result = call("evaluate", model, "digits", "--report")
    lines = result.stdout.splitlines()
    assert lines[0].startswith("accuracy ")
    assert [int(word) for word in lines[4].split()[1:]] == counts[0].tolist()
    assert lines[-1].split()[0] == "accuracy"
    assert next(line for line in reversed(lines) if line.startswith("9")).split()[-1] == str(
        counts[9].sum()
    )
