"""The verifier: is a graph well formed?

Checked are the things every pass relies on: values are defined before they are used and in a
block that encloses the use, use lists are exact, names are unique, ``prim::If`` and
``prim::Loop`` have the blocks and the types they must, primitives follow the table, operators
exist and take what their schema says.
"""

from __future__ import annotations

from collections import Counter

from ops_registry import types as t
from ops_registry.registry import registry
from tscript.ir.graph import Block, Graph, Node, Use, Value
from tscript.ir.primitives import primitive
from tscript.types.relations import is_subtype, match_variables


class InvalidGraphError(AssertionError):
    """A graph broke a rule; the message names the rule and prints the node."""


def verify(graph: Graph) -> None:
    """Raise :class:`InvalidGraphError` at the first rule that ``graph`` breaks."""
    _Verifier(graph).run()


class _Verifier:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.visible: set[Value] = set()
        self.defined: list[Value] = []
        self.names: Counter[str] = Counter()
        self.uses: dict[Value, list[Use]] = {}

    def run(self) -> None:
        self.block(self.graph.block, None)
        self.use_lists()
        for name, count in self.names.items():
            if count > 1:
                raise InvalidGraphError(f"{count} values are called %{name}")

    def fail(self, node: Node, problem: str) -> InvalidGraphError:
        return InvalidGraphError(f"{problem}\n  {node!r}")

    def block(self, block: Block, owner: Node | None) -> None:
        if block.graph is not self.graph or block.owning_node is not owner:
            raise InvalidGraphError("a block belongs to another graph or node")
        defined: list[Value] = []
        self.define(block.param_node, defined)
        for node in block.nodes:
            if node.owning_block is not block or node.graph is not self.graph:
                raise self.fail(node, "the node does not know its block")
            self.node(node)
            self.define(node, defined)
        self.read(block.return_node)
        self.visible.difference_update(defined)
        self.defined.extend(defined)

    def use_lists(self) -> None:
        for value in self.defined:
            recorded = Counter((id(use.node), use.offset) for use in value.uses)
            found = Counter((id(use.node), use.offset) for use in self.uses.get(value, []))
            if recorded != found:
                raise self.fail(value.node, f"%{value.debug_name} has a wrong list of uses")

    def define(self, node: Node, defined: list[Value]) -> None:
        for offset, value in enumerate(node.outputs):
            if value.node is not node or value.offset != offset:
                raise self.fail(node, f"output {offset} does not know its node")
            self.visible.add(value)
            defined.append(value)
            self.names[value.debug_name] += 1

    def read(self, node: Node) -> None:
        for offset, value in enumerate(node.inputs):
            if value not in self.visible:
                raise self.fail(node, f"%{value.debug_name} is used where it is not defined")
            self.uses.setdefault(value, []).append(Use(node, offset))

    def node(self, node: Node) -> None:
        self.read(node)
        shape = primitive(node.kind)
        if shape is None:
            self.operator(node)
        else:
            least, most = shape.inputs
            count = len(node.inputs)
            if count < least or (most is not None and count > most):
                raise self.fail(node, f"{node.kind} cannot take {count} inputs")
            if shape.outputs is not None and len(node.outputs) != shape.outputs:
                raise self.fail(node, f"{node.kind} cannot have {len(node.outputs)} outputs")
            if len(node.blocks) != shape.blocks:
                raise self.fail(node, f"{node.kind} cannot have {len(node.blocks)} blocks")
            for attribute in shape.attributes:
                if attribute not in node.attributes:
                    raise self.fail(node, f"{node.kind} needs the attribute {attribute!r}")
        for block in node.blocks:
            self.block(block, node)
        if node.kind == "prim::If":
            self.branches(node)
        elif node.kind == "prim::Loop":
            self.loop(node)

    def branches(self, node: Node) -> None:
        if not isinstance(node.input.type, t.BoolType):
            raise self.fail(node, f"the condition is {node.input.type}, not bool")
        for number, block in enumerate(node.blocks):
            if block.inputs:
                raise self.fail(node, f"block {number} of an If has parameters")
            if len(block.outputs) != len(node.outputs):
                raise self.fail(node, f"block {number} gives {len(block.outputs)} results")
            for result, output in zip(block.outputs, node.outputs, strict=True):
                self.flows(node, result.type, output.type)

    def loop(self, node: Node) -> None:
        (body,) = node.blocks
        count, condition, *initial = node.inputs
        if not isinstance(count.type, t.IntType) or not isinstance(condition.type, t.BoolType):
            raise self.fail(node, "a Loop starts with an int and a bool")
        if not body.inputs or not isinstance(body.inputs[0].type, t.IntType):
            raise self.fail(node, "a Loop's body starts with the trip number")
        if not body.outputs or not isinstance(body.outputs[0].type, t.BoolType):
            raise self.fail(node, "a Loop's body gives first whether to go on")
        carried = body.inputs[1:]
        if not len(initial) == len(carried) == len(body.outputs) - 1 == len(node.outputs):
            raise self.fail(node, "a Loop carries a different number of values in and out")
        for start, parameter, result, output in zip(
            initial, carried, body.outputs[1:], node.outputs, strict=True
        ):
            self.flows(node, start.type, parameter.type)
            self.flows(node, result.type, parameter.type)
            self.flows(node, parameter.type, output.type)

    def flows(self, node: Node, source: t.Type, target: t.Type) -> None:
        if not is_subtype(source, target):
            raise self.fail(node, f"a value of type {source} flows into one of type {target}")

    def operator(self, node: Node) -> None:
        schemas = registry().overloads(node.kind)
        if not schemas:
            raise self.fail(node, f"no operator is called {node.kind}")
        schema = next((s for s in schemas if s.overload == node.overload), None)
        if schema is None:
            raise self.fail(node, f"{node.kind} has no overload {node.overload!r}")
        if not schema.is_vararg and len(node.inputs) != len(schema.arguments):
            raise self.fail(node, f"the schema has {len(schema.arguments)} arguments: {schema}")
        if not schema.is_varret and len(node.outputs) != len(schema.returns):
            raise self.fail(node, f"the schema has {len(schema.returns)} results: {schema}")
        bindings: dict[str, t.Type] = {}
        for argument, value in zip(schema.arguments, node.inputs, strict=False):
            problem = match_variables(argument.type, value.type, bindings)
            if problem is not None:
                raise self.fail(node, f"{argument.name} of {schema}: {problem}")
