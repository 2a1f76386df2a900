"""How types relate: subtyping, unification at joins, unions in normal form, type variables.

The rules are those of PyTorch 2.13, read off its behaviour: tuples and futures are covariant,
lists and dicts invariant, ``Optional[T]`` is the union of ``T`` and ``None``, ints, floats and
complex numbers are ``number`` (a bool is not), and no number is another number's subtype.

:class:`~ops_registry.types.ErrorType` is also what is not known statically. It is consistent with
every type in both directions, at any depth, so that neither an error nor a gap starts a chain of
further errors.
"""

from __future__ import annotations

from collections.abc import Iterable

from ops_registry.schema import FunctionSchema
from ops_registry.types import (
    ERROR,
    NONE,
    TENSOR,
    AnyClassType,
    AnyEnumType,
    AnyListType,
    AnyTupleType,
    AnyType,
    AwaitType,
    BoolType,
    ComplexType,
    DictType,
    ErrorType,
    FloatType,
    FunctionType,
    FutureType,
    IntType,
    ListType,
    NoneType,
    NumberType,
    OptionalType,
    RRefType,
    TensorType,
    TupleType,
    Type,
    UnionType,
    VarType,
)
from tscript.types.nominal import (
    ClassType,
    EnumType,
    InterfaceType,
    ModuleType,
    NamedTupleType,
    ObjectType,
)
from tscript.types.printing import source_str as _spell


def contains_error(type: Type) -> bool:
    """Whether an unknown or erroneous type is anywhere in ``type``."""
    return isinstance(type, ErrorType) or any(map(contains_error, type.contained()))


def same_type(a: Type, b: Type) -> bool:
    """Equality up to what tensors are known to be, and up to unknown parts."""
    if a == b or isinstance(a, ErrorType) or isinstance(b, ErrorType):
        return True
    if isinstance(a, TensorType) and isinstance(b, TensorType):
        return True
    if isinstance(a, OptionalType | UnionType) and isinstance(b, OptionalType | UnionType):
        return is_subtype(a, b) and is_subtype(b, a)
    if type(a) is not type(b):
        return False
    ours, theirs = a.contained(), b.contained()
    return bool(ours) and len(ours) == len(theirs) and all(map(same_type, ours, theirs))


def members_of(type: Type) -> tuple[Type, ...]:
    """The alternatives of an Optional or Union, in order; any other type alone.

    >>> from ops_registry.types import INT
    >>> members_of(OptionalType(INT)) == (INT, NONE)
    True
    """
    if isinstance(type, OptionalType):
        return (*members_of(type.element), NONE)
    if isinstance(type, UnionType):
        return tuple(m for member in type.members for m in members_of(member))
    return (type,)


def make_union(types: Iterable[Type]) -> Type:
    """The union in normal form: flat, without subsumed members; ``Optional`` if it is one.

    >>> from ops_registry.types import INT
    >>> str(make_union([INT, NONE, INT]))
    'int?'
    """
    kept: list[Type] = []
    for type in types:
        for member in members_of(type):
            if any(_absorbs(other, member) for other in kept):
                continue
            kept = [other for other in kept if not _absorbs(member, other)]
            kept.append(member)
    if len(kept) == 1:
        return kept[0]
    if NONE in kept and len(kept) == 2:
        return OptionalType(next(t for t in kept if t != NONE))
    return UnionType(tuple(kept))


def _absorbs(wide: Type, narrow: Type) -> bool:
    if isinstance(wide, ErrorType) or isinstance(narrow, ErrorType):
        return wide == narrow
    return is_subtype(narrow, wide)


def is_optional(type: Type) -> bool:
    """Whether ``None`` is one of the alternatives (``Any`` and ``NoneType`` do not count)."""
    return isinstance(type, OptionalType) or (
        isinstance(type, UnionType) and NONE in members_of(type)
    )


def without_none(type: Type) -> Type:
    """The type once ``None`` is ruled out; ``NoneType`` itself stays."""
    if not is_optional(type):
        return type
    return make_union(m for m in members_of(type) if m != NONE)


def optional(type: Type) -> Type:
    """``Optional[type]`` in normal form."""
    if isinstance(type, NoneType | AnyType | ErrorType) or is_optional(type):
        return type
    return OptionalType(type) if not isinstance(type, UnionType) else make_union((type, NONE))


