"""Real models, compiled: the script does what the Python does, now and after saving and loading.

The models stand beside this file, by domain. Each pass over each of their graphs is followed by the
verifier, and every graph is printed, parsed and printed again in both dialects.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from case_files import Case, check_with_mypy
from model_files import (
    FILES,
    differences,
    example,
    example_names,
    graphs_of,
    load,
    run,
    saved_and_loaded,
)

import tscript
from tscript.ir.graph import Graph
from tscript.ir.parser import parse_ir
from tscript.passes import pipeline
from tscript.runtime.executor import executing_with

NAMES = example_names()


def test_there_are_many_models() -> None:
    assert len(NAMES) >= 60
    assert len(set(NAMES)) == len(NAMES)
    assert {f"{path.stem}:{name}" for path in FILES for name in load(path.stem).EXAMPLES} == set(
        NAMES
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_script_does_what_python_does(name: str) -> None:
    called, args = example(name)
    expected = run(called, args)
    with pipeline.verifying_each_pass():
        scripted = tscript.jit.script(called)
        assert_text_round_trips(scripted)
    assert differences(run(scripted, args), expected) == []
    with executing_with("interpreter"):
        assert differences(run(scripted, args), expected) == []
    loaded = saved_and_loaded(scripted)
    assert differences(run(loaded, args), expected) == []


_round_trips: set[str] = set()


def assert_text_round_trips(scripted: object) -> None:
    count = 0
    for name, graph in graphs_of(scripted):
        count += 1
        modern = graph.to_string()
        if modern in _round_trips:
            continue  # a function of the library that another model called
        assert parse_ir(modern).to_string() == modern, name
        text = graph.to_string(dialect="2019")
        assert parse_ir(text).to_string(dialect="2019") == text, f"{name} in the dialect of 2019"
        _round_trips.add(modern)
    assert count >= 2


def test_mypy_says_nothing(tmp_path: Path) -> None:
    found = check_with_mypy(map(scripting_case, FILES), tmp_path)
    assert len(found) == len(FILES)
    assert {name: run.reports for name, run in found.items() if run.reports} == {}


def scripting_case(path: Path) -> Case:
    """A file of models with a line for each example that scripts it, as users do."""
    text = path.read_text(encoding="utf-8")
    *_, examples = ast.parse(text).body
    assert isinstance(examples, ast.AnnAssign)
    calls = [
        ast.unparse(each.body.elts[0])
        for each in ast.walk(examples)
        if isinstance(each, ast.Lambda) and isinstance(each.body, ast.Tuple)
    ]
    assert calls
    lines = [f"torch.jit.script({re.sub(r'[.](eval|train)[(][)]$', '', call)})" for call in calls]
    return Case(path.stem, text + "\n".join(lines) + "\n")


def test_a_broken_pass_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgets_uses(graph: Graph) -> bool:
        (node,) = graph.find_nodes("aten::add")
        node.inputs[0].uses.clear()
        return True

    monkeypatch.setattr(pipeline, "CLEANUP", (*pipeline.CLEANUP, forgets_uses))

    def f(x: tscript.Tensor) -> tscript.Tensor:
        return x + 1

    tscript.jit.script(f)  # nobody looks
    with (
        pipeline.verifying_each_pass(),
        pytest.raises(pipeline.BrokenPassError, match="forgets_uses"),
    ):
        tscript.jit.script(f)
