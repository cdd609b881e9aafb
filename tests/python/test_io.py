"""Saved models come back bit for bit; anything else is refused, and nothing is half written."""

from __future__ import annotations

import json
import os
import pickle
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from cnnx import CNN, ConfigError, FileFormatError, io, layers
from cnnx.io import safetensors as format_module
from cnnx.optimizers import SGD, Adam
from small import small_data, small_model, weights


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A file of a model that has trained a little."""
    model = small_model(optimizer=SGD(0.05, momentum=0.9))
    model.train(*small_data(40), verbose=0)
    model.save(tmp_path / "net.safetensors")
    return tmp_path / "net.safetensors"


def rewrite(path: Path, change: Any = None, description: Any = None, checksum: bool = True) -> Path:
    """Change a saved file's tensors or description, by default with a checksum that fits."""
    with safe_open(path, framework="np") as file:
        metadata = dict(file.metadata())
    tensors = load_file(path)
    if change is not None:
        change(tensors)
    if callable(description):
        values = json.loads(metadata["cnnx"])
        description(values)
        metadata["cnnx"] = json.dumps(values)
    elif description is not None:
        metadata["cnnx"] = description
    if checksum:
        metadata["cnnx.crc32"] = format_module._checksum(metadata["cnnx"], tensors)
    save_file(tensors, path, metadata=metadata)
    return path


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("optimizer", ["sgd", SGD(0.1, 0.9, True, 1e-4), "adam", "adamw"])
def test_training_goes_on_as_if_it_had_never_stopped(
    optimizer: Any, dtype: str, tmp_path: Path
) -> None:
    x, y = small_data(40)
    model = small_model(optimizer=optimizer, dtype=dtype, exact_conv=True, seed=2**62)
    model.train(x, y, epochs=2, verbose=0)
    model.learning_rate = 0.02
    model.save(tmp_path / "net.safetensors")
    other = CNN.load(tmp_path / "net.safetensors")
    assert weights(other) == weights(model)
    for name in ("layers", "input_shape", "output_shape", "loss", "optimizer", "seed", "dtype"):
        assert getattr(other, name) == getattr(model, name)
    assert other._network.architecture == model._network.architecture
    np.testing.assert_array_equal(other.predict(x), model.predict(x))
    first = model.train(x, y, epochs=2, verbose=0).history
    assert other.train(x, y, epochs=2, verbose=0).history == first
    assert weights(other) == weights(model)


def test_without_the_optimizer(saved: Path) -> None:
    model = CNN.load(saved)
    model.save(saved, include_optimizer=False)
    assert set(load_file(saved)) == {"0.weight", "0.bias", "3.weight", "3.bias"}
    other = CNN.load(saved)
    assert weights(other) == weights(model)
    assert int(other._network.engine.optimizer_state()["step"]) == 0


def test_every_layer_survives(tmp_path: Path) -> None:
    maps = [
        layers.Normalize([0.1, 0.2], [1.5, 3.0]),
        layers.Rescale(0.3, -0.1),
        layers.Conv2D(4, (3, 2), stride=2, padding="same", groups=2, use_bias=False),
        layers.Activation("leaky_relu", alpha=0.3),
        layers.ZeroPad2D(((0, 1), (2, 0))),
        layers.MaxPool2D(2, stride=1, padding=1),
        layers.UpSample2D((1, 2), "bilinear"),
        layers.AvgPool2D(3, stride=2),
        layers.BatchNorm(0.8, 1e-3, "tanh"),
        layers.Dropout(0.1),
        layers.SpatialDropout2D(0.1),
        layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2),
        layers.SeparableConv2D(6, 3, padding="same", activation="silu"),
        layers.Residual([layers.Conv2D(6, 1)], [layers.Conv2D(6, 1)], "relu"),
        layers.Concat([[], [layers.Residual([layers.Conv2D(6, 1)])]]),
    ]
    seen = set()
    for ending in (layers.Flatten(), layers.GlobalAvgPool2D(), layers.GlobalMaxPool2D()):
        stack = [*maps, ending, layers.Dense(5, activation="tanh")]
        model = CNN(stack, (2, 9, 8), loss="mse")
        seen |= {layer.kind for layer in model.layers}
        model.save(tmp_path / "all.SAFETENSORS")
        other = CNN.load(str(tmp_path / "all.SAFETENSORS"))
        x = np.random.default_rng(0).normal(size=(3, 2, 9, 8))
        assert other.layers == model.layers
        np.testing.assert_array_equal(other.predict(x), model.predict(x))
    assert seen == set(layers.REGISTRY)


