"""Schemas: PyTorch's text in, the same text out; what is wrong with a text is said."""

from __future__ import annotations

from types import ModuleType

import pytest

from ops_registry import types as t
from ops_registry.registry import registry
from ops_registry.schema import SchemaError, parse_schema, parse_type

#: PyTorch's own text loses what it means: a float default printed as an int.
UNFAITHFUL = {"prims::var"}


@pytest.mark.parametrize(
    "text",
    [
        "aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor",
        "aten::relu_(Tensor(a!) self) -> Tensor(a!)",
        "aten::split.Tensor(Tensor(a -> *) self, SymInt split_size, int dim=0) -> Tensor(a)[]",
        "aten::append.t(t[](a!) self, t(c -> *) el) -> t[](a!)",
        "aten::items.str(Dict(str, t) self) -> ((str, t)[])",
        "aten::format(str self, ...) -> str",
        "aten::sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False, *,"
        " ScalarType? dtype=None) -> Tensor",
        "aten::max.dim(Tensor self, int dim, bool keepdim=False)"
        " -> (Tensor values, Tensor indices)",
        "aten::set_grad_enabled(bool val) -> ()",
        'aten::strip(str self, str chars=" \\n\\t\\f\\v") -> str',
        "aten::_unwrap_optional(t(a)? optional) -> t(a)",
        "prim::TupleUnpack(Any tup) -> ...",
        "aten::isclose(Tensor self, Tensor other, float rtol=1.0000000000000001e-05) -> Tensor",
        "aten::wait(Future(t) self) -> t",
        "aten::index.Tensor(Tensor self, Tensor?[] indices) -> Tensor",
    ],
)
def test_a_schema_prints_as_it_was_written(text: str) -> None:
    assert str(parse_schema(text)) == text


def test_dtypes_are_ints_in_the_ir_and_keep_their_spelling() -> None:
    (dtype,) = parse_schema("aten::f(ScalarType? dtype=None) -> int").arguments
    assert dtype.type == t.OptionalType(t.INT)
    assert str(dtype.real_type) == "ScalarType?"


def test_writes_and_views_are_read_from_the_alias_marks() -> None:
    schema = parse_schema("aten::f(Tensor(a!)[] self, Tensor(b) other) -> Tensor(b)")
    assert [a.is_written for a in schema.arguments] == [True, False]
    assert schema.is_mutable
    assert schema.has_aliases


def test_keyword_only_arguments_stand_behind_the_star() -> None:
    schema = parse_schema("aten::f(int a, *, int b=2) -> int")
    assert [a.kwarg_only for a in schema.arguments] == [False, True]
    assert schema.arguments[1].default == 2


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("aten::f(Tensor) -> Tensor", "expected a name"),
        ("aten::f(Tensor self -> Tensor", "expected ',' or '\\)'"),
        ("aten::f(Strange x) -> Tensor", "no type is called 'Strange'"),
        ("aten::f(int x=) -> Tensor", "expected a default value"),
        ("aten::f(int x) -> Tensor extra words", "expected the end"),
        ("aten::f(int x) @ Tensor", "unexpected text"),
        ("", "expected a name"),
    ],
)
def test_a_malformed_schema_is_refused_with_the_place(text: str, problem: str) -> None:
    with pytest.raises(SchemaError, match=problem):
        parse_schema(text)


@pytest.mark.parametrize("text", ["Tensor?[]", "Dict(str, (int, float)[])", "int[]?", "t"])
def test_a_type_prints_as_it_was_written(text: str) -> None:
    assert str(parse_type(text)) == text


def test_every_builtin_schema_round_trips() -> None:
    names = registry().names()
    assert len(names) > 100
    for name in names:
        for schema in registry().overloads(name):
            assert parse_schema(str(schema)) == schema


@pytest.mark.oracle
def test_every_schema_of_pytorch_round_trips(torch: ModuleType) -> None:
    schemas = [
        s
        for s in torch._C._jit_get_all_schemas()
        # Python modules of PyTorch register some of no type that scripts have, when imported.
        if s.name not in UNFAITHFUL and "PyObject" not in str(s)
    ]
    assert len(schemas) > 3000
    wrong = [str(s) for s in schemas if str(parse_schema(str(s))) != str(s)]
    assert wrong == []


@pytest.mark.oracle
def test_every_builtin_schema_is_one_of_pytorch(torch: ModuleType) -> None:
    theirs = {str(s) for s in torch._C._jit_get_all_schemas()}
    for name in registry().names():
        theirs.update(map(str, torch._C._jit_get_schemas_for_operator(name)))
    ours = [
        str(schema)
        for name in registry().names()
        if name.startswith("aten::")
        for schema in registry().overloads(name)
    ]
    assert [text for text in ours if text not in theirs] == []
