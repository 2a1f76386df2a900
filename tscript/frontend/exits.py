"""Jumps made structured: early returns, ``break`` and ``continue`` anywhere become branches.

The graph has no jumps: every block runs to its end. A block that may leave early gets two kinds of
results more: whether it left, and with which values. What follows is guarded by the first; the block
that the jump goes to (the function for ``return``, the loop's body for ``break`` and ``continue``)
picks its results by it. A block that always raises leaves its results uninitialized, since nobody
will see them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from ops_registry.types import BOOL, Type
from tscript.ir.graph import Block, Graph, Node, Value
from tscript.types.relations import unify


class _Status(Enum):
    WILL = "leaves"
    MIGHT = "may leave"
    WONT = "does not leave"
    THROWS = "raises"


@dataclass(frozen=True, slots=True)
class _Exit:
    """What is known at the end of a block: did it leave, and with which values."""

    status: _Status
    has_exited: Value
    values: tuple[Value, ...] = ()


_JUMPS = ("prim::LoopContinuation", "prim::ReturnStmt")
#: After which the rest of a block may not run.
_LEAVING = frozenset({*_JUMPS, "prim::RaiseException", "prim::If", "prim::Loop", "prim::fork"})


def transform_exits(graph: Graph, return_type: Type) -> None:
    """Replace ``prim::LoopContinuation`` and ``prim::ReturnStmt`` by structured branches, in place."""
    jumps = [node for node in graph.all_nodes() if node.kind in _JUMPS]
    if any(node.kind == "prim::LoopContinuation" for node in jumps):
        _Transformer(graph, "prim::LoopContinuation").run()
        returns = graph.find_nodes("prim::ReturnStmt")  # those that cannot be reached are gone
    else:
        returns = jumps
    if len(returns) == 1 and returns[0].owning_block is graph.block:
        _straight_return(graph, returns[0])
    else:
        _Transformer(graph, "prim::ReturnStmt").run()
    if not graph.outputs:  # every path raises
        with graph.inserting_at(graph.block):
            graph.add_output(graph.insert("prim::Uninitialized", (), (return_type,)).output)
    _merge_branches(graph, graph.block)


def _straight_return(graph: Graph, node: Node) -> None:
    """The usual case: one return, at the end."""
    value = node.input
    after = node.next
    while after is not graph.block.return_node:
        following = after.next
        _discard(after)
        after = following
    graph.return_node.source_range = node.source_range
    node.destroy()
    graph.add_output(value)


def _discard(node: Node) -> None:
    for value in node.outputs:
        assert not value.uses, "a value is used after the function returned"
    node.destroy()


class _Transformer:
    """One pass for one kind of jump."""

    def __init__(self, graph: Graph, kind: str) -> None:
        self.graph = graph
        self.kind = kind
        self.uninitialized: dict[Type, Value] = {}
        self.target: Block | None = None
        first = next(graph.block.nodes, graph.return_node)
        with graph.inserting_at(first):
            self.true = graph.constant(True)
            self.false = graph.constant(False)
        self.thrown = self.unset(BOOL)

    def run(self) -> None:
        self.block(self.graph.block, is_target=self.kind == "prim::ReturnStmt")

    def unset(self, type: Type) -> Value:
        """A value nobody reads, of a type."""
        found = self.uninitialized.get(type)
        if found is None:
            first = next(self.graph.block.nodes, self.graph.return_node)
            with self.graph.inserting_at(first):
                found = self.graph.insert("prim::Uninitialized", (), (type,)).output
            self.uninitialized[type] = found
        return found

    def wont(self) -> _Exit:
        return _Exit(_Status.WONT, self.false)

    # -- blocks

    def block(self, block: Block, *, is_target: bool = False) -> _Exit:
        found = self.wont()
        node = block.return_node.next
        while node is not block.return_node:
            following = node.next
            if node.kind not in _LEAVING:
                node = following
                continue
            match node.kind:
                case "prim::RaiseException":
                    found = _Exit(_Status.THROWS, self.thrown)
                case "prim::If":
                    found = self.branch(node)
                case "prim::Loop":
                    found = self.loop(node)
                case "prim::fork":
                    for inner in node.blocks:
                        self.block(inner)
                case kind if kind == self.kind:
                    found = _Exit(_Status.WILL, self.true, tuple(node.inputs))
                    block.return_node.source_range = node.source_range
                    node.destroy()
            if found.status in (_Status.WILL, _Status.THROWS):
                self.cut(block, following)
                break
            if found.status is _Status.MIGHT:
                if following is not block.return_node:
                    found = self.guard(block, found, following)
                break
            node = following
        if is_target:
            self.arrive(block, found)
            return self.wont()
        return found

    def cut(self, block: Block, node: Node) -> None:
        """Remove what is never reached, from ``node`` to the end."""
        for offset, value in enumerate(list(block.outputs)):
            block.replace_output(offset, self.unset(value.type))
        last = block.return_node.previous
        stop = node.previous
        while last is not stop:
            preceding = last.previous
            last.destroy()
            last = preceding

    def guard(self, block: Block, found: _Exit, node: Node) -> _Exit:
        """Put the rest of the block, from ``node``, into a branch taken when it did not leave."""
        graph = self.graph
        guarding = graph.create_if(found.has_exited).insert_before(node)
        left, rest = guarding.blocks
        while node is not block.return_node:
            following = node.next
            node.unlink()
            rest.append(node)
            node = following
        for value in block.outputs:
            left.add_output(self.unset(value.type))
            rest.add_output(value)
            guarding.add_output(value.type)
        for offset, value in enumerate(guarding.outputs):
            block.replace_output(offset, value)
        left.append(graph.create(self.kind, found.values))
        return self.branch(guarding)

    def arrive(self, block: Block, found: _Exit) -> None:
        """The jump goes to the end of this block: its results are the jump's, if it was taken."""
        if found.status is _Status.WILL:
            self.set_outputs(block, found.values)
        elif found.status is _Status.MIGHT:
            with self.graph.inserting_at(block):
                choosing = self.graph.insert_node(self.graph.create_if(found.has_exited))
            self.add_outputs(choosing, found.values, block.outputs)
            self.set_outputs(block, choosing.outputs)

    def set_outputs(self, block: Block, values: Sequence[Value]) -> None:
        values = list(values)
        while block.outputs:
            block.remove_output(len(block.outputs) - 1)
        for value in values:
            block.add_output(value)

    def add_outputs(self, node: Node, true: Sequence[Value], false: Sequence[Value]) -> list[Value]:
        """More outputs for a branch; what each side gives for them."""
        outputs = []
        for one, other in zip(list(true), list(false), strict=True):
            node.blocks[0].add_output(one)
            node.blocks[1].add_output(other)
            type = unify(one.type, other.type, default_to_union=True)
            outputs.append(node.add_output(type or one.type))
        return outputs

    # -- branches and loops

    def branch(self, node: Node) -> _Exit:
        true, false = (self.block(block) for block in node.blocks)
        statuses = (true.status, false.status)
        if statuses == (_Status.WONT, _Status.WONT):
            return self.wont()
        if statuses == (_Status.THROWS, _Status.THROWS):
            return _Exit(_Status.THROWS, self.thrown)
        quiet = (_Status.WONT, _Status.THROWS)
        if true.status in quiet and false.status in quiet:
            return self.wont()
        leaves = (_Status.WILL, _Status.THROWS)
        values = self.matched(true, false)
        if true.status in leaves and false.status in leaves:
            outputs = self.add_outputs(node, *values)
            return _Exit(_Status.WILL, self.true, tuple(outputs))
        (has_exited,) = self.add_outputs(node, [true.has_exited], [false.has_exited])
        outputs = self.add_outputs(node, *values)
        return _Exit(_Status.MIGHT, has_exited, tuple(outputs))

    def matched(self, true: _Exit, false: _Exit) -> tuple[list[Value], list[Value]]:
        """The values of both sides; a side that does not leave has none, and gives unset ones."""
        left, right = list(true.values), list(false.values)
        if not left:
            left = [self.unset(value.type) for value in right]
        if not right:
            right = [self.unset(value.type) for value in left]
        return left, right

    def loop(self, node: Node) -> _Exit:
        (body,) = node.blocks
        found = self.block(body, is_target=self.kind == "prim::LoopContinuation")
        if found.status in (_Status.WONT, _Status.THROWS):
            return self.wont()
        with self.graph.inserting_at(body):
            stop = self.graph.insert_node(self.graph.create_if(found.has_exited))
        stop.blocks[0].add_output(self.false)
        stop.blocks[1].add_output(body.outputs[0])
        body.replace_output(0, stop.add_output(BOOL))
        node.add_input(self.false)
        body.add_input(BOOL)
        body.add_output(found.has_exited)
        has_exited = node.add_output(BOOL)
        outputs = []
        for value in found.values:
            node.add_input(self.unset(value.type))
            body.add_input(value.type)
            body.add_output(value)
            outputs.append(node.add_output(value.type))
        return _Exit(_Status.MIGHT, has_exited, tuple(outputs))


