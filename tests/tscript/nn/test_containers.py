"""Sequential, ModuleList, ModuleDict, ParameterList and ParameterDict."""

from __future__ import annotations

from collections import OrderedDict

import pytest

import tscript as torch
from tscript import nn


class Add(nn.Module):
    def __init__(self, amount: int) -> None:
        super().__init__()
        self.amount = amount

    def forward(self, x):
        return x + self.amount

    def extra_repr(self) -> str:
        return str(self.amount)


def amounts(modules) -> list[int]:
    return [module.amount for module in modules]


def names(module) -> list[str]:
    return list(module._modules)


def test_sequential_runs_in_order() -> None:
    assert nn.Sequential(Add(1), Add(2))(10) == 13
    assert nn.Sequential()(10) == 10
    named = nn.Sequential(OrderedDict(first=Add(1), second=Add(2)))
    assert named.first.amount == 1 and names(named) == ["first", "second"]
    with pytest.raises(TypeError, match="Module or None"):
        nn.Sequential(Add(1), 3)


def test_sequential_is_indexed_and_sliced() -> None:
    s = nn.Sequential(Add(0), Add(1), Add(2))
    assert len(s) == 3 and s[-1].amount == 2
    part = s[1:]
    assert type(part) is nn.Sequential and amounts(part) == [1, 2] and names(part) == ["1", "2"]
    s[-1] = Add(9)
    assert amounts(s) == [0, 1, 9]
    for wrong in (3, -4):
        with pytest.raises(IndexError, match="out of range"):
            _ = s[wrong]
    with pytest.raises(TypeError):
        _ = s["0"]


def test_sequential_grows_and_shrinks() -> None:
    s = nn.Sequential(Add(0), Add(1), Add(2), Add(3))
    del s[1:3]
    assert amounts(s) == [0, 3] and names(s) == ["0", "1"]
    assert amounts(s.append(Add(4)).insert(0, Add(5)).insert(-1, Add(6))) == [5, 0, 3, 6, 4]
    assert s.pop(0).amount == 5 and names(s) == ["0", "1", "2", "3"]
    assert amounts(s + nn.Sequential(Add(7))) == [0, 3, 6, 4, 7]
    s += nn.Sequential(Add(8))
    assert amounts(s) == [0, 3, 6, 4, 8]
    assert amounts(nn.Sequential(Add(1)) * 3) == [1, 1, 1]
    assert amounts(2 * nn.Sequential(Add(1))) == [1, 1]
    with pytest.raises(ValueError, match="at least once"):
        _ = s * 0
    with pytest.raises(TypeError):
        _ = s + [Add(1)]
    with pytest.raises(IndexError):
        s.insert(9, Add(1))


def test_module_list() -> None:
    modules = nn.ModuleList([Add(0), Add(1), Add(2)])
    assert modules[-1].amount == 2 and amounts(modules[::2]) == [0, 2]
    modules.insert(0, Add(9))
    assert amounts(modules) == [9, 0, 1, 2] and names(modules) == ["0", "1", "2", "3"]
    del modules[0:2]
    assert amounts(modules) == [1, 2] and names(modules) == ["0", "1"]
    modules[0] = Add(5)
    modules += [Add(6)]
    assert amounts(modules + nn.ModuleList([Add(7)])) == [5, 2, 6, 7]
    assert modules.pop(0).amount == 5
    assert len(nn.ModuleList()) == 0 and not list(nn.ModuleList(iter([])))
    modules.extend(modules)
    assert amounts(modules) == [2, 6, 2, 6]
    with pytest.raises(IndexError):
        _ = modules[4]
    with pytest.raises(TypeError, match="extend takes modules"):
        modules.extend(3)
    with pytest.raises(NotImplementedError, match="ModuleList defines no forward"):
        modules(1)


def test_module_list_prints_runs_of_equal_modules_once() -> None:
    modules = nn.ModuleList([Add(0), Add(0), Add(1), Add(0)])
    assert repr(modules) == "ModuleList(\n  (0-1): 2 x Add(0)\n  (2): Add(1)\n  (3): Add(0)\n)"
    assert repr(nn.ModuleList()) == "ModuleList()"


def test_module_dict() -> None:
    modules = nn.ModuleDict({"b": Add(1), "a": Add(2)})
    assert list(modules) == ["b", "a"] and len(modules) == 2 and "b" in modules
    modules["c"] = Add(3)
    modules.update([("d", Add(4))])
    modules.update(nn.ModuleDict({"e": Add(5)}))
    assert amounts(modules.values()) == [1, 2, 3, 4, 5]
    assert modules.pop("b").amount == 1
    del modules["a"]
    assert [name for name, _ in modules.items()] == ["c", "d", "e"]
    modules.clear()
    assert not modules.keys()
    with pytest.raises(TypeError):
        modules.update(3)
    with pytest.raises(ValueError, match="3 part"):
        modules.update([("a", Add(1), 3)])
    with pytest.raises(KeyError, match="no dot"):
        modules["a.b"] = Add(1)


def test_parameter_list() -> None:
    values = nn.ParameterList([torch.zeros(2), nn.Parameter(torch.ones(3)), 7])
    assert len(values) == 3 and isinstance(values[0], nn.Parameter) and values[2] == 7
    assert [name for name, _ in values.named_parameters()] == ["0", "1"]
    values[0] = torch.ones(2, 5)
    values += [torch.zeros(1)]
    assert values[-1].shape == (1,) and [len(v) for v in values[1:2]] == [3]
    assert (
        repr(values).split("\n")[1] == "    (0): Parameter containing: [torch.float32 of size 2x5]"
    )
    assert "(2): Object of type: int" in repr(values)
    with pytest.raises(TypeError, match="extend takes an iterable of values"):
        values.extend(torch.zeros(2))
    with pytest.raises(RuntimeError, match="cannot be called"):
        values(1)


def test_parameter_dict() -> None:
    values = nn.ParameterDict({"b": torch.zeros(1), "a": torch.ones(1)})
    assert list(values) == ["a", "b"] and list(reversed(values)) == ["b", "a"]
    assert list(values.state_dict()) == ["a", "b"]
    values["c"] = torch.zeros(2)
    assert values.get("nope") is None and "c" in values and len(values) == 3
    assert values.popitem()[0] == "c" and values.pop("a").item() == 1
    assert list(values | {"z": torch.zeros(1)}) == ["b", "z"]
    assert list({"z": torch.zeros(1)} | values) == ["z", "b"]
    values |= OrderedDict(y=torch.zeros(1), x=torch.zeros(1))
    assert list(values.copy()) == ["b", "y", "x"]
    assert values.setdefault("k", torch.ones(1)).item() == 1
    assert list(values.fromkeys(["m", "n"])) == ["m", "n"]
    values.clear()
    assert not values.values() and not list(values.parameters())
    with pytest.raises(KeyError):
        _ = values["b"]
    with pytest.raises(TypeError, match="are str"):
        values[3] = torch.zeros(1)
    with pytest.raises(KeyError, match="empty"):
        values.popitem()
