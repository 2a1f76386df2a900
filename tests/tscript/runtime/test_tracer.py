"""Recording a function as a graph; warnings about what the graph cannot follow."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from typing import Any

import pytest

import tscript as torch
from tscript.ir.graph import Graph
from tscript.ir.verify import verify
from tscript.runtime.interpreter import Interpreter
from tscript.runtime.tracer import Tracer, TracerWarning, TracingError

T = torch.tensor


def trace(
    function: Callable[..., Any], *arguments: Any, strict: bool = False, **options: Any
) -> Graph:
    tracer = Tracer(**options)
    names = inspect.signature(function).parameters
    inputs = [tracer.add_input(n, a) for n, a in zip(names, arguments, strict=True)]
    with tracer.recording():
        result = function(*inputs)
    tracer.finish(result, strict=strict)
    verify(tracer.graph)
    return tracer.graph


def kinds(graph: Graph) -> list[str]:
    return [node.kind for node in graph.nodes if node.kind != "prim::Constant"]


def run(graph: Graph, *arguments: Any) -> Any:
    (result,) = Interpreter(graph, "traced").run(arguments)
    return result


def test_variables_give_values_their_names() -> None:
    def f(x: torch.Tensor) -> torch.Tensor:
        first = x[0]
        product = first * x[1]
        return product + 1

    graph = trace(f, T([2.0, 3.0]))
    names = {v.debug_name for n in graph.nodes for v in n.outputs if v.has_debug_name}
    assert {"first", "product"} <= names
    assert run(graph, T([4.0, 5.0])).item() == 21.0


def test_nodes_know_the_users_line() -> None:
    def f(x: torch.Tensor) -> torch.Tensor:
        return x.relu()

    (node,) = trace(f, T([1.0])).nodes
    assert node.source_range is not None
    assert node.source_range.filename == __file__
    assert node.source_range.text == "x.relu()"


def test_a_size_that_is_used_stays_general() -> None:
    def f(x: torch.Tensor) -> torch.Tensor:
        return x.view(x.size(0) * x.shape[1]) + x.numel()

    graph = trace(f, T([[1.0, 2.0]]))
    assert run(graph, T([[1.0], [2.0], [3.0]])).tolist() == [4.0, 5.0, 6.0]
    assert "aten::size" in kinds(graph)


def test_a_size_that_is_only_looked_at_leaves_no_node() -> None:
    def f(x: torch.Tensor) -> torch.Tensor:
        assert x.dim() == 1
        x.size(0)
        return x.relu()

    assert kinds(trace(f, T([1.0]))) == ["aten::relu"]


def test_in_place_operators_are_recorded_as_such() -> None:
    def f(x: torch.Tensor) -> torch.Tensor:
        y = x.clone()
        y += 1
        return y

    graph = trace(f, T([1.0]))
    assert kinds(graph) == ["aten::clone", "aten::add_"]
    x = T([1.0])
    assert run(graph, x).tolist() == [2.0]
    assert x.tolist() == [1.0]


def test_force_outplace_records_functional_forms() -> None:
    def f(x: torch.Tensor) -> torch.Tensor:
        y = x * 2
        y += 1
        return y

    assert kinds(trace(f, T([1.0]), force_outplace=True)) == ["aten::mul", "aten::add"]


def test_writing_a_view_of_a_live_tensor_warns_on_the_users_line() -> None:
    def f(x: torch.Tensor) -> torch.Tensor:
        x[0] = T([9.0])
        return x

    with pytest.warns(TracerWarning, match="2 live references .* operator copy_") as caught:
        trace(f, T([[1.0], [2.0]]))
    assert caught[0].filename == __file__


def test_a_write_into_the_only_reference_does_not_warn() -> None:
    def f(x: torch.Tensor) -> torch.Tensor:
        y = x * 2
        y.add_(1)
        return y

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trace(f, T([1.0]))


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (bool, "a Python boolean"),
        (int, "a Python integer"),
        (float, "a Python float"),
        (lambda x: x.item(), "a Python number"),
        (lambda x: x.tolist(), "a Python list"),
        (lambda x: x.numpy(), "a NumPy array"),
        (lambda x: [0, 1, 2][x.to(torch.int64)], "a Python index"),
    ],
)
def test_turning_a_traced_tensor_into_a_plain_value_warns(
    use: Callable[[torch.Tensor], Any], message: str
) -> None:
    def f(x: torch.Tensor) -> torch.Tensor:
        use(x)
        return x + 1

    with pytest.warns(TracerWarning, match=message):
        trace(f, T(1.0))


def test_iterating_warns_and_len_warns() -> None:
    def f(x: torch.Tensor) -> torch.Tensor:
        total = T(0.0)
        for row in x:
            total = total + row
        return total

    with pytest.warns(TracerWarning, match="unrolls"):
        trace(f, T([1.0, 2.0]))
    with pytest.warns(TracerWarning, match="shape"):
        trace(lambda x: x + len(x), T([1.0, 2.0]))


def test_tensors_from_outside_become_constants() -> None:
    weight = T([2.0, 3.0])

    def f(x: torch.Tensor) -> torch.Tensor:
        return x * weight

    graph = trace(f, T([1.0, 1.0]))
    assert run(graph, T([10.0, 10.0])).tolist() == [20.0, 30.0]


def test_a_constant_that_is_written_to_is_fresh_in_each_run() -> None:
    def f(x: torch.Tensor) -> torch.Tensor:
        total = T([0.0])
        total += x
        return total

    graph = trace(f, T([1.0]))
    assert run(graph, T([5.0])).tolist() == [5.0]
    assert run(graph, T([5.0])).tolist() == [5.0]


def test_a_tensor_that_requires_gradients_must_be_an_input() -> None:
    parameter = T([1.0], requires_grad=True)
    with pytest.raises(TracingError, match="make it a parameter"):
        trace(lambda x: x * parameter, T([1.0]))


def test_structured_inputs_and_outputs() -> None:
    def f(pair: Any, table: Any) -> Any:
        return {"sum": pair[0] + table["a"]}, (pair[1],)

    graph = trace(f, (T([1.0]), T([2.0])), {"a": T([3.0])})
    table, single = run(graph, (T([10.0]), T([20.0])), {"a": T([30.0])})
    assert table["sum"].tolist() == [40.0]
    assert single[0].tolist() == [20.0]


def test_outputs_must_be_tensors() -> None:
    with pytest.raises(TracingError, match="type int"):
        trace(lambda x: 3, T(1.0))
    with pytest.raises(TracingError, match="strict=False"):
        trace(lambda x: [x], T(1.0), strict=True)


def test_one_tensor_given_twice_is_two_inputs() -> None:
    x = T([1.0])
    graph = trace(lambda a, b: a - b, x, x)
    assert run(graph, T([5.0]), T([3.0])).tolist() == [2.0]


def test_compiled_functions_stay_calls_with_their_control_flow() -> None:
    @torch.jit.script
    def larger(x: torch.Tensor, y: torch.Tensor):
        if bool(x > y):
            r = x
        else:
            r = y
        return r

    graph = trace(lambda x, y: larger(x, y) + 1, T(1.0), T(2.0))
    assert "prim::CallFunction" in kinds(graph)
    assert run(graph, T(5.0), T(2.0)).item() == 6.0


def test_several_results_and_lists_are_unpacked() -> None:
    def f(x: torch.Tensor) -> torch.Tensor:
        a, b = x.chunk(2)
        return torch.cat([b, a])

    graph = trace(f, T([1.0, 2.0]))
    assert run(graph, T([3.0, 4.0])).tolist() == [4.0, 3.0]
    assert "prim::ListUnpack" in kinds(graph)


def test_attributes_of_a_module_are_read_from_it() -> None:
    from ops_registry import types as t
    from tscript.runtime.object import ScriptObject
    from tscript.types.nominal import ModuleType

    inner = ModuleType("__torch__.Inner")
    inner.add_attribute("weight", t.TENSOR, "parameter")
    outer = ModuleType("__torch__.Outer")
    outer.add_attribute("part", inner)
    weight = T([3.0], requires_grad=True)
    tracer = Tracer()
    self_value = tracer.graph.add_input("self", outer)
    x = tracer.add_input("x", T([1.0]))
    tracer.bind_module(self_value, {("part", "weight"): weight})
    with tracer.recording():
        y = x * weight * weight
    tracer.finish(y)
    verify(tracer.graph)
    assert kinds(tracer.graph).count("prim::GetAttr") == 2
    module = ScriptObject(outer, {"part": ScriptObject(inner, {"weight": T([10.0])})})
    assert run(tracer.graph, module, T([2.0])).tolist() == [200.0]
