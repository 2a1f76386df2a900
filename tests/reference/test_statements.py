"""Reference, section "Statements"."""

from __future__ import annotations

import pytest

import tscript as torch


def test_simple_assignments(example):
    b = torch.tensor([1.0, 2.0])
    assert example("statements_assignment").simple(b).tolist() == [0.0, 0.0]
    # In place, as in Python and in PyTorch today: `a` is `b`. In 2019 it was short for `a = a + b`.
    assert b.tolist() == [0.0, 0.0]


def test_pattern_matching_assignments(example):
    found = example("statements_assignment")
    assert found.pattern((1, 2, 3, 4), (10, 20)) == (11, 20, (3, 4), 2)
    assert found.from_list([3, 4]) == 7
    with pytest.raises(RuntimeError):
        found.from_list([1, 2, 3])


def test_print(example, capsys):
    example("statements_print").show(torch.ones(2), torch.ones(2))
    assert capsys.readouterr().out == "the result of an add: tensor([2., 2.])\n"


def test_if(example):
    branches = example("statements_if").branches
    assert [branches(a) for a in (2, 3, 4, 10)] == [-2, -3, 12, 30]


def test_while(example, capsys):
    assert example("statements_loops").while_loop() == 4
    assert capsys.readouterr().out == "0\n1\n2\n3\n"


def test_for_with_range(example):
    found = example("statements_loops")
    assert found.for_range() == 0
    assert "prim::Loop" in str(found.for_range.graph)


def test_for_over_a_tuple_is_unrolled(example, capsys):
    found = example("statements_loops")
    found.over_a_tuple()
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "3"
    assert printed[1].startswith("tensor([")
    graph = str(found.over_a_tuple.graph)
    assert graph.count("prim::Print") == 2
    assert "prim::Loop" not in graph


def test_for_over_a_constant_module_list_is_unrolled(example):
    module = example("statements_module_list").MyModule()
    total = sum((part.weight for part in module.mods), torch.zeros(2))
    assert torch.allclose(module(torch.zeros(2)), total, atol=1e-6)
    graph = module.graph
    assert "prim::Loop" not in str(graph)
    assert str(graph).count("prim::CallMethod") == 10


def test_returns(example):
    found = example("statements_return")
    x, y = torch.tensor([2.0]), torch.tensor([-3.0])
    assert found.at_the_end(x, y) == (x, y)
    assert found.both_branches(x) is x
    assert found.both_branches(y).tolist() == [3.0]
    assert found.early(x) is x
    assert found.early(y).tolist() == [-2.0]
