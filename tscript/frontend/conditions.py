"""Conditions: what they evaluate to, whether that is known when compiling, and what they teach.

A condition is emitted to a `Condition`: its value, its static verdict (a dead branch is then not
compiled), and what variables are known to be where it holds and where it does not (Optional refinement,
``isinstance``). Only plain variables are refined, by ``is None`` and ``isinstance`` combined with ``and``, ``or``,
``not``; never through ``==``, truthiness, attributes or elements.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ops_registry.types import (
    ANY_LIST,
    ANY_TUPLE,
    BOOL,
    ERROR,
    AnyListType,
    AnyTupleType,
    AnyType,
    ErrorType,
    NoneType,
    NumberType,
    Type,
)
from tscript.diagnostics.source import SourceRange
from tscript.frontend import views as v
from tscript.frontend.environment import Stored
from tscript.frontend.resolver import SpecialForm, TypeConstructor
from tscript.frontend.schema_matching import Given
from tscript.ir.graph import Value
from tscript.types.nominal import InterfaceType
from tscript.types.printing import source_str
from tscript.types.relations import (
    contains_error,
    is_optional,
    is_subtype,
    make_union,
    members_of,
    unify,
    without_none,
)

if TYPE_CHECKING:
    from tscript.frontend.emitter import Emitter

Refinements = Mapping[str, Type]


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition, emitted.

    ``static`` is its verdict where that is known when compiling. ``uncertain`` says that it depends on something
    a static resolver cannot see: both branches are emitted, and errors in them are held back.
    """

    value: Value
    when_true: Refinements = field(default_factory=dict)
    when_false: Refinements = field(default_factory=dict)
    static: bool | None = None
    uncertain: bool = False
    #: Variables that an uncertain condition may have refined.
    subjects: frozenset[str] = frozenset()


def emit_condition(emitter: Emitter, view: v.Expr) -> Condition:
    """Emit ``view`` as the test of a branch."""
    condition = _emit(emitter, view)
    if condition.uncertain:
        names = frozenset(part.name for part in v.walk(view) if isinstance(part, v.Var))
        condition = replace(condition, subjects=names)
    return condition


def forget_refined(emitter: Emitter, condition: Condition) -> None:
    """After an uncertain condition nobody knows which alternatives its variables still have."""
    for name in condition.subjects:
        entry = emitter.frame.find(name)
        if isinstance(entry, Stored) and (
            isinstance(entry.type, AnyType) or len(members_of(entry.type)) > 1
        ):
            emitter.frame.define(name, Stored(ERROR, entry.range))


def _emit(emitter: Emitter, view: v.Expr) -> Condition:
    with emitter.graph.at_range(view.range):
        match view:
            case v.UnaryOp(op="not"):
                return _not(emitter, view)
            case v.BoolOp():
                return _chain(emitter, view.range, view.op, view.operands)
            case v.Compare() if len(view.ops) == 1 and view.ops[0] in ("is", "is not"):
                return _identity(emitter, view)
            case v.Apply(callee=v.Var() | v.Select()):
                special = _special_call(emitter, view)
                if special is not None:
                    return special
        return _plain(emitter, view)


def _plain(emitter: Emitter, view: v.Expr) -> Condition:
    value = emitter.expr(view)
    boolean = emitter.to_bool(value, view.range)
    uncertain = isinstance(value.type, ErrorType) or is_unknown(value)
    static = None
    if boolean.node.kind == "prim::Constant" and not uncertain:
        static = bool(boolean.node.constant_value())
    elif boolean.node.kind == "aten::Bool" and not uncertain:
        source = boolean.node.input
        if source.node.kind == "prim::Constant" and not isinstance(source.type, NoneType):
            static = None  # `while 1:` runs at run time, as in PyTorch
    return Condition(boolean, static=static, uncertain=uncertain)


def is_unknown(value: Value) -> bool:
    """Whether the value is a constant of which only the type is known."""
    return "unknown" in value.node.attributes


def _static(emitter: Emitter, verdict: bool) -> Condition:
    return Condition(emitter.constant(verdict), static=verdict)


def _not(emitter: Emitter, view: v.UnaryOp) -> Condition:
    inner = emit_condition(emitter, view.operand)
    if inner.static is not None:
        value = emitter.constant(not inner.static)
    elif isinstance(inner.value.type, ErrorType):
        value = inner.value
    else:
        value = emitter.builtin("aten::__not__", [Given(inner.value, view.range)], {}, view.range)
    static = None if inner.static is None else not inner.static
    return Condition(value, inner.when_false, inner.when_true, static, inner.uncertain)