def test_other_programs_read_the_weights(saved: Path) -> None:
    tensors = load_file(saved)
    for name, value in CNN.load(saved).state_dict().items():
        np.testing.assert_array_equal(tensors[name], value)
    assert {name for name in tensors if name.startswith("optimizer.")} == {
        f"optimizer.{name}" for name in CNN.load(saved)._network.engine.optimizer_state()
    }
    with safe_open(saved, framework="np") as file:
        description = json.loads(file.metadata()["cnnx"])
    assert description["format_version"] == 1
    assert description["input_shape"] == [1, 6, 6]
    assert description["optimizer"]["momentum"] == 0.9


# Files that are refused


def refused(path: Path, *messages: str) -> None:
    with pytest.raises(FileFormatError) as caught:
        CNN.load(path)
    for message in (str(path), *messages):
        assert message in str(caught.value)


def test_cut_short_anywhere(saved: Path) -> None:
    content = saved.read_bytes()
    header = 8 + struct.unpack("<Q", content[:8])[0]
    for length in {0, 1, 7, 8, 9, header - 1, header, header + 1, len(content) - 1}:
        saved.write_bytes(content[:length])
        refused(saved, "empty" if length == 0 else "truncated")


def test_damaged_anywhere(saved: Path) -> None:
    content = saved.read_bytes()
    rng = np.random.default_rng(0)
    places = [*range(20), *rng.integers(20, len(content), 200), len(content) - 1]
    for place in places:
        damaged = bytearray(content)
        damaged[place] ^= 1 << int(rng.integers(8))
        saved.write_bytes(damaged)
        refused(saved)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (pickle.dumps({"a": 1}), "a pickle, which cnnx never reads"),
        (b"PK\x03\x04" + bytes(100), "a zip archive"),
        (b"\x89HDF\r\n\x1a\n" + bytes(100), "an HDF5 file"),
        (b"\x93NUMPY\x01\x00" + bytes(100), "a NumPy array file"),
        (b"hello, world, this is text\n" * 9, "not a safetensors file, or corrupted"),
        (struct.pack("<Q", 2**63), "not a safetensors file, or corrupted"),
        (struct.pack("<Q", 2) + b"{}", "not a cnnx model"),
    ],
)
def test_foreign_files(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    path.write_bytes(content)
    refused(path, message)


def test_other_safetensors(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    save_file({"a": np.zeros(3)}, path)
    refused(path, "not a cnnx model", "load_state_dict")


def test_changed_by_others(saved: Path) -> None:
    rewrite(saved, lambda tensors: tensors["3.bias"].fill(1), checksum=False)
    refused(saved, "the checksum does not match")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.pop("3.bias"), "missing 3.bias"),
        (lambda t: t.update({"7.bias": np.zeros(3)}), "unknown 7.bias"),
        (lambda t: t.update({"3.bias": np.zeros(4)}), "3.bias must have shape (3,), got (4,)"),
        (lambda t: t.pop("optimizer.step"), ""),
        (lambda t: t.update({"optimizer.9.bias.momentum": np.zeros(3)}), ""),
    ],
)
def test_tensors_that_do_not_fit(change: Any, message: str, saved: Path) -> None:
    refused(rewrite(saved, change), message)


@pytest.mark.parametrize(
    ("description", "message"),
    [
        ("[]", "not a JSON object"),
        ("{", "Expecting property name"),
        ("[" * 100_000, "recursion"),
        ('{"format_version": NaN}', "contains NaN"),
        (lambda d: d.pop("format_version"), "format_version must be an integer"),
        (lambda d: d.update(format_version=2), "this version of cnnx reads up to 1; upgrade cnnx"),
        (lambda d: d.pop("seed"), "no seed"),
        (lambda d: d.update(seed=-1), "seed must be at least 0"),
        (lambda d: d.update(layers={}), "layers are not a list"),
        (lambda d: d.update(layers=[]), "at least one layer"),
        (lambda d: d["layers"].append({"kind": "exec"}), "kind must be one of"),
        (lambda d: d["layers"][3].update(units="10"), "units must be an integer"),
        (lambda d: d["layers"].pop(2), "layer"),
        (lambda d: d.update(input_shape=[1, 6]), "input_shape must be"),
        (lambda d: d.update(loss={"kind": "hinge"}), "kind must be one of"),
        (lambda d: d["optimizer"].update(lr=1), "unknown argument 'lr'"),
        (lambda d: d.update(dtype="float16"), "dtype must be one of"),
        (lambda d: d.update(epochs_trained=-2), "epochs_trained must be at least 0"),
    ],
)
def test_descriptions_that_cannot_be_used(description: Any, message: str, saved: Path) -> None:
    refused(rewrite(saved, description=description), message)


