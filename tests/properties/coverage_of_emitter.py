"""Which branches of the emitter the generated programs reach, and which codes they raise.

    python -m tests.properties.coverage_of_emitter

Measured are the files ``tscript/frontend/emit*.py``; the programs are those of the comparison with
PyTorch, fewer of them. Imports of a file, which happen once, count as reached.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

import coverage

from tests.properties.judging import scripted
from tests.properties.programs import (
    Program,
    every_form,
    generated,
    poisoned_programs,
    programs,
    programs_with,
    violating_programs,
)
from tests.properties.violations import VIOLATIONS
from tscript.diagnostics.catalogue import CATALOGUE

EMITTER = Path(__file__).parents[2] / "tscript" / "frontend"


def every_violation(count: int) -> list[Program]:
    """So many programs for each violation of the table."""
    return [
        program
        for violation in VIOLATIONS
        for program in generated(violating_programs(violation), count, violation.text)
    ]


def everything() -> list[Program]:
    """Every form, every violation, well-typed programs, and such with a value of unknown type."""
    return [
        *(
            one
            for place in every_form()
            for one in generated(programs_with(place), 1, place.form.text)
        ),
        *generated(programs(), 250),
        *every_violation(1),
        *generated(poisoned_programs(), 200),
    ]


def measured(programs: Iterable[Program]) -> tuple[dict[str, tuple[int, int, list[int]]], set[str]]:
    """For each file its branches, those reached and the lines of those missing; and the codes."""
    codes: set[str] = set()
    watcher = coverage.Coverage(
        branch=True, include=[str(EMITTER / "emit*.py")], data_file=None, config_file=False
    )
    watcher.exclude("if TYPE_CHECKING:")
    watcher.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            for program in programs:
                found = scripted(program, Path(folder), run=False)["interpreter"]
                codes.update(code for _, code in (*found.codes, *found.warned))
    finally:
        watcher.stop()
    files: dict[str, tuple[int, int, list[int]]] = {}
    for path in sorted(EMITTER.glob("emit*.py")):
        analysis = watcher._analyze(str(path))
        numbers = analysis.numbers
        missing = sorted(analysis.missing_branch_arcs())
        files[path.name] = (
            numbers.n_branches,
            numbers.n_branches - numbers.n_missing_branches,
            missing,
        )
    return files, codes


def main() -> int:
    files, codes = measured(everything())
    total = sum(branches for branches, _, _ in files.values())
    reached = sum(done for _, done, _ in files.values())
    for name, (branches, done, missing) in files.items():
        print(f"{name:28} {done:4} of {branches:4}  {100 * done / branches:5.1f} %  {missing}")
    print(f"{'all':28} {reached:4} of {total:4}  {100 * reached / total:5.1f} %")
    silent = sorted(CATALOGUE.keys() - codes)
    print(f"codes raised: {len(codes & CATALOGUE.keys())} of {len(CATALOGUE)}; never: {silent}")
    return int(bool(silent) or reached < 0.95 * total)


if __name__ == "__main__":
    raise SystemExit(main())
