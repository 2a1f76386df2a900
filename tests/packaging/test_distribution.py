"""The wheel holds what the repository holds, and says what it needs."""

from __future__ import annotations

import configparser
import subprocess
import sys
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("ops_registry", "tscript", "tscript_mypy", "pytest_tscript")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    target = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)],
        check=True,
        cwd=ROOT,
        capture_output=True,
    )
    (built,) = target.iterdir()
    return zipfile.ZipFile(built)


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Message:
    (name,) = (n for n in wheel.namelist() if n.endswith(".dist-info/METADATA"))
    return Parser().parsestr(wheel.read(name).decode())


@pytest.mark.parametrize("package", PACKAGES)
def test_the_wheel_has_every_module_and_the_typing_marker(
    wheel: zipfile.ZipFile, package: str
) -> None:
    here = {path.relative_to(ROOT).as_posix() for path in (ROOT / package).rglob("*.py")}
    there = set(wheel.namelist())
    assert f"{package}/__init__.py" in here
    assert here <= there
    assert f"{package}/py.typed" in there


def test_the_wheel_has_nothing_else(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


def test_required_dependencies_are_the_seven(metadata: Message) -> None:
    required = [text for text in metadata.get_all("Requires-Dist", []) if "extra ==" not in text]
    names = {text.split(">")[0].strip().replace("_", "-") for text in required}
    assert names == {"numpy", "scipy", "ml-dtypes", "libcst", "pluggy", "click", "rich"}


def test_extras(metadata: Message) -> None:
    assert set(metadata.get_all("Provides-Extra", [])) == {
        "mypy",
        "pytest",
        "all",
        "docs",
        "dev",
        "oracle",
    }


def test_entry_points_lead_somewhere(wheel: zipfile.ZipFile) -> None:
    (name,) = (n for n in wheel.namelist() if n.endswith(".dist-info/entry_points.txt"))
    config = configparser.ConfigParser()
    config.optionxform = str  # type: ignore[assignment,method-assign]
    config.read_string(wheel.read(name).decode())
    assert set(config["console_scripts"]) == {"tscript", "tscript-mypy"}
    assert dict(config["pytest11"]) == {"pytest_tscript.plugin": "pytest_tscript.plugin"}
    for target in config["console_scripts"].values():
        module, _, attribute = target.partition(":")
        code = f"import {module} as m; assert callable(m.{attribute})"
        subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
