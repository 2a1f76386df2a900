"""Every module can be the first one imported, in Python's development mode, without a warning."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).with_name("import_each_alone.py")


def failures(root: Path, *packages: str) -> dict[str, str]:
    command = [sys.executable, "-B", "-X", "dev", "-W", "error", str(PROGRAM), str(root), *packages]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    result: dict[str, str] = json.loads(done.stdout)
    return result


def test_every_module_of_the_four_packages_imports_alone() -> None:
    assert failures(ROOT, "ops_registry", "tscript", "tscript_mypy", "pytest_tscript") == {}


def test_a_cycle_and_a_warning_are_noticed(tmp_path: Path) -> None:
    package = tmp_path / "sample"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "sound.py").touch()
    (package / "first.py").write_text("from sample.second import B\nA = 1\n")
    (package / "second.py").write_text("from sample.first import A\nB = 1\n")
    (package / "escape.py").write_text('PATTERN = "\\d"\n')
    found = failures(tmp_path, "sample")
    assert sorted(found) == ["sample.escape", "sample.first", "sample.second"]
    assert "circular import" in found["sample.first"]
    assert "escape" in found["sample.escape"]
