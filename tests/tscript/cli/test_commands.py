"""The ``tscript`` command, called as a user does, in this process."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tscript.cli import COMMANDS, main
from tscript.diagnostics.catalogue import CATALOGUE

ROOT = Path(__file__).parents[3]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def test_help_lists_every_command() -> None:
    shown = run("--help").output
    assert all(f"  {name}" in shown and line in shown for name, line in COMMANDS.items())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    result = run(name, "--help")
    assert result.exit_code == 0
    assert f"Usage: main {name}" in result.output


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("compile", "tscript-mypy FILE"),
        ("check", "tscript-mypy FILE"),
        ("expalin", "did you mean 'explain'?"),
        ("nothing", "there is no command 'nothing'"),
    ],
)
def test_an_unknown_command_is_refused(typed: str, said: str) -> None:
    result = run(typed, "a.py")
    assert result.exit_code == 2
    assert said in result.output


def test_ops_lists_schemas() -> None:
    lines = run("ops", "aten::relu").output.splitlines()
    assert "aten::relu(Tensor self) -> Tensor" in lines
    assert all("relu" in line for line in lines)


def test_ops_counts_by_namespace() -> None:
    assert run("ops", "relu", "--count").output.startswith("aten: ")


def test_ops_without_a_match_fails() -> None:
    result = run("ops", "no_such_thing")
    assert result.exit_code == 1
    assert "no operator has 'no_such_thing' in its name\n" in result.output
    assert "did you mean 'softmax'?" in run("ops", "softmx").output


@pytest.mark.parametrize("spelling", ["{}", "tscript-{}", "[tscript-{}]"])
def test_explain_takes_a_code_as_it_is_shown(spelling: str) -> None:
    result = run("explain", spelling.format("branch-type-mismatch"))
    assert result.exit_code == 0
    assert result.output.startswith("branch-type-mismatch (error)\n")
    assert "`<name>` is `<true_type>`" in result.output


def test_explain_lists_all_codes() -> None:
    assert run("explain").output.split() == list(CATALOGUE)


def test_explain_suggests_the_nearest() -> None:
    assert "did you mean 'undefined-name'?" in run("explain", "undefned-name").output


def test_code_prints_what_is_inside(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model/version", "3\n")
        archive.writestr("model/code/__torch__.py", "def forward(self):\n  return 1\n")
    result = run("code", str(path))
    assert result.exit_code == 0, result.output
    assert "# code/__torch__.py\ndef forward(self):\n  return 1\n" in result.output


def test_code_of_something_else_is_one_readable_line(tmp_path: Path) -> None:
    path = tmp_path / "notes.pt"
    path.write_text("hello")
    result = run("code", str(path))
    assert result.exit_code == 1
    assert result.output.startswith("Error: notes.pt: not a zip file")
    assert len(result.output.splitlines()) == 1


def test_the_module_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tscript", "explain", "recursion"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("recursion (error)")
