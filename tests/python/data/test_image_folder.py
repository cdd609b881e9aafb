"""Folders of images: which files, which classes, which pixels, and what is refused."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from readers import reader

import cnnx
from cnnx import CNN, ConfigError, FileFormatError, ShapeError, layers
from cnnx.data import ImageFolder, ImageSet
from cnnx.data._order import Order
from cnnx.data._sources.choose import choose

Image = pytest.importorskip("PIL.Image")

Save = Callable[..., Path]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Write an array (height, width[, channels]) as an image file below the folder."""

    def save(name: str, array: Any, **options: Any) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.asarray(array)).save(path, **options)
        return path

    return save


def grey(value: int, shape: tuple[int, int] = (4, 6)) -> np.ndarray:
    return np.full(shape, value, np.uint8)


@pytest.fixture
def folder(save: Save, tmp_path: Path) -> Path:
    """Two classes with ten images each, whose pixels tell their class and number."""
    for number in range(10):
        save(f"cats/{number}.png", grey(number))
        save(f"dogs/{number}.png", grey(100 + number))
    return tmp_path


def only(save: Save, image: Any, **options: Any) -> np.ndarray:
    """The pixels of one image, read through a folder."""
    path = image if isinstance(image, Path) else save("a/image.png", image)
    save("b/other.png", grey(0))
    found: np.ndarray = ImageFolder(path.parents[1], **options).all.read(np.array([0]))[0]
    return found


def test_classes_files_and_labels_in_order_of_their_names(folder: Path, save: Save) -> None:
    save("cats/more/deep.PNG", grey(50))
    save("ants/1.jpg", grey(70))
    save("cats/.hidden.png", grey(1))
    save("cats/.more/2.png", grey(1))
    save(".git/3.png", grey(1))
    (folder / "cats" / "notes.txt").write_text("not an image")
    (folder / "README").write_text("not a class")
    found = ImageFolder(folder, (4, 6), channels=1)
    assert found.classes == ("ants", "cats", "dogs")
    assert len(found) == 22
    assert found.all.labels.dtype == np.int64
    assert found.all.labels.tolist() == [0] + 11 * [1] + 10 * [2]
    assert [path.name for path in found.all.paths[1:12]] == [
        *(f"{number}.png" for number in range(10)), "deep.PNG",
    ]  # fmt: skip
    assert found.input_shape == (1, 4, 6)
    x, y = found.arrays()
    assert (x.dtype, x.shape) == (np.uint8, (22, 1, 4, 6))
    assert x[1:, 0, 0, 0].tolist() == [*range(10), 50, *range(100, 110)]
    assert y.tolist() == found.all.labels.tolist()
    assert repr(found) == f"ImageFolder({str(folder)!r}: 22 images of 1x4x6, 3 classes)"


def test_the_split_is_stratified_and_decided_by_the_seed(folder: Path, save: Save) -> None:
    save("few/1.png", grey(200))
    save("few/2.png", grey(201))
    found = ImageFolder(folder, (4, 6), validation_split=0.3, seed=3)
    train, held_out = found.train, found.validation
    assert np.bincount(held_out.labels).tolist() == [3, 3, 1]
    assert np.bincount(train.labels).tolist() == [7, 7, 1]
    assert sorted((*train.paths, *held_out.paths)) == sorted(found.all.paths)
    assert list(held_out.paths) == sorted(held_out.paths)
    again = ImageFolder(folder, (4, 6), validation_split=0.3, seed=3)
    assert again.validation.paths == held_out.paths
    other = ImageFolder(folder, (4, 6), validation_split=0.3, seed=4)
    assert other.validation.paths != held_out.paths


def test_without_a_split_everything_is_for_training(folder: Path) -> None:
    found = ImageFolder(folder, 4)
    assert found.train is found.all
    with pytest.raises(ConfigError, match="no images are held out; pass validation_split="):
        _ = found.validation


# Pixels


def test_colour_and_grey(save: Save) -> None:
    image = np.array([[[10, 20, 30], [200, 101, 0]]], np.uint8)
    colour = only(save, image, size=(1, 2))
    assert colour.tolist() == [[[10, 200]], [[20, 101]], [[30, 0]]]
    luma = only(save, image, size=(1, 2), channels=1)
    assert luma.tolist() == [[[18, 119]]]  # 0.299 R + 0.587 G + 0.114 B
    assert only(save, grey(7), size=(4, 6))[:, 1, 2].tolist() == [7, 7, 7]


