"""Every check is a make target: the CI script, pre-commit and the workflow only call them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def make_targets() -> set[str]:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    (phony,) = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    return set(phony.split())


def run_ci(tmp_path: Path, failing: str = "") -> tuple[int, list[str]]:
    """Exit status of ``.ci/run`` and the steps it took, with a ``make`` that fails at one."""
    fake = tmp_path / "make"
    log = tmp_path / "log"
    fake.write_text(
        f'#!/bin/sh\nfor step; do :; done\necho "$step" >> {log}\n[ "$step" != "{failing}" ]\n'
    )
    fake.chmod(0o755)
    done = subprocess.run(
        ["bash", str(ROOT / ".ci" / "run")],
        env={**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
    )
    return done.returncode, log.read_text().split()


def test_ci_takes_all_steps(tmp_path: Path) -> None:
    status, steps = run_ci(tmp_path)
    assert status == 0
    assert steps == ["test", "lint", "types", "floors", "docs", "coverage", "oracle"]
    assert set(steps) <= make_targets()


@pytest.mark.parametrize("failing", ["test", "types", "oracle"])
def test_ci_fails_where_a_step_fails(tmp_path: Path, failing: str) -> None:
    status, steps = run_ci(tmp_path, failing)
    assert status != 0
    assert steps[-1] == failing


@pytest.mark.parametrize("arguments", [["-k", "no_such_test"], ["-m", "oracle and not oracle"]])
def test_a_run_without_tests_is_no_success(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments, __file__],
        cwd=ROOT,
        capture_output=True,
    )
    assert done.returncode == 5


@pytest.mark.parametrize("file", [".pre-commit-config.yaml", ".github/workflows/ci.yml"])
def test_others_call_make_targets(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    called = re.findall(r"(?:entry|run): make ([a-z]+)", text)
    assert called
    assert set(called) <= make_targets()


def test_one_version_of_pytorch_is_the_referee() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (pinned,) = (
        need for need in project["optional-dependencies"]["oracle"] if need.startswith("torch==")
    )
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.findall(r"install .*\b(torch==\S+)", makefile) == [pinned]
