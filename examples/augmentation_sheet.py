"""Preview data augmentation on images of Fashion-MNIST.

python examples/augmentation_sheet.py [sheet.png]

Writes an image with one row per augmentation: the original in the first column, followed by its
augmented versions in six epochs. Requires Pillow: pip install "cnnx[images]".
"""

from __future__ import annotations

import argparse

import numpy as np
from PIL import Image

from cnnx import augment, datasets

ROWS: list[list[augment.Augmentation]] = [
    [augment.RandomCrop(4)],
    [augment.HorizontalFlip()],
    [augment.Shift(0.2)],
    [augment.Rotation(20)],
    [augment.Scale(0.7, 1.3)],
    [augment.Erase(1.0)],
    [augment.Brightness(0.5)],
    [augment.Contrast(0.5)],
    [augment.MixUp(1.0)],
    [augment.CutMix(1.0)],
    [augment.RandomCrop(2), augment.HorizontalFlip(), augment.Rotation(10), augment.Erase(0.5)],
]
EPOCHS = 6
ENLARGED = 3


def main() -> None:
    """Write the image."""
    parser = argparse.ArgumentParser(description="Preview data augmentation")
    parser.add_argument("out", nargs="?", default="sheet.png")
    args = parser.parse_args()
    (x, _), _ = datasets.fashion_mnist()
    batch = x[: len(ROWS)]  # mixing takes its partners from the batch
    lines = []
    for row, steps in enumerate(ROWS):
        seen = [augment.apply(batch, steps, seed=0, epoch=epoch)[row, 0] for epoch in range(EPOCHS)]
        lines.append(np.concatenate([batch[row, 0], *seen], axis=1))
        names = ", ".join(type(step).__name__ for step in steps)
        print(f"row {row + 1}: {names}")
    sheet = np.clip(np.concatenate(lines), 0, 255).round().astype(np.uint8)
    Image.fromarray(np.kron(sheet, np.ones((ENLARGED, ENLARGED), np.uint8))).save(args.out)
    print(f"saved {args.out}")


if __name__ == "__main__":
    main()
