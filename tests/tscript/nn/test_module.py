"""What a Module holds, how it is called, converted, copied and printed."""

from __future__ import annotations

import copy
import pickle

import pytest

import tscript as torch
from tscript import nn


class Twice(nn.Module):
    def forward(self, x):
        return x * 2


class Scale(nn.Module):
    """Of module level, so that it pickles."""

    def __init__(self, value: float = 3.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((2,), value))
        self.register_buffer("seen", torch.zeros(1))
        self.register_buffer("scratch", torch.ones(1), persistent=False)
        self.inner = Twice()

    def forward(self, x, bias=0):
        return self.inner(x * self.weight) + bias


def test_assignment_registers_parameters_buffers_and_modules() -> None:
    module = Scale()
    assert [name for name, _ in module.named_parameters()] == ["weight"]
    assert [name for name, _ in module.named_buffers()] == ["seen", "scratch"]
    assert [name for name, _ in module.named_children()] == ["inner"]
    assert [name for name, _ in module.named_modules()] == ["", "inner"]
    assert module.weight is module.get_parameter("weight")
    assert module.seen is module.get_buffer("seen")
    module.mark = nn.Buffer(torch.zeros(3), persistent=False)
    assert "mark" in dict(module.named_buffers())
    assert "mark" not in module.state_dict()


def test_a_name_changes_its_kind() -> None:
    module = nn.Module()
    module.a = 3
    module.a = nn.Parameter(torch.zeros(1))
    assert "a" not in vars(module) and list(module._parameters) == ["a"]
    module.a = Twice()
    assert not module._parameters and list(module._modules) == ["a"]
    del module.a
    assert not hasattr(module, "a")
    with pytest.raises(AttributeError):
        del module.a


def test_reassigning_a_parameter_keeps_its_place() -> None:
    module = nn.Module()
    module.a = nn.Parameter(torch.zeros(1))
    module.b = nn.Parameter(torch.zeros(1))
    module.a = nn.Parameter(torch.ones(1))
    assert list(module.state_dict()) == ["a", "b"]
    module.a = None
    assert list(module._parameters) == ["a", "b"] and list(module.state_dict()) == ["b"]


def test_what_is_not_a_parameter_is_refused_for_one() -> None:
    module = Scale()
    with pytest.raises(TypeError, match="weight is a parameter"):
        module.weight = torch.zeros(2)
    with pytest.raises(TypeError, match="inner is a submodule"):
        module.inner = 3
    with pytest.raises(TypeError, match="seen is a buffer"):
        module.seen = 3
    module.seen = torch.ones(1)
    assert module.seen.item() == 1
    with pytest.raises(TypeError, match="'x' is a Parameter or None"):
        module.register_parameter("x", torch.zeros(1))
    with pytest.raises(TypeError, match="'x' is a Module or None"):
        module.add_module("x", 3)
    with pytest.raises(TypeError, match="'x' is a Tensor or None"):
        module.register_buffer("x", 3)


@pytest.mark.parametrize("register", ["register_buffer", "register_parameter", "add_module"])
def test_names_that_cannot_be_are_refused(register: str) -> None:
    module = Scale()
    for name, match in (("a.b", "no dot"), ("", "empty"), ("forward", "already")):
        with pytest.raises(KeyError, match=match):
            getattr(module, register)(name, None)
    with pytest.raises(TypeError, match="str"):
        getattr(module, register)(3, None)


def test_registering_before_init_says_what_is_missing() -> None:
    class Early(nn.Module):
        def __init__(self, value: object) -> None:
            self.x = value

        def forward(self, x):
            return x

    for value in (nn.Parameter(torch.zeros(1)), Twice(), nn.Buffer(torch.zeros(1))):
        with pytest.raises(AttributeError, match=r"super\(\).__init__\(\)"):
            Early(value)
    assert Early(3).x == 3
    with pytest.raises(AttributeError, match=r"super\(\).__init__\(\)"):
        Early(3)(1)
    with pytest.raises(TypeError, match="takes no arguments"):
        nn.Module(3)


