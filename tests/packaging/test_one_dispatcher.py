"""One dispatcher: nothing but ``dispatch.py`` and the code generator touches a record's kernel."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]
ALLOWED = re.compile(r"tscript/runtime/(dispatch|codegen(_\w+)?)\.py:")


def touches(root: Path, files: Iterable[Path]) -> list[str]:
    """``file:line`` of each use of an attribute ``kernel``."""
    found = []
    for path in files:
        name = path.relative_to(root).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr == "kernel":
                found.append((name, node.lineno))
            elif (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "getattr"
                and any(isinstance(a, ast.Constant) and a.value == "kernel" for a in node.args)
            ):
                found.append((name, node.lineno))
    return [f"{name}:{line}" for name, line in sorted(found)]


def product_files() -> list[Path]:
    packages = (
        "tscript",
        "tscript_mypy",
        "pytest_tscript",
    )  # the registry declares, and calls none
    return [path for package in packages for path in (ROOT / package).rglob("*.py")]


def test_only_the_dispatcher_and_the_code_generator_touch_kernels() -> None:
    found = touches(ROOT, product_files())
    assert [at for at in found if not ALLOWED.match(at)] == []
    assert any(at.startswith("tscript/runtime/dispatch.py:") for at in found)


def test_a_call_that_goes_round_the_dispatcher_is_noticed(tmp_path: Path) -> None:
    module = tmp_path / "shortcut.py"
    module.write_text(
        "def call(operator, *args):\n"
        "    return operator.kernel(*args)\n"
        "def sly(operator):\n"
        "    return getattr(operator, 'kernel')\n"
    )
    assert touches(tmp_path, [module]) == ["shortcut.py:2", "shortcut.py:4"]
