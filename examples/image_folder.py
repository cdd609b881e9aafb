"""Train on a folder of images, with one sub-folder of PNG files per class.

python examples/image_folder.py [FOLDER]

Without FOLDER, the digits are first written to a temporary folder. A background thread reads files
during training, so they need not fit into memory. Requires Pillow: pip install "cnnx[images]".
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from PIL import Image

from cnnx import CNN, augment, datasets, layers, models, optimizers
from cnnx.data import ImageFolder


def write_digits(folder: Path) -> None:
    """Save the training images as folder/CLASS/NUMBER.png."""
    (x, y), _ = datasets.digits()
    for number, (image, label) in enumerate(zip((x[:, 0] * 255).round(), y, strict=True)):
        (folder / str(label)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image.astype("uint8")).save(folder / str(label) / f"{number:04}.png")


def train(path: Path, epochs: int, seed: int) -> None:
    """Train on four fifths of the images of each class and validate on the rest."""
    folder = ImageFolder(path, size=(16, 16), channels=1, validation_split=0.2, seed=seed)
    print(f"{len(folder.train)} images for training, {len(folder.validation)} for validation")
    print(f"classes: {', '.join(folder.classes)}")
    model = CNN(
        [
            layers.Rescale(1 / 255),
            *models.simple_cnn(folder.input_shape, len(folder.classes), batch_norm=True),
        ],
        input_shape=folder.input_shape,
        optimizer=optimizers.AdamW(0.005),
        seed=seed,
    )
    history = model.train(
        folder.train,
        epochs=epochs,
        validation_data=folder.validation,
        schedule="one-cycle",
        augment=[augment.RandomCrop(1), augment.Rotation(10)],
    )
    print(f"validation accuracy {history.history['val_accuracy'][-1]:.2%}")


def main() -> None:
    """Train on the folder given on the command line, or on the digits."""
    parser = argparse.ArgumentParser(description="Train on a folder of images")
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    if args.folder is not None:
        train(args.folder, args.epochs, args.seed)
        return
    with tempfile.TemporaryDirectory() as made:
        write_digits(Path(made))
        train(Path(made), args.epochs, args.seed)


if __name__ == "__main__":
    main()