# Paths


def test_load_needs_a_file(saved: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"missing\.safetensors"):
        CNN.load(saved.with_name("missing.safetensors"))
    with pytest.raises(FileNotFoundError):
        CNN.load(saved.with_name("missing.h5"))
    folder = saved.with_name("folder.safetensors")
    folder.mkdir()
    with pytest.raises(IsADirectoryError):
        CNN.load(folder)
    with pytest.raises(TypeError, match="path: expected a string or a path, got int"):
        CNN.load(3)  # type: ignore[arg-type]
    other = saved.rename(saved.with_suffix(".h5"))
    with pytest.raises(FileFormatError, match=r"ends in \.safetensors of a model, got \.h5"):
        CNN.load(other)


@pytest.mark.parametrize("function", ["save", "check"])
@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("net", ConfigError, r"ends in \.safetensors to save a model, got none"),
        ("net.pt", ConfigError, r"got \.pt"),
        ("missing/net.safetensors", FileNotFoundError, "there is no directory .*missing"),
        ("file/net.safetensors", NotADirectoryError, "file"),
        ("folder.safetensors", IsADirectoryError, "expected a file to write, got a directory"),
        ("pipe.safetensors", OSError, "got a device, pipe or socket"),
    ],
)
def test_places_that_cannot_be_written(
    function: str, name: str, error: type[Exception], message: str, tmp_path: Path
) -> None:
    (tmp_path / "folder.safetensors").mkdir()
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe.safetensors")
    before = sorted(tmp_path.rglob("*"))
    call = small_model().save if function == "save" else io.check_writable
    with pytest.raises(error, match=message):
        call(tmp_path / name)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_no_permission(saved: Path) -> None:
    saved.chmod(0o400)
    with pytest.raises(PermissionError, match="may not be written"):
        small_model().save(saved)
    saved.parent.chmod(0o500)
    try:
        with pytest.raises(PermissionError, match="cannot write in this directory"):
            io.check_writable(saved.with_name("new.safetensors"))
    finally:
        saved.parent.chmod(0o700)


def test_check_writable_leaves_no_trace(saved: Path) -> None:
    before = saved.read_bytes()
    io.check_writable(saved)
    io.check_writable(str(saved.with_name("new.safetensors")))
    assert list(saved.parent.iterdir()) == [saved]
    assert saved.read_bytes() == before


def test_a_failed_save_leaves_the_old_file(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **other: object) -> None:
        raise OSError(28, "No space left on device")

    before = saved.read_bytes()
    for name in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, name, fail)
            with pytest.raises(OSError, match="No space left"):
                small_model(seed=9).save(saved)
        assert saved.read_bytes() == before
        assert list(saved.parent.iterdir()) == [saved]


def test_modes_and_links_stay(saved: Path) -> None:
    saved.chmod(0o640)
    link = saved.with_name("link.safetensors")
    link.symlink_to(saved.name)
    small_model(seed=9).save(link)
    assert link.is_symlink()
    assert saved.stat().st_mode & 0o777 == 0o640
    assert CNN.load(saved).seed == 9
    fresh = saved.with_name("fresh.safetensors")
    plain = saved.with_name("plain")
    plain.touch()
    small_model().save(fresh)
    assert fresh.stat().st_mode == plain.stat().st_mode


def test_importing_cnnx_does_not_import_safetensors_or_tqdm() -> None:
    code = "import sys, cnnx; print({'safetensors', 'tqdm', 'pooch'} & set(sys.modules))"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert found.strip() == "set()"


def test_adam_state_is_in_the_file(tmp_path: Path) -> None:
    model = small_model(optimizer=Adam(0.01))
    model.train_batch(*small_data(8))
    model.save(tmp_path / "net.safetensors")
    assert int(load_file(tmp_path / "net.safetensors")["optimizer.step"]) == 1
