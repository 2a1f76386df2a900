"""The SSA graph: ``Graph``, ``Block``, ``Node``, ``Value`` and ``Use``.

A graph is a block of nodes; a node has inputs, outputs, attributes and (for ``prim::If`` and
``prim::Loop``) blocks of its own. Each value is defined once, by a node or as a block's
parameter, and knows its uses. Structure only: what nodes mean is the interpreter's business,
what they may be is :mod:`tscript.ir.primitives`, and their text is :mod:`tscript.ir.printer`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from ops_registry import types as t
from ops_registry.dtypes import Dtype
from tscript.ir.constant_types import constant_type

if TYPE_CHECKING:
    from ops_registry.schema import FunctionSchema
    from tscript.diagnostics.source import SourceRange


class Use(NamedTuple):
    """One place that reads a value: input number ``offset`` of ``node``."""

    node: Node
    offset: int


#: ``Use(node, offset)`` from a pair, without the Python function behind it: there are many.
_use = partial(tuple.__new__, Use)


class Value:
    """What a node or a block's head defines: a type, a name for people, and its uses.

    The value knows which graph it belongs to through its node; two values are the same only
    if they are one object.
    """

    __slots__ = ("_name", "node", "offset", "type", "uses", "unique")

    def __init__(self, node: Node, offset: int, type: t.Type, unique: int) -> None:
        self.node = node
        self.offset = offset
        self.type = type
        self.unique = unique
        self.uses: list[Use] = []
        self._name = ""

    @property
    def graph(self) -> Graph:
        return self.node.graph

    @property
    def debug_name(self) -> str:
        """The name that prints behind ``%``; unique in the graph."""
        return self._name or str(self.unique)

    @debug_name.setter
    def debug_name(self, name: str) -> None:
        self.graph.rename(self, name)

    @property
    def has_debug_name(self) -> bool:
        return bool(self._name)

    @property
    def is_block_parameter(self) -> bool:
        return self.node.kind == "prim::Param"

    def replace_all_uses_with(self, other: Value) -> None:
        """Make every reader of this value read ``other``."""
        if other is self:
            return
        for node, offset in self.uses:
            node.inputs[offset] = other
        other.uses += self.uses
        self.uses = []

    def set_type(self, type: t.Type) -> Value:
        self.type = type
        return self

    def __repr__(self) -> str:
        return f"%{self.debug_name} : {self.type}"


class Node:
    """One operation: ``kind`` is ``aten::add`` or ``prim::If``; ``overload`` picks the schema.

    ``attributes`` are the constants written in brackets (``prim::Constant[value=1]``). ``scope``
    is the module path that a trace was in; ``source_range`` is where the user wrote it, and
    ``callstack`` the calls it was inlined through.
    """

    __slots__ = (
        "attributes",
        "blocks",
        "callstack",
        "graph",
        "inputs",
        "kind",
        "outputs",
        "overload",
        "owning_block",
        "schema",
        "scope",
        "source_range",
        "_next",
        "_previous",
    )

    def __init__(
        self,
        graph: Graph,
        kind: str,
        overload: str = "",
        schema: FunctionSchema | None = None,
        source_range: SourceRange | None = None,
    ) -> None:
        self.graph = graph
        self.kind = kind
        self.overload = overload
        self.schema = schema
        self.inputs: list[Value] = []
        self.outputs: list[Value] = []
        self.attributes: dict[str, Any] = {}
        self.blocks: list[Block] = []
        self.source_range = source_range
        self.scope: str = ""
        self.callstack: tuple[SourceRange, ...] = ()
        self.owning_block: Block | None = None
        self._next: Node | None = None
        self._previous: Node | None = None

    # Inputs and outputs.

    @property
    def input(self) -> Value:
        """The only input."""
        (value,) = self.inputs
        return value

    @property
    def output(self) -> Value:
        """The only output."""
        (value,) = self.outputs
        return value

    def add_input(self, value: Value) -> Value:
        value.uses.append(_use((self, len(self.inputs))))
        self.inputs.append(value)
        return value

    def insert_input(self, offset: int, value: Value) -> Value:
        """Insert an input at ``offset``; later ones move up."""
        tail = self.inputs[offset:]
        while len(self.inputs) > offset:
            self.remove_input(len(self.inputs) - 1)
        self.add_input(value)
        for moved in tail:
            self.add_input(moved)
        return value

    def replace_input(self, offset: int, value: Value) -> None:
        old = self.inputs[offset]
        use = _use((self, offset))
        old.uses.remove(use)
        self.inputs[offset] = value
        value.uses.append(use)

    def remove_input(self, offset: int) -> None:
        """Drop an input; later ones move down."""
        self.inputs[offset].uses.remove(Use(self, offset))
        for position in range(offset + 1, len(self.inputs)):
            value = self.inputs[position]
            value.uses[value.uses.index(Use(self, position))] = Use(self, position - 1)
        del self.inputs[offset]

    def remove_all_inputs(self) -> None:
        for offset, value in enumerate(self.inputs):
            value.uses.remove(_use((self, offset)))
        self.inputs.clear()

    def add_output(self, type: t.Type = t.TENSOR, name: str = "") -> Value:
        value = Value(self, len(self.outputs), type, self.graph.next_unique())
        self.outputs.append(value)
        if name:
            value.debug_name = name
        return value

    def remove_output(self, offset: int) -> None:
        """Drop an output nobody uses."""
        value = self.outputs.pop(offset)
        if value.uses:
            raise ValueError(f"{value!r} is still used")
        self.graph.forget(value)
        for later in self.outputs[offset:]:
            later.offset -= 1

    def replace_all_uses_with(self, other: Node) -> None:
        for mine, theirs in zip(self.outputs, other.outputs, strict=True):
            mine.replace_all_uses_with(theirs)

    # Blocks.

    def add_block(self) -> Block:
        block = Block(self.graph, self)
        self.blocks.append(block)
        return block

    # Position. Nodes of a block form a doubly linked list around its return node.

    @property
    def next(self) -> Node:
        assert self._next is not None, "the node is in no block"
        return self._next

    @property
    def previous(self) -> Node:
        assert self._previous is not None, "the node is in no block"
        return self._previous

    @property
    def is_inserted(self) -> bool:
        return self.owning_block is not None

    def insert_before(self, other: Node) -> Node:
        assert self.owning_block is None, "the node is already in a block"
        previous = other.previous
        previous._next, self._previous = self, previous
        self._next, other._previous = other, self
        self.owning_block = other.owning_block
        return self

    def insert_after(self, other: Node) -> Node:
        return self.insert_before(other.next)

    def unlink(self) -> Node:
        """Take the node out of its block, keeping its inputs and outputs."""
        previous, following = self.previous, self.next
        previous._next, following._previous = following, previous
        self._next = self._previous = self.owning_block = None
        return self

    def move_before(self, other: Node) -> Node:
        return self.unlink().insert_before(other)

    def destroy(self) -> None:
        """Remove the node and the blocks below it; its outputs must be unused."""
        for value in self.outputs:
            if value.uses:
                raise ValueError(f"{value!r} is still used by {value.uses[0].node.kind}")
        for block in reversed(self.blocks):
            block.destroy()
        self.remove_all_inputs()
        for value in self.outputs:
            self.graph.forget(value)
        if self.is_inserted:
            self.unlink()
        # A node and its values know each other: without this each would wait for the collector.
        self.outputs.clear()
        self.blocks.clear()

    # Order.

    def is_before(self, other: Node) -> bool:
        """Whether this node comes first in execution order; a node precedes those in its blocks."""
        mine, theirs = _ancestry(self), _ancestry(other)
        for a, b in zip(mine, theirs, strict=False):
            if a is not b:
                if a.owning_block is not b.owning_block:
                    assert a.owning_block is not None and b.owning_block is not None
                    owner = a.owning_block.owning_node
                    blocks = owner.blocks if owner is not None else []
                    return blocks.index(a.owning_block) < blocks.index(b.owning_block)
                node: Node | None = a
                assert a.owning_block is not None
                stop = a.owning_block.return_node
                while node is not None and node is not stop:
                    if node is b:
                        return True
                    node = node._next
                return b is stop
        return len(mine) < len(theirs)

    def copy_metadata(self, other: Node) -> Node:
        """Take over where ``other`` came from."""
        self.source_range = other.source_range
        self.scope = other.scope
        self.callstack = other.callstack
        return self

    @property
    def full_kind(self) -> str:
        return f"{self.kind}.{self.overload}" if self.overload else self.kind

    def constant_value(self) -> Any:
        """The Python value of a ``prim::Constant``; ``None`` also for the constant None."""
        assert self.kind == "prim::Constant", self.kind
        return self.attributes.get("value")

    def __repr__(self) -> str:
        outputs = ", ".join(map(repr, self.outputs))
        inputs = ", ".join(f"%{v.debug_name}" for v in self.inputs)
        return f"{outputs}{' = ' if outputs else ''}{self.full_kind}({inputs})"


def _ancestry(node: Node) -> list[Node]:
    chain = [node]
    while node.owning_block is not None and node.owning_block.owning_node is not None:
        node = node.owning_block.owning_node
        chain.append(node)
    return chain[::-1]


class Block:
    """A straight list of nodes with parameters (``inputs``) and results (``outputs``)."""

    __slots__ = ("graph", "owning_node", "param_node", "return_node")

    def __init__(self, graph: Graph, owning_node: Node | None) -> None:
        self.graph = graph
        self.owning_node = owning_node
        #: Its outputs are the block's parameters.
        self.param_node = Node(graph, "prim::Param")
        #: Its inputs are the block's results; also the sentinel of the node list.
        self.return_node = Node(graph, "prim::Return")
        self.param_node.owning_block = self
        self.return_node.owning_block = self
        self.return_node._next = self.return_node
        self.return_node._previous = self.return_node

    @property
    def inputs(self) -> list[Value]:
        return self.param_node.outputs

    @property
    def outputs(self) -> list[Value]:
        return self.return_node.inputs

    def add_input(self, type: t.Type = t.TENSOR, name: str = "") -> Value:
        return self.param_node.add_output(type, name)

    def remove_input(self, offset: int) -> None:
        self.param_node.remove_output(offset)

    def add_output(self, value: Value) -> int:
        """Register a result; returns its number."""
        self.return_node.add_input(value)
        return len(self.outputs) - 1

    def replace_output(self, offset: int, value: Value) -> None:
        self.return_node.replace_input(offset, value)

    def remove_output(self, offset: int) -> None:
        self.return_node.remove_input(offset)

    @property
    def nodes(self) -> Iterator[Node]:
        """The nodes in order. The current node may be destroyed while iterating."""
        end = self.return_node
        node = end._next
        while node is not end:
            assert node is not None
            following = node._next
            yield node
            node = following if node._next is None else node._next

    @property
    def nodes_reversed(self) -> Iterator[Node]:
        node = self.return_node._previous
        while node is not self.return_node:
            assert node is not None
            preceding = node._previous
            yield node
            node = preceding if node._previous is None else node._previous

    @property
    def is_empty(self) -> bool:
        return self.return_node._next is self.return_node

    def append(self, node: Node) -> Node:
        return node.insert_before(self.return_node)

    def prepend(self, node: Node) -> Node:
        return node.insert_before(self.return_node.next)

    def all_nodes(self) -> Iterator[Node]:
        """Every node of this block and of the blocks below, in order."""
        for node in self.nodes:
            yield node
            if node.blocks:
                for block in node.blocks:
                    yield from block.all_nodes()

    def destroy(self) -> None:
        self.return_node.remove_all_inputs()
        for node in self.nodes_reversed:
            node.destroy()
        for value in self.inputs:
            self.graph.forget(value)

    def clone_from(
        self,
        source: Block,
        value_map: dict[Value, Value],
    ) -> None:
        """Append a copy of ``source``'s parameters, nodes and results to this (empty) block.

        ``value_map`` maps values of the source to values here, is extended on the way, and must
        already hold the source's free values when the blocks are of different graphs.
        """
        for parameter in source.inputs:
            copy = self.add_input(parameter.type)
            if parameter.has_debug_name:
                copy.debug_name = parameter._name
            value_map[parameter] = copy
        for node in source.nodes:
            self.append(self.graph.clone_node(node, value_map))
        for value in source.outputs:
            self.add_output(value_map.get(value, value))


class Graph:
    """A function's body: the outermost block, and the factory of its nodes and names.

    >>> graph = Graph()
    >>> x = graph.add_input("x")
    >>> two = graph.constant(2)
    >>> y = graph.insert("aten::mul", [x, two], overload="Scalar").output
    >>> graph.add_output(y)
    0
    >>> [node.kind for node in graph.nodes]
    ['prim::Constant', 'aten::mul']
    """

    def __init__(self) -> None:
        self._uniques = itertools.count()
        self._names: dict[str, Value] = {}
        self._name_suffixes: dict[str, int] = {}
        #: A parsed graph may use numbers as names, which unnamed values must then leave out.
        self._has_numeric_names = False
        self.block = Block(self, None)
        #: New nodes go in front of this one.
        self._insert_before: Node = self.block.return_node
        #: Where nodes created now come from.
        self.current_range: SourceRange | None = None
        self.current_scope: str = ""

    # The outermost block.

    @property
    def inputs(self) -> list[Value]:
        return self.block.inputs

    @property
    def outputs(self) -> list[Value]:
        return self.block.outputs

    @property
    def nodes(self) -> Iterator[Node]:
        return self.block.nodes

    def all_nodes(self) -> Iterator[Node]:
        return self.block.all_nodes()

    @property
    def return_node(self) -> Node:
        return self.block.return_node

    def add_input(self, name: str = "", type: t.Type = t.TENSOR) -> Value:
        return self.block.add_input(type, name)

    def add_output(self, value: Value) -> int:
        return self.block.add_output(value)

    def find_nodes(self, kind: str) -> list[Node]:
        """Every node of a kind, at any depth, in order."""
        return [node for node in self.all_nodes() if node.kind == kind]

    # Names.

    def next_unique(self) -> int:
        unique = next(self._uniques)
        while self._has_numeric_names and str(unique) in self._names:
            unique = next(self._uniques)
        return unique

    def rename(self, value: Value, name: str) -> None:
        """Give ``value`` a name; the value that had it before moves to ``name.1``, ``name.2`` ...

        As in PyTorch, the newest value holds the plain name, so that a variable's last
        definition prints as ``%rv`` and earlier ones as ``%rv.1``.
        """
        if value._name:
            self._names.pop(value._name, None)
            value._name = ""
        if not name:
            return
        if name[0].isdecimal():
            self._has_numeric_names = True
        holder = self._names.get(name)
        if holder is not None and holder is not value:
            base, _, suffix = name.rpartition(".")
            stem = base if base and suffix.isdecimal() else name
            number = self._name_suffixes.get(stem, 0) + 1
            while f"{stem}.{number}" in self._names:
                number += 1
            self._name_suffixes[stem] = number
            del self._names[name]
            holder._name = ""
            self.rename(holder, f"{stem}.{number}")
        value._name = name
        self._names[name] = value

    def forget(self, value: Value) -> None:
        """Free the name of a value that is no longer in the graph."""
        if value._name and self._names.get(value._name) is value:
            del self._names[value._name]

    def value_named(self, name: str) -> Value | None:
        return self._names.get(name)

    # Making nodes.

    def create(
        self,
        kind: str,
        inputs: Iterable[Value] = (),
        output_types: Sequence[t.Type] = (),
        *,
        overload: str = "",
        schema: FunctionSchema | None = None,
        attributes: Mapping[str, Any] | None = None,
        source_range: SourceRange | None = None,
    ) -> Node:
        """A node in no block yet."""
        node = Node(self, kind, overload, schema, source_range or self.current_range)
        node.scope = self.current_scope
        node.inputs = read = list(inputs)
        for offset, value in enumerate(read):
            value.uses.append(_use((node, offset)))
        for offset, type in enumerate(output_types):
            node.outputs.append(Value(node, offset, type, self.next_unique()))
        if attributes:
            node.attributes.update(attributes)
        return node

    def insert_node(self, node: Node) -> Node:
        """Put a node at the insert point."""
        return node.insert_before(self._insert_before)

    def insert(
        self,
        kind: str,
        inputs: Iterable[Value] = (),
        output_types: Sequence[t.Type] = (t.TENSOR,),
        *,
        overload: str = "",
        schema: FunctionSchema | None = None,
        attributes: Mapping[str, Any] | None = None,
        source_range: SourceRange | None = None,
    ) -> Node:
        """:meth:`create` and :meth:`insert_node` in one."""
        return self.insert_node(
            self.create(
                kind,
                inputs,
                output_types,
                overload=overload,
                schema=schema,
                attributes=attributes,
                source_range=source_range,
            )
        )

    def constant(
        self, value: Any, type: t.Type | None = None, source_range: SourceRange | None = None
    ) -> Value:
        """Insert a ``prim::Constant``; its type is the value's unless given."""
        return self.insert_node(self.create_constant(value, type, source_range)).output

    def create_constant(
        self, value: Any, type: t.Type | None = None, source_range: SourceRange | None = None
    ) -> Node:
        if isinstance(value, Dtype):
            value = value.code
        node = self.create(
            "prim::Constant",
            (),
            (constant_type(value) if type is None else type,),
            source_range=source_range,
        )
        if value is not None:
            node.attributes["value"] = value
        return node

    def create_if(self, condition: Value, output_types: Sequence[t.Type] = ()) -> Node:
        """A ``prim::If`` with two empty blocks."""
        node = self.create("prim::If", (condition,), output_types)
        node.add_block()
        node.add_block()
        return node

    @property
    def insert_point(self) -> Node:
        return self._insert_before

    def set_insert_point(self, where: Node | Block) -> None:
        """New nodes go before the node, or at the end of the block."""
        self._insert_before = where.return_node if isinstance(where, Block) else where

    def inserting_at(self, where: Node | Block) -> _Inserting:
        """:meth:`set_insert_point` for the length of a ``with``."""
        return _Inserting(self, where)

    def at_range(self, source_range: SourceRange | None) -> _AtRange:
        """Nodes created inside come from ``source_range``."""
        return _AtRange(self, source_range)

    # Copies.

    def clone_node(self, node: Node, value_map: dict[Value, Value]) -> Node:
        """A copy of a node, its blocks included, in no block yet."""
        copy = Node(self, node.kind, node.overload, node.schema)
        copy.copy_metadata(node)
        copy.attributes.update(node.attributes)
        for value in node.inputs:
            copy.add_input(value_map.get(value, value))
        for block in node.blocks:
            copy.add_block().clone_from(block, value_map)
        for value in node.outputs:
            output = copy.add_output(value.type)
            if value.has_debug_name:
                output.debug_name = value._name
            value_map[value] = output
        return copy

    def copy(self) -> Graph:
        """A deep copy; attributes' values are shared."""
        graph = Graph()
        graph.block.clone_from(self.block, {})
        return graph

    def inline_call(self, callee: Graph, inputs: Sequence[Value]) -> list[Value]:
        """Insert a copy of ``callee``'s body at the insert point; returns its results here."""
        value_map = dict(zip(callee.inputs, inputs, strict=True))
        for node in callee.nodes:
            self.insert_node(self.clone_node(node, value_map))
        return [value_map[value] for value in callee.outputs]

    # Text.

    def to_string(self, *, dialect: str = "modern", source_ranges: bool = False) -> str:
        """The graph's text: ``modern`` as PyTorch 2.x prints it, ``2019`` as the reference does."""
        from tscript.ir.printer import print_graph

        return print_graph(self, dialect=dialect, source_ranges=source_ranges)

    def __str__(self) -> str:
        return self.to_string(dialect="2019")


# Classes, since a generator for each expression of a program would be a tenth of compiling it.


class _Inserting:
    __slots__ = ("_graph", "_saved", "_where")

    def __init__(self, graph: Graph, where: Node | Block) -> None:
        self._graph = graph
        self._where = where

    def __enter__(self) -> None:
        self._saved = self._graph._insert_before
        self._graph.set_insert_point(self._where)

    def __exit__(self, *exc: object) -> None:
        self._graph._insert_before = self._saved


class _AtRange:
    __slots__ = ("_graph", "_range", "_saved")

    def __init__(self, graph: Graph, source_range: SourceRange | None) -> None:
        self._graph = graph
        self._range = source_range

    def __enter__(self) -> None:
        self._saved = self._graph.current_range
        self._graph.current_range = self._range

    def __exit__(self, *exc: object) -> None:
        self._graph.current_range = self._saved
