"""State dictionaries: names, versions, what does not fit, hooks."""

from __future__ import annotations

from collections import OrderedDict

import pytest

import tscript as torch
from tscript import nn


class Leaf(nn.Module):
    _version = 3

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(2))
        self.bias = nn.Parameter(torch.zeros(1))
        self.register_buffer("seen", torch.zeros(1))
        self.register_buffer("scratch", torch.zeros(1), persistent=False)
        self.register_parameter("absent", None)


def test_it_has_the_names_and_the_versions() -> None:
    state = nn.Sequential(OrderedDict(leaf=Leaf())).state_dict()
    assert list(state) == ["leaf.weight", "leaf.bias", "leaf.seen"]
    assert dict(state._metadata) == {"": {"version": 1}, "leaf": {"version": 3}}


def test_it_shares_memory_and_is_detached_unless_asked() -> None:
    leaf = Leaf()
    state = leaf.state_dict()
    state["weight"].fill_(7)
    assert leaf.weight.tolist() == [7.0, 7.0]
    assert not state["weight"].requires_grad and type(state["weight"]) is torch.Tensor
    assert leaf.state_dict(keep_vars=True)["weight"] is leaf.weight
    own = OrderedDict(x=1)
    assert leaf.state_dict(destination=own, prefix="p.") is own
    assert list(own) == ["x", "p.weight", "p.bias", "p.seen"]


def test_loading_copies_into_the_same_parameters() -> None:
    leaf, other = Leaf(), Leaf()
    with torch.no_grad():
        other.weight.fill_(2)
        other.seen.fill_(3)
    weight = leaf.weight
    result = leaf.load_state_dict(other.state_dict())
    assert repr(result) == "<All keys matched successfully>"
    assert leaf.weight is weight and weight.tolist() == [2.0, 2.0]
    assert leaf.seen.item() == 3
    with torch.no_grad():
        other.weight.fill_(9)
    assert weight.tolist() == [2.0, 2.0]


def test_loading_converts_to_the_dtype_of_the_module() -> None:
    leaf = Leaf()
    leaf.load_state_dict({**leaf.state_dict(), "weight": torch.ones(2, dtype=torch.float64)})
    assert leaf.weight.dtype is torch.float32 and leaf.weight.tolist() == [1.0, 1.0]


def test_everything_that_does_not_fit_is_told_at_once() -> None:
    module = nn.Sequential(Leaf())
    state = {"0.weight": torch.zeros(3), "0.bias": 5, "0.nope": torch.zeros(1), "x": 1, "1.w": 2}
    with pytest.raises(RuntimeError) as caught:
        module.load_state_dict(state)
    text = str(caught.value)
    assert "does not fit Sequential" in text
    assert "missing keys: '0.seen'" in text
    assert "unexpected keys: 'x', '1.w', '0.nope'" in text
    assert "0.weight: size mismatch, (3,) in the dictionary, (2,) in the module" in text
    assert "0.bias: a Tensor is needed, the dictionary has a int" in text


def test_not_strict_returns_the_names() -> None:
    result = Leaf().load_state_dict({"weight": torch.ones(2), "more": 1}, strict=False)
    assert result.missing_keys == ["bias", "seen"] and result.unexpected_keys == ["more"]
    with pytest.raises(RuntimeError, match="size mismatch"):
        Leaf().load_state_dict({"weight": torch.ones(3)}, strict=False)
    with pytest.raises(TypeError, match="mapping"):
        Leaf().load_state_dict([1])


def test_a_non_persistent_buffer_is_not_loaded() -> None:
    leaf = Leaf()
    with pytest.raises(RuntimeError, match="unexpected keys: 'scratch'"):
        leaf.load_state_dict({**leaf.state_dict(), "scratch": torch.zeros(1)})


def test_one_element_loads_into_a_0_dim_parameter() -> None:
    module = nn.Module()
    module.a = nn.Parameter(torch.tensor(1.0))
    module.load_state_dict({"a": torch.tensor([4.0])})
    assert module.a.item() == 4 and module.a.dim() == 0


def test_assign_takes_the_tensors_as_they_are() -> None:
    leaf = Leaf()
    leaf.bias.requires_grad_(False)
    given = {"weight": torch.ones(2, dtype=torch.float64), "bias": torch.ones(1),
             "seen": torch.ones(1)}  # fmt: skip
    leaf.load_state_dict(given, assign=True)
    assert leaf.weight.dtype is torch.float64 and isinstance(leaf.weight, nn.Parameter)
    assert leaf.weight.requires_grad and not leaf.bias.requires_grad
    given["weight"].fill_(5)
    assert leaf.weight.tolist() == [5.0, 5.0] and leaf.seen is given["seen"]


def test_extra_state_travels() -> None:
    class Counting(nn.Module):
        count = 3

        def get_extra_state(self):
            return {"count": self.count}

        def set_extra_state(self, state):
            self.count = state["count"]

    outer, other = nn.Sequential(Counting()), nn.Sequential(Counting())
    outer[0].count = 8
    state = outer.state_dict()
    assert state["0._extra_state"] == {"count": 8}
    other.load_state_dict(state)
    assert other[0].count == 8
    with pytest.raises(RuntimeError, match=r"missing keys: '0._extra_state'"):
        other.load_state_dict({})
    with pytest.raises(RuntimeError, match=r"unexpected keys: '_extra_state'"):
        nn.Module().load_state_dict({"_extra_state": 1})


def test_hooks_around_saving_and_loading() -> None:
    leaf = Leaf()
    order: list[str] = []
    leaf.register_state_dict_pre_hook(lambda module, prefix, keep: order.append("pre"))
    leaf.register_state_dict_post_hook(lambda module, state, prefix, metadata: order.append("post"))
    leaf._register_state_dict_hook(lambda m, state, prefix, metadata: dict(state, added=1))
    state = leaf.state_dict()
    assert order == ["pre", "post"] and state.pop("added") == 1

    def rename(module, state, prefix, metadata, strict, missing, unexpected, errors):
        assert module is leaf
        state[prefix + "weight"] = state.pop(prefix + "old")

    leaf.register_load_state_dict_pre_hook(rename)
    leaf.register_load_state_dict_post_hook(lambda m, keys: keys.missing_keys.clear())
    assert leaf.load_state_dict({"old": torch.ones(2)}).missing_keys == []
    assert leaf.weight.tolist() == [1.0, 1.0]


def test_an_overridden_loader_sees_its_version() -> None:
    versions: list[object] = []

    class Old(Leaf):
        def _load_from_state_dict(self, state, prefix, metadata, *rest):
            versions.append(metadata.get("version"))
            super()._load_from_state_dict(state, prefix, metadata, *rest)

    old = Old()
    old.load_state_dict(old.state_dict())
    old.load_state_dict(dict(old.state_dict()))
    assert versions == [3, None]
