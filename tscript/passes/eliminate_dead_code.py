"""`eliminate_dead_code`: drop nodes, and outputs of branches and loops, that nothing depends on.

What stays: everything with an effect (writes, calls, printing, raising, random numbers), and what the
graph's results, those effects and the conditions around them need. A write keeps what it writes to.
"""

from __future__ import annotations

from ops_registry.registry import registry
from tscript.ir.graph import Block, Graph, Node, Value
from tscript.ir.primitives import primitive

#: Operators whose effect their schema does not show.
_EFFECTS = frozenset(
    """aten::warn aten::manual_seed aten::seed aten::_assert_async aten::_assert aten::save
    aten::set_data aten::backward aten::wait aten::_set_grad_enabled aten::dist_backward""".split()
)
#: Operators that take numbers from the random stream: dropping one would shift all later ones.
_RANDOM_STEMS = ("rand", "bernoulli", "dropout", "multinomial", "normal", "poisson", "rrelu",
                 "feature_dropout", "alpha_dropout", "binomial", "gumbel")  # fmt: skip


def has_effects(node: Node) -> bool:
    """Whether the node does more than compute its outputs."""
    table = primitive(node.kind)
    if table is not None:
        return table.has_effects
    if node.kind in _EFFECTS:
        return True
    base = node.kind.rpartition("::")[2].lstrip("_")
    if base.startswith(_RANDOM_STEMS):
        return True
    schema = node.schema
    if schema is None:
        for candidate in registry().overloads(node.kind):
            if candidate.overload == node.overload:
                schema = candidate
                break
    return schema is None or schema.is_mutable


def eliminate_dead_code(graph: Graph) -> bool:
    """Remove what has no use and no effect; whether anything was removed."""
    return _Marker(graph).run()


class _Marker:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.nodes: set[Node] = set()
        self.values: set[Value] = set()
        self.work: list[Value | Node] = []

    def run(self) -> bool:
        self.work.extend(self.graph.outputs)
        self.work.extend(node for node in self.graph.all_nodes() if has_effects_here(node))
        while self.work:
            item = self.work.pop()
            if isinstance(item, Node):
                self.node(item)
            elif item not in self.values:
                self.values.add(item)
                self.value(item)
        return self.sweep(self.graph.block)

    def node(self, node: Node) -> None:
        if node in self.nodes:
            return
        self.nodes.add(node)
        block = node.owning_block
        if block is not None and block.owning_node is not None:
            self.work.append(block.owning_node)
        if node.kind == "prim::If":
            self.work.append(node.inputs[0])
        elif node.kind == "prim::Loop":
            self.work.extend(node.inputs[:2])
            self.work.append(node.blocks[0].outputs[0])
        else:
            self.work.extend(node.inputs)
            for block in node.blocks:
                self.work.extend(block.outputs)

    def value(self, value: Value) -> None:
        node, offset = value.node, value.offset
        if node.kind == "prim::Param":
            owner = node.owning_block.owning_node if node.owning_block is not None else None
            if owner is not None and owner.kind == "prim::Loop" and offset >= 1:
                self.slot(owner, offset - 1)
            elif owner is not None:
                self.work.append(owner)
            return
        self.work.append(node)
        if node.kind == "prim::If":
            self.work.extend(block.outputs[offset] for block in node.blocks)
        elif node.kind == "prim::Loop":
            self.slot(node, offset)

    def slot(self, loop: Node, number: int) -> None:
        """A carried value: its initial value, parameter, next value and output live together."""
        body = loop.blocks[0]
        self.work.append(loop)
        self.work.append(loop.inputs[number + 2])
        self.work.append(body.outputs[number + 1])
        self.work.append(body.inputs[number + 1])
        self.work.append(loop.outputs[number])

    def sweep(self, block: Block) -> bool:
        changed = False
        for node in block.nodes_reversed:
            if node not in self.nodes:
                node.destroy()
                changed = True
                continue
            if node.kind in ("prim::If", "prim::Loop"):
                changed |= self.trim(node)
            for inner in node.blocks:
                changed |= self.sweep(inner)
        return changed

    def trim(self, node: Node) -> bool:
        changed = False
        for number in reversed(range(len(node.outputs))):
            if node.outputs[number] in self.values:
                continue
            changed = True
            if node.kind == "prim::If":
                for block in node.blocks:
                    block.remove_output(number)
            else:
                body = node.blocks[0]
                body.remove_output(number + 1)
                for value_use in list(body.inputs[number + 1].uses):
                    if value_use.node not in self.nodes and value_use.node.is_inserted:
                        self.detach(value_use.node)
                body.remove_input(number + 1)
                node.remove_input(number + 2)
            for use in list(node.outputs[number].uses):
                if use.node not in self.nodes:
                    self.detach(use.node)
            node.remove_output(number)
        return changed

    def detach(self, node: Node) -> None:
        """A dead node in a block not swept yet must let go of a value that is going away."""
        for output in node.outputs:
            for use in list(output.uses):
                self.detach(use.node)
        if node.kind != "prim::Return":
            node.destroy()


def has_effects_here(node: Node) -> bool:
    """`has_effects` for a node with blocks: those count by themselves."""
    return node.kind not in ("prim::If", "prim::Loop") and has_effects(node)
