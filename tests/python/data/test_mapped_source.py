"""Mapped files as sources: used in place, converted and checked a batch at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from readers import data, epoch, numbers, reader, source

from cnnx import ShapeError
from cnnx.data._sources.mapped import is_mapped


def mapped(path: Path, array: np.ndarray) -> np.memmap[Any, Any]:
    """The array in a mapped file that cannot be written."""
    np.save(path, array)
    loaded = np.load(path, mmap_mode="r")
    assert isinstance(loaded, np.memmap)
    return loaded


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_mapped_images_are_used_in_place_and_as_arrays_are(tmp_path: Path, dtype: Any) -> None:
    x, y = data(dtype=dtype)
    on_disk = mapped(tmp_path / "x.npy", x)
    labels = mapped(tmp_path / "y.npy", y)
    got, other = source(on_disk, labels, shuffle=True), source(x, y, shuffle=True)
    assert (got.samples, got.steps) == (10, 3)
    for number in range(3):
        assert epoch(got, number) == epoch(other, number)
    for batch in got.epoch(0):
        assert np.shares_memory(batch.x, on_disk)
        assert batch.rows is not None


@pytest.mark.parametrize("change", ["int16", ">f4", "fortran"])
def test_other_mapped_types_are_converted_a_batch_at_a_time(tmp_path: Path, change: str) -> None:
    x, y = data()
    stored = np.asfortranarray(x) if change == "fortran" else x.astype(change)
    got = source(mapped(tmp_path / "x.npy", stored), y, shuffle=True)
    assert epoch(got, 2) == epoch(source(x, y, shuffle=True), 2)
    assert all(batch.rows is None and len(batch.x) <= 4 for batch in got.epoch(0))


def test_a_mapped_file_larger_than_any_memory(tmp_path: Path) -> None:
    # 16 TiB that take no room on the disk; whatever went through all of it would never end.
    count = 2**40
    try:
        x = np.memmap(tmp_path / "x.raw", np.uint8, "w+", shape=(count // 2**20, 1, 2**10, 2**10))
    except OSError:
        x = np.memmap(tmp_path / "x.raw", np.uint8, "w+", shape=(2**12, 1, 2**10, 2**10))
    x[3] = 9
    y = np.zeros(len(x), np.int64)
    got = source(x, y, reader=reader((1, 2**10, 2**10)), batch_size=2)
    batches = got.epoch(0)
    first, second = next(batches), next(batches)
    batches.close()  # type: ignore[attr-defined]
    assert first.rows is not None
    assert second.rows is not None
    assert second.x[second.rows][:, 0, 5, 5].tolist() == [0, 9]


def test_mapped_rows_of_targets(tmp_path: Path) -> None:
    x, _ = data()
    targets = np.arange(30, dtype=np.float32).reshape(10, 3)
    reads = reader(loss="mse")
    on_disk = mapped(tmp_path / "y.npy", targets)
    for batch in source(x, on_disk, reader=reads).epoch(0):
        assert batch.rows is not None
        assert np.shares_memory(batch.y, on_disk)
        assert batch.y[batch.rows].tolist() == targets[batch.rows].tolist()
    doubles = mapped(tmp_path / "y64.npy", targets.astype(np.float64))
    for batch in source(x, doubles, reader=reads).epoch(0):
        assert batch.rows is None
        assert batch.y.dtype == np.float32
        assert batch.y.tolist() == targets[batch.x[:, 0, 0, 0].astype(int)].tolist()


def test_bad_mapped_rows_are_found_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cnnx.data._sources.mapped._CHUNK_BYTES", 24)
    x, _ = data()
    targets = np.zeros((10, 3), np.float32)
    targets[7, 1] = np.nan
    with pytest.raises(ValueError, match=r"y\[6:8\].*nan at y\[6:8\]\[1, 1\]"):
        source(x, mapped(tmp_path / "y.npy", targets), reader=reader(loss="mse"))


def test_bad_mapped_images_are_found_in_their_batch(tmp_path: Path) -> None:
    x, y = data(dtype=np.float16)
    x[5] = np.nan
    batches = source(mapped(tmp_path / "x.npy", x), y).epoch(0)
    assert numbers(next(batches)) == [0, 1, 2, 3]
    with pytest.raises(ValueError, match="images 4 to 7: x: expected finite numbers"):
        next(batches)


def test_mapped_data_are_checked_before_the_first_epoch(tmp_path: Path) -> None:
    x, y = data()
    with pytest.raises(ShapeError, match="transpose"):
        source(mapped(tmp_path / "x.npy", x.transpose(0, 2, 3, 1)), y)
    good = mapped(tmp_path / "x.npy", x)
    with pytest.raises(ShapeError, match="10 images but y has 9 labels"):
        source(good, y[:-1])
    with pytest.raises(ValueError, match=r"got 3 at y\[9\]"):
        source(good, mapped(tmp_path / "y.npy", np.append(y[:-1], 3)))
    with pytest.raises(TypeError, match="expected numbers"):
        source(mapped(tmp_path / "text.npy", x.astype("U3")), y)
    with pytest.warns(UserWarning, match="start with Rescale"):
        source(
            mapped(tmp_path / "bytes.npy", x.astype(np.uint8)), y, reader=reader(takes_bytes=False)
        )


def test_what_is_mapped(tmp_path: Path) -> None:
    x = mapped(tmp_path / "x.npy", data()[0])
    assert is_mapped(x)
    assert is_mapped(x[2:5])
    assert is_mapped(np.asarray(x)[::2])
    assert not is_mapped(np.array(x))
    assert not is_mapped([1, 2])
