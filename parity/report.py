"""The figures by family, and ``docs/parity.md``."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from parity.results import EntryResult

PAGE = Path(__file__).parents[1] / "docs" / "parity.md"

#: The part of the entries of a database that must pass wholly.
BOUNDS = {"operators": 0.95, "modules": 0.98}

TITLES = {
    "operators": "Operators: PyTorch's `op_db`",
    "modules": "Modules: PyTorch's `module_db`",
}

COLUMNS = ("passed", "failed", "missing", "left out")


def compared(results: list[EntryResult]) -> list[EntryResult]:
    return [one for one in results if one.outcome != "left out"]


def share(results: list[EntryResult]) -> float:
    """The part that passes wholly, of what is compared."""
    counted = compared(results)
    return sum(one.outcome == "passed" for one in counted) / max(len(counted), 1)


def within_bounds(results: list[EntryResult], *, everything: bool) -> bool:
    for source in {one.source for one in results}:
        least = BOUNDS[source] if everything else 1.0
        if share([one for one in results if one.source == source]) < least:
            return False
    return True


def summary(results: list[EntryResult]) -> str:
    """What is printed: a line for each family."""
    lines = []
    for source in dict.fromkeys(one.source for one in results):
        mine = [one for one in results if one.source == source]
        lines.append(f"{source:16}" + "".join(f"{column:>10}" for column in COLUMNS))
        for family, counts in _families(mine).items():
            lines.append(f"{family:16}" + "".join(f"{counts[column]:10}" for column in COLUMNS))
        samples = sum(one.samples for one in mine)
        lines.append(f"{100 * share(mine):.1f} % of {len(compared(mine))}; {samples} comparisons")
    return "\n".join(lines)


def of_entry(result: EntryResult) -> str:
    counts = f"{result.failures} of {result.samples}"
    return "\n".join([f"{result.outcome}: {result.name} ({counts})", *_indented(result.reasons)])


def _indented(reasons: list[str]) -> list[str]:
    return [f"    {reason}" for reason in reasons]


def _families(results: list[EntryResult]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for one in results:
        found.setdefault(one.family, Counter())[one.outcome] += 1
    return found


def page(results: list[EntryResult]) -> str:
    """The text of ``docs/parity.md``."""
    lines = [
        "# Parity with PyTorch",
        "",
        "PyTorch 2.13's own databases of operators and modules, taken through tscript on the CPU:",
        "every sample input of float32, float64, int64, bool and complex64 that an entry has, called",
        "eagerly and from a scripted function (unless PyTorch's compiler refuses that function).",
        "Values (within PyTorch's own tolerance for the entry; where rounding adds up, as near to",
        "PyTorch's double precision result as its single precision one is), dtype, shape and what memory the",
        "result shares must be PyTorch's, and calls that PyTorch refuses must be refused. An entry",
        "passes when all of this holds for all of its samples.",
        "",
        "Written by `make parity ARGS=--write`; not edited by hand.",
    ]
    for source in dict.fromkeys(one.source for one in results):
        mine = [one for one in results if one.source == source]
        lines += ["", f"## {TITLES[source]}", "", *_table(mine)]
        for outcome, title in (("failed", "What fails"), ("missing", "What is missing")):
            if chosen := [one for one in mine if one.outcome == outcome]:
                lines += ["", f"### {title}", ""]
                lines += [line for one in chosen for line in _entry(one)]
        if chosen := [one for one in mine if one.outcome == "left out"]:
            lines += ["", "### What is left out", ""]
            lines += [f"- `{one.name}`: {'; '.join(one.reasons)}" for one in chosen]
    return "\n".join(lines) + "\n"


def _table(results: list[EntryResult]) -> list[str]:
    rows = [f"| family | {' | '.join(COLUMNS)} |", "| --- " * (len(COLUMNS) + 1) + "|"]
    for family, counts in _families(results).items():
        rows.append(f"| {family} | {' | '.join(str(counts[c]) for c in COLUMNS)} |")
    total = Counter(one.outcome for one in results)
    rows.append(f"| all | {' | '.join(str(total[c]) for c in COLUMNS)} |")
    comparisons = sum(one.samples for one in results)
    scripted = sum(one.scripted for one in results)
    rows += [
        "",
        f"{100 * share(results):.1f} % of the entries that are compared pass wholly, in"
        f" {comparisons} comparisons, {scripted} of them of scripts.",
    ]
    return rows


def _entry(result: EntryResult) -> list[str]:
    if result.outcome == "missing":
        return [f"- `{result.name}`: {_escaped(result.reasons[0])}"]
    head = f"- `{result.name}`: {result.failures} of {result.samples} comparisons"
    return [head, *(f"  - {_escaped(reason)}" for reason in result.reasons[:3])]


def _escaped(text: str) -> str:
    """Text of an error as Markdown; a call is in backquotes already."""
    return (
        text.replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_")
        if "`" not in text
        else (
            "`".join(
                part
                if number % 2
                else part.replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_")
                for number, part in enumerate(text.split("`"))
            )
        )
    )
