"""``import tscript`` is cheap: what nothing has used yet is not loaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def loaded_by(code: str) -> set[str]:
    """Every module that a fresh interpreter has loaded after running ``code``.

    ``-X importtime`` would not say all: it passes over what ``importlib.import_module`` loads.
    """
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules, sep='\\n')"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def families(modules: set[str]) -> set[str]:
    prefix = "ops_registry.builtin."
    names = {name.removeprefix(prefix).split(".")[0] for name in modules if name.startswith(prefix)}
    return {name for name in names if not name.startswith("_")}


def below(modules: set[str], package: str) -> list[str]:
    return sorted(name for name in modules if name == package or name.startswith(package + "."))


@pytest.fixture(scope="module")
def by_import_alone() -> set[str]:
    return loaded_by("import tscript")


@pytest.mark.parametrize(
    "package", ["libcst", "scipy", "mypy", "pytest", "_pytest", "click", "rich", "torch"]
)
def test_importing_tscript_leaves_out(by_import_alone: set[str], package: str) -> None:
    assert "tscript" in by_import_alone
    assert below(by_import_alone, package) == []


def test_importing_tscript_loads_no_operator_family(by_import_alone: set[str]) -> None:
    assert families(by_import_alone) == set()


def test_an_operator_that_runs_loads_its_family_and_the_check_sees_that() -> None:
    used = families(loaded_by("import tscript as torch; torch.relu(torch.ones(2))"))
    assert "activation" in used
    assert not used & {"convolution", "pooling", "normalization", "string"}


def test_compiling_source_loads_libcst_and_the_check_sees_that() -> None:
    code = "from tscript.frontend import parse_cst"
    assert "libcst" in loaded_by(code)
