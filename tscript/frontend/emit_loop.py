"""Loops: ``while``, ``for`` over everything that can be iterated, ``break`` and ``continue``.

A loop is emitted as ``prim::Loop`` with two blocks, its body and its condition; :mod:`~tscript.frontend.ssa` gives it
carried values and inlines the condition. A loop over a tuple or a ModuleList is unrolled: its body is
emitted, and so type-checked, once for each element.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ops_registry.types import (
    INT,
    DictType,
    ErrorType,
    ListType,
    StringType,
    TensorType,
    TupleType,
)
from tscript.diagnostics.report import Note
from tscript.diagnostics.source import SourceRange
from tscript.frontend import emit_assign as assigns
from tscript.frontend import views as v
from tscript.frontend.conditions import emit_condition
from tscript.frontend.resolver import ClassRef, Constant, Unknown
from tscript.frontend.schema_matching import Given
from tscript.frontend.sugared import IterableTree, RangeValue, Sugared, SugaredTuple
from tscript.ir.graph import Value
from tscript.types.nominal import EnumType, ModuleType, NamedTupleType
from tscript.types.printing import source_str
from tscript.types.relations import is_optional

if TYPE_CHECKING:
    from tscript.frontend.emitter import Emitter
    from tscript.frontend.environment import Frame

#: The trip count of a loop that only its condition ends.
MAX_TRIP_COUNT = 9223372036854775807


@dataclass(frozen=True, slots=True)
class Iteration:
    """How something is iterated at run time: how often, and its element at an index."""

    length: Value
    element: Callable[[Value], Sugared]


def emit_while(emitter: Emitter, statement: v.While) -> None:
    from tscript.frontend.emitter import Loop

    trip_count = emitter.literal(MAX_TRIP_COUNT)
    node = emitter.graph.insert("prim::Loop", (trip_count,), ())
    body, condition = node.add_block(), node.add_block()
    with emitter.block(condition):
        test = emit_condition(emitter, statement.cond)
        condition.add_output(test.value)
    body.add_input(INT)
    emitter.loops.append(Loop(depth=len(emitter.contexts)))
    with emitter.block(body) as frame, emitter.held_back(test.uncertain or test.static is False):
        emitter.statements(statement.body)
    emitter.loops.pop()
    _set_inside_only(emitter, frame)


def emit_for(emitter: Emitter, statement: v.For) -> None:
    subject = emitter.sugared(statement.iter)
    emit_over(
        emitter,
        subject,
        statement.target,
        lambda: emitter.statements(statement.body),
        statement.iter.range,
        statement.range,
    )


def emit_over(
    emitter: Emitter,
    subject: Sugared,
    target: v.Expr,
    emit_body: Callable[[], None],
    iter_range: SourceRange,
    range: SourceRange,
) -> None:
    """A loop over ``subject`` with ``target`` set to each element; shared with comprehensions."""
    from tscript.frontend.emitter import Loop

    unrolled = unroll(emitter, subject, iter_range)
    if unrolled is not None:
        for element in unrolled.elements:
            emitter.loops.append(Loop(unrolled.kind, len(emitter.contexts)))
            assigns.emit_target(emitter, target, element, target.range)
            emit_body()
            emitter.loops.pop()
            if emitter.exited:
                return
        return
    iteration = iterate(emitter, subject, iter_range)
    if iteration is None:
        # Not iterable, or not known: the body is looked at once, with an element of unknown type.
        always = emitter.constant(True)
        iteration = Iteration(emitter.literal(0), lambda _: emitter.error_value())
        uncertain = True
    else:
        always = emitter.constant(True)
        uncertain = False
    node = emitter.graph.insert("prim::Loop", (iteration.length,), (), source_range=range)
    body, condition = node.add_block(), node.add_block()
    condition.add_output(always)
    index = body.add_input(INT)
    emitter.loops.append(Loop(depth=len(emitter.contexts)))
    with emitter.block(body) as frame, emitter.held_back(uncertain):
        assigns.emit_target(emitter, target, iteration.element(index), target.range)
        emit_body()
    emitter.loops.pop()
    _set_inside_only(emitter, frame)


def _set_inside_only(emitter: Emitter, body: Frame) -> None:
    """After a loop: what only its body sets has no value, since the body may run no times."""
    outer = emitter.frame
    for name, entry in list(body.variables.items()):
        hidden = name in body.own or name in outer.own
        if hidden or outer.find(name) is not None or outer.find_problem(name) is not None:
            continue
        emitter.set_problem(name, _missing(emitter, name, entry.range))


def _missing(emitter: Emitter, name: str, set_at: SourceRange) -> Callable[[SourceRange], None]:
    notes = (Note(set_at, "it is set here, in a loop that may run no times"),)

    def problem(range: SourceRange) -> None:
        emitter.report("maybe-undefined", range, name=name, notes=notes)

    return problem


def emit_jump(emitter: Emitter, statement: v.Break | v.Continue) -> None:
    """``break`` or ``continue``.

    As in PyTorch a branch that ends in one is a path like any other: what is not defined on it is
    not defined after the branch, and it refines nothing.
    """
    name = "break" if isinstance(statement, v.Break) else "continue"
    if not emitter.loops:
        emitter.report("syntax-error", statement.range, reason=f"`{name}` stands outside of a loop")
        return
    unrolled = emitter.loops[-1].unrolled
    if unrolled:
        emitter.report("break-in-unrolled-loop", statement.range, statement=name, iterable=unrolled)
        return
    from tscript.frontend.emit_statement import leave_contexts

    leave_contexts(emitter, emitter.loops[-1].depth)
    kind = "prim::BreakStmt" if name == "break" else "prim::ContinueStmt"
    emitter.graph.insert(kind, (), ())


# What can be iterated -----------------------------------------------------------------------------


def unroll(emitter: Emitter, subject: Sugared, range: SourceRange) -> SugaredTuple | None:
    """The elements of what is known element by element when compiling; None for all else."""
    match subject:
        case SugaredTuple():
            return subject
        case Constant(tuple() as items, TupleType(types)):
            return SugaredTuple(
                tuple(Constant(item, type) for item, type in zip(items, types, strict=True))
            )
        case Constant(type=TupleType()):  # of a value that is not known here
            return unroll(emitter, emitter.value(subject, range), range)
        case Value(type=TupleType() | NamedTupleType()):
            return SugaredTuple(tuple(emitter.unpack(subject, range)))
        case Value(type=ModuleType() as type):
            return module_elements(emitter, subject, type, range)
        case IterableTree():
            return _unroll_tree(emitter, subject, range)
        case _:
            return None


def module_elements(
    emitter: Emitter, module: Value, type: ModuleType, range: SourceRange
) -> SugaredTuple | None:
    """The submodules of a ModuleList or Sequential, the keys of a ModuleDict."""
    match type.container:
        case "list" | "sequential":
            kind = "ModuleList" if type.container == "list" else "Sequential"
            return SugaredTuple(
                tuple(
                    emitter.insert("prim::GetAttr", (module,), sub, range, {"name": name})
                    for name, sub in type.submodules.items()
                ),
                kind,
            )
        case "dict":
            return SugaredTuple(
                tuple(emitter.constant(name) for name in type.submodules), "ModuleDict"
            )
        case "parameter_list":
            return SugaredTuple(
                tuple(
                    emitter.insert("prim::GetAttr", (module,), a.type, range, {"name": name})
                    for name, a in type.attributes.items()
                    if a.kind == "parameter"
                ),
                "ParameterList",
            )
        case "parameter_dict":
            return SugaredTuple(
                tuple(
                    emitter.constant(name)
                    for name, a in type.attributes.items()
                    if a.kind == "parameter"
                ),
                "ParameterDict",
            )
        case _:
            return None


def _unroll_tree(emitter: Emitter, tree: IterableTree, range: SourceRange) -> SugaredTuple | None:
    """``enumerate`` or ``zip`` of unrolled things is unrolled."""
    children = [unroll(emitter, child, range) for child in tree.children]
    known = [child for child in children if child is not None]
    if not known:
        return None
    length = min(len(child.elements) for child in known)
    columns: list[tuple[Sugared, ...]] = []
    for child, original in zip(children, tree.children, strict=True):
        if child is not None:
            columns.append(child.elements[:length])
            continue
        if not _is_unknown(original):
            emitter.report(
                "not-iterable",
                range,
                type=_kind_of(original, range),
                suggestion="what a tuple or module list is zipped with must be one as well: its"
                " length must be known when compiling",
            )
        columns.append(tuple(Unknown() for _ in _count(length)))
    kind = known[0].kind
    if tree.is_enumerate:
        start = tree.enumerate_start
        counts: list[Sugared] = []
        for index in _count(length):
            count = emitter.literal(index)
            if start is not None:
                count = emitter.builtin(
                    "aten::add", [Given(count, range), Given(start, range)], {}, range
                )
            counts.append(count)
        columns.insert(0, tuple(counts))
    rows = zip(*columns, strict=True)
    return SugaredTuple(tuple(SugaredTuple(tuple(row)) for row in rows), kind)


def _kind_of(subject: Sugared, range: SourceRange) -> str:
    if isinstance(subject, Value):
        return source_str(subject.type)
    return "range" if isinstance(subject, RangeValue) else "zip"


def _is_unknown(subject: Sugared) -> bool:
    if isinstance(subject, Value):
        return isinstance(subject.type, ErrorType)
    return isinstance(subject, Unknown)


_count = range


def iterate(emitter: Emitter, subject: Sugared, range: SourceRange) -> Iteration | None:
    """How to iterate at run time; None after a report, or where it is not known."""
    match subject:
        case RangeValue():
            return _iterate_range(emitter, subject, range)
        case IterableTree():
            return _iterate_tree(emitter, subject, range)
        case ClassRef(type=EnumType() as type):
            members = [emitter.graph.constant(name, type) for name in type.members]
            listed = emitter.insert("prim::ListConstruct", members, ListType(type), range)
            return _iterate_value(emitter, listed, range)
        case Unknown():
            return None
        case _:
            value = emitter.value(subject, range)
            return _iterate_value(emitter, value, range)


def _iterate_range(emitter: Emitter, subject: RangeValue, range: SourceRange) -> Iteration:
    if subject.start is None or subject.step is None:
        return Iteration(subject.stop, lambda index: index)
    start, step = subject.start, subject.step
    assert subject.length is not None

    def element(index: Value) -> Value:
        return emitter.builtin(
            "aten::__derive_index",
            [Given(index, range), Given(start, range), Given(step, range)],
            {},
            range,
        )

    return Iteration(subject.length, element)


def _iterate_value(emitter: Emitter, value: Value, range: SourceRange) -> Iteration | None:
    type = value.type
    if isinstance(type, ErrorType):
        return None
    given = Given(value, range)
    match type:
        case ListType() | StringType():
            length = emitter.builtin("aten::len", [given], {}, range)

            def item(index: Value) -> Value:
                return emitter.builtin("aten::__getitem__", [given, Given(index, range)], {}, range)

            return Iteration(length, item)
        case TensorType():
            length = emitter.builtin("aten::len", [given], {}, range)
            zero = emitter.literal(0)

            def row(index: Value) -> Value:
                return emitter.builtin(
                    "aten::select", [given, Given(zero, range), Given(index, range)], {}, range
                )

            return Iteration(length, row)
        case DictType():
            keys = emitter.builtin("aten::keys", [], {}, range, receiver=given)
            return _iterate_value(emitter, keys, range)
    suggestion = ""
    if is_optional(type):
        suggestion = f"check it first: `if {range.text} is not None:`"
    elif type == INT:
        suggestion = f"write `range({range.text})`"
    emitter.report("not-iterable", range, type=source_str(type), suggestion=suggestion)
    return None


def _iterate_tree(emitter: Emitter, tree: IterableTree, range: SourceRange) -> Iteration | None:
    children = [iterate(emitter, child, range) for child in tree.children]
    known = [child for child in children if child is not None]
    if len(known) != len(children) or not known:
        return None
    lengths = [child.length for child in known]
    if tree.is_enumerate:
        lengths.insert(0, emitter.literal(MAX_TRIP_COUNT))
    if len(lengths) == 1:
        length = lengths[0]
    else:
        listed = emitter.insert("prim::ListConstruct", lengths, ListType(INT), range)
        length = emitter.builtin("prim::min", [Given(listed, range)], {}, range)

    def element(index: Value) -> Sugared:
        parts: list[Sugared] = []
        if tree.is_enumerate:
            count: Value = index
            if tree.enumerate_start is not None:
                count = emitter.builtin(
                    "aten::add",
                    [Given(index, range), Given(tree.enumerate_start, range)],
                    {},
                    range,
                )
            parts.append(count)
        parts.extend(child.element(index) for child in known)
        return SugaredTuple(tuple(parts))

    return Iteration(length, element)
