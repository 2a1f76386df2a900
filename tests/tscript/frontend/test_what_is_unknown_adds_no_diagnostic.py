"""A resolver that knows less reports less: what it cannot tell never adds a diagnostic.

The live resolver is made to forget some of its answers (they become ``Unknown``); what is then
reported of the language cases must be among what is reported with all answers.
"""

from __future__ import annotations

import tempfile
import traceback
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from case_files import Case, Report, execute, language_cases, write_program
from hypothesis import given, settings
from hypothesis import strategies as st

from tscript.diagnostics.report import CompilationError
from tscript.frontend.resolver import Unknown
from tscript.frontend.unit import Unit
from tscript.jit import compiled, live_types, recursive
from tscript.jit.live_resolver import LiveResolver

CASES = language_cases()
QUESTIONS = ("value", "member", "type_named", "definition")


def reported(
    case: Case, forgets: Callable[[str], bool], forgotten: Unknown | None = Unknown()
) -> set[Report]:
    """What is reported of a program when the answers to some questions are forgotten."""
    found: set[Report] = set()
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setattr(compiled, "Unit", lambda: Unit(graphs=False))
        # Types that are shared with later scripts would keep methods that have no graph.
        patch.setattr(recursive, "_shared", {})
        patch.setattr(live_types, "_class_types", {})
        for name in QUESTIONS:
            patch.setattr(LiveResolver, name, forgetful(name, forgets, forgotten))
        path = write_program(case.text, Path(folder))
        for _, error, _ in execute(case.text, path):
            if isinstance(error, CompilationError):
                found |= {
                    (d.range.line, d.code) for d in error.diagnostics if d.severity == "error"
                }
            elif error is not None:
                # Without graphs nothing can run; the frontend itself must never fail.
                place = traceback.extract_tb(error.__traceback__)[-1].filename
                assert "tscript/frontend" not in place.replace("\\", "/"), (case.name, error)
    return found


def forgetful(
    name: str, forgets: Callable[[str], bool], forgotten: Unknown | None
) -> Callable[..., Any]:
    answer = getattr(LiveResolver, name)

    def ask(self: LiveResolver, *question: Any) -> Any:
        known = answer(self, *question)
        asked = " ".join(str(getattr(q, "qualified_name", getattr(q, "path", q))) for q in question)
        return forgotten if known is not None and forgets(f"{name} {asked}") else known

    return ask


@given(case=st.sampled_from(CASES), seed=st.integers(0, 2**16), share=st.integers(1, 100))
@settings(max_examples=150)
def test_forgetting_answers_adds_no_diagnostic(case: Case, seed: int, share: int) -> None:
    def forgets(question: str) -> bool:
        return zlib.crc32(f"{seed} {question}".encode()) % 100 < share

    everything = reported(case, lambda question: False)
    assert reported(case, forgets) <= everything


def test_an_emitter_that_blames_the_unknown_is_noticed() -> None:
    case = Case(
        "call",
        "import tscript as torch\n\n\ndef g(x):\n    return x\n\n\n"
        "@torch.jit.script\ndef f(x):\n    return g(x)\n",
    )

    def forgets(question: str) -> bool:
        return question == "value g"

    assert reported(case, forgets) == set()
    # Taken for a name that does not exist, as an emitter might that does not know of `Unknown`.
    assert reported(case, forgets, forgotten=None) == {(10, "undefined-name")}
