"""A project of a user, checked as a user checks it: ``python -m tscript_mypy`` in its folder."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from case_files import run_mypy

REPORT = re.compile(
    r"^(?P<file>[\w/.]+):(?P<line>\d+): error: .*\[(?P<code>[\w-]+)\]$", re.MULTILINE
)


class Project:
    """A folder with files; what mypy says about it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run_mypy(self.folder, arguments)

    def errors(self, *arguments: str) -> list[tuple[str, int, str]]:
        """File, line and code of each error."""
        done = self.run(*arguments)
        assert done.returncode in (0, 1), done.stdout + done.stderr
        return [(m["file"], int(m["line"]), m["code"]) for m in REPORT.finditer(done.stdout)]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.fixture(scope="session")
def warm_cache(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Project], None]:
    """Gives a project a cache in which ``tscript`` itself is checked already: that is slow."""
    import shutil

    kept = tmp_path_factory.mktemp("cache")
    source = Project(kept)
    source.write("empty.py", "import tscript\nimport tscript.jit\n")
    source.errors("empty.py")

    def give(project: Project) -> None:
        shutil.copytree(kept / ".mypy_cache", project.folder / ".mypy_cache", dirs_exist_ok=True)

    return give
