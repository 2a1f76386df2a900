"""Every operator on every sample: eager call, interpreter and generated code give the same.

The node is in a graph as the emitter makes it: tensors are inputs, lists are constructed, all else
is constant, so that the code generator's special forms for known arguments are what runs. Values,
dtypes, shapes, identity of returned arguments and what is written to arguments are compared.
"""

from __future__ import annotations

import copy

import numpy as np
import pytest

from ops_registry import types as t
from ops_registry.operator import fill_defaults
from ops_registry.registry import registry
from ops_registry.schema import Argument, FunctionSchema
from tscript.ir.function import CompiledFunction
from tscript.ir.graph import Graph
from tscript.ir.verify import verify
from tscript.runtime.codegen import NotCompilableError, compiled_graph
from tscript.runtime.dispatch import call
from tscript.runtime.interpreter import Interpreter
from tscript.runtime.tensor import wrap

OPERATORS = [
    op
    for op in registry()
    if op.kind == "kernel"
    and not op.random
    and not op.schema.is_vararg
    and (op.tensor_positions or op.returns_tensors)
    and (op.samples or (op.derivation == "inplace" and op.functional.samples))
]


def samples_of(operator):
    if operator.derivation == "inplace":
        return [s for s in operator.functional.samples() if isinstance(s.args[0], np.ndarray)]
    return operator.samples()


def handles(value):
    if isinstance(value, np.ndarray):
        return wrap(value)
    if isinstance(value, list | tuple):
        return [handles(v) for v in value]
    return value


def placed(graph, value, type, inputs):
    """The IR value of one argument; tensors become inputs of the graph."""
    if hasattr(value, "array"):
        inputs.append(value)
        return graph.add_input(f"x{len(inputs)}", t.TENSOR)
    if isinstance(value, list | tuple):
        plain = type.element if isinstance(type, t.OptionalType) else type
        items = [placed(graph, v, plain.element, inputs) for v in value]
        return graph.insert("prim::ListConstruct", items, (plain,)).output
    return graph.constant(value)


def one_node(operator, values):
    """A graph of one operator, and what it is run on."""
    graph = Graph()
    inputs: list = []
    schema = operator.schema
    placed_values = [
        placed(graph, value, argument.type, inputs)
        for argument, value in zip(schema.arguments, values)
    ]
    outputs = [r.type for r in schema.returns]
    node = graph.insert(
        schema.name, placed_values, outputs, overload=schema.overload, schema=schema
    )
    for value in node.outputs:
        graph.add_output(value)
    verify(graph)
    arguments = tuple(Argument(f"x{i}", t.TENSOR, t.TENSOR) for i in range(len(inputs)))
    signature = FunctionSchema("f", "", arguments, schema.returns)
    return CompiledFunction("__torch__.f", signature, graph), inputs


def described(results, tensors):
    """Results as plain data: bytes, dtype, shape, and which argument each one is."""
    if isinstance(results, list | tuple):
        return [described(r, tensors) for r in results]
    if hasattr(results, "array"):
        which = [i for i, x in enumerate(tensors) if x is results]
        return results.array.dtype.str, results.array.shape, results.array.tobytes(), which
    return repr(results)


def outcome(run, tensors):
    try:
        with np.errstate(all="ignore"):
            results = run(tensors)
    except Exception as error:
        return type(error).__name__, str(error)
    return described(results, tensors), [described(x, []) for x in tensors]


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda op: op.full_name)
def test_eager_interpreter_and_compiled_agree(operator):
    for sample in samples_of(operator):
        values = fill_defaults(operator.schema, *copy.deepcopy((sample.args, sample.kwargs)))
        values = [handles(v) for v in values]
        function, tensors = one_node(operator, values)
        single = len(operator.schema.returns) == 1

        def fresh():
            return [wrap(copy.deepcopy(x.array)) for x in tensors]

        def eager(inputs):
            copies = {id(x): y for x, y in zip(tensors, inputs)}

            def swapped(value):
                if isinstance(value, list):
                    return [swapped(v) for v in value]
                return copies.get(id(value), value)

            results = call(operator, [swapped(v) for v in values])
            return [results] if single else list(results)

        where = f"{operator.full_name} on {sample}"
        expected = outcome(eager, fresh())
        assert outcome(Interpreter(function.graph, "f").run, fresh()) == expected, where
        try:
            compiled = compiled_graph(function)
        except NotCompilableError:
            continue
        assert outcome(lambda xs: list(compiled.run(xs)), fresh()) == expected, where
