"""The emitter's state, and the few steps that everything else in emission is made of.

One `Emitter` lowers one function: it owns the graph, the frames of variables, and the sink for
diagnostics. What each construct means is in the ``emit_*`` files, which are functions over an Emitter;
`Emitter.expr`, `Emitter.sugared` and `Emitter.statements` lead there. Nothing here or there looks at a
live object: the world outside the function is the resolver's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ops_registry.registry import registry
from ops_registry.types import (
    BOOL,
    ERROR,
    NONE,
    BoolType,
    DictType,
    ErrorType,
    ListType,
    StringType,
    TupleType,
    Type,
)
from tscript.diagnostics.report import DiagnosticSink, Note
from tscript.diagnostics.source import SourceRange
from tscript.frontend import (
    emit_expression as expressions,
)
from tscript.frontend import (
    emit_statement as statements,
)
from tscript.frontend import remedies
from tscript.frontend import views as v
from tscript.frontend.emit_return import Returns
from tscript.frontend.environment import Frame, Held, Problem, Stored, meaningful_name
from tscript.frontend.origins import Origins
from tscript.frontend.resolver import (
    UNKNOWN,
    Constant,
    Resolver,
    Uncapturable,
    Unknown,
)
from tscript.frontend.schema_matching import (
    Given,
    Mismatch,
    callable_overloads,
    convert,
    match_overloads,
)
from tscript.frontend.sugared import BoundMethod, Sugared, SugaredTuple, describe
from tscript.ir.graph import Block, Graph, Node, Value
from tscript.types.nominal import (
    RETURN_TYPES,
    ClassType,
    EnumType,
    InterfaceType,
    ModuleType,
    NamedTupleType,
)
from tscript.types.printing import source_str
from tscript.types.relations import (
    is_optional,
    is_subtype,
    make_union,
    members_of,
)

if TYPE_CHECKING:
    from tscript.frontend.annotations import AnnotationReader
    from tscript.frontend.unit import Unit


@dataclass(slots=True)
class Loop:
    """The loop that is being emitted, if any."""

    #: What an unrolled loop goes over (``tuple``, ``ModuleList``); empty for a real one.
    unrolled: str = ""
    #: How many ``with`` statements are open around it.
    depth: int = 0


@dataclass(slots=True, eq=False)
class Emitter:
    """Emission of one function."""

    unit: Unit
    resolver: Resolver
    sink: DiagnosticSink
    annotations: AnnotationReader
    name: str
    owner: ClassType | ModuleType | None = None
    graph: Graph = field(default_factory=Graph)
    returns: Returns = field(default_factory=Returns)
    #: Blocks whose end is not reached: they return, raise, break or continue.
    exits: set[Block] = field(default_factory=set)
    loops: list[Loop] = field(default_factory=list)
    #: A branch depended on what cannot be seen here: the end may not be reachable after all.
    uncertain: bool = False
    #: The objects of the ``with`` statements around, outermost first.
    contexts: list[Value] = field(default_factory=list)
    #: An unsupported statement was left out, and with it the names that it binds.
    names_lost: bool = False
    #: The annotation of the variable whose value is being emitted.
    annotation_hint: Type | None = None
    #: Loads ``self``, in a method.
    self_value: Callable[[], Value] | None = None
    #: Where types were taken for granted.
    origins: Origins = field(default_factory=Origins)
    frame: Frame = field(init=False)
    _literals: dict[tuple[type, str], Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.frame = Frame(self.graph.block, None)

    # Diagnostics ---------------------------------------------------------------------------------

    def report(
        self,
        code: str,
        range: SourceRange,
        *,
        notes: Sequence[Note] = (),
        suggestion: str = "",
        cause: Value | None = None,
        meant: Type | None = None,
        **args: object,
    ) -> Value:
        """Report, and give the value that stands for what could not be emitted.

        Where the type of ``cause`` was taken for granted, that place is shown, and what to write
        there: ``meant``, if the type that would do is known.
        """
        origin = self.origins.of(cause, meant) if cause is not None else None
        if origin is not None:
            notes, suggestion = (*notes, origin.note), origin.hint
        self.sink.report(code, range, notes=notes, suggestion=suggestion, **args)
        return self.error_value()

    def error_value(self) -> Value:
        """A value of unknown type: nothing more is reported about it."""
        return self.graph.insert("prim::Uninitialized", (), (ERROR,)).output

    def report_optional(
        self, range: SourceRange, type: Type, operation: str, expected: Type, text: str = ""
    ) -> Value:
        """Report a value that may be None; ``text`` is its own where ``range`` is more."""
        text = text or range.text
        return self.report(
            "optional-not-refined",
            range,
            type=source_str(type),
            operation=operation,
            expected=source_str(expected),
            name=text,
            suggestion=remedies.refinement(text),
        )

    def report_union(self, range: SourceRange, type: Type, operation: str, text: str = "") -> Value:
        """Report a value that may be of several types."""
        text = text or range.text
        member = members_of(type)[0]
        return self.report(
            "union-not-refined",
            range,
            type=source_str(type),
            operation=operation,
            name=text,
            example=source_str(member),
            suggestion=remedies.narrowing(text, member),
        )

    def held_back(self, when: bool = True) -> AbstractContextManager[None]:
        """Report nothing inside: whether the code runs depends on an instance nobody sees."""
        return self.sink.muted() if when else nullcontext()

    # Views ---------------------------------------------------------------------------------------

    def sugared(self, view: v.Expr, hint: Type | None = None) -> Sugared:
        """Emit an expression; what it is need not be a run-time value."""
        graph = self.graph
        outer = graph.current_range
        graph.current_range = view.range
        try:
            return expressions.emit_sugared(self, view, hint)
        finally:
            graph.current_range = outer

    def expr(self, view: v.Expr, hint: Type | None = None) -> Value:
        """Emit an expression to a run-time value."""
        found = self.sugared(view, hint)
        return found if isinstance(found, Value) else self.value(found, view.range)

    def given(self, view: v.Expr, hint: Type | None = None) -> Given:
        return Given(self.expr(view, hint), view.range)

    def statements(self, body: Sequence[v.Stmt]) -> None:
        """Emit statements up to the first that leaves the block."""
        statements.emit_statements(self, body)

    # Nodes and values ----------------------------------------------------------------------------

    def insert(
        self,
        kind: str,
        inputs: Sequence[Value],
        type: Type,
        range: SourceRange | None = None,
        attributes: Mapping[str, Any] | None = None,
    ) -> Value:
        """Insert a node with one result."""
        return self.graph.insert(
            kind, inputs, (type,), attributes=attributes, source_range=range
        ).output

    def constant(self, value: Any, type: Type | None = None) -> Value:
        """A constant at this place of the graph."""
        return self.graph.constant(value, type)

    def literal(self, value: int | float | complex) -> Value:
        """A number of the source: one constant for all its occurrences, at the graph's top."""
        key = (type(value), repr(value))  # tells 0.0 from -0.0
        found = self._literals.get(key)
        if found is None:
            first = next(self.graph.block.nodes, self.graph.return_node)
            with self.graph.inserting_at(first):
                found = self._literals[key] = self.graph.constant(value)
        return found

    def value(self, sugared: Sugared, range: SourceRange) -> Value:
        """What an expression is at run time; reported where it is nothing."""
        match sugared:
            case Value():
                return sugared
            case Unknown():
                return self.error_value()
            case Constant(value, type):
                return self.constant_of(value, type)
            case SugaredTuple(elements):
                values = [self.value(element, range) for element in elements]
                return self.tuple_of(values, range)
            case Uncapturable(description, hint):
                return self.report(
                    "unsupported-value",
                    range,
                    what=f"`{range.text}` ({description})",
                    suggestion=hint,
                )
            case _:
                return self.report("unsupported-value", range, what=describe(sugared, range))

    def constant_of(self, value: Any, type: Type) -> Value:
        """The value of a constant member or fact."""
        if value is UNKNOWN:
            return self.insert("prim::Uninitialized", (), type, attributes={"unknown": True})
        if isinstance(type, EnumType):
            return self.graph.constant(value, type)
        if isinstance(value, tuple) and isinstance(type, TupleType):
            items = [self.constant_of(v_, t_) for v_, t_ in zip(value, type.elements, strict=True)]
            return self.tuple_of(items, None)
        if isinstance(value, list) and isinstance(type, ListType):
            items = [self.constant_of(item, type.element) for item in value]
            return self.insert("prim::ListConstruct", items, type)
        return self.graph.constant(value, type if value is None else None)

    def tuple_of(self, values: Sequence[Value], range: SourceRange | None) -> Value:
        types = tuple(value.type for value in values)
        return self.insert("prim::TupleConstruct", values, TupleType(types), range)

    def unpack(self, value: Value, range: SourceRange | None) -> list[Value]:
        """The elements of a tuple."""
        assert isinstance(value.type, TupleType | NamedTupleType), value.type
        node = self.graph.insert(
            "prim::TupleUnpack", (value,), value.type.elements, source_range=range
        )
        return node.outputs

    def cast(self, value: Value, type: Type, range: SourceRange | None = None) -> Value:
        """``prim::unchecked_cast``: from here on the value has the type."""
        return self.insert("prim::unchecked_cast", (value,), type, range)

    def get_attribute(self, owner: Value, name: str, type: Type, range: SourceRange) -> Value:
        value = self.insert("prim::GetAttr", (owner,), type, range, {"name": name})
        if meaningful_name(name) and not name.isdecimal():
            value.debug_name = name
        return value

    # Operators -----------------------------------------------------------------------------------

    def builtin(
        self,
        name: str,
        args: Sequence[Given],
        kwargs: Mapping[str, Given],
        range: SourceRange,
        *,
        receiver: Given | None = None,
        callee: str = "",
    ) -> Value:
        """Call an operator by name with overload resolution; reports what does not fit."""
        result = self.try_builtin(name, args, kwargs, range, receiver=receiver, callee=callee)
        if isinstance(result, Mismatch):
            return self.mismatch(name, result, args, kwargs, range, receiver, callee)
        return result

    def try_builtin(
        self,
        name: str,
        args: Sequence[Given],
        kwargs: Mapping[str, Given],
        range: SourceRange,
        *,
        receiver: Given | None = None,
        callee: str = "",
    ) -> Value | Mismatch:
        """As `builtin`, but hands a mismatch back."""
        schemas = callable_overloads(name)
        if not schemas:
            why = "" if registry().is_builtin(name) else registry().why_missing(name)
            shown = name.replace("aten::", "torch.")
            return Mismatch("unknown-operator", range, {"name": shown}, 0, why)
        callee = callee or name.rpartition("::")[2]
        if receiver is None and not kwargs and len(args) == 2:
            swapped = expressions.number_and_tensor(self, name, args[0], args[1], range)
            if swapped is not None:
                return swapped
        matched = match_overloads(
            self, schemas, range, args, kwargs, receiver=receiver, callee=callee
        )
        if matched is None:
            return self.error_value()
        if isinstance(matched, Mismatch):
            return matched
        inputs = matched.emit(self)
        node = self.graph.insert(
            name,
            inputs,
            matched.returns,
            overload=matched.schema.overload,
            schema=matched.schema,
            source_range=range,
        )
        return self.results(node, range)

    def results(self, node: Node, range: SourceRange | None) -> Value:
        """The value of a call: its result, None, or the tuple of its results."""
        if len(node.outputs) == 1:
            return node.output
        if not node.outputs:
            return self.constant(None)
        schema = node.schema
        if schema is None or not all(result.name for result in schema.returns):
            return self.tuple_of(node.outputs, range)
        fields = {r.name: value.type for r, value in zip(schema.returns, node.outputs, strict=True)}
        named = NamedTupleType(f"{RETURN_TYPES}{schema.base_name}", fields)
        return self.insert("prim::TupleConstruct", node.outputs, named, range)

    def mismatch(
        self,
        name: str,
        found: Mismatch,
        args: Sequence[Given],
        kwargs: Mapping[str, Given],
        range: SourceRange,
        receiver: Given | None,
        callee: str,
    ) -> Value:
        """Report why a call of an operator does not fit, naming the nearest forms."""
        if receiver is not None:
            found = found.in_container(self, receiver, args)
        schemas = callable_overloads(name)
        if len(schemas) > 1 and found.code != "unexpected-keyword":
            shown = [source_str(g.type) for g in ([receiver] if receiver else []) + list(args)]
            shown += [f"{key}={source_str(g.type)}" for key, g in kwargs.items()]
            if found.code == "optional-not-refined":
                found.report(self)
                return self.error_value()
            return self.report(
                "no-matching-overload",
                range,
                notes=found.notes(),
                callee=callee or name.rpartition("::")[2],
                arguments=", ".join(shown),
                suggestion=found.remedy(),
            )
        found.with_signature().report(self)
        return self.error_value()

    def convert(
        self, value: Value, target: Type, range: SourceRange, *, allow_conversions: bool = True
    ) -> Value:
        """``value`` after the implicit conversions towards ``target``; it may still not fit."""
        return convert(self, value, target, range, allow_conversions=allow_conversions)

    def to_bool(self, value: Value, range: SourceRange) -> Value:
        """A condition's value."""
        type = value.type
        if isinstance(type, BoolType | ErrorType):
            return value
        if isinstance(type, ListType | StringType | DictType):
            # An empty container is false; there is no operator for it.
            given, zero = Given(value, range), Given(self.literal(0), range)
            length = self.builtin("aten::len", [given], {}, range)
            return self.builtin("aten::gt", [Given(length, range), zero], {}, range)
        if isinstance(type, ClassType):
            from tscript.frontend.emit_attribute import find_method
            from tscript.frontend.emit_call import call_method

            method = find_method(self, value, "__bool__")
            if method is not None:
                assert isinstance(method, BoundMethod)
                called = self.value(call_method(self, method, [], {}, range, "__bool__"), range)
                return self.to_bool(called, range)
        result = self.try_builtin("aten::Bool", [Given(value, range)], {}, range)
        if isinstance(result, Mismatch) or result.type != BOOL:
            name = source_str(type)
            suggestion = ""
            if type == NONE or is_optional(type):
                suggestion = f"write `{range.text} is not None`"
            self.report("condition-type", range, actual=name, suggestion=suggestion)
            return self.insert("prim::Uninitialized", (), BOOL, range)
        return result

    # Variables -----------------------------------------------------------------------------------

    def block(self, block: Block) -> _InBlock:
        """Emit into a block, with a frame of its own."""
        return _InBlock(self, block)

    def store(self, name: str, value: Value, type: Type, range: SourceRange) -> None:
        self.store_in_graph(name, value, type)
        self.frame.define(name, Stored(type, range))

    def store_in_graph(self, name: str, value: Value, type: Type) -> None:
        """``prim::Store`` alone: the frame is not told."""
        attributes = {"name": self.frame.key(name), "type": type}
        self.graph.insert("prim::Store", (value,), (), attributes=attributes)

    def load(self, name: str, type: Type) -> Value:
        attributes = {"name": self.frame.key(name)}
        return self.graph.insert("prim::Load", (), (type,), attributes=attributes).output

    def lookup(self, name: str, range: SourceRange) -> Sugared:
        """What a name means here; reported when it means nothing."""
        entry = self.frame.find(name)
        if isinstance(entry, Stored):
            return self.load(name, entry.type)
        if isinstance(entry, Held):
            return entry.value
        problem = self.frame.find_problem(name)
        if problem is not None:
            if not self.names_lost:
                problem(range)
            return Unknown()
        fact = self.resolver.value(name)
        if fact is None:
            if not self.names_lost:
                self.report("undefined-name", range, name=name, suggestion=self._nearest(name))
            return Unknown()
        if isinstance(fact, Uncapturable):
            self.report(
                "captured-global",
                range,
                name=name,
                type=fact.description,
                suggestion=fact.hint,
            )
            return Unknown()
        return fact

    def _nearest(self, name: str) -> str:
        known = {n for frame in self.frame.chain() for n in frame.variables}
        return remedies.nearest(name, known)

    def assign(
        self,
        name: str,
        value: Sugared,
        range: SourceRange,
        annotation: Type | None = None,
    ) -> None:
        """Give a variable a value, by the rules for names of outer blocks and for annotations."""
        if not isinstance(value, Value) and _is_first_class(value):
            value = self.value(value, range)
        outer = self.frame.find_in_parents(name)
        if isinstance(value, Value):
            if (
                meaningful_name(name)
                and not value.has_debug_name
                and value.node.owning_block is self.frame.block
                and value.node.kind != "prim::Load"
            ):
                value.debug_name = name
            if _is_submodule(value):
                self._assign_module(name, value, outer, range)
                return
            if outer is not None:
                if isinstance(outer, Held):
                    if not isinstance(value.type, ErrorType):
                        self._report_other_kind(name, outer, describe(value, range), range)
                    return
                value = self._fit_outer(name, value, outer, range, annotation)
            elif annotation is not None:
                value = self._fit_annotation(name, value, annotation, range)
            type = annotation if annotation is not None else value.type
            if outer is not None and isinstance(outer, Stored) and annotation is None:
                type = value.type
            if annotation is None and "empty_literal" in value.node.attributes:
                self.origins.add_empty(name, range)
            self.store(name, value, type, range)
            return
        if outer is not None:
            self._report_other_kind(name, outer, describe(value, range), range)
            return
        self.frame.define(name, Held(value, range))

    def _report_other_kind(
        self, name: str, outer: Stored | Held, new: str, range: SourceRange
    ) -> None:
        """A name of a function, a type, a module is no variable: inside of a block it stays so."""
        if isinstance(outer, Stored):
            old = f"a value of type `{source_str(outer.type)}`"
        else:
            old = "a name for what is no value"
        self.report(
            "reassigned-type",
            range,
            name=name,
            old=old,
            new=new,
            block=self.block_kind(),
            suggestion="use another name here",
            notes=(Note(outer.range, "it is set here"),),
        )

    def _assign_module(
        self, name: str, value: Value, outer: Stored | Held | None, range: SourceRange
    ) -> None:
        """A name for a submodule: no variable of the graph, since which one it is stays fixed.

        An annotation says nothing more, and is not looked at.
        """
        if outer is None:
            self.frame.define(name, Held(value, range))
            return
        self.report(
            "unsupported-value",
            range,
            what=f"a module that `{name}` is only in this {self.block_kind()}",
            suggestion=f"call the module here, under another name than `{name}`",
            notes=(Note(outer.range, f"`{name}` is set here, outside of it"),),
        )

    def _fit_outer(
        self,
        name: str,
        value: Value,
        outer: Stored,
        range: SourceRange,
        annotation: Type | None,
    ) -> Value:
        if annotation is not None and not isinstance(annotation, ErrorType):
            self.report(
                "reassigned-type",
                range,
                name=name,
                old=f"`{source_str(outer.type)}`",
                new=f"`{source_str(annotation)}`",
                block=self.block_kind(),
                suggestion="a variable is annotated where it is first set, and only there",
                notes=(Note(outer.range, "it is first set here"),),
            )
            return value
        value = self.convert(value, outer.type, range)
        if is_subtype(value.type, outer.type):
            return value
        self.report(
            "reassigned-type",
            range,
            name=name,
            old=f"`{source_str(outer.type)}`",
            new=f"`{source_str(value.type)}`",
            block=self.block_kind(),
            example=f"{name}: {source_str(make_union((outer.type, value.type)))}",
            notes=(Note(outer.range, f"it is `{source_str(outer.type)}` here"),),
        )
        return self.error_value()

    def _fit_annotation(
        self, name: str, value: Value, annotation: Type, range: SourceRange
    ) -> Value:
        value = self.convert(value, annotation, range)
        if not is_subtype(value.type, annotation):
            self.report(
                "assignment-type",
                range,
                name=name,
                expected=source_str(annotation),
                actual=source_str(value.type),
                suggestion=remedies.fitting("...", value.type, annotation),
            )
            return self.insert("prim::Uninitialized", (), annotation, range)
        return value

    def block_kind(self) -> str:
        node = self.frame.block.owning_node
        assert node is not None, "a name of an outer block is assigned in an inner one"
        return {"prim::If": "`if`", "prim::Loop": "loop"}.get(node.kind, "block")

    def set_problem(self, name: str, problem: Problem) -> None:
        """After a branch: ``name`` has no value that can be used, and why."""
        self.frame.variables.pop(name, None)
        self.frame.problems[name] = problem

    # Leaving -------------------------------------------------------------------------------------

    def mark_exit(self) -> None:
        """The rest of the current block is not reached."""
        self.exits.add(self.frame.block)

    @property
    def exited(self) -> bool:
        return self.frame.block in self.exits


