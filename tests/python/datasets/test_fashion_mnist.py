"""Fashion-MNIST: from a folder, from Debian's package, from a download; never damaged."""

from __future__ import annotations

import hashlib
import importlib
import struct
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from cnnx import FileFormatError, datasets
from support.idx_files import idx_bytes, write_fashion_mnist

module = importlib.import_module("cnnx.datasets.fashion_mnist")
NAMES = tuple(module._SHA256)
DEBIAN = Path("/usr/share/datasets/fashion-mnist")
needs_debian = pytest.mark.skipif(
    not DEBIAN.is_dir(), reason="needs `apt-get install dataset-fashion-mnist`"
)


@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("kind", [str, Path])
def test_a_folder(tmp_path: Path, compressed: bool, kind: type) -> None:
    write_fashion_mnist(tmp_path, compressed=compressed)
    (x_train, y_train), (x_test, y_test) = datasets.fashion_mnist(kind(tmp_path))
    assert x_train.shape == (6, 1, 28, 28)
    assert x_test.shape == (4, 1, 28, 28)
    assert x_train.dtype == x_test.dtype == np.uint8
    assert y_train.dtype == y_test.dtype == np.int64
    assert y_train.tolist() == [0, 1, 2, 3, 4, 5]
    assert y_test.tolist() == [0, 1, 2, 3]
    rng = np.random.default_rng(0)
    np.testing.assert_array_equal(x_train[:, 0], rng.integers(0, 256, (6, 28, 28), dtype=np.uint8))


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    write_fashion_mnist(tmp_path)
    (tmp_path / f"{name}.gz").unlink()
    with pytest.raises(FileNotFoundError) as caught:
        datasets.fashion_mnist(tmp_path)
    assert name in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        datasets.fashion_mnist(tmp_path / "nowhere")


IMAGES, LABELS = np.zeros((6, 28, 28), np.uint8), np.zeros(6, np.uint8)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (NAMES[0], idx_bytes(LABELS), "expected images (N, 28, 28) of uint8"),
        (NAMES[0], idx_bytes(np.zeros((6, 28, 27), np.uint8)), "found (6, 28, 27)"),
        (NAMES[0], idx_bytes(np.zeros((0, 28, 28), np.uint8)), "N at least 1"),
        (NAMES[0], idx_bytes(np.zeros((6, 28, 28), np.int8)), "int8"),
        (NAMES[0], idx_bytes(IMAGES)[:-1], "found 4703"),
        (NAMES[1], idx_bytes(IMAGES), "expected labels (6,)"),
        (NAMES[1], idx_bytes(LABELS[:5]), "one for each image of train-images-idx3-ubyte"),
        (NAMES[1], idx_bytes(np.full(6, 10, np.uint8)), "expected labels 0 to 9, found 10"),
        (NAMES[3], b"", "not an IDX file"),
    ],
)
def test_wrong_files_are_refused(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    write_fashion_mnist(tmp_path, compressed=False)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileFormatError) as caught:
        datasets.fashion_mnist(tmp_path)
    assert str(tmp_path / name) in str(caught.value)
    assert message in str(caught.value)


@needs_debian
def test_debians_files_are_the_original_ones() -> None:
    (x_train, y_train), (x_test, y_test) = datasets.fashion_mnist()
    assert x_train.shape == (60000, 1, 28, 28)
    assert x_test.shape == (10000, 1, 28, 28)
    assert np.bincount(y_train).tolist() == [6000] * 10
    assert np.bincount(y_test).tolist() == [1000] * 10


@needs_debian
@pytest.mark.parametrize(
    ("name", "md5", "time"),
    [
        (NAMES[0], "8d4fb7e6c68d591d4c3dfef9ec88bf0d", 1504176606),
        (NAMES[1], "25c81989df183df01b3e8a0aad5dffbe", 1504176606),
        (NAMES[2], "bef4ecab320f06d8554ea6380940ec79", 1504176627),
        (NAMES[3], "bb300cfdad3c16e7a12a480ee83cd310", 1504176627),
    ],
)
def test_the_checksums_are_those_of_the_files_to_download(name: str, md5: str, time: int) -> None:
    """Debian's files lack the name and the time in their gzip header; with these put back
    they have the MD5 that the dataset's README lists, and so the SHA-256 can be checked."""
    content = (DEBIAN / f"{name}.gz").read_bytes()
    assert content[3] == 0, "no name in the header"
    original = content[:3] + b"\x08" + struct.pack("<I", time) + content[8:10]
    original += name.encode() + b"\0" + content[10:]
    assert hashlib.md5(original).hexdigest() == md5
    assert hashlib.sha256(original).hexdigest() == module._SHA256[name]


class Mirror:
    """A web server on this machine, and what was asked of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.requests: list[str] = []
        requests = self.requests

        class Handler(SimpleHTTPRequestHandler):
            def log_message(self, *args: object) -> None:
                requests.append(self.path)

        self._server = ThreadingHTTPServer(
            ("127.0.0.1", 0), partial(Handler, directory=str(folder))
        )
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """A mirror with a small dataset, no Debian package, and an empty cache."""
    pooch = pytest.importorskip("pooch")
    folder = tmp_path / "mirror"
    write_fashion_mnist(folder)
    server = Mirror(folder)
    checksums = {
        name: hashlib.sha256((folder / f"{name}.gz").read_bytes()).hexdigest() for name in NAMES
    }
    monkeypatch.setattr(module, "_DEBIAN_ROOT", tmp_path / "no package")
    monkeypatch.setattr(module, "_SHA256", checksums)
    monkeypatch.setattr(module, "_MIRRORS", (server.url,))
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "cache" / project)
    monkeypatch.setenv("NO_PROXY", "*")
    yield server
    server.close()


def test_download_once(mirror: Mirror) -> None:
    (x_train, y_train), (x_test, _) = datasets.fashion_mnist()
    assert x_train.shape == (6, 1, 28, 28)
    assert x_test.shape == (4, 1, 28, 28)
    assert y_train.tolist() == [0, 1, 2, 3, 4, 5]
    assert sorted(mirror.requests) == sorted(f"/{name}.gz" for name in NAMES)
    mirror.requests.clear()
    (again, _), _ = datasets.fashion_mnist()
    np.testing.assert_array_equal(again, x_train)
    assert mirror.requests == []


def test_the_next_mirror_is_tried(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MIRRORS", (f"{mirror.url}nothing/here/", mirror.url))
    (x_train, _), _ = datasets.fashion_mnist()
    assert x_train.shape == (6, 1, 28, 28)


def test_a_changed_download_is_refused(mirror: Mirror, tmp_path: Path) -> None:
    path = mirror.folder / f"{NAMES[2]}.gz"
    path.write_bytes(path.read_bytes()[:-1] + b"\1")
    with pytest.raises(OSError, match="could not download") as caught:
        datasets.fashion_mnist()
    assert NAMES[2] in str(caught.value)
    assert "apt-get install dataset-fashion-mnist" in str(caught.value)
    kept = [file.name for file in (tmp_path / "cache").rglob("*") if file.is_file()]
    assert sorted(kept) == sorted(f"{name}.gz" for name in NAMES[:2])


def test_without_pooch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "_DEBIAN_ROOT", tmp_path)
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ImportError) as caught:
        datasets.fashion_mnist()
    assert "pip install pooch" in str(caught.value)
    assert "apt-get install dataset-fashion-mnist" in str(caught.value)


def test_class_names() -> None:
    assert len(datasets.FASHION_MNIST_CLASSES) == 10
    assert datasets.FASHION_MNIST_CLASSES[9] == "Ankle boot"
