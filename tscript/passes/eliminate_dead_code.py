"""`eliminate_dead_code`: drop nodes, and outputs of branches and loops, that nothing depends on.

What stays: everything with an effect (writes, calls, printing, raising, random numbers), and what the
graph's results, those effects and the conditions around them need. A write keeps what it writes to.
"""

from __future__ import annotations

from functools import cache

from ops_registry.registry import registry
from tscript.ir.graph import Block, Graph, Node, Value
from tscript.ir.primitives import primitive

#: Operators whose effect their schema does not show.
_EFFECTS = frozenset(
    """aten::warn aten::manual_seed aten::seed aten::_assert_async aten::_assert aten::save
    aten::set_data aten::backward aten::wait aten::_set_grad_enabled aten::dist_backward""".split()
)
_WITH_BLOCKS = ("prim::If", "prim::Loop")
#: Operators that take numbers from the random stream: dropping one would shift all later ones.
_RANDOM_STEMS = ("rand", "bernoulli", "dropout", "multinomial", "normal", "poisson", "rrelu",
                 "feature_dropout", "alpha_dropout", "binomial", "gumbel")  # fmt: skip


def has_effects(node: Node) -> bool:
    """Whether the node does more than compute its outputs."""
    known = _effects_of_kind(node.kind)
    return _is_mutable(node) if known is None else known


@cache
def _effects_of_kind(kind: str) -> bool | None:
    """What is true of all overloads; None when their schemas say."""
    table = primitive(kind)
    if table is not None:
        return table.has_effects
    return True if kind in _EFFECTS or _is_random(kind) else None


def is_random(node: Node) -> bool:
    """Whether the operator takes numbers from the random stream."""
    return _is_random(node.kind)


@cache
def _is_random(kind: str) -> bool:
    return kind.rpartition("::")[2].lstrip("_").startswith(_RANDOM_STEMS)


def _is_mutable(node: Node) -> bool:
    schema = node.schema
    if schema is None:
        for candidate in registry().overloads(node.kind):
            if candidate.overload == node.overload:
                schema = candidate
                break
    return schema is None or schema.is_mutable


def eliminate_dead_code(graph: Graph, *, random_numbers_count: bool = True) -> bool:
    """Remove what has no use and no effect; whether anything was removed.

    Without ``random_numbers_count`` unused random numbers go too: later ones are then others.
    """
    return _Marker(graph, random_numbers_count).run()


class _Marker:
    def __init__(self, graph: Graph, random_numbers_count: bool) -> None:
        self.graph = graph
        self.random_numbers_count = random_numbers_count
        self.nodes: set[Node] = set()
        self.values: set[Value] = set()
        self.work: list[Value] = []

    def run(self) -> bool:
        self.work.extend(self.graph.outputs)
        for node in self.graph.all_nodes():
            if self.counts(node):
                self.node(node)
        while self.work:
            value = self.work.pop()
            if value not in self.values:
                self.values.add(value)
                self.value(value)
        return self.sweep(self.graph.block)

    def counts(self, node: Node) -> bool:
        if node.kind in _WITH_BLOCKS:
            return False  # those inside count by themselves
        if not self.random_numbers_count and is_random(node) and not _is_mutable(node):
            return False
        return has_effects(node)

    def node(self, node: Node) -> None:
        """The node runs: so do those around it, and it needs what it reads."""
        if node in self.nodes:
            return
        self.nodes.add(node)
        block = node.owning_block
        if block is not None and block.owning_node is not None:
            self.node(block.owning_node)
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
                self.node(owner)
            return
        self.node(node)
        if node.kind == "prim::If":
            self.work.extend(block.outputs[offset] for block in node.blocks)
        elif node.kind == "prim::Loop":
            self.slot(node, offset)

    def slot(self, loop: Node, number: int) -> None:
        """A carried value: its initial value, parameter, next value and output live together."""
        body = loop.blocks[0]
        self.node(loop)
        self.work.append(loop.inputs[number + 2])
        self.work.append(body.outputs[number + 1])
        self.work.append(body.inputs[number + 1])
        self.work.append(loop.outputs[number])

    def sweep(self, block: Block) -> bool:
        """Remove dead nodes and slots from the end of the block on: readers go before what they read."""
        changed = False
        for node in block.nodes_reversed:
            if node not in self.nodes:
                node.destroy()
                changed = True
                continue
            dead = []
            if node.kind in _WITH_BLOCKS:
                dead = [n for n, value in enumerate(node.outputs) if value not in self.values]
            first = 1 if node.kind == "prim::Loop" else 0
            for number in reversed(dead):
                for inner in node.blocks:
                    inner.remove_output(number + first)
            for inner in node.blocks:
                changed |= self.sweep(inner)
            for number in reversed(dead):
                if node.kind == "prim::Loop":
                    node.blocks[0].remove_input(number + 1)
                    node.remove_input(number + 2)
                node.remove_output(number)
                changed = True
        return changed
