"""Diagnostics: what they say, how they are collected and how they are shown."""

from __future__ import annotations

import pickle

import pytest

from tscript.diagnostics.report import (
    CallSite,
    CompilationError,
    Diagnostic,
    DiagnosticSink,
    Note,
    render_all,
)
from tscript.diagnostics.source import Source

TEXT = "def f(x):\n    if x:\n        r = 1\n    else:\n        r = x\n    return r + y\n"
SOURCE = Source(TEXT, "model.py", first_line=10)


def at(part: str) -> object:
    start = TEXT.index(part)
    return SOURCE.range(start, start + len(part))


def mismatch(**more: object) -> Diagnostic:
    args = {"name": "r", "true_type": "int", "false_type": "Tensor"}
    return Diagnostic("branch-type-mismatch", at("r + y"), args, **more)  # type: ignore[arg-type]


def test_everything_a_reader_needs_is_shown_in_order() -> None:
    caller = Source("def forward(self, x):\n    return f(x)\n", "net.py")
    diagnostic = mismatch(
        notes=(
            Note(at("r = 1"), "assigned `int` here"),
            Note(at("r = x"), "assigned `Tensor` here"),
        ),
        call_chain=(CallSite(caller.range(33, 37), "f"),),
    )
    assert diagnostic.render().splitlines() == [
        "model.py:15: error: `r` is `int` when the condition is true and `Tensor` when it is false"
        "  [branch-type-mismatch]",
        " 15 |     return r + y",
        "    |            ^^^^^",
        "model.py:12: note: assigned `int` here",
        " 12 |         r = 1",
        "    |         ^^^^^",
        "model.py:14: note: assigned `Tensor` here",
        " 14 |         r = x",
        "    |         ^^^^^",
        "net.py:2: note: `f` is called here",
        "  2 |     return f(x)",
        "    |            ^^^^",
        "hint: give it one type in both branches, or use a name of its own in each",
    ]


def test_the_innermost_call_is_shown_first() -> None:
    chain = (CallSite(at("x"), "outer"), CallSite(at("r"), "inner"))
    text = mismatch(call_chain=chain).render()
    assert text.index("`inner` is called") < text.index("`outer` is called")


def test_a_suggestion_takes_the_place_of_the_hint() -> None:
    assert "hint: do this" in mismatch(suggestion="do this").render()
    assert "use a name of its own" not in mismatch(suggestion="do this").render()


def test_a_hint_that_lacks_an_argument_is_left_out() -> None:
    args = {"type": "Optional[int]", "operation": "`+`", "expected": "int"}
    assert Diagnostic("optional-not-refined", at("y"), args).hint == ""
    assert (
        "`if y is not None:`"
        in Diagnostic("optional-not-refined", at("y"), {**args, "name": "y"}).hint
    )


def test_braces_in_arguments_are_text() -> None:
    assert Diagnostic("undefined-name", at("y"), {"name": "{x}"}).message == "`{x}` is not defined"


def test_a_report_must_fit_the_catalogue() -> None:
    with pytest.raises(KeyError, match="no diagnostic 'no-such-code'"):
        Diagnostic("no-such-code", at("y"))
    with pytest.raises(KeyError, match="needs the arguments"):
        Diagnostic("undefined-name", at("y"))


def test_a_sink_keeps_a_code_once_at_a_range() -> None:
    sink = DiagnosticSink()
    sink.report("undefined-name", at("y"), name="y")
    sink.report("undefined-name", at("y"), name="y, again")
    sink.report("undefined-name", at("r + y"), name="y")
    assert [d.args["name"] for d in sink.diagnostics] == ["y", "y"]


def test_diagnostics_come_in_the_order_of_the_source() -> None:
    sink = DiagnosticSink()
    sink.report("undefined-name", at("y"), name="y")
    sink.report("undefined-name", at("r = 1"), name="r")
    assert [d.args["name"] for d in sink.diagnostics] == ["r", "y"]


def test_calls_are_recorded_while_they_are_open() -> None:
    sink = DiagnosticSink()
    with sink.calling("g", at("x")):
        sink.report("undefined-name", at("y"), name="y")
    sink.report("undefined-name", at("r = 1"), name="r")
    first, second = sink.diagnostics
    assert (first.call_chain, [site.callee for site in second.call_chain]) == ((), ["g"])


def test_nothing_is_reported_in_a_muted_stretch() -> None:
    sink = DiagnosticSink()
    with sink.muted():
        sink.report("undefined-name", at("y"), name="y")
    assert sink.diagnostics == ()
    sink.raise_errors()


def test_warnings_alone_do_not_raise() -> None:
    sink = DiagnosticSink()
    sink.report("mixed-list", at("x"), type="List[Union[int, str]]")
    sink.raise_errors()
    assert (len(sink.warnings), len(sink.errors)) == (1, 0)


def test_all_errors_are_raised_at_once() -> None:
    sink = DiagnosticSink()
    sink.report("undefined-name", at("y"), name="y")
    sink.report("mixed-list", at("x"), type="List[Union[int, str]]")
    sink.report("not-iterable", at("r = x"), type="int")
    with pytest.raises(RuntimeError) as raised:
        sink.raise_errors()
    error = raised.value
    assert isinstance(error, CompilationError)
    assert error.codes == ("not-iterable", "undefined-name")
    assert len(error.diagnostics) == 3
    assert str(error) == render_all(error.diagnostics)
    assert str(error).endswith("\n\n2 errors")


def test_an_error_crosses_processes() -> None:
    error = CompilationError([mismatch()])
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.codes) == (str(error), error.codes)


def test_a_place_without_source_shows_no_source() -> None:
    args = {"function": "f", "reason": "it was typed in"}
    text = Diagnostic("source-unavailable", Source("").whole(), args).render()
    assert [line.partition(":")[0] for line in text.splitlines()] == ["<string>", "hint"]