def _chain(
    emitter: Emitter, range: SourceRange, op: str, operands: tuple[v.Expr, ...]
) -> Condition:
    *first, last = operands
    if len(first) > 1:

        def left() -> Condition:
            return _chain(emitter, first[0].range.join(first[-1].range), op, tuple(first))
    else:

        def left() -> Condition:
            return emit_condition(emitter, first[0])

    return short_circuit(emitter, range, op, left(), lambda: emit_condition(emitter, last))


def short_circuit(
    emitter: Emitter,
    range: SourceRange,
    op: str,
    left: Condition,
    emit_right: Callable[[], Condition],
) -> Condition:
    """``left and right`` / ``left or right``, the right side inside a ``prim::If``."""
    is_or = op == "or"
    right: Condition | None = None

    def continued() -> Value:
        nonlocal right
        right = emit_right()
        return right.value

    def decided() -> Value:
        return emitter.constant(is_or)

    true, false = (decided, continued) if is_or else (continued, decided)
    value = emit_select(emitter, left, true, false, range)
    if right is None:
        # The left side decides statically; the right one is not compiled.
        return Condition(value, left.when_true, left.when_false, left.static, left.uncertain)
    if is_or:
        when_true = _either(left.when_true, right.when_true)
        when_false = _both(left.when_false, right.when_false)
        decisive = True
    else:
        when_true = _both(left.when_true, right.when_true)
        when_false = _either(left.when_false, right.when_false)
        decisive = False
    static: bool | None = None
    if decisive in (left.static, right.static):
        static = decisive
    elif left.static is not None and right.static is not None:
        static = not decisive
    uncertain = left.uncertain or right.uncertain
    return Condition(value, when_true, when_false, static, uncertain and static is None)


def _both(a: Refinements, b: Refinements) -> Refinements:
    return {**a, **b}


def _either(a: Refinements, b: Refinements) -> Refinements:
    result: dict[str, Type] = {}
    for name, type in a.items():
        if name in b:
            unified = unify(type, b[name])
            if unified is not None:
                result[name] = unified
    return result


def emit_select(
    emitter: Emitter,
    condition: Condition,
    true: Callable[[], Value],
    false: Callable[[], Value],
    range: SourceRange,
    *,
    hint: Type | None = None,
) -> Value:
    """A value that depends on a condition: ``prim::If`` with one output."""
    if condition.static is not None:
        refined = condition.when_true if condition.static else condition.when_false
        insert_refinements(emitter, refined, range)
        return true() if condition.static else false()
    node = emitter.graph.create_if(condition.value)
    node.source_range = range
    emitter.graph.insert_node(node)
    results: list[Value] = []
    sides = ((true, condition.when_true), (false, condition.when_false))
    for block, (side, refined) in zip(node.blocks, sides, strict=True):
        with emitter.block(block), emitter.held_back(condition.uncertain):
            insert_refinements(emitter, refined, range)
            forget_refined(emitter, condition)
            result = side()
            block.add_output(result)
            results.append(result)
    type = unify(results[0].type, results[1].type)
    if type is None and isinstance(hint, AnyType):
        type = hint
    if type is None:
        if not condition.uncertain:
            emitter.report(
                "ternary-type-mismatch",
                range,
                true_type=source_str(results[0].type),
                false_type=source_str(results[1].type),
            )
        type = ERROR
    return node.add_output(type)


def insert_refinements(emitter: Emitter, refined: Refinements, range: SourceRange) -> None:
    """From here on, in this block, the variables have these types."""
    for name in sorted(refined):
        entry = emitter.frame.find(name)
        if not isinstance(entry, Stored):
            continue
        value = emitter.load(name, entry.type)
        cast = emitter.cast(value, refined[name], range)
        cast.debug_name = name
        emitter.store(name, cast, refined[name], entry.range)


# is None ------------------------------------------------------------------------------------------


def _identity(emitter: Emitter, view: v.Compare) -> Condition:
    positive = view.ops[0] == "is"
    left_view, right_view = view.left, view.comparators[0]
    left, right = emitter.expr(left_view), emitter.expr(right_view)
    if isinstance(left.type, ErrorType) or isinstance(right.type, ErrorType):
        return Condition(emitter.insert("prim::Uninitialized", (), ERROR), uncertain=True)
    states = (_none_state(left.type), _none_state(right.type))
    if states == ("always", "always"):
        return _static(emitter, positive)
    if states in (("always", "never"), ("never", "always")):
        return _static(emitter, not positive)
    kind = "aten::__is__" if positive else "aten::__isnot__"
    value = emitter.builtin(
        kind,
        [Given(left, left_view.range), Given(right, right_view.range)],
        {},
        view.range,
        callee=view.ops[0],
    )
    refined: dict[str, Type] = {}
    narrowed: dict[str, Type] = {}
    for this, other, tested in ((left_view, states[1], left), (right_view, states[0], right)):
        if isinstance(this, v.Var) and other == "always" and is_optional(tested.type):
            refined[this.name] = without_none(tested.type)
            narrowed[this.name] = _NONE
    if positive:
        return Condition(value, {}, refined)
    return Condition(value, refined, {})