def test_sixteen_bits_are_scaled(save: Save) -> None:
    values = np.array([[0, 128, 129, 257], [32768, 65278, 65407, 65535]], np.uint16)
    found = only(save, values, size=(2, 4), channels=1)
    assert found.tolist() == [[[0, 0, 1, 1], [128, 254, 255, 255]]]
    assert only(save, values, size=(2, 4), channels=3)[2].tolist() == found[0].tolist()


def test_palette_and_bits(save: Save, tmp_path: Path) -> None:
    path = save("a/image.png", grey(0))
    image = Image.new("P", (2, 1))
    image.putpalette([9, 8, 7, 60, 50, 40])
    image.putpixel((1, 0), 1)
    image.save(path)
    assert only(save, path, size=(1, 2)).tolist() == [[[9, 60]], [[8, 50]], [[7, 40]]]
    image.save(path, transparency=0)
    assert only(save, path, size=(1, 2), background=100)[:, 0].tolist() == [
        [100, 60], [100, 50], [100, 40],
    ]  # fmt: skip
    bits = Image.new("1", (2, 1))
    bits.putpixel((1, 0), 1)
    bits.save(path)
    assert only(save, path, size=(1, 2), channels=1).tolist() == [[[0, 255]]]


@pytest.mark.parametrize("channels", [1, 3])
def test_alpha_lets_the_background_through(save: Save, channels: int) -> None:
    image = np.array([[[200] * 3 + [alpha] for alpha in (0, 255, 51)]], np.uint8)
    found = only(save, image, size=(1, 3), channels=channels, background=50)
    assert found.shape == (channels, 1, 3)
    assert found[-1].tolist() == [[50, 200, 80]]


def test_exif_orientation_is_followed(save: Save) -> None:
    image = np.zeros((2, 4), np.uint8)
    image[0, 0] = 250
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: 90 degrees clockwise make it upright
    path = save("a/image.png", image, exif=exif)
    found = only(save, path, size=(4, 2), channels=1)[0]
    assert np.argwhere(found == 250).tolist() == [[0, 1]]


def test_the_aspect(save: Save) -> None:
    image = np.zeros((2, 6), np.uint8)
    image[:, 2:4] = 200
    crop = only(save, image, size=2, channels=1, aspect="crop")
    assert crop.tolist() == [[[200, 200], [200, 200]]]
    pad = only(save, image, size=6, channels=1, aspect="pad", background=9)[0]
    assert pad[:2].tolist() == pad[4:].tolist() == [[9] * 6] * 2
    assert pad[2:4].tolist() == image.tolist()
    assert only(save, image, size=6, aspect="pad", background=9)[:, 0, 0].tolist() == [9, 9, 9]
    stretch = only(save, image, size=(2, 3), channels=1)
    assert stretch[0, 0].tolist() == stretch[0, 0, ::-1].tolist()
    assert stretch[0, 0, 1] > stretch[0, 0, 0] > 0


def test_making_smaller_averages_over_all_pixels(save: Save) -> None:
    stripes = np.tile(np.array([[0, 255]], np.uint8), (64, 32))
    found = only(save, stripes, size=8, channels=1)
    assert abs(found.astype(int) - 127).max() <= 8


# In training


def test_a_part_is_a_source(folder: Path) -> None:
    found = ImageFolder(folder, (4, 6), channels=1, validation_split=0.3)
    reads = reader((1, 4, 6), (2,))
    source = choose(found.train, None, reads, Order(4, True, 1))
    x, y = found.train.arrays()
    arrays = choose(x, y, reads, Order(4, True, 1))
    assert (source.samples, source.steps) == (arrays.samples, arrays.steps) == (14, 4)
    for start in (0, 2):
        for got, expected in zip(source.epoch(5, start), arrays.epoch(5, start), strict=True):
            assert got.x.dtype == np.uint8
            assert got.x.tolist() == x[expected.rows].tolist()
            assert got.y.tolist() == y[expected.rows].tolist()
    with pytest.raises(ShapeError, match="built for 3 channels"):
        choose(found.train, None, reader((3, 4, 6), (2,)), Order(4, True, 1))
    with pytest.raises(ValueError, match="labels: expected class indices from 0 to 0"):
        choose(found.train, None, reader((1, 4, 6), (1,)), Order(4, True, 1))
    with pytest.raises(TypeError, match=r"x=folder\.train"):
        choose(found, None, reads, Order(4, True, 1))