def test_a_missing_attribute_or_forward_is_named() -> None:
    with pytest.raises(AttributeError, match="'Twice' object has no attribute 'nope'"):
        _ = Twice().nope
    with pytest.raises(NotImplementedError, match="Module defines no forward"):
        nn.Module()(1)


def test_dotted_paths() -> None:
    outer = nn.Sequential(Scale(), nn.Sequential(Twice()))
    assert outer.get_submodule("") is outer
    assert outer.get_submodule("1.0") is outer[1][0]
    assert outer.get_parameter("0.weight") is outer[0].weight
    assert outer.get_buffer("0.seen") is outer[0].seen
    outer.set_submodule("1.0", Scale())
    assert isinstance(outer[1][0], Scale)
    for wrong in ("2", "0.weight", "0.nope"):
        with pytest.raises(AttributeError):
            outer.get_submodule(wrong)
    with pytest.raises(AttributeError, match="no parameter 'seen'"):
        outer.get_parameter("0.seen")
    with pytest.raises(AttributeError, match="no buffer 'weight'"):
        outer.get_buffer("0.weight")


def test_what_is_shared_is_given_once() -> None:
    shared = Scale()
    both = nn.ModuleList([shared, shared])
    assert [name for name, _ in both.named_parameters()] == ["0.weight"]
    twice = [name for name, _ in both.named_parameters(remove_duplicate=False)]
    assert twice == ["0.weight", "1.weight"]
    assert list(both.state_dict()) == ["0.weight", "0.seen", "1.weight", "1.seen"]
    assert [name for name, _ in both.named_parameters(prefix="p")] == ["p.0.weight"]
    assert list(nn.ModuleList([shared]).parameters(recurse=False)) == []


def test_train_and_eval_reach_all_modules() -> None:
    outer = nn.Sequential(nn.Sequential(Twice()), Twice())
    assert outer.eval() is outer
    assert not any(module.training for module in outer.modules())
    outer.train()
    assert all(module.training for module in outer.modules())
    with pytest.raises(ValueError, match="True or False"):
        outer.train(1)


def test_apply_goes_children_first() -> None:
    names: list[str] = []
    outer = nn.Sequential(nn.Sequential(Twice()))
    outer.apply(lambda module: names.append(type(module).__name__))
    assert names == ["Twice", "Sequential", "Sequential"]


def test_conversions_keep_the_parameter_objects() -> None:
    module = Scale()
    module.register_buffer("count", torch.tensor(3))
    weight = module.weight
    assert module.double() is module and module.weight is weight
    assert weight.dtype is torch.float64 and module.seen.dtype is torch.float64
    assert module.count.dtype is torch.int64
    assert module.to(torch.float32).weight.dtype is torch.float32
    assert module.to(torch.zeros(1, dtype=torch.float64)).weight.dtype is torch.float64
    assert module.to("cpu", torch.float32).weight.dtype is torch.float32
    assert module.half().weight.dtype is torch.float16
    assert module.to(device="cpu", dtype=torch.float32, non_blocking=True).weight.requires_grad
    with pytest.raises(TypeError, match="floating point"):
        module.to(torch.int64)
    with pytest.raises(TypeError, match="no argument 'devise'"):
        module.to(devise="cpu")
    with pytest.raises(RuntimeError, match="CPU"):
        module.cuda()


def test_requires_grad_and_zero_grad() -> None:
    module = Scale()
    module.weight.grad = torch.ones(2)
    module.zero_grad(set_to_none=False)
    assert module.weight.grad.tolist() == [0.0, 0.0]
    module.zero_grad()
    assert module.weight.grad is None
    module.requires_grad_(False)
    assert not module.weight.requires_grad


def test_hooks_see_and_change_a_call() -> None:
    module = Twice()
    seen: list[object] = []
    module.register_forward_pre_hook(lambda m, args: (args[0] + 1,))
    first = module.register_forward_pre_hook(lambda m, args: seen.append(args), prepend=True)
    module.register_forward_hook(lambda m, args, output: output + 100)
    assert module(1) == 104 and seen == [(1,)]
    first.remove()
    first.remove()
    assert module(2) == 106 and seen == [(1,)]
    with module.register_forward_hook(lambda m, args, output: -1):
        assert module(0) == -1
    assert module(0) == 102


