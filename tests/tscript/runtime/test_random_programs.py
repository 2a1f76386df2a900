"""Generated programs: plain Python, the interpreter and generated code give the same.

The programs have integer variables, a list and a tensor, nested branches and loops with ``break``
and ``continue``, and no ``while`` that may not end. A division that raises is left out: where nobody
uses its result the compiler drops it, as PyTorch's does. What they compute is meaningless; that the
values, the raised classes and the writes agree is not.
"""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tscript as torch
from tscript.runtime.executor import Mode, executing_with

NAMES = ("a", "b", "c")
INTEGERS = st.sampled_from([*NAMES, "len(items)", "items[-1]", "0", "1", "2", "3", "7", "-2"])


@st.composite
def expressions(draw: st.DrawFn, depth: int = 2) -> str:
    if depth == 0 or draw(st.integers(0, 2)) == 0:
        return draw(INTEGERS)
    left, right = draw(expressions(depth - 1)), draw(expressions(depth - 1))
    form = draw(st.sampled_from(["+", "-", "*", "//", "%", "min", "if", "neg"]))
    if form == "min":
        return f"min({left}, {right})"
    if form == "neg":
        return f"(-{left})" if not left.startswith("-") else left
    if form == "if":
        return f"({left} if {draw(conditions(depth - 1))} else {right})"
    if form in ("//", "%"):
        return f"({left} {form} {draw(st.sampled_from([5, 3, -2]))})"
    return f"({left} {form} {right})"


@st.composite
def conditions(draw: st.DrawFn, depth: int = 1) -> str:
    if depth > 0 and draw(st.booleans()):
        joint = draw(st.sampled_from(["and", "or"]))
        negated = draw(st.sampled_from(["", "not "]))
        return f"({negated}{draw(conditions(depth - 1))} {joint} {draw(conditions(depth - 1))})"
    compare = draw(st.sampled_from(["<", "<=", "==", "!=", ">"]))
    return f"({draw(expressions(1))} {compare} {draw(expressions(1))})"


@st.composite
def statements(draw: st.DrawFn, depth: int, in_loop: bool) -> list[str]:
    lines: list[str] = []
    for _ in range(draw(st.integers(1, 4))):
        kinds = ["assign", "assign", "swap", "append", "store", "tensor"]
        if depth:
            kinds += ["if", "for", "while"]
        if in_loop:
            kinds += ["break", "continue"]
        kind = draw(st.sampled_from(kinds))
        if kind == "assign":
            operator = draw(st.sampled_from(["=", "=", "+=", "-="]))
            lines.append(f"{draw(st.sampled_from(NAMES))} {operator} {draw(expressions())}")
        elif kind == "swap":
            first, second = draw(st.permutations(NAMES))[:2]
            lines.append(f"{first}, {second} = {draw(expressions(1))}, {first}")
        elif kind == "append":
            lines.append(f"items.append({draw(expressions(1))} % 100)")
        elif kind == "store":
            lines.append(f"items[{draw(expressions(1))} % 7] = {draw(expressions(1))} % 100")
        elif kind == "tensor":
            update = ["x = x * 2 - 1", "x += 1", "y = x", "y = y + x", "x = y"]
            lines.append(draw(st.sampled_from(update)))
        elif kind in ("break", "continue"):
            lines.append(f"if {draw(conditions())}:")
            lines.append(f"    {kind}")
        else:
            head = {
                "if": f"if {draw(conditions())}:",
                "for": f"for {draw(st.sampled_from(['i', 'j']))} in range({draw(st.integers(0, 3))}):",
                "while": "while steps > 0:",
            }[kind]
            lines.append(head)
            body = draw(statements(depth - 1, in_loop or kind != "if"))
            if kind == "while":
                lines.append("    steps -= 1")
            lines += [f"    {line}" for line in body]
            if kind == "if" and draw(st.booleans()):
                lines.append("else:")
                lines += [f"    {line}" for line in draw(statements(depth - 1, in_loop))]
    return lines


@st.composite
def programs(draw: st.DrawFn) -> str:
    body = draw(statements(3, in_loop=False))
    return "\n".join(
        [
            "def program(a: int, b: int, x: Tensor):",
            "    c = 4",
            "    steps = 6",
            "    items = [a, b]",
            "    y = x",
            *(f"    {line}" for line in body),
            "    return a, b, c, steps, items, x, y",
        ]
    )


def observed(function: Any, a: int, b: int) -> Any:
    x = torch.tensor([1.0, -2.0])
    try:
        result = function(a, b, x)
    except Exception as error:  # noqa: BLE001 - the class is compared
        return type(error).__name__, x.tolist()
    shown = repr(result)
    identities = [value is x for value in result if isinstance(value, torch.Tensor)]
    return shown, identities, result[5] is result[6], x.tolist()


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(source=programs(), a=st.integers(-5, 9), b=st.integers(-5, 9))
def test_python_interpreter_and_generated_code_agree(source: str, a: int, b: int) -> None:
    namespace: dict[str, Any] = {"Tensor": torch.Tensor}
    exec(source, namespace)
    expected = observed(namespace["program"], a, b)
    compiled = torch.jit.CompilationUnit(source)
    modes: tuple[Mode, ...] = ("interpreter", "compiled")
    for mode in modes:
        with executing_with(mode):
            assert observed(compiled.program, a, b) == expected, f"{mode}\n{source}"
