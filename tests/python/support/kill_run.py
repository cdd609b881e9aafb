"""A short run with everything that has to be remembered, for ``test_kill.py``.

``python support/kill_run.py FOLDER OPTIMIZER THREADS`` trains, or resumes, and prints "ready" when
it begins and the hash of the result when it ends.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cnnx
from cnnx import CNN, augment, layers
from cnnx.callbacks import CSVLogger, EarlyStopping, ReduceOnPlateau

sys.path.insert(0, str(Path(__file__).parents[1]))
from support.checks import hash_arrays
from support.rows import OPTIMIZERS


def main() -> None:
    folder, kind, threads = sys.argv[1:]
    cnnx.set_num_threads(int(threads))
    (x, y), _ = cnnx.datasets.digits()
    model = CNN(
        [
            layers.Conv2D(4, 3, padding="same", activation="relu"),
            layers.BatchNorm(),
            layers.MaxPool2D(2),
            layers.Flatten(),
            layers.Dropout(0.2),
            layers.Dense(10, activation="softmax"),
        ],
        (1, 8, 8),
        optimizer=OPTIMIZERS[kind][0],
        seed=3,
    )
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    history = model.train(
        x[:160],
        y[:160],
        epochs=3,
        batch_size=16,
        validation_split=0.2,
        verbose=0,
        schedule="one-cycle",
        augment=[augment.RandomCrop(padding=1), augment.HorizontalFlip(p=0.5)],
        callbacks=[
            EarlyStopping("val_loss", 3, restore_best=True),
            ReduceOnPlateau("val_loss", patience=1),
            CSVLogger(Path(folder) / "log.csv"),
        ],
        checkpoint=folder,
        every=1,
    )
    found = [hash_arrays(model.state_dict()), hash_arrays(model._network.engine.optimizer_state())]
    found += [repr(history.history), (Path(folder) / "log.csv").read_text()]
    sys.stdout.write(f"{found!r}\n")


if __name__ == "__main__":
    main()
