"""The import contracts hold, and each of them notices the import that it forbids."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("ops_registry", "tscript", "tscript_mypy", "pytest_tscript")

# contract -> (the file that breaks it, the import that does)
VIOLATIONS = {
    "floors": ("tscript/ir/graph.py", "import tscript.frontend.views"),
    "ops-registry": ("ops_registry/types.py", "import tscript.types.relations"),
    "passes": ("tscript/passes/pipeline.py", "import tscript.frontend.views"),
    "type-checking": ("tscript_mypy/plugin.py", "import tscript.runtime.tensor"),
    "emitter": ("tscript/frontend/emit_expression.py", "import inspect"),
    "libcst": ("tscript/frontend/views.py", "import libcst"),
    "scipy": ("ops_registry/meta.py", "import scipy.special"),
    "mypy": ("tscript/types/relations.py", "import mypy.types"),
    "pytest": ("tscript/runtime/tracer.py", "import pytest"),
    "command-line": ("tscript_mypy/report.py", "import click"),
    "torch": ("tscript/runtime/tensor.py", "import torch"),
}


def lint_imports(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = "from importlinter.cli import lint_imports_command as main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, "--no-cache", *arguments],
        capture_output=True,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("floors")
    shutil.copy(ROOT / ".importlinter", root)
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    return root


def test_the_floors_are_kept() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_contract_has_a_violation_here() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / ".importlinter")
    prefix = "importlinter:contract:"
    names = {name.removeprefix(prefix) for name in config.sections() if name.startswith(prefix)}
    assert names == set(VIOLATIONS)


@pytest.mark.parametrize("contract", VIOLATIONS)
def test_a_contract_notices_the_import_it_forbids(copy: Path, contract: str) -> None:
    file, line = VIOLATIONS[contract]
    module = copy / file
    before = module.read_text(encoding="utf-8")
    module.write_text(f"{before}\n{line}\n", encoding="utf-8")
    try:
        done = lint_imports(copy, "--contract", contract)
    finally:
        module.write_text(before, encoding="utf-8")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "0 kept, 1 broken" in done.stdout
    assert file.removesuffix(".py").replace("/", ".") in done.stdout


def test_every_part_of_tscript_has_its_floor() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / ".importlinter")
    floors = config["importlinter:contract:floors"]["layers"].replace("|", " ").replace(":", " ")
    parts = {
        f"tscript.{path.stem}"
        for path in (ROOT / "tscript").iterdir()
        if (path.suffix == ".py" or (path / "__init__.py").exists()) and path.stem[0] != "_"
    }
    assert parts <= set(floors.split())
