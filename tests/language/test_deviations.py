"""Every verdict that differs from PyTorch's is a row of ``docs/deviations.md``, and has a case."""

from __future__ import annotations

import re

from case_files import ROOT, Case, language_cases

#: More of them, and the language would be another one.
MOST = 15

ROW = re.compile(r"^\| ([a-z][a-z-]*) \| [^|]", re.MULTILINE)


VERDICTS = "Verdicts of the compiler"
OTHERS = ("Crashes and internal errors of PyTorch", "Values and text")


def rows_below(heading: str, page: str) -> list[str]:
    """The names of the rows of a section's table."""
    match = re.search(rf"^### {heading}\n(.*?)^##", page, re.DOTALL | re.MULTILINE)
    assert match
    return [name for name in ROW.findall(match[1]) if name != "row"]


def page() -> str:
    return (ROOT / "docs" / "deviations.md").read_text(encoding="utf-8")


def unknown_rows(cases: list[Case], rows: list[str]) -> list[str]:
    """The cases that give another reason than a row."""
    return [
        f"{case.name}: {reason!r} is no row of docs/deviations.md"
        for case in cases
        for reason in case.deviations
        if reason not in rows
    ]


def test_every_difference_is_a_row() -> None:
    rows = [row for heading in (VERDICTS, *OTHERS) for row in rows_below(heading, page())]
    assert unknown_rows(language_cases(), rows) == []


def test_every_verdict_has_a_case_and_there_are_few() -> None:
    rows = rows_below(VERDICTS, page())
    named = {reason for case in language_cases() for reason in case.deviations}
    assert set(rows) <= named
    assert len(set(rows)) == len(rows) <= MOST


def test_a_reason_that_is_no_row_is_noticed() -> None:
    text = (
        "### Verdicts of the compiler\n\n| row | source |\n| --- | --- |\n| bare-raise | `raise` |\n"
        "\n### Library\n\n| other-row | here |\n"
    )
    rows = rows_below(VERDICTS, text)
    assert rows == ["bare-raise"]
    cases = [Case("a", "x = 1  # PyTorch: bare-raise"), Case("b", "x = 1  # PyTorch: it is slow")]
    assert unknown_rows(cases, rows) == ["b: 'it is slow' is no row of docs/deviations.md"]
