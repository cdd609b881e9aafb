"""Train two convolutions with fewer than 100,000 parameters on Fashion-MNIST: over 92.5 %.

python examples/fashion_mnist_two_convolutions.py

Uses batch normalisation, dropout, horizontal flips, a one-cycle schedule, and a moving average of
the weights, which is used for evaluation.
"""

from __future__ import annotations

import _run

from cnnx import CNN, datasets, layers, models, optimizers

ARGS = _run.arguments("Two convolutions on Fashion-MNIST", epochs=24, seeds=(0, 1, 2))
(X, Y), TEST = datasets.fashion_mnist()


def train(seed: int) -> tuple[CNN, float]:
    """Train from one seed."""
    network = models.simple_cnn((1, 28, 28), 10, filters=(48, 96), batch_norm=True, dropout=0.4)
    model = CNN(
        [layers.Rescale(1 / 255), *network],
        input_shape=(1, 28, 28),
        optimizer=optimizers.AdamW(0.003, weight_decay=0.02, ema=0.999, decay_weights_only=True),
        seed=seed,
    )
    model.train(
        X,
        Y,
        epochs=ARGS.epochs,
        batch_size=128,
        validation_data=TEST,
        schedule="one-cycle",
        augment=["flip"],
        verbose=0 if ARGS.quiet else "auto",
    )
    with model.averaged_weights():
        return model, model.evaluate(*TEST)["accuracy"]


if __name__ == "__main__":
    _run.report(ARGS.seeds, train)
