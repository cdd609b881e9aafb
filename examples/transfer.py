"""Transfer learning: reuse convolutions for new classes with few images.

python examples/transfer.py

Trains a network on five classes of Fashion-MNIST. Its convolutions are then frozen and a new last
layer is trained on the other five classes, with five images each. For comparison, a network with
random weights is trained on the same images.
"""

from __future__ import annotations

import _run
import numpy as np

from cnnx import CNN, datasets, layers, models, optimizers

ARGS = _run.arguments("Transfer to other classes", epochs=2, seeds=(0,))
(X, Y), (X_TEST, Y_TEST) = datasets.fashion_mnist()
KNOWN = (0, 1, 2, 3, 4)
FEW = 5


def network(seed: int) -> CNN:
    """Return a network for five classes."""
    return CNN(
        [layers.Rescale(1 / 255), *models.simple_cnn((1, 28, 28), 5, batch_norm=True, dropout=0.2)],
        input_shape=(1, 28, 28),
        optimizer=optimizers.AdamW(0.002),
        seed=seed,
    )


def train(seed: int) -> tuple[CNN, float]:
    """Train on the known classes, then on a few images of the others."""
    known = np.isin(Y, KNOWN)
    before = network(seed)
    before.train(
        X[known], Y[known], epochs=ARGS.epochs, batch_size=64, verbose=0 if ARGS.quiet else "auto"
    )

    rows = np.concatenate([np.flatnonzero(label == Y)[:FEW] for label in range(5, 10)])
    few = X[rows], Y[rows] - 5
    others = Y_TEST >= 5
    test = X_TEST[others], Y_TEST[others] - 5

    model = network(seed + 1000)
    all_but_the_last = range(len(model.layers) - 1)
    model.transfer(before, layers=all_but_the_last)
    model.freeze(all_but_the_last)  # the statistics of batch normalisation stay, too
    model.train(*few, epochs=30, batch_size=20, schedule="cosine", verbose=0)

    scratch = network(seed + 1000)
    scratch.train(*few, epochs=30, batch_size=20, schedule="cosine", verbose=0)
    print(f"seed {seed}: {scratch.evaluate(*test)['accuracy']:.2%} from scratch")
    return model, model.evaluate(*test)["accuracy"]


if __name__ == "__main__":
    _run.report(ARGS.seeds, train)
