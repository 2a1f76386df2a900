"""Which diagnostic a mistake gets, and where; that one mistake is reported once."""

from __future__ import annotations

import pytest

from tests.tscript.frontend.programs import compile_text, found


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("def f(x):\n    return y\n", [(2, "undefined-name")]),
        ("def f(x):\n    if x.sum() > 0:\n        y = 1\n    return y\n", [(4, "maybe-undefined")]),
        (
            "def f(b: bool):\n    if b:\n        r = 1\n    else:\n        r = 'a'\n    return r\n",
            [(6, "branch-type-mismatch")],
        ),
        (
            "def f(b: bool):\n    r = 1\n    if b:\n        r = 'a'\n    return 0\n",
            [(4, "reassigned-type")],
        ),
        ("def f(b: bool):\n    return 1 if b else 'a'\n", [(2, "ternary-type-mismatch")]),
        ("def f(x) -> int:\n    return x.shape\n", [(2, "return-type-mismatch")]),
        (
            "def f(b: bool):\n    if b:\n        return 1\n    return 'a'\n",
            [(4, "inconsistent-returns")],
        ),
        ("def f(b: bool) -> int:\n    if b:\n        return 1\n", [(1, "missing-return")]),
        ("def f(x: Optional[int]):\n    return x + 1\n", [(2, "optional-not-refined")]),
        ("def f(x: Union[int, str]):\n    return x + 1\n", [(2, "union-not-refined")]),
        ("def f(x):\n    return x + 'a'\n", [(2, "operator-type")]),
        ("def f(x: int):\n    return ~x\n", [(2, "unary-operator-type")]),
        ("def f(x):\n    return x.nothing\n", [(2, "unknown-attribute")]),
        ("def f(x):\n    return torch.nothing(x)\n", [(2, "unknown-operator")]),
        ("size = 3\ndef f(x):\n    return x + size\n", [(3, "captured-global")]),
        ("def f(x: list):\n    return x\n", [(1, "untyped-container")]),
        ("def f(x: 'Nothing'):\n    return x\n", [(1, "unknown-type")]),
        ("def f(x: 'Tuple[int, ...]'):\n    return x\n", [(1, "bad-annotation")]),
        ("def f(x: 'Dict[List[int], int]'):\n    return x\n", [(1, "key-type")]),
        ("def f(x):\n    y: int = 'a'\n    return y\n", [(2, "assignment-type")]),
        ("def f(x):\n    a, b = (1, 2, 3)\n    return a\n", [(2, "unpack-mismatch")]),
        ("def f(x):\n    a, b = x\n    return a\n", [(2, "unpack-type")]),
        ("def f(x: List[int]):\n    a, *b = x\n    return a\n", [(2, "starred-target")]),
        ("def f(x: int):\n    for i in x:\n        print(i)\n", [(2, "not-iterable")]),
        (
            "def f(x):\n    for i in (1, 2):\n        break\n    return x\n",
            [(3, "break-in-unrolled-loop")],
        ),
        ("def f(x: int):\n    return x[0]\n", [(2, "invalid-subscript")]),
        ("def f(x: List[int]):\n    return x['a']\n", [(2, "index-type")]),
        ("def f(x: Tuple[int, str], i: int):\n    return x[i]\n", [(2, "constant-expected")]),
        ("def f(x: Tuple[int, str]):\n    return x[2]\n", [(2, "index-out-of-range")]),
        ("def f(x: str):\n    x[0] = 'a'\n    return x\n", [(2, "immutable-value")]),
        ("def f(x):\n    raise 'a'\n", [(2, "not-an-exception")]),
        ("def f(x):\n    return '{:3d}'.format(1)\n", [(2, "format-spec")]),
        ("def f(x):\n    return x.tolist()\n", [(2, "annotation-required")]),
        ("def f(x):\n    return 9999999999999999999999\n", [(2, "integer-literal")]),
        ("def f(x, n=[1]):\n    return x\n", [(1, "mutable-default")]),
        ("def f(x: List[int]):\n    return torch.zeros(*x)\n", [(2, "starred-argument")]),
        ("def f(x):\n    return [1, 'a']\n", [(2, "mixed-list")]),
        ("def f(x) -> int:\n    return x\n", [(2, "implicit-tensor-conversion")]),
        (
            "def g(x: int):\n    return x\ndef f(x):\n    return g(x, 2)\n",
            [(4, "too-many-arguments")],
        ),
        ("def g(x: int):\n    return x\ndef f(x):\n    return g()\n", [(4, "missing-argument")]),
        (
            "def g(x: int):\n    return x\ndef f(x):\n    return g(y=2)\n",
            [(4, "unexpected-keyword")],
        ),
        ("def g(x: int):\n    return x\ndef f(x):\n    return g('a')\n", [(4, "argument-type")]),
        (
            "def g(x, n: float):\n    return x\ndef f(x):\n    return g(x, 1)\n",
            [(4, "argument-type")],
        ),
        ("def f(n: int) -> int:\n    return f(n)\n", [(2, "recursion")]),
    ],
    ids=lambda value: value[0][1] if isinstance(value, list) else "",
)
def test_a_mistake_has_its_code_on_its_line(program: str, expected: list[tuple[int, str]]) -> None:
    assert found(program) == expected


