"""The example plugin, installed by pip: found everywhere without another step, missed when gone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "examples" / "ops_plugin"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that pip has installed the plugin into."""
    target = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    pip += ["--no-deps", "--no-build-isolation", "--target", str(target), str(PLUGIN)]
    done = subprocess.run(pip, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return target


def python(*arguments: str, folder: Path, site: Path | None) -> subprocess.CompletedProcess[str]:
    """Python with tscript and, where ``site`` is given, what is installed there."""
    path = os.pathsep.join(str(p) for p in (ROOT, site) if p)
    environment = {**os.environ, "PYTHONPATH": path}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, env=environment
    )


def test_its_own_tests_pass(installed: Path, tmp_path: Path) -> None:
    tests = str(PLUGIN / "tests")
    options = ["-q", "-p", "no:cacheprovider", "-c", str(PLUGIN / "pyproject.toml")]
    done = python("-m", "pytest", *options, tests, folder=tmp_path, site=installed)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 passed" in done.stdout


def test_its_records_pass_the_test_of_every_operator(installed: Path) -> None:
    every = "tests/ops_registry/test_every_operator.py"
    options = ["-q", "-p", "no:cacheprovider", "-k", "geometry"]
    done = python("-m", "pytest", *options, every, folder=ROOT, site=installed)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


def test_the_command_line_lists_it(installed: Path, tmp_path: Path) -> None:
    done = python("-m", "tscript", "ops", "geometry", folder=tmp_path, site=installed)
    assert done.stdout.splitlines() == [
        "geometry::angle(Tensor self, Tensor other) -> Tensor",
        "geometry::rotate(Tensor points, float angle) -> Tensor",
        "geometry::rotate.matrix(Tensor points, Tensor matrix) -> Tensor",
        "geometry::unit(Tensor self, float eps=9.9999999999999998e-13) -> Tensor",
        "geometry::unit_(Tensor(a!) self, float eps=9.9999999999999998e-13) -> Tensor(a!)",
    ]


SCRIPT = """\
import tscript as torch


@torch.jit.script
def f(x):
    angle = torch.ops.geometry.angle(x, torch.ops.geometry.unit(x))
    return torch.ops.geometry.rotate(angle, "a")
"""


def test_mypy_checks_calls_of_it(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(SCRIPT)
    done = python("-m", "tscript_mypy", "model.py", folder=tmp_path, site=installed)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "model.py:7" in done.stdout and "no-matching-overload" in done.stdout
    without = python("-m", "tscript_mypy", "model.py", folder=tmp_path, site=None)
    assert "unknown-operator" in without.stdout, without.stdout + without.stderr
    assert "no operator plugin that has `geometry` is installed" in without.stdout


SAVE = """\
import tscript as torch

def f(x):
    return torch.ops.geometry.unit(x)

torch.jit.save(torch.jit.trace(f, (torch.ones(3),)), "unit.pt")
"""


def test_an_archive_that_needs_it_says_so_without_it(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "save.py").write_text(SAVE)
    saved = python("save.py", folder=tmp_path, site=installed)
    assert saved.returncode == 0, saved.stderr
    load = "import tscript as torch; print(torch.jit.load('unit.pt')(torch.ones(1)))"
    assert python("-c", load, folder=tmp_path, site=installed).stdout == "tensor([1.])\n"
    without = python("-c", load, folder=tmp_path, site=None)
    assert without.returncode == 1
    assert "there is no operator `geometry::unit`" in without.stderr
    assert "no operator plugin that has `geometry` is installed" in without.stderr