def is_subtype(narrow: Type, wide: Type) -> bool:
    """Whether a value of type ``narrow`` may stand where ``wide`` is expected, unconverted.

    >>> from ops_registry.types import FLOAT, INT, NUMBER
    >>> is_subtype(INT, NUMBER), is_subtype(INT, FLOAT)
    (True, False)
    >>> is_subtype(ListType(INT), ListType(NUMBER)), is_subtype(TupleType((INT,)), TupleType((NUMBER,)))
    (False, True)
    """
    if narrow is wide or narrow == wide:
        return True
    if isinstance(narrow, ErrorType) or isinstance(wide, ErrorType | AnyType):
        return True
    if isinstance(narrow, UnionType | OptionalType):
        return all(is_subtype(member, wide) for member in members_of(narrow))
    if isinstance(wide, UnionType | OptionalType):
        return any(is_subtype(narrow, member) for member in members_of(wide))
    match wide:
        case TensorType():
            return isinstance(narrow, TensorType)
        case NumberType():
            return isinstance(narrow, IntType | FloatType | ComplexType)
        case ListType() | DictType():
            return same_type(narrow, wide)
        case TupleType(elements):
            if isinstance(narrow, TupleType | NamedTupleType):
                return len(narrow.elements) == len(elements) and all(
                    map(is_subtype, narrow.elements, elements)
                )
            return False
        case FutureType(element) | AwaitType(element) | RRefType(element):
            return type(narrow) is type(wide) and is_subtype(narrow.contained()[0], element)
        case NamedTupleType(fields=fields):
            return (
                isinstance(narrow, NamedTupleType)
                and list(narrow.fields) == list(fields)
                and all(map(is_subtype, narrow.elements, wide.elements))
            )
        case AnyListType():
            return isinstance(narrow, ListType)
        case AnyTupleType():
            return isinstance(narrow, TupleType | NamedTupleType)
        case AnyEnumType():
            return isinstance(narrow, EnumType)
        case AnyClassType():
            return isinstance(narrow, ClassType | ModuleType | InterfaceType)
        case InterfaceType():
            return _implements(narrow, wide)
        case FunctionType():
            return isinstance(narrow, FunctionType)
        case _:
            return False


def _implements(narrow: Type, interface: InterfaceType) -> bool:
    if isinstance(narrow, InterfaceType):
        return all(
            name in narrow.methods and str(narrow.methods[name]) == str(schema)
            for name, schema in interface.methods.items()
        )
    if not isinstance(narrow, ObjectType):
        return False
    return all(
        name in narrow.methods and lacks_in_method(narrow, name, schema) is None
        for name, schema in interface.methods.items()
    )


def lacks_in_method(type: ObjectType, name: str, wanted: FunctionSchema) -> str | None:
    """How a method differs from an interface's, as a phrase; None where it fits.

    A method that is not compiled yet (its class is the one being compiled) counts as fitting.
    """
    compiled = type.compiled.get(name)
    if compiled is None or getattr(compiled, "failed", False):
        return None
    own: FunctionSchema = compiled.schema
    ours, theirs = own.arguments[1:], wanted.arguments[1:]
    if [a.name for a in ours] != [a.name for a in theirs]:
        return (
            f"`{name}` takes ({', '.join(a.name for a in ours)}),"
            f" not ({', '.join(a.name for a in theirs)})"
        )
    for mine, its in zip(ours, theirs, strict=True):
        if not is_subtype(its.type, mine.type):
            return (
                f"`{name}` takes `{_spell(mine.type)}` for `{mine.name}`, not `{_spell(its.type)}`"
            )
    result, expected = own.returns[0].type, wanted.returns[0].type
    if not is_subtype(result, expected):
        return f"`{name}` returns `{_spell(result)}`, not `{_spell(expected)}`"
    return None


def unify(a: Type, b: Type, *, default_to_union: bool = False) -> Type | None:
    """The type of a value that is ``a`` on one path and ``b`` on another, or None.

    >>> from ops_registry.types import INT, STRING
    >>> str(unify(INT, NONE)), unify(INT, STRING), str(unify(INT, STRING, default_to_union=True))
    ('int?', None, 'Union[int, str]')
    """
    unified = _unify(a, b)
    if unified is None and default_to_union:
        return make_union((a, b))
    return unified


def _unify(a: Type, b: Type) -> Type | None:
    if isinstance(a, ErrorType) or isinstance(b, ErrorType):
        return ERROR
    if isinstance(a, TensorType) and isinstance(b, TensorType):
        return a if a == b else TENSOR
    if is_subtype(a, b):
        return b
    if is_subtype(b, a):
        return a
    if isinstance(a, NoneType):
        return optional(b)
    if isinstance(b, NoneType):
        return optional(a)
    if isinstance(a, OptionalType) or isinstance(b, OptionalType):
        inner = _unify(without_none(a), without_none(b))
        return None if inner is None else optional(inner)
    if isinstance(a, TupleType) and isinstance(b, TupleType):
        if len(a.elements) != len(b.elements):
            return None
        elements = [_unify(x, y) for x, y in zip(a.elements, b.elements, strict=True)]
        known = tuple(t for t in elements if t is not None)
        return TupleType(known) if len(known) == len(elements) else None
    if isinstance(a, FutureType) and isinstance(b, FutureType):
        inner = _unify(a.element, b.element)
        return None if inner is None else FutureType(inner)
    return None


