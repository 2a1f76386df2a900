"""The emitter learns about the world from the resolver's facts alone."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import tscript.frontend
from tests.tscript.frontend.programs import compile_text, found

ROOT = Path(tscript.frontend.__path__[0])
#: What must not be asked behind the resolver's back.
FORBIDDEN = ("inspect", "mypy", "tscript.jit", "tscript.runtime", "tscript.nn", "tscript_mypy")


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


@pytest.mark.parametrize("path", sorted(ROOT.glob("*.py")), ids=lambda path: path.stem)
def test_a_file_of_the_frontend_imports_no_live_world(path: Path) -> None:
    bad = {
        name
        for name in imported(path)
        if any(name == root or name.startswith(f"{root}.") for root in FORBIDDEN)
    }
    assert not bad


def test_a_call_that_stays_in_python_is_warned_about_once_for_each_function() -> None:
    program = """\
def helper(x):
    import os
    return x
def f(x):
    x = helper(x)
    return helper(x) + helper(x)
"""
    assert found(program) == [(5, "python-call")]
    graph = compile_text(program).graph
    assert len(graph.find_nodes("prim::PythonOp")) == 3
