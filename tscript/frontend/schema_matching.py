"""Which overload a call means, and what its arguments become.

`match` fits arguments to one signature; `match_overloads` tries those of an operator in their order,
first without, then with implicit conversions, as PyTorch does. Matching inserts nothing into the
graph: it gives a `Match`, whose `emit` puts in the conversions, lists and defaults once the overload is
chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ops_registry.registry import registry
from ops_registry.schema import Argument, FunctionSchema
from ops_registry.types import (
    BOOL,
    COMPLEX,
    DEVICE,
    ERROR,
    FLOAT,
    INT,
    NUMBER,
    STRING,
    ErrorType,
    ListType,
    NoneType,
    OptionalType,
    TensorType,
    TupleType,
    Type,
    VarType,
)
from tscript.diagnostics.source import SourceRange
from tscript.frontend.mismatch import (
    Mismatch,
    SignatureText,
    missing,
    nearest_of,
    self_index,
    unexpected,
    wrong_type,
)
from tscript.ir.graph import Value
from tscript.ir.primitive_schemas import primitive_overloads
from tscript.types.nominal import EnumType, NamedTupleType
from tscript.types.relations import (
    contains_error,
    is_subtype,
    match_variables,
    substitute,
    without_none,
)

if TYPE_CHECKING:
    from tscript.frontend.emitter import Emitter

#: Puts a value into the graph.
Thunk = Callable[[], Value]


@dataclass(slots=True, eq=False)  # not frozen: making those takes twice the time
class Given:
    """An argument of a call: a value and where it stands."""

    value: Value
    range: SourceRange

    @property
    def type(self) -> Type:
        return self.value.type


@dataclass(slots=True, eq=False)
class Match:
    """A signature that fits, and how each of its inputs gets into the graph."""

    schema: FunctionSchema
    inputs: tuple[Value | Thunk, ...]
    returns: tuple[Type, ...]
    #: Tensors converted to numbers: where, and to what (a warning each).
    implicit: tuple[tuple[SourceRange, Type], ...] = ()
    #: What each input comes from, where nothing is done to it: an argument, or a default.
    sources: tuple[Given | Argument | None, ...] = ()

    def emit(self, emitter: Emitter) -> list[Value]:
        """Insert what the inputs need, in order; the inputs of the node."""
        for range, target in self.implicit:
            emitter.sink.report("implicit-tensor-conversion", range, target=str(target))
        return list(map(_put, self.inputs))


@dataclass(slots=True, eq=False)
class Choice:
    """What arguments of some types mean: an overload, and whether it took conversions.

    ``inputs``, if each is an argument as it is or a default, are the arguments' numbers.
    """

    schema: FunctionSchema
    allow_conversions: bool
    returns: tuple[Type, ...]
    inputs: tuple[int | Argument, ...] | None


@dataclass(slots=True)
class _State:
    emitter: Emitter
    range: SourceRange
    allow_conversions: bool
    bindings: dict[str, Type] = field(default_factory=dict)
    implicit: list[tuple[SourceRange, Type]] = field(default_factory=list)


def match(
    emitter: Emitter,
    schema: FunctionSchema,
    range: SourceRange,
    args: Sequence[Given],
    kwargs: Mapping[str, Given],
    *,
    receiver: Given | None = None,
    allow_conversions: bool = True,
    callee: str = "",
) -> Match | Mismatch:
    """Fit a call's arguments to ``schema``.

    ``receiver`` goes to the argument ``self`` (the first one, where none has that name).
    """
    state = _State(emitter, range, allow_conversions)
    used_args, used_kwargs = 0, set()
    inputs: list[Value | Thunk] = []
    sources: list[Given | Argument | None] = []
    receiver_index = self_index(schema) if receiver is not None else None
    signature = SignatureText(schema, callee or schema.base_name, receiver is not None)
    for position, formal in enumerate(schema.arguments):
        if receiver is not None and position == receiver_index:
            given = receiver
        elif not formal.kwarg_only and used_args < len(args):
            if allow_conversions and _takes_varargs(schema, position, formal):
                element = _list_element(formal.type)
                given = args[used_args]
                if not isinstance(without_none(given.type), ListType) and not _fits_list(
                    given.type, ListType(element)
                ):
                    rest = args[used_args:]
                    for fit, item in enumerate(rest, used_args):
                        if _fit(state, item, element) is None:
                            if state.implicit:  # a Tensor taken for a number is no good fit
                                fit = used_args
                            return _wrong_type(state, signature, formal, item, element, fit)
                    inputs.append(_list_of(state, rest, element))
                    sources.append(None)
                    used_args = len(args)
                    continue
            given = args[used_args]
            used_args += 1
            if formal.name in kwargs:
                return Mismatch(
                    "duplicate-argument",
                    kwargs[formal.name].range,
                    {"callee": signature.callee, "parameter": formal.name},
                    used_args - 1,
                    signature=signature,
                )
        elif formal.name in kwargs:
            given = kwargs[formal.name]
            used_kwargs.add(formal.name)
        elif formal.has_default:
            inputs.append(_default(emitter, formal))
            sources.append(formal)
            continue
        else:
            places = {name: item.range for name, item in kwargs.items()}
            fit = used_args + len(used_kwargs)
            return missing(schema, formal, signature, range, places, fit)
        fitted = _fit_argument(state, formal, given)
        if isinstance(fitted, str):
            target = substitute(formal.type, state.bindings) or formal.type
            fit = 0 if given is receiver else used_args + len(used_kwargs) - 1
            return _wrong_type(state, signature, formal, given, target, fit, fitted)
        inputs.append(fitted)
        sources.append(given if fitted is given.value else None)
    if used_args < len(args):
        if not schema.is_vararg:
            expected = sum(not a.kwarg_only for a in schema.arguments)
            if receiver_index is not None:
                expected -= 1
            return Mismatch(
                "too-many-arguments",
                args[used_args].range,
                {
                    "callee": signature.callee,
                    "expected": expected,
                    "actual": len(args),
                    "signature": signature,
                },
                used_args,
                signature=signature,
            )
        inputs.extend(item.value for item in args[used_args:])
        sources.extend(args[used_args:])
    for name, given in kwargs.items():
        if name not in used_kwargs:
            fit = used_args + len(used_kwargs)
            if schema.index(name) is None:
                return unexpected(schema, name, signature, given.range, fit)
            twice = {"callee": signature.callee, "parameter": name}
            return Mismatch("duplicate-argument", given.range, twice, fit, signature=signature)
    returns = tuple(substitute(r.type, state.bindings) or ERROR for r in schema.returns)
    return Match(schema, tuple(inputs), returns, tuple(state.implicit), tuple(sources))


def callable_overloads(name: str) -> Sequence[FunctionSchema]:
    """The schemas that a call of an operator by name may mean."""
    schemas = registry().overloads(name) or primitive_overloads(name)
    if name == "aten::view":
        # A dtype is an int in a script: `x.view(n)` is always about sizes, as in PyTorch.
        return [schema for schema in schemas if schema.overload != "dtype"]
    return schemas


def match_overloads(
    emitter: Emitter,
    schemas: Sequence[FunctionSchema],
    range: SourceRange,
    args: Sequence[Given],
    kwargs: Mapping[str, Given],
    *,
    receiver: Given | None = None,
    callee: str = "",
) -> Match | Mismatch | None:
    """The first overload that fits; None when an argument of unknown type leaves it open.

    A `Mismatch` is that of the overload which came nearest, with those that are as near.
    """
    choices = emitter.unit.choices
    givens = [*args, *kwargs.values()] if receiver is None else [receiver, *args, *kwargs.values()]
    shape = _shape(schemas, len(args), kwargs, givens)
    chosen = choices.get(shape)
    if chosen is not None:
        if chosen.inputs is not None:
            inputs = [
                givens[item].value if isinstance(item, int) else _default(emitter, item)
                for item in chosen.inputs
            ]
            return Match(chosen.schema, tuple(inputs), chosen.returns)
        return match(
            emitter,
            chosen.schema,
            range,
            args,
            kwargs,
            receiver=receiver,
            allow_conversions=chosen.allow_conversions,
            callee=callee,
        )
    unknown = any(contains_error(given.type) for given in givens)
    failed: list[Mismatch] = []
    found: list[Match] = []
    for allow_conversions in (True,) if len(schemas) == 1 else (False, True):
        for schema in schemas:
            result = match(
                emitter,
                schema,
                range,
                args,
                kwargs,
                receiver=receiver,
                allow_conversions=allow_conversions,
                callee=callee,
            )
            if isinstance(result, Match):
                if not unknown:
                    choices[shape] = _choice(result, givens, allow_conversions)
                    return result
                found.append(result)
            elif allow_conversions:
                failed.append(result)
    if unknown:
        return _agreed(found)
    return nearest_of(failed)


def _choice(found: Match, givens: Sequence[Given], allow_conversions: bool) -> Choice:
    numbers: dict[int, int] = {id(given): number for number, given in enumerate(givens)}
    inputs: list[int | Argument] = []
    for source in found.sources:
        if isinstance(source, Argument):
            inputs.append(source)
        elif source is not None:
            inputs.append(numbers[id(source)])
    plain = len(inputs) == len(found.inputs) and len(numbers) == len(givens)
    return Choice(found.schema, allow_conversions, found.returns, tuple(inputs) if plain else None)


def _shape(
    schemas: Sequence[FunctionSchema], count: int, names: Iterable[str], givens: Sequence[Given]
) -> Hashable:
    """All that the choice of an overload depends on."""
    types = [
        (given.value.type, True) if _is_empty_literal(given.value) else given.value.type
        for given in givens
    ]
    return (schemas[0].name, len(schemas), count, *names, *types)


def _agreed(found: Sequence[Match]) -> Match | None:
    """With unknown arguments: the result only where all that could be meant give the same."""
    if found and all(m.returns == found[0].returns for m in found):
        return found[0]
    return None


def _wrong_type(
    state: _State,
    signature: SignatureText,
    formal: Argument,
    given: Given,
    target: Type,
    progress: int,
    reason: str = "",
) -> Mismatch:
    if not state.allow_conversions:  # the next round says why, if that one fails too
        return Mismatch("argument-type", given.range, {}, progress)
    origin = None if reason else state.emitter.origins.of(given.value, target)
    text = given.range.text
    found = wrong_type(formal, text, given.range, given.type, target, signature, progress, reason)
    return found if origin is None else replace(found, suggestion=origin.hint, origin=origin.note)


# Fitting one value -------------------------------------------------------------------------------


def _put(item: Value | Thunk) -> Value:
    return item if isinstance(item, Value) else item()


def _default(emitter: Emitter, formal: Argument) -> Thunk:
    def insert() -> Value:
        value = formal.default
        type = formal.type
        if value is None:
            return emitter.constant(None)
        if isinstance(type, OptionalType):
            type = type.element
        if isinstance(type, ListType) and isinstance(value, int | float):
            value = [value] * (formal.size or 1)
        if isinstance(type, ListType | TupleType | EnumType):
            return emitter.constant(value, type)
        if type == FLOAT and isinstance(value, int):
            return emitter.constant(float(value))
        return emitter.constant(value)

    return insert


def _takes_varargs(schema: FunctionSchema, position: int, formal: Argument) -> bool:
    following = schema.arguments[position + 1 : position + 2]
    if following and not following[0].kwarg_only:
        return False
    return (
        isinstance(formal.type, ListType)
        and formal.size is None
        and not isinstance(formal.type.element, VarType)
    )


def _list_element(type: Type) -> Type:
    assert isinstance(type, ListType)
    return type.element


def _fits_list(type: Type, target: Type) -> bool:
    if is_subtype(type, target):
        return True
    return (
        isinstance(type, TupleType | NamedTupleType)
        and isinstance(target, ListType)
        and all(is_subtype(t, target.element) for t in type.elements)
    )


def _list_of(state: _State, items: Sequence[Given], element: Type) -> Thunk:
    plans = [_fit(state, item, element) for item in items]

    def insert() -> Value:
        values = [_put(plan) for plan in plans if plan is not None]
        return state.emitter.insert("prim::ListConstruct", values, ListType(element), state.range)

    return insert


def _fit_argument(state: _State, formal: Argument, given: Given) -> Value | Thunk | str:
    """How ``given`` becomes the argument; a phrase (maybe empty) when it cannot."""
    actual = given.type
    if actual is formal.type and not _is_empty_literal(given.value):
        return given.value
    inner = without_none(formal.type)
    if (
        formal.size is not None
        and isinstance(inner, ListType)
        and (actual == inner.element or (actual == INT and inner.element == FLOAT))
        and actual in (INT, FLOAT)
    ):
        element, size, emitter = inner.element, formal.size, state.emitter

        def repeat() -> Value:
            return emitter.insert(
                "prim::ListConstruct", [given.value] * size, ListType(element), state.range
            )

        return repeat
    reason = match_variables(formal.type, actual, state.bindings)
    if reason is not None:
        return reason
    target = substitute(formal.type, state.bindings)
    if target is None:
        if isinstance(actual, NoneType):  # `Optional[t]` with None alone: t stays open
            return given.value
        return f"`{formal.type}` is not determined by the arguments"
    return _fit(state, given, target) or ""


def _fit(state: _State, given: Given, target: Type) -> Value | Thunk | None:
    type, item = plan_conversion(
        state.emitter,
        given.value,
        target,
        given.range,
        allow_conversions=state.allow_conversions,
        implicit=state.implicit,
    )
    return item if is_subtype(type, target) else None


def _is_empty_literal(value: Value) -> bool:
    return value.node.kind == "prim::ListConstruct" and "empty_literal" in value.node.attributes


def plan_conversion(
    emitter: Emitter,
    value: Value,
    target: Type,
    range: SourceRange,
    *,
    allow_conversions: bool,
    implicit: list[tuple[SourceRange, Type]] | None = None,
) -> tuple[Type, Value | Thunk]:
    """The type that ``value`` can be brought to on the way to ``target``, and how.

    The result may still not fit ``target``; the caller asks `is_subtype`.
    """
    actual = value.type
    if isinstance(target, OptionalType):
        if not isinstance(actual, OptionalType | NoneType | ErrorType):
            return plan_conversion(
                emitter,
                value,
                target.element,
                range,
                allow_conversions=allow_conversions,
                implicit=implicit,
            )
        return actual, value
    if isinstance(actual, ErrorType):
        return actual, value
    if _is_empty_literal(value) and isinstance(target, ListType):
        return target, lambda: emitter.insert("prim::ListConstruct", [], target, range)
    if isinstance(actual, TupleType | NamedTupleType):
        if isinstance(target, ListType) and _fits_list(actual, target):
            return target, lambda: emitter.insert(
                "prim::ListConstruct", emitter.unpack(value, range), target, range
            )
        if (
            isinstance(target, TupleType)
            and not is_subtype(actual, target)
            and len(actual.elements) == len(target.elements)
        ):
            return _plan_tuple(emitter, value, target, range, allow_conversions, implicit)
    if allow_conversions:
        operator = _implicit_conversion(actual, target)
        if operator is not None:
            name, result = operator
            if isinstance(actual, TensorType) and result != NUMBER and implicit is not None:
                implicit.append((range, result))
            return result, lambda: emitter.builtin(name, [Given(value, range)], {}, range)
    return actual, value


def _plan_tuple(
    emitter: Emitter,
    value: Value,
    target: TupleType,
    range: SourceRange,
    allow_conversions: bool,
    implicit: list[tuple[SourceRange, Type]] | None,
) -> tuple[Type, Thunk]:
    assert isinstance(value.type, TupleType | NamedTupleType)
    types = []
    for actual, wanted in zip(value.type.elements, target.elements, strict=True):
        operator = _implicit_conversion(actual, wanted) if allow_conversions else None
        types.append(operator[1] if operator is not None else actual)

    def insert() -> Value:
        parts = []
        for item, wanted in zip(emitter.unpack(value, range), target.elements, strict=True):
            _, planned = plan_conversion(
                emitter,
                item,
                wanted,
                range,
                allow_conversions=allow_conversions,
                implicit=implicit,
            )
            parts.append(_put(planned))
        return emitter.insert(
            "prim::TupleConstruct", parts, TupleType(tuple(p.type for p in parts)), range
        )

    return TupleType(tuple(types)), insert


def _implicit_conversion(actual: Type, target: Type) -> tuple[str, Type] | None:
    """The operator that converts without being asked to, and its result's type."""
    if isinstance(actual, TensorType):
        return {
            FLOAT: ("aten::FloatImplicit", FLOAT),
            COMPLEX: ("aten::ComplexImplicit", COMPLEX),
            INT: ("aten::IntImplicit", INT),
            NUMBER: ("aten::ScalarImplicit", NUMBER),
        }.get(target)
    if actual == NUMBER:
        return {
            FLOAT: ("aten::Float", FLOAT),
            COMPLEX: ("aten::Complex", COMPLEX),
            INT: ("aten::Int", INT),
        }.get(target)
    if actual == BOOL:
        return {
            FLOAT: ("aten::Float", FLOAT),
            INT: ("aten::Int", INT),
            NUMBER: ("aten::Int", INT),
        }.get(target)
    if actual == STRING and target == DEVICE:
        return ("aten::device", DEVICE)
    return None


def convert(
    emitter: Emitter,
    value: Value,
    target: Type,
    range: SourceRange,
    *,
    allow_conversions: bool,
) -> Value:
    """``value`` brought as near to ``target`` as the implicit conversions go."""
    implicit: list[tuple[SourceRange, Type]] = []
    type, planned = plan_conversion(
        emitter, value, target, range, allow_conversions=allow_conversions, implicit=implicit
    )
    if type is value.type:
        return value
    if not is_subtype(type, target):
        return value
    for place, wanted in implicit:
        emitter.sink.report("implicit-tensor-conversion", place, target=str(wanted))
    return _put(planned)


__all__ = [
    "Given",
    "Match",
    "Mismatch",
    "callable_overloads",
    "convert",
    "match",
    "match_overloads",
    "plan_conversion",
]
