"""Classify handwritten digits of 8x8 pixels: over 99 % test accuracy in two seconds.

python examples/digits.py

Uses batch normalisation, random shifts, rotations and scaling, and a one-cycle schedule.
``cnnx train digits`` uses the same recipe, but holds out a tenth of the images for validation.
"""

from __future__ import annotations

import _run

from cnnx import CNN, datasets, layers, losses, optimizers

ARGS = _run.arguments("Digits", epochs=12, seeds=(0,))
(X, Y), TEST = datasets.digits()


def convolution(filters: int) -> list[layers.Layer]:
    """Return a convolution followed by batch normalisation."""
    return [
        layers.Conv2D(filters, 3, padding="same", use_bias=False),
        layers.BatchNorm(activation="relu"),
    ]


def train(seed: int) -> tuple[CNN, float]:
    """Train from one seed."""
    model = CNN(
        [
            *convolution(32),
            *convolution(32),
            layers.MaxPool2D(2),
            *convolution(64),
            *convolution(64),
            layers.MaxPool2D(2),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(10, activation="softmax"),
        ],
        input_shape=(1, 8, 8),
        loss=losses.CrossEntropy(label_smoothing=0.05),
        optimizer=optimizers.AdamW(0.01, weight_decay=0.05),
        seed=seed,
    )
    model.train(
        X,
        Y,
        epochs=ARGS.epochs,
        batch_size=32,
        schedule="one-cycle",
        augment=["shift", "rotate", "scale"],
        verbose=0 if ARGS.quiet else "auto",
    )
    return model, model.evaluate(*TEST)["accuracy"]


if __name__ == "__main__":
    _run.report(ARGS.seeds, train)
