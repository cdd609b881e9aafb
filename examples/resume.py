"""A run that is killed again and again ends with the same weights as one that never was.

python examples/resume.py

Each training is a process of its own. SIGKILL ends it without a warning, as a power cut would;
the same call then resumes from the newest checkpoint, on another number of threads.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cnnx
from cnnx import CNN, datasets, layers, models, optimizers


def train(folder: str, epochs: int) -> str:
    """Train with every feature that uses random numbers, and return a hash of the weights."""
    (x, y), _ = datasets.fashion_mnist()
    model = CNN(
        [
            layers.Rescale(1 / 255),
            *models.simple_cnn((1, 28, 28), filters=(8, 16), batch_norm=True),
        ],
        input_shape=(1, 28, 28),
        optimizer=optimizers.AdamW(0.003, ema=0.99),
        seed=0,
    )
    model.train(
        x[:4000],
        y[:4000],
        epochs=epochs,
        batch_size=64,
        schedule="one-cycle",
        augment=["flip", "crop"],
        checkpoint=folder,
        every=5,
        verbose=0,
    )
    found = hashlib.sha256()
    for name, array in model.state_dict().items():
        found.update(name.encode() + array.tobytes())
    return found.hexdigest()[:16]


def start(folder: Path, epochs: int, threads: int) -> subprocess.Popen[str]:
    """Start or resume, in a separate process."""
    command = [sys.executable, __file__, "--epochs", str(epochs), "--threads", str(threads)]
    return subprocess.Popen(  # noqa: S603 - this very file
        [*command, "--worker", str(folder)], stdout=subprocess.PIPE, text=True
    )


def main() -> None:
    """Train once without interruption and once with kills, and compare the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker is not None:
        cnnx.set_num_threads(args.threads)
        print(train(args.worker, args.epochs))
        return
    chance = random.Random(0)  # noqa: S311 - nothing secret
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        whole, _ = start(Path(folder) / "whole", args.epochs, args.threads).communicate()
        seconds = time.perf_counter() - begin
        print(f"uninterrupted: {whole.strip()} after {seconds:.1f} s", flush=True)
        killed = 0
        while True:
            threads = chance.choice([1, 2])
            process = start(Path(folder) / "killed", args.epochs, threads)
            if killed < args.kills:
                try:
                    process.wait(timeout=chance.uniform(0.2, 0.5) * seconds)
                except subprocess.TimeoutExpired:
                    process.kill()
            out, _ = process.communicate()
            if process.returncode == 0:
                break
            killed += 1
            print(f"kill {killed}, with {threads} threads", flush=True)
    print(f"killed {killed} times: {out.strip()}")
    if out != whole:
        sys.exit("the weights differ")
    print("the same weights, bit for bit")


if __name__ == "__main__":
    main()
