"""Train ResNet-20 on Fashion-MNIST: over 94 % test accuracy in minutes.

python examples/fashion_mnist_resnet20.py

Uses a one-cycle schedule, Nesterov momentum, weight decay except on biases and normalisation, label
smoothing, and augmentation by crops, flips and random erasing (Zhong et al., 2017).
"""

from __future__ import annotations

import _run

from cnnx import CNN, augment, datasets, layers, losses, models, optimizers

ARGS = _run.arguments("ResNet-20 on Fashion-MNIST", epochs=20, seeds=(0, 1))
(X, Y), TEST = datasets.fashion_mnist()


def train(seed: int) -> tuple[CNN, float]:
    """Train from one seed."""
    model = CNN(
        [layers.Rescale(1 / 255), *models.resnet20((1, 28, 28), 10)],
        input_shape=(1, 28, 28),
        loss=losses.CrossEntropy(label_smoothing=0.1),
        optimizer=optimizers.SGD(
            0.2, momentum=0.9, nesterov=True, weight_decay=5e-4, decay_weights_only=True
        ),
        seed=seed,
    )
    model.train(
        X,
        Y,
        epochs=ARGS.epochs,
        batch_size=128,
        validation_data=TEST,
        schedule="one-cycle",
        augment=[augment.RandomCrop(2), augment.HorizontalFlip(), augment.Erase(p=0.25)],
        verbose=0 if ARGS.quiet else "auto",
    )
    return model, model.evaluate(*TEST)["accuracy"]


if __name__ == "__main__":
    _run.report(ARGS.seeds, train)
