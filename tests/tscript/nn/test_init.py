"""Initialisers: fans, gains, and the numbers PyTorch draws from the same seed."""

from __future__ import annotations

import math

import pytest

import tscript
from tscript.nn import init

# initialiser, shape, arguments, how far PyTorch may be
CASES = [
    ("uniform_", (3, 4), {"a": -2.0, "b": 3.0}, 0),
    ("normal_", (20,), {"mean": 1.0, "std": 2.0}, 1e-5),
    ("normal_", (3, 5), {}, 4e-6),
    ("constant_", (3,), {"val": 2.5}, 0),
    ("ones_", (3,), {}, 0),
    ("zeros_", (3,), {}, 0),
    ("eye_", (3, 5), {}, 0),
    ("dirac_", (4, 2, 3), {}, 0),
    ("dirac_", (4, 2, 3, 3), {"groups": 2}, 0),
    ("dirac_", (2, 3, 2, 3, 4), {}, 0),
    ("xavier_uniform_", (3, 4, 2), {"gain": 1.5}, 0),
    ("xavier_normal_", (5, 4), {}, 4e-6),
    ("kaiming_uniform_", (3, 4, 2, 2), {"a": 0.3, "mode": "fan_out"}, 0),
    ("kaiming_uniform_", (3, 4), {"nonlinearity": "relu"}, 0),
    ("kaiming_normal_", (5, 4), {"nonlinearity": "tanh"}, 4e-6),
    ("trunc_normal_", (6, 7), {}, 4e-6),
    ("trunc_normal_", (6, 7), {"mean": 3.0, "std": 1.0, "a": 4.0, "b": 4.5}, 4e-6),
    ("orthogonal_", (3, 5), {"gain": 2.0}, 2e-5),
    ("orthogonal_", (5, 2, 2), {}, 2e-5),
    ("sparse_", (5, 4), {"sparsity": 0.4}, 4e-6),
]


@pytest.mark.oracle
@pytest.mark.parametrize(("name", "shape", "arguments", "tolerance"), CASES)
def test_the_same_seed_gives_pytorchs_numbers(torch, name, shape, arguments, tolerance) -> None:
    import warnings

    tscript.manual_seed(7)
    torch.manual_seed(7)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours = getattr(init, name)(tscript.zeros(shape), **arguments)
        theirs = getattr(torch.nn.init, name)(torch.zeros(shape), **arguments)
    got = torch.from_numpy(ours.numpy().copy())
    torch.testing.assert_close(got, theirs, rtol=0, atol=tolerance)
    assert tscript.get_rng_state().tolist() == torch.get_rng_state().tolist()


@pytest.mark.parametrize(
    ("nonlinearity", "param", "gain"),
    [("linear", None, 1), ("conv2d", None, 1), ("sigmoid", None, 1), ("tanh", None, 5 / 3),
     ("relu", None, math.sqrt(2)), ("selu", None, 0.75), ("leaky_relu", 1, 1.0),
     ("leaky_relu", None, math.sqrt(2 / (1 + 0.01**2)))],
)  # fmt: skip
def test_gains(nonlinearity: str, param: float | None, gain: float) -> None:
    assert init.calculate_gain(nonlinearity, param) == gain


def test_it_returns_its_tensor_and_writes_to_a_parameter() -> None:
    parameter = tscript.nn.Parameter(tscript.zeros(2, 3))
    assert init.ones_(parameter) is parameter and parameter.sum().item() == 6
    assert init.xavier_uniform_(parameter) is parameter and parameter.requires_grad


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: init.kaiming_uniform_(tscript.zeros(3)), "2 or more dimensions, not 1"),
        (lambda: init.kaiming_uniform_(tscript.zeros(3, 3), mode="fan"), "'fan_in' or 'fan_out'"),
        (lambda: init.calculate_gain("nope"), "no gain is known for 'nope'"),
        (lambda: init.calculate_gain("leaky_relu", True), "a number, not True"),
        (lambda: init.eye_(tscript.zeros(3)), "2 dimensions, not 1"),
        (lambda: init.sparse_(tscript.zeros(3), 0.1), "2 dimensions, not 1"),
        (lambda: init.dirac_(tscript.zeros(3, 3)), "3, 4 or 5 dimensions, not 2"),
        (lambda: init.dirac_(tscript.zeros(3, 3, 3), 2), "not divisible by 2 groups"),
        (lambda: init.orthogonal_(tscript.zeros(3)), "2 or more dimensions, not 1"),
    ],
)
def test_what_cannot_be_initialised_is_refused(call, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        call()


def test_a_tensor_without_elements_stays_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="without elements"):
        init.kaiming_normal_(tscript.zeros(0, 3))
    with pytest.warns(UserWarning, match="more than 2 std"):
        init.trunc_normal_(tscript.zeros(2), mean=10.0)
