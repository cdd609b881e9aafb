"""Time to 92 % test accuracy on Fashion-MNIST, with cnnx and PyTorch.

python benchmarks/fashion_race.py --threads 2

Each library trains the same network in its own process, one after the other: two convolutions with
batch normalisation, horizontal flips, dropout, AdamW and a one-cycle schedule. The time is measured
from images in memory to the last step.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import peers

EPOCHS = 12
BATCH = 128
PEAK, DECAY, DROPOUT = 0.004, 0.02, 0.4
FILTERS = (32, 64)


def main() -> int:
    """Train with every available library, and print time and accuracy."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--peers", type=Path, default=peers.FOLDER)
    parser.add_argument("--side", choices=("cnnx", "torch", "torch_cl"), help="run only this one")
    parser.add_argument("--data", type=Path, help="with --side: the file of images")
    args = parser.parse_args()
    if args.side is not None:
        train = train_cnnx if args.side == "cnnx" else train_torch
        with np.load(args.data) as data:
            arrays = [data[name] for name in ("x", "y", "x_test", "y_test")]
        print(json.dumps(train(args, *arrays)))
        return 0

    from cnnx import datasets  # noqa: PLC0415 - not installed in the peers' environments

    (x, y), (x_test, y_test) = datasets.fashion_mnist()
    torch = peers.python_of(args.peers, "torch")
    sides = [("cnnx", Path(sys.executable))]
    if torch.exists():
        sides += [("torch", torch), ("torch_cl", torch)]
    else:
        print(f"{torch} is missing (networks.py --setup): cnnx only")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "images.npz"
        np.savez(file, x=x, y=y.astype(np.int64), x_test=x_test, y_test=y_test.astype(np.int64))
        for side, python in sides:
            options = ["--side", side, "--data", file, "--threads", args.threads]
            options += ["--epochs", args.epochs, "--seed", args.seed]
            command = [str(python), __file__, *map(str, options)]
            found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
            print(
                f"{side:10} {found['seconds']:6.1f} s, test accuracy {found['accuracy']:.2%}",
                flush=True,
            )
    return 0


def train_cnnx(
    args: argparse.Namespace,
    x: np.ndarray,
    y: np.ndarray,
    x_test: np.ndarray,
    y_test: np.ndarray,
) -> dict[str, float]:
    """Train with cnnx."""
    import cnnx  # noqa: PLC0415 - one library per process
    from cnnx import CNN, layers, models, optimizers  # noqa: PLC0415

    cnnx.set_num_threads(args.threads)
    network = models.simple_cnn(x.shape[1:], filters=FILTERS, batch_norm=True, dropout=DROPOUT)
    optimizer = optimizers.AdamW(PEAK, weight_decay=DECAY)
    parts = [layers.Rescale(1 / 255), *network]
    model = CNN(parts, x.shape[1:], optimizer=optimizer, seed=args.seed)
    begin = time.perf_counter()
    model.train(
        x,
        y,
        epochs=args.epochs,
        batch_size=BATCH,
        schedule="one-cycle",
        augment=["flip"],
        verbose=0,
    )
    seconds = time.perf_counter() - begin
    return {"seconds": seconds, "accuracy": model.evaluate(x_test, y_test)["accuracy"]}


def train_torch(
    args: argparse.Namespace,
    x: np.ndarray,
    y: np.ndarray,
    x_test: np.ndarray,
    y_test: np.ndarray,
) -> dict[str, float]:
    """Train with PyTorch; images are converted and flipped batch by batch, as tensors."""
    torch: Any = import_module("torch")  # one library per process
    nn: Any = torch.nn
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    layout = torch.channels_last if args.side == "torch_cl" else torch.contiguous_format
    parts: list[Any] = []
    channels = 1
    for filters in FILTERS:
        parts += [
            nn.Conv2d(channels, filters, 3, padding=1, bias=False),
            *(nn.BatchNorm2d(filters), nn.ReLU(), nn.MaxPool2d(2)),
        ]
        channels = filters
    parts += [nn.Flatten(), nn.Dropout(DROPOUT), nn.Linear(channels * 49, 10)]
    model = nn.Sequential(*parts).to(memory_format=layout)
    optimizer = torch.optim.AdamW(model.parameters(), lr=PEAK, weight_decay=DECAY)
    images, labels = torch.from_numpy(x), torch.from_numpy(y)
    steps = math.ceil(len(x) / BATCH)
    total = steps * args.epochs

    def factor(step: int) -> float:
        """Return the factor of cnnx.schedules.OneCycle."""
        rise = 0.3 * total
        low, part = (
            (1 / 25, step / rise) if step < rise else (1e-4, (total - step) / (total - rise))
        )
        return low + (1 - low) * (1 - math.cos(math.pi * part)) / 2

    def prepare(rows: Any) -> Any:
        return (images[rows].float() / 255).to(memory_format=layout)

    begin = time.perf_counter()
    model.train()
    for epoch in range(args.epochs):
        order = torch.randperm(len(x))
        for number, rows in enumerate(order.split(BATCH)):
            for group in optimizer.param_groups:
                group["lr"] = PEAK * factor(epoch * steps + number)
            batch = prepare(rows)
            flipped = torch.rand(len(rows)) < 0.5
            batch[flipped] = batch[flipped].flip(3)
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(batch), labels[rows]).backward()
            optimizer.step()
    seconds = time.perf_counter() - begin
    model.eval()
    with torch.no_grad():
        outputs = model(torch.from_numpy(x_test).float() / 255)
    right = outputs.argmax(1) == torch.from_numpy(y_test)
    return {"seconds": seconds, "accuracy": right.float().mean().item()}


if __name__ == "__main__":
    sys.exit(main())
