"""The predefined networks: their sizes, shapes, errors, and that they train."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cnnx import CNN, ConfigError, ShapeError, models
from cnnx.layers import BatchNorm, Rescale
from cnnx.optimizers import SGD
from support.checks import assert_close


def learned(model: CNN) -> int:
    """The number of parameters that are learned."""
    state = model.state_dict()
    return sum(value.size for name, value in state.items() if "running" not in name)


PARAMETERS: list[tuple[str, tuple[int, ...], int, dict[str, Any], int]] = [
    ("lenet5", (1, 28, 28), 10, {}, 61_706),  # the count of its usual form
    ("simple_cnn", (1, 28, 28), 10, {}, 34_826),  # Keras' "Simple MNIST convnet"
    ("vgg_small", (3, 32, 32), 10, {}, 2_197_706),
    ("vgg_small", (3, 32, 32), 10, {"batch_norm": False}, 2_196_810),
    ("resnet20", (3, 32, 32), 10, {}, 272_474),  # the paper's table: 0.27 million
    ("mobilenet_small", (3, 32, 32), 10, {}, 215_642),
    ("mobilenet_small", (3, 32, 32), 1000, {}, 470_072),  # Keras' MobileNet(alpha=0.25)
]


@pytest.mark.parametrize(("name", "shape", "classes", "options", "expected"), PARAMETERS, ids=str)
def test_parameter_counts(
    name: str, shape: tuple[int, ...], classes: int, options: dict[str, Any], expected: int
) -> None:
    layers = models.REGISTRY[name](shape, classes, **options)
    model = CNN(layers, shape)
    assert learned(model) == expected
    assert model.output_shape == (classes,)


def test_defaults_are_the_documented_ones() -> None:
    for name, shape, classes, options, expected in PARAMETERS:
        if options or classes != 10:
            continue
        make = models.REGISTRY[name]
        assert make() == make(shape, classes)
        assert f"{expected:,} parameters" in (make.__doc__ or "")


@pytest.mark.parametrize("name", models.REGISTRY)
def test_the_registry_names_public_functions(name: str) -> None:
    assert models.REGISTRY[name] is getattr(models, name)
    assert name in models.__all__


SMALLEST = {
    "lenet5": (14, 14),
    "simple_cnn": (10, 10),
    "vgg_small": (8, 8),
    "resnet20": (8, 8),
    "mobilenet_small": (16, 16),
}


@pytest.mark.parametrize("name", models.REGISTRY)
def test_the_smallest_images_train_a_step(name: str) -> None:
    """One step changes every learned parameter, and bytes may come in through a `Rescale`."""
    shape = (2, *SMALLEST[name])
    layers = [Rescale(1 / 255), *models.REGISTRY[name](shape, 3)]
    model = CNN(layers, shape, optimizer=SGD(0.05), seed=1)
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (6, *shape), np.uint8)
    y = np.array([0, 1, 2, 0, 1, 2])
    before = model.state_dict()
    loss, _ = model.train_batch(x, y)
    assert np.isfinite(loss)
    after = model.state_dict()
    # A filter whose outputs are all below zero learns nothing: a tensor counts, not an element.
    assert [name for name in before if np.array_equal(before[name], after[name])] == []
    p = model.predict(x)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("name", models.REGISTRY)
def test_smaller_images_are_refused(name: str) -> None:
    height, width = SMALLEST[name]
    for shape in ((1, height - 1, width), (1, height, width - 1)):
        with pytest.raises(ShapeError) as caught:
            models.REGISTRY[name](shape, 10)
        for part in (name, f"at least {height}x{width}", f"got {shape[1]}x{shape[2]}", "enlarge"):
            assert part in str(caught.value)
    with pytest.raises(ShapeError, match=r"\(channels, height, width\), got \(784,\)"):
        models.REGISTRY[name]((784,), 10)


any_: Any = models


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: any_.lenet5(classes=1), ConfigError, "lenet5: classes must be at least 2, got 1"),
        (lambda: any_.resnet20(classes=2.0), TypeError, "resnet20: classes must be an integer"),
        (lambda: any_.resnet20((3, 0, 32)), ShapeError, "input_shape[1] must be at least 1"),
        (lambda: any_.lenet5(activation="rleu"), ConfigError, 'did you mean "relu"?'),
        (lambda: any_.vgg_small(batch_norm=1), TypeError, "batch_norm must be True or False"),
        (lambda: any_.vgg_small(dropout=1.0), ConfigError, "rate must be"),
        (lambda: any_.simple_cnn(filters=[]), ConfigError, "simple_cnn: filters must be a list"),
        (lambda: any_.simple_cnn(filters=8), ConfigError, "simple_cnn: filters must be a list"),
        (lambda: any_.simple_cnn(filters=[8, 0]), ConfigError, "filters must be at least 1, got 0"),
        (lambda: any_.simple_cnn(batch_norm=0), TypeError, "batch_norm must be True or False"),
        (lambda: any_.mobilenet_small(width=0), ConfigError, "width must be greater than 0"),
        (lambda: any_.mobilenet_small(width="1"), TypeError, "mobilenet_small: width must be"),
    ],
)
def test_unusable_arguments(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        make()
    assert message in str(caught.value)


def test_arguments() -> None:
    assert len(models.simple_cnn(filters=(8, 16, 32), input_shape=(1, 32, 32))) == 9
    with_norm = models.simple_cnn((1, 4, 4), batch_norm=True)
    assert sum(isinstance(layer, BatchNorm) for layer in with_norm) == 2
    CNN(with_norm, (1, 4, 4))
    wide = CNN(models.mobilenet_small(width=0.5), (3, 32, 32))
    assert learned(wide) > 3 * learned(CNN(models.mobilenet_small(), (3, 32, 32)))


@pytest.mark.parametrize(
    ("filters", "batch_norm", "least"),
    [((8,), False, 4), ((8, 16, 32), False, 22), ((4,) * 5, False, 94), ((8, 16, 32), True, 8)],
)
def test_more_filters_need_larger_images(
    filters: tuple[int, ...], batch_norm: bool, least: int
) -> None:
    for side in range(least, least + 5):
        shape = (1, side, side)
        CNN(models.simple_cnn(shape, 3, filters=filters, batch_norm=batch_norm), shape)
    with pytest.raises(ShapeError, match=f"simple_cnn: images must have at least {least}x{least}"):
        models.simple_cnn((1, least, least - 1), 3, filters=filters, batch_norm=batch_norm)


def _torch_resnet20(torch: Any) -> Any:
    """The paper's network with normalised projections; modules have the names of the layers."""
    nn = torch.nn

    class Block(nn.Module):  # type: ignore[misc]
        def __init__(self, before: int, after: int, stride: int) -> None:
            super().__init__()
            self.branch = nn.Sequential(
                nn.Conv2d(before, after, 3, stride, 1, bias=False),
                nn.BatchNorm2d(after),
                nn.Conv2d(after, after, 3, 1, 1, bias=False),
                nn.BatchNorm2d(after),
            )
            self.shortcut = nn.Sequential()
            if stride > 1:
                self.shortcut = nn.Sequential(
                    nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after)
                )

        def forward(self, x: Any) -> Any:
            y = self.branch[1](self.branch[0](x)).relu()
            return (self.branch[3](self.branch[2](y)) + self.shortcut(x)).relu()

    blocks: list[Any] = []
    before = 16
    for after in (16, 32, 64):
        for number in range(3):
            blocks.append(Block(before, after, 2 if number == 0 and after > 16 else 1))
            before = after
    return nn.Sequential(nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), *blocks)


