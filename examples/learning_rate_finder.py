"""Find a learning rate, then train with it.

python examples/learning_rate_finder.py

`check` first looks for problems in the data and the network. `find_learning_rate` then trains a
copy of the network with an increasing learning rate, and suggests the rate at which the loss
decreases fastest.
"""

from __future__ import annotations

import _run

from cnnx import CNN, datasets, layers, models, optimizers

ARGS = _run.arguments("Find a learning rate for Fashion-MNIST", epochs=2, seeds=(0,))
(X, Y), TEST = datasets.fashion_mnist()


def train(seed: int) -> tuple[CNN, float]:
    """Check the data, find a learning rate, and train."""
    model = CNN(
        [layers.Rescale(1 / 255), *models.simple_cnn((1, 28, 28), dropout=0.2)],
        input_shape=(1, 28, 28),
        optimizer=optimizers.SGD(0.01, momentum=0.9),
        seed=seed,
    )
    print(model.check(X[:4096], Y[:4096]))
    found = model.find_learning_rate(X, Y, batch_size=64)
    for rate, loss in list(zip(found.lrs, found.smoothed, strict=True))[::8]:
        print(f"{rate:8.2g} {loss:7.3f} {'#' * round(20 * min(loss, 3.4))}")
    print(found)
    model.learning_rate = 5 * (found.suggestion or 0.002)  # the peak of a cycle may be higher
    model.train(
        X,
        Y,
        epochs=ARGS.epochs,
        batch_size=64,
        schedule="one-cycle",
        verbose=0 if ARGS.quiet else "auto",
    )
    return model, model.evaluate(*TEST)["accuracy"]


if __name__ == "__main__":
    _run.report(ARGS.seeds, train)
