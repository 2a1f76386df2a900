"""Generated programs of nested loops, branches and jumps mean in a script what they mean in Python."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import tscript as torch
from tscript.ir.verify import verify

_NAMES = ("a", "b", "c")

_atoms = st.sampled_from([*_NAMES, "n", "0", "1", "2", "3"])
_sums = st.tuples(_atoms, st.sampled_from(["+", "-", "*"]), _atoms).map(" ".join)
_expressions = st.one_of(_atoms, _sums)
_tests = st.tuples(_expressions, st.sampled_from(["<", ">", "==", "!="]), _expressions).map(
    " ".join
)
_conditions = st.one_of(
    _tests,
    st.tuples(_tests, st.sampled_from(["and", "or"]), _tests).map(" ".join),
    _tests.map(lambda text: f"not ({text})"),
)

Program = list[str]


def _indented(body: Program) -> Program:
    return [f"    {line}" for line in body]


@st.composite
def _statements(draw: st.DrawFn, depth: int, in_loop: bool) -> Program:
    lines: Program = []
    for _ in range(draw(st.integers(1, 3))):
        kinds = ["assign", "assign", "augment"]
        if depth:
            kinds += ["if", "if", "for", "while"]
        kinds += ["return"]
        if in_loop:
            kinds += ["break", "continue"]
        kind = draw(st.sampled_from(kinds))
        name = draw(st.sampled_from(_NAMES))
        match kind:
            case "assign":
                lines.append(f"{name} = {draw(_expressions)}")
            case "augment":
                lines.append(f"{name} += {draw(_atoms)}")
            case "return":
                lines.append(f"return {draw(_expressions)}")
                break
            case "break" | "continue":
                lines.append(kind)
                break
            case "if":
                lines.append(f"if {draw(_conditions)}:")
                lines += _indented(draw(_statements(depth - 1, in_loop)))
                if draw(st.booleans()):
                    lines.append("else:")
                    lines += _indented(draw(_statements(depth - 1, in_loop)))
            case "for":
                lines.append(f"for i{depth} in range({draw(st.integers(0, 3))}):")
                lines += _indented([f"{name} += i{depth}"])
                lines += _indented(draw(_statements(depth - 1, True)))
            case "while":
                # The counter goes up first, so that `continue` cannot make the loop endless.
                lines.append(f"k{depth} = 0")
                lines.append(f"while k{depth} < 3 and {draw(_tests)}:")
                lines += _indented([f"k{depth} += 1"])
                lines += _indented(draw(_statements(depth - 1, True)))
    return lines


_programs = _statements(2, False)
_count = 0


def define(body: Program) -> Callable[[int], int]:
    """The function with this body, its source where it can be found."""
    global _count
    _count += 1
    lines = ["def program(n: int) -> int:", "    a = 1", "    b = 2", "    c = 3"]
    lines += [f"    k{depth} = 0" for depth in range(1, 4)]
    source = "\n".join([*lines, *_indented(body), "    return a * 100 + b * 10 + c", ""])
    name = f"<program {_count}>"
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    scope: dict[str, Any] = {}
    exec(compile(source, name, "exec"), scope)
    function: Callable[[int], int] = scope["program"]
    return function


@settings(max_examples=40)
@given(_programs, st.integers(-1, 4))
def test_a_script_takes_the_same_path_as_python(body: Program, n: int) -> None:
    function = define(body)
    scripted = torch.jit.script(function)
    verify(scripted.graph)
    assert scripted(n) == function(n)