@pytest.mark.torch
@pytest.mark.filterwarnings("default")
def test_resnet20_is_pytorchs() -> None:
    """The weights go over by name; trained and evaluated, both networks give the same."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    body, head = _torch_resnet20(torch), torch.nn.Linear(64, 10)

    assert sum(p.numel() for m in (body, head) for p in m.parameters()) == 272_474
    for module in body.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.running_mean, -0.5, 0.5)
            torch.nn.init.uniform_(module.running_var, 0.5, 2.0)
    body, head = body.double(), head.double()
    model = CNN(models.resnet20(), (3, 32, 32), dtype="float64", optimizer=SGD(0.1))
    numbers = {name.split(".")[0] for name in model.state_dict()}
    last = max(numbers, key=int)
    state = {k: v.numpy() for k, v in body.state_dict().items() if "num_batches" not in k}
    state |= {f"{last}.{name}": value.numpy() for name, value in head.state_dict().items()}
    assert set(state) == set(model.state_dict())
    model.load_state_dict(state)

    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((4, 3, 32, 32)), rng.integers(0, 10, 4)

    def outputs() -> Any:
        first = body[:2](torch.from_numpy(x)).relu()
        return head(body[2:](first).mean(dim=(2, 3)))

    body.eval()
    expected = outputs().softmax(dim=1).detach().numpy()
    assert_close(model.predict(x), expected, 1e-11, "outputs")
    body.train()
    loss = torch.nn.functional.cross_entropy(outputs(), torch.from_numpy(y))
    loss.backward()
    total, _, grads = model._network.engine.gradients(x, y)
    assert total / 4 == pytest.approx(loss.item(), rel=1e-11)
    for name, value in body.named_parameters():
        assert_close(grads[name], value.grad.numpy(), 1e-9, name)
