"""State transfers: with the same weights PyTorch gives the same outputs, gradients and steps.

Run with ``pytest -m torch`` where PyTorch is installed; the default run leaves these tests out.
In float64 the two agree to a few parts in 1e12; in float32 to its rounding, which ten steps
amplify a little.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from cnnx import CNN, _core, ops
from cnnx.layers import (
    ACTIVATIONS,
    Activation,
    AvgPool2D,
    Conv2D,
    Dense,
    Flatten,
    GlobalAvgPool2D,
    GlobalMaxPool2D,
    Layer,
    MaxPool2D,
    UpSample2D,
    ZeroPad2D,
)
from cnnx.losses import Loss
from cnnx.optimizers import SGD, Optimizer
from support.checks import SGD as PLAIN_SGD
from support.checks import assert_close
from support.rows import DRAWN, LAYERS, LOSSES, NETWORKS, OPTIMIZERS, Row, dicts, kinds
from support.torch_peer import Peer

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("default")]

Array = npt.NDArray[Any]

TOLERANCE = {"float32": 2e-5, "float64": 1e-12}
DTYPES = ["float32", "float64"]


@pytest.fixture(scope="module")
def torch() -> Any:
    import torch as module

    module.set_num_threads(1)
    return module


def _data(row: Row, dtype: str, count: int = 9) -> tuple[Array, Array]:
    rng = np.random.default_rng(1)
    x = rng.standard_normal((count, *row.input_shape)).astype(dtype)
    return x, rng.integers(0, 4, count)


def _check_network(torch: Any, row: Row, dtype: str, exact: bool = False) -> None:
    torch.manual_seed(0)
    peer = Peer(torch, row, dtype)
    x, y = _data(row, dtype)
    kind = "Network32" if dtype == "float32" else "Network64"
    network = getattr(_core, kind)(
        dicts(row), row.input_shape, {"kind": "cross_entropy"}, PLAIN_SGD, 0, exact
    )
    assert set(network.parameter_names()) == set(peer.state())
    for name, value in peer.state().items():
        network.set_parameter(name, value)
    assert_close(network.predict(x), peer.predict(x), TOLERANCE[dtype], "outputs")
    loss = peer.loss(x, y)
    loss.backward()
    total, _, grads = network.gradients(x, y)
    assert total / len(x) == pytest.approx(loss.item(), rel=10 * TOLERANCE[dtype])
    assert_close(grads["input"], peer.inputs.grad.numpy(), TOLERANCE[dtype], "input")
    for name, value in peer.modules.named_parameters():
        assert_close(grads[name], value.grad.numpy(), TOLERANCE[dtype], name)


COMPARABLE = [name for name, row in NETWORKS.items() if not kinds(row) & DRAWN]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", COMPARABLE)
def test_networks(torch: Any, isa: str, name: str, dtype: str) -> None:
    for exact in (False, True):
        _check_network(torch, NETWORKS[name], dtype, exact)


CONVOLUTIONS = [
    Conv2D(8, 3),
    Conv2D(8, 3, padding="same"),
    Conv2D(8, 4, padding="same", stride=3),
    Conv2D(8, 3, stride=2, padding=1),
    Conv2D(8, (5, 2), stride=(1, 3), padding=(4, 0)),
    Conv2D(8, 3, dilation=2, padding=2),
    Conv2D(8, (3, 2), dilation=(1, 4), padding=(0, 3), stride=2),
    Conv2D(8, 3, groups=2, padding=1),
    Conv2D(12, 3, groups=4, stride=2, padding="same", use_bias=False),
    Conv2D(4, 7, groups=4, padding=3, dilation=(1, 2)),
    Conv2D(32, 1),
    Conv2D(3, 3, padding=5),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layer", CONVOLUTIONS, ids=repr)
def test_convolutions(torch: Any, isa: str, layer: Conv2D, dtype: str) -> None:
    row = Row((4, 13, 12), [layer, Flatten(), Dense(4)])
    _check_network(torch, row, dtype)


MAPS = [
    AvgPool2D(2),
    AvgPool2D(3, stride=1, padding=1),
    AvgPool2D((3, 2), stride=(2, 1), padding=(1, 1)),
    AvgPool2D(2, stride=3),
    AvgPool2D((13, 5), stride=4, padding=(6, 2)),
    UpSample2D(2),
    UpSample2D((3, 1)),
    UpSample2D(2, "bilinear"),
    UpSample2D((3, 4), "bilinear"),
    ZeroPad2D(((1, 2), (0, 3))),
    *(Activation(name) for name in ACTIVATIONS),
    Activation("elu", alpha=0.3),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layer", MAPS, ids=repr)
def test_layers_on_maps(torch: Any, isa: str, layer: Layer, dtype: str) -> None:
    row = Row((4, 13, 12), [Conv2D(21, 2), layer, Flatten(), Dense(4)])
    _check_network(torch, row, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layer", [GlobalAvgPool2D(), GlobalMaxPool2D()], ids=repr)
def test_global_pools(torch: Any, isa: str, layer: Layer, dtype: str) -> None:
    for channels in (3, 16, 70):
        row = Row((4, 13, 12), [Conv2D(channels, 2, activation="relu"), layer, Dense(4)])
        _check_network(torch, row, dtype)


BRANCHES = {
    f"{kind}-{index}": Row(row.input_shape, [*row.layers, Flatten(), Dense(4)])
    for kind in ("batch_norm", "depthwise_conv2d", "separable_conv2d", "residual", "concat")
    for index, row in enumerate(LAYERS[kind])
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", BRANCHES)
def test_branches_and_normalisations(torch: Any, isa: str, name: str, dtype: str) -> None:
    _check_network(torch, BRANCHES[name], dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["branches", "batch_norm-0", "batch_norm-4", "residual-3"])
def test_steps_and_running_averages(torch: Any, name: str, dtype: str) -> None:
    """Weights and averages after steps on batches of different sizes, and outputs under them."""
    row = NETWORKS[name] if name in NETWORKS else BRANCHES[name]
    torch.manual_seed(3)
    peer = Peer(torch, row, dtype)
    optimizer = SGD(0.05, momentum=0.9)
    model = CNN(row.layers, row.input_shape, optimizer=optimizer, dtype=dtype)
    model.load_state_dict(peer.state())
    updates = _torch_optimizer(torch, optimizer, peer.modules.parameters())
    for count in (16, 7, 30, 16):
        x, y = _data(row, dtype, count)
        updates.zero_grad()
        loss = peer.loss(x, y)
        loss.backward()
        updates.step()
        own, _ = model.train_batch(x, y)
        assert own == pytest.approx(loss.item(), rel=STEPS[dtype])
    for parameter, value in model.state_dict().items():
        assert_close(value, peer.state()[parameter], STEPS[dtype], parameter)
    x, _ = _data(row, dtype)
    model.load_state_dict(peer.state())
    assert_close(model.predict(x), peer.predict(x), TOLERANCE[dtype], "outputs")


def test_names_and_layouts_of_a_sequential_network(torch: Any) -> None:
    """A network with its activations as layers has the names of ``torch.nn.Sequential``."""
    nn = torch.nn
    torch.manual_seed(1)
    peer = nn.Sequential(
        nn.Conv2d(1, 6, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 64, 3, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3136, 10),
    )
    model = CNN(
        [
            Conv2D(6, 3, padding=1),
            Activation("relu"),
            MaxPool2D(2),
            Conv2D(64, 3, padding=1),
            Activation("relu"),
            Flatten(),
            Dense(10),
        ],
        (1, 14, 14),
    )
    state = {name: value.numpy() for name, value in peer.state_dict().items()}
    own = model.state_dict()
    assert {k: (v.shape, v.dtype) for k, v in own.items()} == {
        k: (v.shape, v.dtype) for k, v in state.items()
    }
    model.load_state_dict(state)
    x = np.random.default_rng(2).standard_normal((5, 1, 14, 14), np.float32)
    expected = peer(torch.from_numpy(x)).detach().numpy()
    assert_close(model.predict(x), expected, 1e-5, "outputs with PyTorch's weights")
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, state[name])

    peer.load_state_dict({name: torch.from_numpy(value) for name, value in own.items()})
    model.load_state_dict(own)
    expected = peer(torch.from_numpy(x)).detach().numpy()
    assert_close(model.predict(x), expected, 1e-5, "outputs with cnnx's weights")


def _torch_optimizer(torch: Any, optimizer: Optimizer, weights: Any) -> Any:
    o = optimizer.to_dict()
    if o["kind"] == "sgd":
        return torch.optim.SGD(
            weights,
            o["learning_rate"],
            momentum=o["momentum"],
            nesterov=o["nesterov"],
            weight_decay=o["weight_decay"],
        )
    if o["kind"] == "rmsprop":
        return torch.optim.RMSprop(
            weights,
            o["learning_rate"],
            alpha=o["rho"],
            eps=o["epsilon"],
            weight_decay=o["weight_decay"],
            momentum=o["momentum"],
        )
    if o["kind"] == "adagrad":
        return torch.optim.Adagrad(
            weights, o["learning_rate"], eps=o["epsilon"], weight_decay=o["weight_decay"]
        )
    which = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[o["kind"]]
    return which(
        weights,
        o["learning_rate"],
        betas=(o["beta_1"], o["beta_2"]),
        eps=o["epsilon"],
        weight_decay=o["weight_decay"],
    )


def _groups(optimizer: Optimizer, parameters: Any) -> Any:
    """The parameters as PyTorch takes them to decay weights only."""
    parameters = list(parameters)
    if not optimizer.decay_weights_only:
        return parameters
    return [
        {"params": [p for p in parameters if p.ndim > 1]},
        {"params": [p for p in parameters if p.ndim == 1], "weight_decay": 0.0},
    ]


STEPS = {
    "float64": 1e-9,
    # Adam divides by the gradient's own size, which makes a step of pure rounding out of a
    # gradient that is zero but for rounding: up to the learning rate, ten times.
    "float32": 2e-4,
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "optimizer",
    [o for kind, entries in OPTIMIZERS.items() if kind != "lion" for o in entries],  # it has none
    ids=repr,
)
def test_ten_steps_of_every_optimizer(torch: Any, optimizer: Optimizer, dtype: str) -> None:
    row = NETWORKS["lenet"]
    torch.manual_seed(2)
    peer = Peer(torch, row, dtype)
    model = CNN(row.layers, row.input_shape, optimizer=optimizer, dtype=dtype)
    model.load_state_dict(peer.state())
    updates = _torch_optimizer(torch, optimizer, _groups(optimizer, peer.modules.parameters()))
    average = None
    if optimizer.ema is not None:
        decay = torch.optim.swa_utils.get_ema_multi_avg_fn(optimizer.ema)
        average = torch.optim.swa_utils.AveragedModel(peer.modules, multi_avg_fn=decay)
    for step in range(10):
        rng = np.random.default_rng(step)
        x = rng.standard_normal((16, *row.input_shape)).astype(dtype)
        y = rng.integers(0, 4, 16)
        updates.zero_grad()
        loss = peer.loss(x, y)
        loss.backward()
        if optimizer.clip_value is not None:
            torch.nn.utils.clip_grad_value_(peer.modules.parameters(), optimizer.clip_value)
        if optimizer.clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(peer.modules.parameters(), optimizer.clip_norm)
        updates.step()
        if average is not None:
            average.update_parameters(peer.modules)
        own, _ = model.train_batch(x, y)
        assert own == pytest.approx(loss.item(), rel=STEPS[dtype])
    state = peer.state()
    for name, value in model.state_dict().items():
        assert_close(value, state[name], STEPS[dtype], f"{name} after ten steps")
    if average is None:
        return
    with model.averaged_weights():
        for name, value in average.module.named_parameters():
            own_average = model.state_dict()[name]
            assert_close(own_average, value.detach().numpy(), STEPS[dtype], f"average of {name}")


def _torch_loss(torch: Any, loss: Loss, outputs: Any, y: Any) -> Any:
    """The same loss from PyTorch, a mean over the images; the focal one from its definition."""
    f, o = torch.nn.functional, loss.to_dict()
    rows = torch.eye(outputs.shape[1], dtype=outputs.dtype)[y]
    if o["kind"] == "cross_entropy":
        return f.cross_entropy(outputs, y, label_smoothing=o["label_smoothing"])
    if o["kind"] == "binary_cross_entropy":
        return f.binary_cross_entropy_with_logits(outputs, rows)
    if o["kind"] == "focal":
        p = outputs.softmax(dim=1)[torch.arange(len(y)), y]
        alpha = torch.ones(outputs.shape[1], dtype=outputs.dtype)
        if o["alpha"] is not None:
            alpha = torch.tensor(o["alpha"], dtype=outputs.dtype)
        return -(alpha[y] * (1 - p) ** o["gamma"] * p.log()).mean()
    if o["kind"] == "huber":
        return f.huber_loss(outputs, rows, delta=o["delta"])
    return {"mse": f.mse_loss, "mae": f.l1_loss}[o["kind"]](outputs, rows)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("loss", [o for entries in LOSSES.values() for o in entries], ids=repr)
def test_every_loss(torch: Any, loss: Loss, dtype: str) -> None:
    """Values and gradients, of labels and of one-hot rows."""
    rng = np.random.default_rng(4)
    x = (3 * rng.standard_normal((20, 4))).astype(dtype)
    y = rng.integers(0, 4, 20)
    model = CNN([Activation("linear")], (4,), loss=loss, dtype=dtype)
    inputs = torch.from_numpy(x).requires_grad_()
    expected = _torch_loss(torch, loss, inputs, torch.from_numpy(y))
    expected.backward()
    for targets in (y, np.eye(4, dtype=dtype)[y]):
        total, _, grads = model._network.engine.gradients(x, targets)
        assert total / 20 == pytest.approx(expected.item(), rel=10 * TOLERANCE[dtype])
        assert_close(grads["input"], inputs.grad.numpy(), TOLERANCE[dtype], "input")


def test_pooling_with_indices(torch: Any) -> None:
    rng = np.random.default_rng(3)
    x = rng.integers(-3, 4, (3, 5, 11, 9)).astype(np.float32)
    for size, stride, padding in ((2, 2, 0), (3, 2, 1), (3, 1, 0), (2, 3, 1), (5, 5, 2)):
        y, where = ops.max_pool2d(x, size, stride, padding)
        expected, places = torch.nn.functional.max_pool2d(
            torch.from_numpy(x), size, stride, padding, return_indices=True
        )
        np.testing.assert_array_equal(y, expected.numpy())
        np.testing.assert_array_equal(where, places.numpy())
