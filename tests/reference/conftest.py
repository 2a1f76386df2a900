"""Running one example of the TorchScript reference as it is written."""

from __future__ import annotations

import runpy
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import tscript

CASES = Path(__file__).parent / "cases"


@dataclass
class Example:
    """What an example defined, printed and warned of."""

    names: dict[str, Any]
    printed: str
    warnings: list[warnings.WarningMessage]

    def __getattr__(self, name: str) -> Any:
        return self.names[name]


@pytest.fixture
def example(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[[str], Example]:
    """Runs ``cases/<name>.py`` in an empty folder, with a random stream that is always the same."""

    def run(name: str) -> Example:
        monkeypatch.chdir(tmp_path)
        tscript.manual_seed(0)
        capsys.readouterr()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            names = runpy.run_path(str(CASES / f"{name}.py"), run_name=name)
        return Example(names, capsys.readouterr().out, caught)

    return run