def join(types: Iterable[Type], *, default_to_union: bool = False) -> Type | None:
    """:func:`unify` over any number of types; None when they do not agree (or there are none)."""
    result: Type | None = None
    for type in types:
        result = type if result is None else unify(result, type, default_to_union=default_to_union)
        if result is None:
            return None
    return result


def has_variables(type: Type) -> bool:
    """Whether a schema's type variables (``t``) occur in ``type``."""
    return isinstance(type, VarType) or any(map(has_variables, type.contained()))


def match_variables(formal: Type, actual: Type, bindings: dict[str, Type]) -> str | None:
    """Bind the variables of ``formal`` so that it can take ``actual``.

    Returns None on success (``bindings`` then holds the variables), else why it does not fit, as
    a phrase. Types without variables always match here: fitting them is :func:`is_subtype`'s job.
    """
    if not has_variables(formal):
        return None
    if isinstance(actual, ErrorType):
        _bind_unknown(formal, bindings)
        return None
    match formal:
        case VarType(name):
            bound = bindings.get(name)
            if bound is None:
                bindings[name] = actual
                return None
            if not is_subtype(actual, bound):  # the first to be seen says what it is
                return f"it must be like the others, which are {_spell(bound)}"
            return None
        case ListType(element):
            if isinstance(actual, ListType):
                return match_variables(element, actual.element, bindings)
            if isinstance(actual, TupleType | NamedTupleType):
                joined = join(actual.elements)
                if joined is None:
                    return f"the elements of {actual} are not of one type"
                return match_variables(element, joined, bindings)
            return f"{actual} is not a list"
        case DictType(key, value):
            if not isinstance(actual, DictType):
                return f"{actual} is not a dict"
            return match_variables(key, actual.key, bindings) or match_variables(
                value, actual.value, bindings
            )
        case OptionalType(element):
            if isinstance(actual, NoneType):
                return None
            return match_variables(element, without_none(actual), bindings)
        case FutureType(element) | AwaitType(element) | RRefType(element):
            if type(actual) is not type(formal):
                return f"{actual} is not a {type(formal).__name__.removesuffix('Type')}"
            return match_variables(element, actual.contained()[0], bindings)
        case TupleType(elements):
            if not isinstance(actual, TupleType) or len(actual.elements) != len(elements):
                return f"{actual} is not a tuple of {len(elements)}"
            for inner, given in zip(elements, actual.elements, strict=True):
                reason = match_variables(inner, given, bindings)
                if reason is not None:
                    return reason
            return None
        case _:
            return f"{actual} does not fit {formal}"


def _bind_unknown(formal: Type, bindings: dict[str, Type]) -> None:
    if isinstance(formal, VarType):
        bindings.setdefault(formal.name, ERROR)
    for inner in formal.contained():
        _bind_unknown(inner, bindings)


def substitute(type: Type, bindings: dict[str, Type]) -> Type | None:
    """``type`` with its variables replaced; None when one of them is not bound."""
    if isinstance(type, VarType):
        return bindings.get(type.name)
    if not has_variables(type):
        return type
    parts = [substitute(part, bindings) for part in type.contained()]
    known = tuple(part for part in parts if part is not None)
    return type.with_contained(known) if len(known) == len(parts) else None


def is_number(type: Type) -> bool:
    """Whether values of the type are Python numbers to an operator (a bool is one there)."""
    return isinstance(type, IntType | FloatType | ComplexType | NumberType | BoolType)


def describe_mismatch(narrow: Type, wide: Type) -> str:
    """Why ``narrow`` does not fit ``wide``, where the reason is not obvious; else empty.

    >>> from ops_registry.types import INT
    >>> describe_mismatch(ListType(INT), ListType(OptionalType(INT)))
    'lists are invariant: List[int] is no List[Optional[int]], even though int fits Optional[int]'
    """
    if isinstance(narrow, ListType) and isinstance(wide, ListType):
        if is_subtype(narrow.element, wide.element):
            return (
                f"lists are invariant: {_spell(narrow)} is no {_spell(wide)}, even though "
                f"{_spell(narrow.element)} fits {_spell(wide.element)}"
            )
    if isinstance(narrow, DictType) and isinstance(wide, DictType):
        if is_subtype(narrow.key, wide.key) and is_subtype(narrow.value, wide.value):
            return f"dicts are invariant: {_spell(narrow)} is no {_spell(wide)}"
    if is_optional(narrow) and is_subtype(without_none(narrow), wide):
        return "the value may be None here"
    return ""
