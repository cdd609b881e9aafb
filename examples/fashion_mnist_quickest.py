"""Reach 92 % on Fashion-MNIST as fast as possible.

python examples/fashion_mnist_quickest.py

Trains two convolutions with batch normalisation for twelve epochs.
``python benchmarks/fashion_race.py`` compares the training time with that of PyTorch.
"""

from __future__ import annotations

import _run

from cnnx import CNN, datasets, layers, models, optimizers

ARGS = _run.arguments("Reach 92 % on Fashion-MNIST fast", epochs=12, seeds=(0, 1, 2))
(X, Y), TEST = datasets.fashion_mnist()


def train(seed: int) -> tuple[CNN, float]:
    """Train from one seed."""
    network = models.simple_cnn((1, 28, 28), 10, filters=(32, 64), batch_norm=True, dropout=0.4)
    model = CNN(
        [layers.Rescale(1 / 255), *network],
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
