"""Several threads use one model at once."""

from __future__ import annotations

import threading
from collections.abc import Callable

from support.small import small_data, small_model


def at_once(count: int, work: Callable[[int], None]) -> None:
    """Run something in several threads that start together; raise what the first to fail raised."""
    barrier = threading.Barrier(count)
    failed: list[BaseException] = []

    def run(i: int) -> None:
        barrier.wait()
        try:
            work(i)
        except BaseException as error:  # noqa: BLE001 - raised again below
            failed.append(error)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    if failed:
        raise failed[0]


def test_predictions_at_once_are_those_of_one_thread() -> None:
    x, y = small_data(60)
    model = small_model()
    model.train(x, y, epochs=2, verbose=0)
    expected, scores = model.predict(x), model.evaluate(x, y)

    def work(i: int) -> None:
        for _ in range(20):
            part = slice(5 * i, 5 * i + 20)
            assert model.predict(x[part]).tobytes() == expected[part].tobytes()
            assert model.evaluate(x, y) == scores

    at_once(6, work)


def test_predictions_beside_training_see_whole_steps() -> None:
    """Each prediction is that of the weights between two steps of training."""
    x, y = small_data(32)
    model, twin = small_model(), small_model()
    allowed = {twin.predict(x).tobytes()}
    for _ in range(30):
        twin.train_batch(x, y)
        allowed.add(twin.predict(x).tobytes())

    def work(i: int) -> None:
        for _ in range(30):
            if i == 0:
                model.train_batch(x, y)
            else:
                assert model.predict(x).tobytes() in allowed

    at_once(4, work)
    assert model.predict(x).tobytes() == twin.predict(x).tobytes()
