"""The table of layers: shapes, parameters and work, with totals."""

from __future__ import annotations

import pytest

from cnnx import CNN, layers
from support.small import small_model

EXPECTED = """\
   Layer            Output shape  Parameters  FLOPs
---------------------------------------------------
   Input            1 x 6 x 6              0      0
0  Conv2D 3x3 relu  4 x 6 x 6             40  {conv}
1  MaxPool2D 2x2    4 x 3 x 3              0  {pool}
2  Flatten          36                     0      0
3  Dense softmax    3                    111  {dense}
---------------------------------------------------
   Total                                 151  {total}"""


def test_table(capsys: pytest.CaptureFixture[str]) -> None:
    text = small_model().summary()
    assert capsys.readouterr().out == text + "\n"
    flops = [info["flops"] for info in small_model()._network.engine.layer_info()]
    assert 2 * 9 * 4 * 36 <= flops[0] <= 2 * 9 * 4 * 36 + 3 * 4 * 36  # with bias, activation
    assert 2 * 36 * 3 <= flops[3] <= 2 * 36 * 3 + 12 * 3
    assert text == EXPECTED.format(
        conv=f"{flops[0]:>5,}", pool=f"{flops[1]:>5,}", dense=f"{flops[3]:>5,}",
        total=f"{sum(flops):>5,}",
    )  # fmt: skip


def test_other_ways_to_print(capsys: pytest.CaptureFixture[str]) -> None:
    lines: list[str] = []
    text = small_model().summary(print_fn=lines.append)
    assert lines == [text]
    assert small_model().summary(print_fn=None) == text
    assert capsys.readouterr().out == ""


def test_columns_are_as_wide_as_their_numbers() -> None:
    model = CNN([layers.Flatten(), layers.Dense(2000, activation="relu")], (3, 32, 32))
    lines = model.summary(print_fn=None).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert "6,146,000" in lines[-1]