def test_hooks_with_keyword_arguments() -> None:
    module = Scale()
    module.register_forward_pre_hook(
        lambda m, args, kwargs: (args, {**kwargs, "bias": 1}), with_kwargs=True
    )
    outputs: list[object] = []
    module.register_forward_hook(
        lambda m, args, kwargs, output: outputs.append(kwargs), with_kwargs=True
    )
    assert module(torch.ones(2)).tolist() == [7.0, 7.0]
    assert outputs == [{"bias": 1}]
    module.register_forward_pre_hook(lambda m, args, kwargs: 3, with_kwargs=True)
    with pytest.raises(RuntimeError, match=r"returns None or \(args, kwargs\)"):
        module(torch.ones(2))


def test_always_called_hooks_run_after_a_failure() -> None:
    module = Twice()
    seen: list[object] = []
    module.register_forward_hook(lambda m, args, output: seen.append("plain"))
    module.register_forward_hook(lambda m, args, out: seen.append(out), always_call=True)
    with pytest.raises(TypeError):
        module()
    assert seen == [None]


def test_hooks_of_all_modules() -> None:
    from tscript.nn.hooks import register_module_forward_hook, register_module_forward_pre_hook

    seen: list[str] = []
    with (
        register_module_forward_pre_hook(lambda m, args: seen.append("before")),
        register_module_forward_hook(lambda m, args, output: output + 1),
    ):
        assert Twice()(1) == 3
    assert Twice()(1) == 2 and seen == ["before"]


def test_an_interceptor_sees_every_call() -> None:
    from tscript.nn.module import set_call_interceptor

    calls: list[str] = []

    def record(module, args, kwargs):
        calls.append(type(module).__name__)
        return module._call_impl(*args, **kwargs)

    previous = set_call_interceptor(record)
    try:
        Scale()(torch.ones(2), bias=1)
    finally:
        assert set_call_interceptor(previous) is record
    Twice()(1)
    assert calls == ["Scale", "Twice"]


def test_deepcopy_and_pickle_keep_what_is_shared() -> None:
    module = nn.Sequential(Scale(), Scale())
    module[1].weight = module[0].weight
    for clone in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert clone[0].weight is clone[1].weight
        assert isinstance(clone[0].weight, nn.Parameter) and clone[0].weight.requires_grad
        assert clone[0].weight is not module[0].weight
        assert clone(torch.ones(2)).tolist() == module(torch.ones(2)).tolist()
        with torch.no_grad():
            clone[0].weight.fill_(0)
        assert module[0].weight.tolist() == [3.0, 3.0]


def test_printing_nests() -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a = Twice()
            self.b = nn.Sequential(Twice())
            self.c = None

        def extra_repr(self) -> str:
            return "x=1\ny=2"

    text = "Two(\n  x=1\n  y=2\n  (a): Twice()\n  (b): Sequential(\n    (0): Twice()\n  )\n)"
    assert repr(Two()) == text
    assert "0" not in dir(nn.Sequential(Twice())) and "a" in dir(Two())


def test_parameter_shares_memory_and_refuses_what_has_no_gradient() -> None:
    data = torch.zeros(2)
    parameter = nn.Parameter(data)
    data[0] = 5
    assert parameter.tolist() == [5.0, 0.0] and parameter.requires_grad
    assert not nn.Parameter(data, requires_grad=False).requires_grad
    assert repr(parameter) == "Parameter containing:\ntensor([5., 0.], requires_grad=True)"
    with pytest.raises(RuntimeError, match="floating point"):
        nn.Parameter(torch.zeros(2, dtype=torch.int64))
    with pytest.raises(TypeError, match="made of a Tensor"):
        nn.Parameter([1.0])
    assert nn.Parameter().shape == (0,)