def test_all_mistakes_of_a_function_are_reported_at_once() -> None:
    program = """\
def f(x, n: int):
    a = missing(x)
    b = a + 1
    c = x + "text"
    d = c.anything()
    return n.foo, d, b
"""
    assert found(program) == [
        (2, "undefined-name"),
        (4, "operator-type"),
        (6, "unknown-attribute"),
    ]


def test_an_unrolled_body_reports_a_mistake_once() -> None:
    program = "def f(x):\n    for i in (1, 2, 3):\n        missing(i)\n    return x\n"
    assert found(program) == [(3, "undefined-name")]


def test_a_mistake_in_a_callee_is_reported_there_with_the_call() -> None:
    compiled = compile_text("def g(x):\n    return missing\ndef f(x):\n    return g(x) + g(x)\n")
    (diagnostic,) = compiled.diagnostics
    assert (diagnostic.range.line, diagnostic.code) == (2, "undefined-name")
    assert [(site.callee, site.range.line) for site in diagnostic.call_chain] == [("g", 4)]


def test_a_branch_mismatch_shows_both_assignments() -> None:
    compiled = compile_text(
        "def f(b: bool):\n    if b:\n        r = 1\n    else:\n        r = 'a'\n    return r\n"
    )
    (diagnostic,) = compiled.diagnostics
    assert [(note.range.line, note.label) for note in diagnostic.notes] == [
        (3, "`int` here"),
        (5, "`str` here"),
    ]


def test_a_parameter_without_annotation_is_named_as_the_cause() -> None:
    (diagnostic,) = compile_text("def f(text):\n    return text.upper()\n").diagnostics
    assert diagnostic.code == "unknown-attribute"
    assert [note.label for note in diagnostic.notes] == [
        "`text` has no annotation and so is a Tensor"
    ]
    assert diagnostic.hint == "annotate it: `text: str`"


@pytest.mark.parametrize(
    "program",
    [
        "def f(x: Optional[int]):\n    if x is None:\n        return 0\n    return x + 1\n",
        "def f(x: Optional[int]):\n    assert x is not None\n    return x + 1\n",
        "def f(x: Optional[int]):\n    return x + 1 if x is not None else 0\n",
        "def f(x: Optional[int], y: Optional[int]):\n"
        "    if x is None or y is None:\n        return 0\n    return x + y\n",
        "def f(x: Union[int, str]):\n    if isinstance(x, str):\n        return len(x)\n    return x\n",
    ],
)
def test_refinement(program: str) -> None:
    assert found(program) == []


@pytest.mark.parametrize(
    "program",
    [
        "def f(x: Optional[int]):\n    if x != None:\n        return x + 1\n    return 0\n",
        "def f(x: Optional[int]):\n    if x:\n        return x + 1\n    return 0\n",
        "def f(x: Optional[int]):\n    ok = x is not None\n    if ok:\n        return x + 1\n    return 0\n",
        "def f(x: List[Optional[int]]):\n"
        "    if x[0] is not None:\n        return x[0] + 1\n    return 0\n",
        "def f(x: Optional[int]):\n    while x is None:\n        x = 1\n    return x + 1\n",
    ],
)
def test_what_does_not_refine(program: str) -> None:
    assert any(
        code == "optional-not-refined" or code == "condition-type" for _, code in found(program)
    )
