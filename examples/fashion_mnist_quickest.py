"""The quickest way to 92 % on Fashion-MNIST: two normalised convolutions, twelve epochs.

python examples/fashion_mnist_quickest.py

``python benchmarks/fashion_race.py`` trains the same network by the same recipe with PyTorch too.
"""

from __future__ import annotations

import _run

from cnnx import CNN, datasets, layers, optimizers

ARGS = _run.arguments("The quickest way to 92 % on Fashion-MNIST", epochs=12, seeds=(0, 1, 2))
(X, Y), TEST = datasets.fashion_mnist()


def convolution(filters: int) -> list[layers.Layer]:
    """Make a convolution with its normalisation and its pool."""
    return [
        layers.Conv2D(filters, 3, padding="same", use_bias=False),
        layers.BatchNorm(activation="relu"),
        layers.MaxPool2D(2),
    ]


def train(seed: int) -> tuple[CNN, float]:
    """Train from one seed."""
    model = CNN(
        [
            layers.Rescale(1 / 255),
            *convolution(32),
            *convolution(64),
            layers.Flatten(),
            layers.Dropout(0.4),
            layers.Dense(10, activation="softmax"),
        ],
        input_shape=(1, 28, 28),
        optimizer=optimizers.AdamW(0.004, weight_decay=0.02),
        seed=seed,
    )
    model.train(
        X,
        Y,
        epochs=ARGS.epochs,
        batch_size=128,
        schedule="one-cycle",
        augment=["flip"],
        verbose=0 if ARGS.quiet else "auto",
    )
    return model, model.evaluate(*TEST)["accuracy"]


if __name__ == "__main__":
    _run.report(ARGS.seeds, train)