def test_single_images(folder: Path) -> None:
    found = ImageFolder(folder, (4, 6), channels=1).all
    image, label = found[-1]
    assert (image.shape, image[0, 0, 0], label) == ((1, 4, 6), 109, 1)
    assert found[3][0][0, 0, 0] == 3
    with pytest.raises(IndexError):
        found[20]


def test_training_on_a_folder(folder: Path) -> None:
    found = ImageFolder(folder, (4, 6), channels=1, validation_split=0.3)
    model = CNN(
        [layers.Rescale(1 / 255), layers.Flatten(), layers.Dense(2)], found.input_shape, seed=1
    )
    history = model.train(
        x=found.train, epochs=30, batch_size=4, validation_data=found.validation, verbose=0
    )
    assert history.history["val_accuracy"][-1] == 1.0


# Refusals


def test_a_damaged_file_is_named(folder: Path) -> None:
    path = folder / "cats" / "3.png"
    content = path.read_bytes()
    found = ImageFolder(folder, (4, 6))
    for damaged in (b"", b"no image", content[:-30], content[:20]):
        path.write_bytes(damaged)
        with pytest.raises(FileFormatError, match="cannot be read as an image") as caught:
            found.arrays()
        assert str(path) in str(caught.value)
        assert "BytesIO" not in str(caught.value)
    path.unlink()
    with pytest.raises(FileNotFoundError) as missing:
        found.arrays()
    assert missing.value.filename == str(path)


def test_pixels_without_a_known_range_are_refused(folder: Path) -> None:
    path = folder / "cats" / "float.tiff"
    Image.fromarray(np.full((4, 6), 0.5, np.float32)).save(path)
    with pytest.raises(FileFormatError, match=r"float.tiff.*float32 values from 0.5 to 0.5"):
        ImageFolder(folder, (4, 6)).arrays()


def test_folders_without_classes_or_images_are_refused(tmp_path: Path, save: Save) -> None:
    with pytest.raises(FileNotFoundError):
        ImageFolder(tmp_path / "missing", 4)
    with pytest.raises(ConfigError, match="at least two classes, found none"):
        ImageFolder(tmp_path, 4)
    save("cats/1.png", grey(1))
    with pytest.raises(ConfigError, match="at least two classes, found only 'cats'"):
        ImageFolder(tmp_path, 4)
    (tmp_path / "dogs").mkdir()
    (tmp_path / "dogs" / "notes.txt").write_text("no image")
    with pytest.raises(ConfigError, match="dogs: the class has no image files"):
        ImageFolder(tmp_path, 4)
    save("dogs/1.png", grey(1))
    with pytest.raises(ConfigError, match="at least two images per class, got one in 'cats'"):
        ImageFolder(tmp_path, 4, validation_split=0.2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": 0}, "size.* must be at least 1"),
        ({"size": (4, 4, 3)}, "size must be one integer or a pair"),
        ({"channels": 4}, r"channels must be 1 \(grey\) or 3"),
        ({"channels": 2.0}, "channels must be an integer"),
        ({"validation_split": 1.0}, "validation_split must be smaller than 1"),
        ({"seed": -1}, "seed must be at least 0"),
        ({"aspect": "strech"}, 'did you mean "stretch"'),
        ({"background": 256}, "background must be at most 255"),
        ({"path": 3}, "path must be a path"),
    ],
)
def test_bad_arguments(folder: Path, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises((TypeError, ConfigError), match=message):
        ImageFolder(**({"path": folder, "size": 4} | arguments))


def test_without_pillow_it_says_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(ImportError, match=r"pip install cnnx\[images\]"):
        ImageFolder(folder, 4)


def test_the_public_name() -> None:
    assert cnnx.data.ImageFolder is ImageFolder
    assert cnnx.data.ImageSet is ImageSet
