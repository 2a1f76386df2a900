"""Lazy modules: shapes from the first input or from a state dictionary."""

from __future__ import annotations

import copy
import pickle

import pytest

import tscript as torch
from tscript import nn
from tscript.nn.parameter import is_lazy

LAZY = [
    (nn.LazyLinear(2), nn.Linear, (4, 3)),
    (nn.LazyConv1d(2, 3), nn.Conv1d, (1, 4, 6)),
    (nn.LazyConv2d(4, 3, groups=2), nn.Conv2d, (4, 6, 6)),
    (nn.LazyConv3d(2, 1, bias=False), nn.Conv3d, (1, 4, 2, 2, 2)),
    (nn.LazyConvTranspose1d(2, 3), nn.ConvTranspose1d, (1, 4, 6)),
    (nn.LazyConvTranspose2d(2, 3), nn.ConvTranspose2d, (1, 4, 6, 6)),
    (nn.LazyConvTranspose3d(2, 3), nn.ConvTranspose3d, (1, 4, 6, 6, 6)),
    (nn.LazyBatchNorm1d(), nn.BatchNorm1d, (4, 3)),
    (nn.LazyBatchNorm2d(affine=False), nn.BatchNorm2d, (4, 3, 2, 2)),
    (nn.LazyBatchNorm3d(track_running_stats=False), nn.BatchNorm3d, (4, 3, 2, 2, 2)),
    (nn.LazyInstanceNorm1d(), nn.InstanceNorm1d, (2, 3, 4)),
    (nn.LazyInstanceNorm2d(), nn.InstanceNorm2d, (2, 3, 4, 4)),
    (nn.LazyInstanceNorm3d(bias=False), nn.InstanceNorm3d, (2, 3, 2, 2, 2)),
]


@pytest.mark.parametrize(
    ("lazy", "becomes", "shape"), LAZY, ids=lambda v: getattr(v, "__name__", "")
)
def test_the_first_call_makes_it_an_ordinary_layer(lazy, becomes, shape) -> None:
    module = copy.deepcopy(lazy)
    x = torch.rand(*shape)
    result = module(x)
    assert type(module) is becomes
    assert not any(is_lazy(value) for value in module.state_dict(keep_vars=True).values())
    assert not module._forward_pre_hooks and not module._load_state_dict_pre_hooks
    module.eval()
    scripted = torch.jit.script(module)
    assert torch.allclose(scripted(x), module(x)) and result.shape == scripted(x).shape


def test_weights_are_those_of_the_ordinary_layer() -> None:
    torch.manual_seed(3)
    lazy = nn.LazyLinear(2)
    lazy(torch.zeros(1, 5))
    torch.manual_seed(3)
    assert torch.equal(lazy.weight, nn.Linear(5, 2).weight)


def test_what_has_no_shape_says_so() -> None:
    weight = nn.LazyLinear(2).weight
    assert repr(weight) == "<UninitializedParameter>" and weight.dtype is torch.float32
    with pytest.raises(RuntimeError, match="no shape yet"):
        _ = weight.shape
    with pytest.raises(ValueError, match="no values yet"):
        _ = weight + 1


def test_loading_gives_shapes() -> None:
    source, lazy = nn.Linear(3, 2), nn.LazyLinear(2)
    lazy.load_state_dict(source.state_dict())
    assert torch.equal(lazy.weight, source.weight)
    assert lazy(torch.ones(1, 3)).equal(source(torch.ones(1, 3))) and lazy.in_features == 3
    wrong = nn.LazyLinear(2)
    wrong.load_state_dict(source.state_dict())
    with pytest.raises(RuntimeError, match="3 features, the input has 4"):
        wrong(torch.ones(1, 4))


def test_a_state_without_shapes_goes_nowhere_else() -> None:
    state = nn.LazyLinear(2).state_dict()
    nn.LazyLinear(2).load_state_dict(state)
    with pytest.raises(RuntimeError, match="without a shape"):
        nn.Linear(3, 2).load_state_dict(state)


def test_copies_pickles_and_conversions_stay_lazy() -> None:
    lazy = nn.LazyLinear(2).double()
    for module in (copy.deepcopy(lazy), pickle.loads(pickle.dumps(lazy))):
        assert module.has_uninitialized_params()
        assert module(torch.zeros(1, 3, dtype=torch.float64)).dtype is torch.float64


def test_wrong_inputs_are_refused() -> None:
    with pytest.raises(RuntimeError, match="dimensions, not 5"):
        nn.LazyConv2d(2, 3)(torch.zeros(1, 1, 1, 4, 4))
    with pytest.raises(ValueError, match="not divisible"):
        nn.LazyConv1d(2, 1, groups=2)(torch.zeros(1, 3, 4))
