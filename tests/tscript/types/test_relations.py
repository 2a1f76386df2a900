"""Laws and cases of subtyping, joining, and matching type variables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops_registry.schema import parse_type
from ops_registry.types import (
    ANY,
    BOOL,
    COMPLEX,
    ERROR,
    FLOAT,
    INT,
    NONE,
    NUMBER,
    STRING,
    TENSOR,
    DictType,
    FutureType,
    ListType,
    OptionalType,
    TensorType,
    TupleType,
    Type,
    UnionType,
)
from tscript.types.nominal import NamedTupleType
from tscript.types.printing import annotation_str
from tscript.types.relations import (
    is_subtype,
    join,
    make_union,
    match_variables,
    members_of,
    optional,
    substitute,
    unify,
    without_none,
)

_leaves = st.sampled_from([INT, FLOAT, COMPLEX, BOOL, STRING, TENSOR, NONE, NUMBER, ANY])


def _compound(inner: st.SearchStrategy[Type]) -> st.SearchStrategy[Type]:
    return st.one_of(
        inner.map(ListType),
        inner.map(FutureType),
        inner.map(optional),
        st.lists(inner, max_size=3).map(lambda types: TupleType(tuple(types))),
        inner.map(lambda value: DictType(STRING, value)),
        st.lists(inner, min_size=1, max_size=3).map(make_union),
    )


types = st.recursive(_leaves, _compound, max_leaves=6)


@given(types)
def test_a_type_is_its_own_subtype(a: Type) -> None:
    assert is_subtype(a, a)
    assert is_subtype(a, ANY)
    assert unify(a, a) == a


@given(types, types, types)
def test_subtyping_is_transitive(a: Type, b: Type, c: Type) -> None:
    if is_subtype(a, b) and is_subtype(b, c):
        assert is_subtype(a, c)


@given(types, types)
def test_what_two_types_unify_to_holds_both(a: Type, b: Type) -> None:
    unified = unify(a, b)
    if unified is not None:
        assert is_subtype(a, unified)
        assert is_subtype(b, unified)
    union = make_union((a, b))
    assert is_subtype(a, union)
    assert is_subtype(b, union)


@given(types, types)
def test_unifying_does_not_depend_on_the_order(a: Type, b: Type) -> None:
    one, other = unify(a, b), unify(b, a)
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert is_subtype(one, other)
        assert is_subtype(other, one)


@given(types)
def test_an_unknown_type_is_consistent_with_every_type(a: Type) -> None:
    assert is_subtype(ERROR, a)
    assert is_subtype(a, ERROR)
    assert is_subtype(ListType(ERROR), ListType(a))
    assert unify(a, ERROR) == ERROR


@pytest.mark.parametrize(
    ("narrow", "wide", "fits"),
    [
        (INT, NUMBER, True),
        (BOOL, NUMBER, False),
        (INT, FLOAT, False),
        (NONE, OptionalType(INT), True),
        (INT, OptionalType(INT), True),
        (OptionalType(INT), INT, False),
        (OptionalType(INT), UnionType((INT, STRING, NONE)), True),
        (ListType(INT), ListType(OptionalType(INT)), False),
        (TupleType((INT, INT)), TupleType((OptionalType(INT), NUMBER)), True),
        (TupleType((INT,)), TupleType((INT, INT)), False),
        (FutureType(INT), FutureType(NUMBER), True),
        (TensorType(requires_grad=True), TENSOR, True),
    ],
)
def test_subtyping(narrow: Type, wide: Type, fits: bool) -> None:
    assert is_subtype(narrow, wide) is fits


def test_a_named_tuple_is_a_tuple_and_one_with_the_same_fields() -> None:
    one = NamedTupleType("__torch__.One", {"a": INT, "b": STRING})
    same = NamedTupleType("__torch__.Same", {"a": INT, "b": STRING})
    other = NamedTupleType("__torch__.Other", {"a": INT, "c": STRING})
    assert is_subtype(one, TupleType((INT, STRING)))
    assert not is_subtype(TupleType((INT, STRING)), one)
    assert is_subtype(one, same)
    assert not is_subtype(one, other)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (INT, NONE, OptionalType(INT)),
        (OptionalType(INT), INT, OptionalType(INT)),
        (TupleType((INT, NONE)), TupleType((NONE, INT)), TupleType((OptionalType(INT),) * 2)),
        (INT, FLOAT, None),
        (ListType(INT), ListType(FLOAT), None),
        (TensorType(requires_grad=True), TENSOR, TENSOR),
    ],
)
def test_unifying(a: Type, b: Type, expected: Type | None) -> None:
    assert unify(a, b) == expected


def test_unions_are_flat_and_without_doubles() -> None:
    assert make_union((INT, make_union((STRING, INT)), NONE)) == UnionType((INT, STRING, NONE))
    assert make_union((INT, NONE)) == OptionalType(INT)
    assert make_union((INT,)) == INT
    assert without_none(UnionType((INT, STRING, NONE))) == UnionType((INT, STRING))
    assert members_of(OptionalType(INT)) == (INT, NONE)


def test_joining_nothing_gives_nothing() -> None:
    assert join([]) is None
    assert join([INT, NONE, INT]) == OptionalType(INT)


def test_type_variables_are_bound_once() -> None:
    bindings: dict[str, Type] = {}
    assert match_variables(parse_type("t[]"), ListType(INT), bindings) is None
    assert bindings == {"t": INT}
    assert match_variables(parse_type("t"), STRING, bindings) is not None
    assert substitute(parse_type("Dict(str, t)"), bindings) == DictType(STRING, INT)
    assert substitute(parse_type("tVar"), {}) is None


@given(types)
def test_annotations_of_types_name_every_part(a: Type) -> None:
    text = annotation_str(a)
    for part in a.contained():
        if part != NONE:
            assert annotation_str(part) in text
