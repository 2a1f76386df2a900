"""Reference, section "Expressions"."""

from __future__ import annotations

import warnings

import pytest

import tscript as torch


def test_literals(example):
    assert example("expressions_literals").literals() == (
        True, False, None, "string literals", "string literals", 3, 3.4,
    )  # fmt: skip
    assert str(example("expressions_literals").literals.schema) == (
        "literals() -> ((bool, bool, NoneType, str, str, int, float))"
    )


def test_tuple_construction(example):
    assert example("expressions_literals").tuples() == ((3, 4), (3,))


def test_list_construction(example):
    lists = example("expressions_literals").lists
    numbers, empty, tensors = lists()
    assert numbers == [3, 4]
    assert [t.shape for t in empty] == [(3,)]
    assert [t.shape for t in tensors] == [(3,), (4,)]
    assert str(lists.schema) == "lists() -> ((int[], Tensor[], Tensor[]))"


def test_arithmetic_operators(example):
    found = example("expressions_operators")
    a, b = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([[2.0, 0.5], [1.0, 4.0]])
    results = [r.tolist() for r in found.arithmetic(a, b)]
    assert results == [
        [[3.0, 2.5], [4.0, 8.0]],
        [[-1.0, 1.5], [2.0, 0.0]],
        [[2.0, 1.0], [3.0, 16.0]],
        [[0.5, 4.0], [3.0, 1.0]],
        [[4.0, 8.5], [10.0, 17.5]],
    ]
    assert found.exclusive_or(5, 3) == 6


def test_comparison_operators(example):
    a, b = torch.tensor([1, 2, 3]), torch.tensor([2, 2, 2])
    assert [r.tolist() for r in example("expressions_operators").comparison(a, b)] == [
        [False, True, False],
        [True, False, True],
        [True, False, False],
        [False, False, True],
        [True, True, False],
        [False, True, True],
    ]


@pytest.mark.parametrize("a", [True, False])
@pytest.mark.parametrize("b", [True, False])
def test_logical_operators(example, a, b):
    assert example("expressions_operators").logical(a, b) == (a and b, a or b, not b)


def test_subscripts(example):
    t = torch.arange(24).reshape(2, 3, 4)
    i, j = 0, 2
    expected = [
        t[0], t[-1], t[0:2], t[1:], t[:1], t[:], t[0, 1], t[0, 1:2], t[0, :1], t[-1, 1:, 0],
        t[1:, -1, 0], t[i:j, i],
    ]  # fmt: skip
    found = example("expressions_subscripts").subscripts(t, i, j)
    assert [x.tolist() for x in found] == [x.tolist() for x in expected]
    assert found[9].tolist() == [16, 20]


def test_calls_of_scripts_builtins_and_methods(example):
    found = example("expressions_calls")
    assert found.bar(torch.ones(2)).tolist() == [2.0, 2.0]
    assert found.builtin().shape == (3,)
    assert found.builtin().dtype is torch.float32
    assert found.method(torch.eye(2), torch.ones(2, 1)).tolist() == [[1.0], [1.0]]


def test_rand_of_an_integer_dtype_compiles_and_fails_at_run_time(example):
    # The reference's `torch.rand(3, dtype=torch.int)` compiles; no version has run it.
    integers = example("expressions_calls").integers
    assert "aten::rand" in str(integers.graph)
    with pytest.raises(RuntimeError, match="rand"):
        integers()


def test_script_methods_call_each_other_and_submodules(example):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        module = example("expressions_script_methods").MyScriptModule()
    image = torch.rand(1, 3, 32, 32)
    expected = module.resnet.forward(image - module.means)
    assert torch.equal(module(image), expected)
    assert torch.equal(module.helper(image), expected)


def test_if_expressions(example):
    found = example("expressions_conditional_and_casts")
    assert found.choose(2, 7) == 7
    assert found.choose(8, 7) == 8
    small, large = torch.zeros(2), torch.ones(2)
    assert found.larger(small, large) is large
    assert found.larger(large, small) is large


def test_casts(example):
    result = example("expressions_conditional_and_casts").casts(torch.tensor(2.5))
    assert result == (2.5, 3, True)
    assert [type(x) for x in result] == [float, int, bool]


def test_module_parameters(example):
    holder = example("expressions_conditional_and_casts").Holder()
    own, inner = holder()
    assert own is holder.my_parameter
    assert inner is holder.my_submodule.weight