_NONE = NoneType()


def _none_state(type: Type) -> str:
    if isinstance(type, NoneType):
        return "always"
    if is_optional(type) or isinstance(type, AnyType):
        return "maybe"
    return "never"


# isinstance and hasattr ---------------------------------------------------------------------------


def _special_call(emitter: Emitter, view: v.Apply) -> Condition | None:
    if isinstance(view.callee, v.Var) and emitter.frame.find(view.callee.name) is not None:
        return None
    dotted = v.dotted_name(view.callee)
    if dotted is None or dotted.rpartition(".")[2] not in ("isinstance", "hasattr", "is_scripting"):
        return None
    callee = emitter.sugared(view.callee)
    if not isinstance(callee, SpecialForm):
        return None
    if callee.name in ("isinstance", "jit_isinstance") and len(view.args) == 2:
        return emit_isinstance(emitter, view.args[0], view.args[1], view.range)
    if callee.name == "hasattr" and len(view.args) == 2:
        return emit_hasattr(emitter, view)
    if callee.name == "is_scripting":
        return _static(emitter, True)
    return None


def emit_hasattr(emitter: Emitter, view: v.Apply) -> Condition:
    """``hasattr(object, "name")``: known when compiling, except on what only an instance knows."""
    from tscript.frontend.emit_attribute import has_attribute

    owner = emitter.sugared(view.args[0])
    name = view.args[1]
    if not isinstance(name, v.StringLiteral):
        emitter.report("constant-expected", name.range, what="the name given to `hasattr`")
        return Condition(emitter.error_value(), uncertain=True)
    found = has_attribute(emitter, owner, name.value, "hasattr", view.args[0].range)
    if found is None:
        return Condition(emitter.insert("prim::Uninitialized", (), BOOL), uncertain=True)
    return _static(emitter, found)


def emit_isinstance(
    emitter: Emitter, object_view: v.Expr, classes: v.Expr, range: SourceRange
) -> Condition:
    """``isinstance``: decided when compiling where the types allow, else ``prim::isinstance``."""
    value = emitter.expr(object_view)
    wanted = _classes(emitter, classes)
    if isinstance(value.type, ErrorType) or any(map(contains_error, wanted)):
        return Condition(emitter.insert("prim::Uninitialized", (), BOOL), uncertain=True)
    alternatives = members_of(value.type)
    matching = [t for t in alternatives if any(_is_instance(t, w) for w in wanted)]
    rest = [t for t in alternatives if t not in matching]
    possible = [w for t in rest for w in wanted if _may_hold(t) and is_subtype(w, t)]
    name = object_view.name if isinstance(object_view, v.Var) else None
    if not rest:
        return _static(emitter, True)
    if not matching and not possible:
        return _static(emitter, False)
    test = emitter.insert("prim::isinstance", (value,), BOOL, range, {"types": tuple(wanted)})
    if name is None:
        return Condition(test)
    if any(isinstance(w, AnyListType | AnyTupleType) for w in possible):
        return Condition(test)  # nothing can be done with a list of whatever
    true_type = make_union([*matching, *possible])
    when_false: Refinements = {}
    if not any(_may_hold(t) for t in rest):
        when_false = {name: make_union(rest)}
    return Condition(test, {name: true_type}, when_false)


def _may_hold(type: Type) -> bool:
    """Whether a value of the static type may be of a narrower one at run time."""
    return isinstance(type, AnyType | NumberType | InterfaceType)


def _is_instance(type: Type, wanted: Type) -> bool:
    return is_subtype(type, wanted)


def _classes(emitter: Emitter, view: v.Expr) -> list[Type]:
    if isinstance(view, v.TupleLiteral):
        return [t for element in view.elements for t in _classes(emitter, element)]
    dotted = v.dotted_name(view)
    if dotted is not None:
        found = emitter.resolver.type_named(tuple(dotted.split(".")))
        if isinstance(found, TypeConstructor):
            bare: dict[str, Type] = {"list": ANY_LIST, "tuple": ANY_TUPLE}
            if dotted in bare:
                return [bare[dotted]]
        if found is None:
            emitter.report("isinstance-type", view.range, annotation=view.range.text)
            return [ERROR]
    return [emitter.annotations.read(view)]
