"""Every kind of x is scored, predicted and checked as arrays are, to the last bit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnnx
from cnnx import CNN, ConfigError, layers
from cnnx.data import Batch, ImageFolder, Source
from support.small import CLASSES, SHAPE, small_data, small_model, weights

N, SIZE = 40, 8
X, Y = small_data(N)
WEIGHTS = np.linspace(0.5, 2.0, N)
CUTS = range(0, N, SIZE)


class Pairs:
    """A sequence of batches, as Keras' ``PyDataset`` is."""

    def __len__(self) -> int:
        return len(CUTS)

    def __getitem__(self, i: int) -> tuple[np.ndarray, np.ndarray]:
        rows = slice(i * SIZE, (i + 1) * SIZE)
        return X[rows], Y[rows]


class OwnSource(Source):
    """A source of the user's own."""

    samples = N
    steps = len(CUTS)

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        for at in list(CUTS)[start:]:
            yield Batch(X[at : at + SIZE], Y[at : at + SIZE])


class Rows:
    """Single images with labels, as PyTorch's ``Dataset`` is."""

    def __len__(self) -> int:
        return N

    def __getitem__(self, i: int) -> tuple[np.ndarray, int]:
        return X[i], int(Y[i])


def mapped(folder: Path, name: str, array: np.ndarray) -> np.ndarray:
    """Write an array and map it."""
    np.save(folder / name, array)
    found: np.ndarray = np.load(folder / name, mmap_mode="r")
    return found


