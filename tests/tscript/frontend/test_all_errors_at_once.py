"""Everything that is wrong with a function is reported at once, and nothing because of something else."""

from __future__ import annotations

import re

import pytest

import tscript as torch
from tests.tscript.frontend.programs import compile_text, found, load
from tscript.diagnostics.report import CompilationError

FIVE = [
    (
        "def f(x, n: int, name: str, sizes: List[int]):\n"
        "    a = n + name\n"
        "    b = undefined\n"
        "    c = x.no_such_method()\n"
        "    d = sizes['a']\n"
        "    for i in n:\n"
        "        print(a, b, c, d, i)\n"
        "    return a\n",
        [
            (2, "operator-type"),
            (3, "undefined-name"),
            (4, "unknown-attribute"),
            (5, "index-type"),
            (6, "not-iterable"),
        ],
    ),
    (
        "def f(x, y: Optional[Tensor], flag: bool, pair: Tuple[int, str]):\n"
        "    z = x + y\n"
        "    if flag:\n"
        "        w = 1\n"
        "    else:\n"
        "        w = 'a'\n"
        "    print(w)\n"
        "    a, b, c = pair\n"
        "    d = torch.softmax(x)\n"
        "    e = torch.no_such_operator(d)\n"
        "    return z + e + a + b + c\n",
        [
            (2, "optional-not-refined"),
            (7, "branch-type-mismatch"),
            (8, "unpack-mismatch"),
            (9, "missing-argument"),
            (10, "unknown-operator"),
        ],
    ),
    (
        "def f(x, names: 'Set[str]', table: dict) -> int:\n"
        "    double = lambda v: v * 2\n"
        "    y = double(x)\n"
        "    try:\n"
        "        z = y\n"
        "    except ValueError:\n"
        "        z = x\n"
        "    for name in names:\n"
        "        print(table[name])\n"
        "    print(z)\n"
        "    return 'a'\n",
        [
            (1, "unknown-type"),
            (1, "untyped-container"),
            (2, "unsupported-syntax"),
            (4, "unsupported-syntax"),
            (11, "return-type-mismatch"),
        ],
    ),
]


@pytest.mark.parametrize(("program", "expected"), FIVE, ids=["values", "flow", "syntax"])
def test_five_errors_are_five_reports(program: str, expected: list[tuple[int, str]]) -> None:
    assert found(program) == expected


@pytest.mark.parametrize(
    "program",
    [
        "def f(x):\n    import os\n    return os.getpid()\n",
        "def f(x):\n    global calls\n    calls = x\n    return calls\n",
        "def f(x):\n    def g(y):\n        return y\n    return g(x)\n",
        "def f(x):\n    y = [v for v in x if v > 0]\n    return y[0] + 1, len(y)\n",
        "def f(x):\n    y = undefined\n    y = y + 1\n    return y.anything(y[0])(y)\n",
        "def f(x):\n    for a, b in undefined:\n        x = x + a * b\n    return x\n",
        "def f(x: 'Nothing'):\n    for y in x.items():\n        print(y[0] + 1)\n    return x\n",
        "def f(x: list):\n    x.append(1)\n    return x[0] + 1\n",
        "def f(n: int):\n    if n > 0:\n        y = n + 'a'\n    else:\n        y = 3\n    return y\n",
        "def f(n: int) -> int:\n    return n.missing\n",
        "def f(d: Dict[str, int]):\n    return max(**d)\n",
        "def g(x):\n    return x\ndef f(d: Dict[str, int]):\n    return g(**d)\n",
    ],
)
def test_nothing_is_reported_because_of_another_error(program: str) -> None:
    assert len(found(program)) == 1


def test_errors_of_callees_come_with_the_way_there() -> None:
    program = (
        "def inner(x, n: int):\n"
        "    return x.view(n, 'a')\n"
        "def middle(x):\n"
        "    return inner(x, 'b')\n"
        "def f(x):\n"
        "    return middle(x) + undefined\n"
    )
    reports = compile_text(program).diagnostics
    chains = {(d.range.line, d.code): [call.callee for call in d.call_chain] for d in reports}
    assert chains == {
        (2, "argument-type"): ["middle", "inner"],
        (4, "argument-type"): ["middle"],
        (6, "undefined-name"): [],
    }


def test_a_callee_that_fails_is_reported_once() -> None:
    program = "def g(x):\n    return undefined\ndef f(x):\n    return g(x) + g(x)\n"
    assert found(program) == [(2, "undefined-name")]


def test_types_are_named_as_the_user_wrote_them() -> None:
    module = load(
        "class Left:\n    def __init__(self):\n        self.n = 1\n"
        "class Right:\n    def __init__(self):\n        self.n = 1\n"
        "def use(left: Left):\n    return left.n\n"
        "def f(x):\n    return use(Right())\n"
    )
    with pytest.raises(
        CompilationError, match="`use` needs `Left` for `left`, and this is `Right`"
    ):
        torch.jit.script(module.f)


def test_the_parameter_of_a_scripted_function_is_shown_too() -> None:
    module = load(
        "@torch.jit.script\ndef scale(x, factor):\n    return x * factor\n"
        "def f(x):\n    return scale(x, 2)\n"
    )
    with pytest.raises(CompilationError) as raised:
        torch.jit.script(module.f)
    (report,) = raised.value.diagnostics
    assert report.hint == "annotate it: `factor: int`"
    assert [(note.range.line, note.label) for note in report.notes] == [
        (2, "`factor` has no annotation and so is a Tensor")
    ]
    assert not re.search("__torch__|mangle", str(raised.value))
