"""A custom training loop with augmentation, a schedule and averaged weights.

python examples/own_loop.py

`CNN.train` does all of this; a custom loop can be changed at any step.
"""

from __future__ import annotations

import _run
import numpy as np

from cnnx import CNN, augment, datasets, layers, optimizers, schedules

ARGS = _run.arguments("A training loop written by hand", epochs=12, seeds=(0,))
(X, Y), TEST = datasets.digits()
PEAK = 0.005
SIZE = 32
STEPS = [augment.Shift(0.1), augment.Rotation(10)]


def train(seed: int) -> tuple[CNN, float]:
    """Train from one seed."""
    model = CNN(
        [
            layers.Conv2D(32, 3, padding="same", use_bias=False),
            layers.BatchNorm(activation="relu"),
            layers.MaxPool2D(2),
            layers.Conv2D(64, 3, padding="same", use_bias=False),
            layers.BatchNorm(activation="relu"),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ],
        input_shape=(1, 8, 8),
        optimizer=optimizers.AdamW(PEAK, weight_decay=0.05, ema=0.98),
        seed=seed,
    )
    schedule = schedules.OneCycle()
    order = np.random.default_rng(seed)
    epoch_steps = -(-len(X) // SIZE)
    step = 0
    for epoch in range(ARGS.epochs):
        rows = order.permutation(len(X))
        losses = []
        for start in range(0, len(X), SIZE):
            batch = rows[start : start + SIZE]
            images = augment.apply(X[batch], STEPS, seed=seed, epoch=epoch, first_row=start)
            model.learning_rate = PEAK * schedule(step, ARGS.epochs * epoch_steps, epoch_steps)
            loss, _ = model.train_batch(images, Y[batch])
            losses.append(loss)
            step += 1
        if not ARGS.quiet:
            with model.averaged_weights():
                accuracy = model.evaluate(*TEST)["accuracy"]
            print(f"epoch {epoch + 1}: loss {np.mean(losses):.4f}, averaged {accuracy:.2%}")
    with model.averaged_weights():
        return model, model.evaluate(*TEST)["accuracy"]


if __name__ == "__main__":
    _run.report(ARGS.seeds, train)
