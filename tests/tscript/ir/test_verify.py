"""The verifier refuses each kind of broken graph; every graph here differs from a good one in
one thing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ops_registry import types as t
from tscript.ir.graph import Graph, Use
from tscript.ir.parser import parse_ir
from tscript.ir.verify import InvalidGraphError, verify

GOOD = """graph(%x : Tensor, %n : int, %flag : bool):
  %true : bool = prim::Constant[value=1]()
  %one : int = prim::Constant[value=1]()
  %y : Tensor = prim::Loop(%n, %true, %x)
    block0(%i : int, %c : Tensor):
      %z : Tensor = aten::add(%c, %c, %one)
      -> (%true, %z)
  %w : Tensor = prim::If(%flag)
    block0():
      -> (%y)
    block1():
      -> (%x)
  return (%w)
"""


def test_a_good_graph_passes() -> None:
    verify(parse_ir(GOOD))


def condition_is_an_int(graph: Graph) -> None:
    graph.find_nodes("prim::If")[0].replace_input(0, graph.inputs[1])


def branch_gives_nothing(graph: Graph) -> None:
    graph.find_nodes("prim::If")[0].blocks[1].remove_output(0)


def branch_gives_another_type(graph: Graph) -> None:
    graph.find_nodes("prim::If")[0].blocks[1].replace_output(0, graph.inputs[1])


def loop_counts_a_tensor(graph: Graph) -> None:
    graph.find_nodes("prim::Loop")[0].replace_input(0, graph.inputs[0])


def loop_forgets_a_carried_value(graph: Graph) -> None:
    graph.find_nodes("prim::Loop")[0].blocks[0].remove_output(1)


def value_used_outside_its_block(graph: Graph) -> None:
    inner = graph.find_nodes("aten::add")[0].output
    graph.block.replace_output(0, inner)


def value_used_before_its_definition(graph: Graph) -> None:
    add = graph.find_nodes("aten::add")[0]
    add.replace_input(0, graph.find_nodes("prim::If")[0].output)


def use_list_is_wrong(graph: Graph) -> None:
    graph.inputs[0].uses.append(Use(graph.find_nodes("aten::add")[0], 1))


def two_values_have_one_name(graph: Graph) -> None:
    graph.inputs[0]._name = "n"


def operator_does_not_exist(graph: Graph) -> None:
    graph.find_nodes("aten::add")[0].kind = "aten::nope"


def overload_does_not_exist(graph: Graph) -> None:
    graph.find_nodes("aten::add")[0].overload = "nope"


def operator_lacks_an_argument(graph: Graph) -> None:
    graph.find_nodes("aten::add")[0].remove_input(2)


def constant_has_an_input(graph: Graph) -> None:
    graph.find_nodes("prim::Constant")[0].add_input(graph.inputs[0])


def attribute_is_missing(graph: Graph) -> None:
    graph.set_insert_point(graph.block)
    graph.insert("prim::GetAttr", [graph.inputs[0]])


def node_has_a_block_too_many(graph: Graph) -> None:
    graph.find_nodes("prim::If")[0].add_block()


def loop_body_starts_with_a_tensor(graph: Graph) -> None:
    graph.find_nodes("prim::Loop")[0].blocks[0].inputs[0].type = t.TENSOR


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (condition_is_an_int, "the condition is int"),
        (branch_gives_nothing, "block 1 gives 0 results"),
        (branch_gives_another_type, "type int flows into one of type Tensor"),
        (loop_counts_a_tensor, "starts with an int and a bool"),
        (loop_forgets_a_carried_value, "carries a different number"),
        (value_used_outside_its_block, "used where it is not defined"),
        (value_used_before_its_definition, "used where it is not defined"),
        (use_list_is_wrong, "wrong list of uses"),
        (two_values_have_one_name, "2 values are called %n"),
        (operator_does_not_exist, "no operator is called aten::nope"),
        (overload_does_not_exist, "has no overload 'nope'"),
        (operator_lacks_an_argument, "the schema has 3 arguments"),
        (constant_has_an_input, "cannot take 1 inputs"),
        (attribute_is_missing, "needs the attribute 'name'"),
        (node_has_a_block_too_many, "cannot have 3 blocks"),
        (loop_body_starts_with_a_tensor, "starts with the trip number"),
    ],
)
def test_damage_is_found(damage: Callable[[Graph], None], problem: str) -> None:
    graph = parse_ir(GOOD)
    damage(graph)
    with pytest.raises(InvalidGraphError, match=problem):
        verify(graph)