def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the batches of one epoch."""
    for at in CUTS:
        yield X[at : at + SIZE], Y[at : at + SIZE]


KINDS: dict[str, Callable[[Path], tuple[Any, ...]]] = {
    "arrays": lambda folder: (X, Y),
    "lists": lambda folder: (X.tolist(), Y.tolist()),
    "float64": lambda folder: (X.astype(np.float64), Y.astype(np.int32)),
    "mapped": lambda folder: (mapped(folder, "x.npy", X), mapped(folder, "y.npy", Y)),
    "sequence": lambda folder: (Pairs(),),
    "list of batches": lambda folder: (list(batches()),),
    "generator": lambda folder: (batches(),),
    "function": lambda folder: (batches,),
    "own source": lambda folder: (OwnSource(),),
}
RELIABLE = sorted(set(KINDS) - {"generator"})


@pytest.mark.parametrize("kind", KINDS)
def test_evaluate(kind: str, tmp_path: Path) -> None:
    model = small_model()
    assert model.evaluate(*KINDS[kind](tmp_path)) == model.evaluate(X, Y)


@pytest.mark.parametrize("kind", KINDS)
def test_predict(kind: str, tmp_path: Path) -> None:
    model = small_model()
    outputs = model.predict(KINDS[kind](tmp_path)[0])
    assert outputs.tobytes() == model.predict(X).tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_validation(kind: str, tmp_path: Path) -> None:
    if kind == "generator":
        pytest.skip("validated once an epoch, a generator serves for the first only")
    found = KINDS[kind](tmp_path)
    model = small_model()
    history = model.train(
        X, Y, epochs=2, validation_data=found if len(found) == 2 else found[0], verbose=0
    ).history
    scores = model.evaluate(X, Y)
    assert history["val_loss"][-1] == scores["loss"]
    assert history["val_accuracy"][-1] == scores["accuracy"]


@pytest.mark.parametrize("kind", RELIABLE)
def test_check(kind: str, tmp_path: Path) -> None:
    model = small_model()
    before = weights(model)
    report = model.check(*KINDS[kind](tmp_path), steps=2)
    assert {"images", "labels"} <= {finding.subject for finding in report.findings}
    assert weights(model) == before


@pytest.mark.parametrize("kind", RELIABLE)
def test_find_learning_rate(kind: str, tmp_path: Path) -> None:
    model = small_model()
    found = model.find_learning_rate(*KINDS[kind](tmp_path), batch_size=SIZE, steps=12)
    assert len(found.losses) == len(found.lrs) > 0


def test_images_of_a_folder(tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    from PIL import Image

    rng = np.random.default_rng(0)
    for label in ("cat", "dog"):
        (tmp_path / label).mkdir()
        for i in range(5):
            pixels = rng.integers(0, 256, (6, 6, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / label / f"{i}.png")
    folder = ImageFolder(tmp_path, (6, 6))
    images = folder.all.read(np.arange(10))
    model = CNN(
        [layers.Rescale(1 / 255), layers.Flatten(), layers.Dense(2, activation="softmax")],
        (3, 6, 6),
    )
    assert model.evaluate(folder.all) == model.evaluate(images, folder.all.labels)
    assert model.predict(folder.all).tobytes() == model.predict(images).tobytes()
    assert model.check(folder.all, steps=2).findings[0].level == "ok"


def test_a_set_of_single_images() -> None:
    torch = pytest.importorskip("torch.utils.data")
    model = small_model()
    loader = torch.DataLoader(Rows(), batch_size=SIZE)
    assert model.evaluate(loader) == model.evaluate(X, Y)


def test_the_cut_into_batches_does_not_matter() -> None:
    model = small_model()
    scores = [model.evaluate(X, Y, batch_size=size) for size in (1, 7, 40, 1000)]
    assert scores == [scores[0]] * 4


def test_sample_weight_of_arrays_and_of_batches() -> None:
    model = small_model()
    found = model.evaluate(X, Y, sample_weight=WEIGHTS)
    triples = [(X[i : i + SIZE], Y[i : i + SIZE], WEIGHTS[i : i + SIZE]) for i in CUTS]
    assert model.evaluate(triples) == found
    each = [model.evaluate(X[i : i + 1], Y[i : i + 1])["loss"] for i in range(N)]
    np.testing.assert_allclose(found["loss"], np.mean(WEIGHTS * each), rtol=1e-6)
    assert found["accuracy"] == model.evaluate(X, Y)["accuracy"]
    assert model.evaluate(X, Y, sample_weight=np.ones(N)) == model.evaluate(X, Y)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m: m.evaluate(X), (TypeError, ConfigError), "y"),
        (lambda m: m.evaluate(Pairs(), Y), (TypeError, ConfigError), "y"),
        (lambda m: m.evaluate(list(batches()), Y), TypeError, "y must be left out"),
        (lambda m: m.evaluate(X, Pairs()), (TypeError, ValueError), "y: "),
        (lambda m: m.evaluate([], []), ValueError, "x"),
        (lambda m: m.evaluate(Pairs(), sample_weight=WEIGHTS), ConfigError, "sample_weight"),
        (lambda m: m.evaluate(X, Y, sample_weight=WEIGHTS[:5]), ValueError, "sample_weight"),
        (lambda m: m.evaluate(X, Y, sample_weight=-WEIGHTS), ValueError, "sample_weight"),
        (lambda m: m.evaluate(iter(())), ValueError, "x: expected some batches in an epoch"),
        (lambda m: m.predict(iter(())), ValueError, "x: expected some batches in an epoch"),
        (lambda m: m.predict(3), cnnx.ShapeError, "(N, 1, 6, 6)"),
        (lambda m: m.predict(X[:, :, :2]), cnnx.ShapeError, "(N, 1, 6, 6)"),
    ],
)
def test_what_cannot_be_scored(call: Any, error: Any, message: str) -> None:
    model = small_model()
    with pytest.raises(error) as caught:
        call(model)
    assert message in str(caught.value)


def test_a_generator_for_several_epochs_is_refused_before_anything_changes() -> None:
    model = small_model()
    before = weights(model)
    with pytest.raises((ValueError, TypeError)) as caught:
        model.train(batches(), epochs=3, verbose=0)
    assert "epochs" in str(caught.value)
    assert weights(model) == before


def test_shapes_of_the_data() -> None:
    assert X.shape == (N, *SHAPE)
    assert set(Y) == set(range(CLASSES))