# Two branches on one condition --------------------------------------------------------------------


def _merge_branches(graph: Graph, block: Block) -> None:
    """Inline a branch into the one before it whose constant outputs decide it."""
    for node in list(block.nodes):
        if not node.is_inserted:
            continue
        if node.kind == "prim::If":
            while _merge_with_next(graph, node):
                pass
        for inner in node.blocks:
            _merge_branches(graph, inner)


def _merge_with_next(graph: Graph, first: Node) -> bool:
    second = first.next
    while second.kind in ("prim::Constant", "prim::Uninitialized"):
        second = second.next
    if second.kind != "prim::If" or second.input.node is not first:
        return False
    offset = first.outputs.index(second.input)
    verdicts = []
    for block in first.blocks:
        verdict = block.outputs[offset].node
        if verdict.kind != "prim::Constant":
            return False
        verdicts.append(bool(verdict.constant_value()))
    between = first.next
    while between is not second:
        following = between.next
        between.move_before(first)
        between = following
    for block, taken in zip(first.blocks, verdicts, strict=True):
        chosen = second.blocks[0 if taken else 1]
        value_map = dict(zip(first.outputs, block.outputs, strict=True))
        with graph.inserting_at(block):
            for node in chosen.nodes:
                graph.insert_node(graph.clone_node(node, value_map))
        for value in chosen.outputs:
            block.add_output(value_map.get(value, value))
    for value in second.outputs:
        output = first.add_output(value.type)
        if value.has_debug_name:
            name = value.debug_name
            value.debug_name = ""
            output.debug_name = name
        value.replace_all_uses_with(output)
    second.destroy()
    return True
