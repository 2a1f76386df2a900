"""What graphs look like: the reference's own, and the structure of each construct."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.tscript.frontend.programs import compile_text
from tscript.ir.verify import verify


def kinds(text: str) -> Counter[str]:
    graph = compile_text(text).graph
    verify(graph)
    return Counter(node.kind for node in graph.all_nodes() if node.kind != "prim::Constant")


def test_the_loop_of_the_reference() -> None:
    graph = compile_text(
        """
def f(len):
    # type: (int) -> torch.Tensor
    rv = torch.zeros(3, 4)
    for i in range(len):
        if i < 10:
            rv = rv - 1.0
        else:
            rv = rv + 1.0
    return rv
"""
    ).graph
    verify(graph)
    lines = [line.strip() for line in graph.to_string(dialect="modern").splitlines()]
    # Constants stand in the reference's order: defaults last met first, then literals.
    constants = [line.split("[")[-1] for line in lines if "prim::Constant" in line]
    assert constants == [
        "value=1]()",
        "value=1]()",
        "%4 : NoneType = prim::Constant()",
        "value=3]()",
        "value=4]()",
        "value=10]()",
        "value=1.]()",
    ]
    names = [line.split(" ")[0] for line in lines if line.startswith("%rv")]
    assert names == ["%rv.1", "%rv", "%rv.4", "%rv.2", "%rv.3"]
    assert lines[-1] == "return (%rv)"


def test_the_scripted_loop_over_rows_of_the_reference() -> None:
    graph = compile_text(
        """
def f(x):
    result = x[0]
    for i in range(x.size(0)):
        result = result * x[i]
    return result
"""
    ).graph
    verify(graph)
    structure = [node.kind for node in graph.all_nodes()]
    assert structure == [
        "prim::Constant",
        "prim::Constant",
        "aten::select",
        "aten::size",
        "prim::Loop",
        "aten::select",
        "aten::mul",
    ]
    loop = graph.find_nodes("prim::Loop")[0]
    assert [value.debug_name for value in loop.outputs] == ["result"]
    assert [value.debug_name for value in loop.blocks[0].inputs][0] == "i"


def test_only_variables_that_a_loop_assigns_are_carried() -> None:
    graph = compile_text(
        "def f(x, n: int):\n    y = x + 1\n    for i in range(n):\n        x = x + y\n    return x\n"
    ).graph
    (loop,) = graph.find_nodes("prim::Loop")
    assert len(loop.outputs) == 1


def test_a_loop_left_early_is_a_while_with_its_own_counter() -> None:
    counted = kinds(
        """
def f(n: int):
    for i in range(n):
        if i == 3:
            break
        n += i
    return n
"""
    )
    assert counted["aten::__and__"] == 1
    assert counted["aten::gt"] == 1


def test_a_branch_known_when_compiling_is_not_emitted() -> None:
    assert (
        kinds(
            """
def f(x: int):
    if x is None:
        return undefined_name
    return x
"""
        )
        == Counter()
    )


def test_tuples_are_unrolled() -> None:
    counted = kinds("def f(x):\n    for y in (1, 2.0, x):\n        print(y)\n    return x\n")
    assert counted["prim::Print"] == 3
    assert "prim::Loop" not in counted


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("x[0]", ["aten::select"]),
        ("x[0, 1:2]", ["aten::select", "aten::slice"]),
        ("x[-1, 1:, 0]", ["aten::select", "aten::slice", "aten::select"]),
        ("x[None]", ["aten::unsqueeze"]),
        ("x[..., 0]", ["aten::select"]),
        ("x[x > 0]", ["aten::gt", "prim::ListConstruct", "aten::index"]),
        ("2 - x", ["aten::neg", "aten::add"]),
        ("2 / x", ["aten::reciprocal", "aten::mul"]),
        ("2 < x", ["aten::gt"]),
        ("x // 2", ["aten::floor_divide"]),
        ("x.float()", ["aten::to"]),
        ("x.shape", ["aten::size"]),
    ],
)
def test_an_expression_on_a_tensor(expression: str, expected: list[str]) -> None:
    graph = compile_text(f"def f(x):\n    return {expression}\n").graph
    verify(graph)
    found = [node.kind for node in graph.all_nodes() if node.kind != "prim::Constant"]
    assert found == expected


def test_writing_into_a_tensor() -> None:
    counted = kinds("def f(x):\n    x[0] = 1\n    x[x > 0] = x[0]\n    x += 1\n    return x\n")
    assert counted["aten::copy_"] == 1
    assert counted["aten::index_put_"] == 1
    assert counted["aten::add_"] == 1


def test_named_results_can_be_read_by_name() -> None:
    graph = compile_text("def f(x):\n    return torch.max(x, dim=0).indices\n").graph
    (node,) = graph.find_nodes("aten::max")
    assert graph.outputs[0] is node.outputs[1]


def test_a_function_that_only_raises_has_a_result_nobody_sees() -> None:
    graph = compile_text("def f(x) -> int:\n    raise ValueError('no')\n").graph
    verify(graph)
    assert graph.outputs[0].node.kind == "prim::Uninitialized"


def test_a_comprehension_does_not_assign_its_target() -> None:
    graph = compile_text(
        "def f(i: str):\n    squares = [i * i for i in range(3)]\n    return i, squares\n"
    ).graph
    verify(graph)
    assert str(graph.outputs[0].type) == "(str, int[])"


def test_views_are_not_needed_to_have_been_executed() -> None:
    # Names and annotations are resolved, never evaluated.
    graph = compile_text(
        "def f(x: 'Optional[List[int]]') -> 'int | None':\n    return None\n"
    ).graph
    assert str(graph.inputs[0].type) == "int[]?"
