"""mypy with the plugin says of each page's example what the compiler says: the same code on the same line."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from tscript.diagnostics.catalogue import CATALOGUE
from tscript.diagnostics.report import CompilationError

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^## Example\n+```py\n(.*?)^```$", re.DOTALL | re.MULTILINE)

# What only a run can say; the rest must agree.
ONLY_LIVE = {
    "source-unavailable": "about source that is in no file",
    "source-limit": "a text that the program makes",
    "syntax-error": "a text that the program holds",
    "recursion": "scripted by a call, not by a decorator",
    "attribute-type": "a module is compiled from its instance",
    "interface-mismatch": "a module is compiled from its instance",
    "mutated-constant": "a module is compiled from its instance",
    "read-only-attribute": "a module is compiled from its instance",
    "undeclared-attribute": "a module is compiled from its instance",
    "unscriptable-attribute": "a module is compiled from its instance",
    "unknown-operator": "mypy sees that the names of `tscript` are made when asked for",
}
CODES = [
    code for code, entry in CATALOGUE.items() if entry.severity == "error" and code not in ONLY_LIVE
]


def program_of(code: str, folder: Path) -> Path:
    text = (ROOT / "docs" / "errors" / f"{code}.md").read_text(encoding="utf-8")
    path = folder / f"{code.replace('-', '_')}.py"
    (block,) = BLOCK.findall(text)
    path.write_text(block, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[tuple[int, str]]]:
    """What mypy reports with the plugin's codes, for all pages in one run."""
    folder = tmp_path_factory.mktemp("pages")
    paths = [program_of(code, folder).name for code in CODES]
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "tscript_mypy",
            "--ignore-missing-imports",
            "--no-color-output",
            *paths,
        ],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    found: dict[str, set[tuple[int, str]]] = {}
    for match in re.finditer(
        r"^(\w+)\.py:(\d+): error: .*\[tscript-([a-z-]+)\]$", run.stdout, re.MULTILINE
    ):
        found.setdefault(match[1].replace("_", "-"), set()).add((int(match[2]), match[3]))
    assert found, run.stdout + run.stderr
    return found


def test_only_known_codes_are_left_out() -> None:
    assert set(ONLY_LIVE) <= set(CATALOGUE)


@pytest.mark.parametrize("code", CODES)
def test_mypy_and_the_compiler_agree(
    code: str, checked: dict[str, set[tuple[int, str]]], tmp_path: Path
) -> None:
    with pytest.raises(CompilationError) as error:
        runpy.run_path(str(program_of(code, tmp_path)))
    live = {(d.range.line, d.code) for d in error.value.diagnostics if d.severity == "error"}
    assert checked.get(code) == live