def _is_submodule(value: Value) -> bool:
    """Whether a value is a module's attribute that is a module itself, or the module."""
    if isinstance(value.type, InterfaceType) and value.node.kind == "prim::GetAttr":
        return isinstance(value.node.inputs[0].type, ModuleType)
    return isinstance(value.type, ModuleType) and value.node.kind in ("prim::GetAttr", "prim::Load")


def _is_first_class(value: Sugared) -> bool:
    match value:
        case Constant() | Unknown():
            return True
        case SugaredTuple(elements):
            return all(isinstance(e, Value) or _is_first_class(e) for e in elements)
        case _:
            return False


class _InBlock:
    """`Emitter.block`: a class, since there are two of these for every branch of a program."""

    __slots__ = ("_block", "_emitter", "_outer", "_place")

    def __init__(self, emitter: Emitter, block: Block) -> None:
        self._emitter = emitter
        self._block = block

    def __enter__(self) -> Frame:
        emitter = self._emitter
        self._outer, self._place = emitter.frame, emitter.graph.insert_point
        emitter.frame = frame = Frame(self._block, self._outer)
        emitter.graph.set_insert_point(self._block)
        return frame

    def __exit__(self, *exc: object) -> None:
        self._emitter.frame = self._outer
        self._emitter.graph.set_insert_point(self._place)
