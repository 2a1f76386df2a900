"""The command and the plugin, on small projects: configuration, caches, silencing, what is loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from case_files import ROOT

HELPERS = """import tscript as torch


def shift(x: torch.Tensor, by: int) -> torch.Tensor:
    return x + by
"""
MODEL = """import tscript as torch
from helpers import shift


@torch.jit.script
def good(x: torch.Tensor) -> torch.Tensor:
    return shift(x, 1)


@torch.jit.script
def bad(x: torch.Tensor) -> torch.Tensor:
    n = 1
    if bool(x.sum() > 0):
        n = "a"  # type: ignore[assignment]
    return x
"""
BAD = ("model.py", 14, "tscript-reassigned-type")


@pytest.fixture
def model(project, warm_cache):
    warm_cache(project)
    project.write("helpers.py", HELPERS)
    project.write("model.py", MODEL)
    return project


def test_an_error_has_its_line_its_code_and_its_remedy(model):
    done = model.run("model.py")
    assert done.returncode == 1
    assert f"model.py:{BAD[1]}: error: `n` is `int` before this" in done.stdout
    assert f"[{BAD[2]}]" in done.stdout
    assert "note: " in done.stdout
    assert done.stdout.rstrip().endswith("Found 1 error in 1 file (checked 1 source file)")


def test_a_warning_is_a_note_with_its_code_that_can_be_silenced(project, warm_cache):
    warm_cache(project)
    project.write(
        "model.py",
        "import tscript as torch\n"
        "@torch.jit.script\n"
        "def f(x: torch.Tensor) -> int:\n"
        "    pair = [1, 'a']  # type: ignore[tscript-mixed-list]\n"
        "    return x.sum()\n",
    )
    done = project.run("model.py")
    assert done.returncode == 0, done.stdout + done.stderr
    (note,) = [line for line in done.stdout.splitlines() if ": note: " in line]
    assert note.startswith("model.py:5: ") and note.endswith("[tscript-implicit-tensor-conversion]")


def test_a_module_that_is_scripted_by_a_call_is_checked(project, warm_cache):
    warm_cache(project)
    project.write(
        "model.py",
        "import tscript as torch\n"
        "class Net(torch.nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.count = 0\n"
        "    @torch.jit.ignore\n"
        "    def log(self, x: torch.Tensor) -> int:\n"
        "        return 1\n"
        "    def forward(self, x: torch.Tensor):\n"
        "        self.count = 'one'\n"
        "        return self.log(x)\n"
        "torch.jit.script(Net())\n",
    )
    assert project.errors("model.py") == [("model.py", 10, "tscript-attribute-type")]


def test_a_clean_project_is_clean(model):
    model.write("model.py", MODEL.split("@torch.jit.script\ndef bad")[0])
    done = model.run("model.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("Success")


def test_a_second_run_and_a_change_of_a_helper(model):
    assert model.errors("model.py") == [BAD]
    assert model.errors("model.py") == [BAD]  # from the cache
    # Only the body of the helper changes: its signature, all that mypy looks at, is the same.
    model.write("helpers.py", HELPERS.replace("x + by", 'x + by + "a"'))
    changed = model.errors("model.py")
    assert BAD in changed
    assert ("model.py", 7, "tscript-operator-type") in changed, changed
    model.write("helpers.py", HELPERS)
    assert model.errors("model.py") == [BAD]


def test_errors_are_silenced_as_mypy_s_own(model):
    written = "# type: ignore[assignment]"
    model.write("all.py", MODEL.replace(written, "# type: ignore[assignment, tscript]"))
    code = "# type: ignore[assignment, tscript-reassigned-type]"
    model.write("one.py", MODEL.replace(written, code))
    other = "# type: ignore[assignment, tscript-operator-type]"
    model.write("other.py", MODEL.replace(written, other))
    assert model.errors("all.py", "one.py", "other.py") == [("other.py", *BAD[1:])]
    model.write("mypy.ini", "[mypy]\n[mypy-other]\ndisable_error_code = tscript\n")
    assert model.errors("other.py") == []


# An option for one module: what mypy keeps of all others stays good, and the runs are short.
@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "mypy.ini",
            "[mypy]\nplugins = tscript_mypy\n[mypy-model]\ndisallow_untyped_defs = true\n",
        ),
        ("setup.cfg", "[metadata]\nname = x\n[mypy-model]\ndisallow_untyped_defs = true\n[mypy]\n"),
        (
            "pyproject.toml",
            '[project]\nname = "x"\n\n[tool.mypy]\nshow_column_numbers = false\n'
            '[[tool.mypy.overrides]]\nmodule = ["model"]\ndisallow_untyped_defs = true\n',
        ),
    ],
    ids=["an ini with the plugin", "setup.cfg", "pyproject"],
)
def test_the_configuration_of_a_project_counts(model, name, text):
    model.write(name, text)
    model.write("model.py", MODEL + "\n\ndef untyped(x):\n    return x\n")
    errors = model.errors("model.py")
    assert errors.count(BAD) == 1
    assert ("model.py", 18, "no-untyped-def") in errors  # as the file says


def test_another_plugin_can_be_named(model):
    model.write(
        "silent.py", "from mypy.plugin import Plugin\n\n\ndef plugin(version):\n    return Plugin\n"
    )
    model.write("mypy.ini", "[mypy]\n")
    # Another plugin makes the cache useless: what is imported is skipped, and the run is short.
    skip = ("--follow-imports", "skip", "--cache-dir", "another")
    assert model.errors("--plugin", "silent.py", *skip, "model.py") == []
    assert model.errors("--plugin=tscript_mypy", "model.py") == [BAD]
    assert model.run("--plugin").returncode != 0


# mypy may leave by `os._exit`, which runs no handler: the list is written before either way out.
LISTS_MODULES = """
import os, sys

leave = os._exit


def listing(code=0):
    open("loaded.txt", "w").write("\\n".join(sys.modules))
    leave(code)


os._exit = listing
from tscript_mypy.__main__ import main

try:
    main(["--no-incremental", "model.py"])
finally:
    sys.stdout.flush()
    listing()
"""


def forbidden(loaded: set[str]) -> set[str]:
    """The modules that checking must not load: kernels, and the runtime."""
    allowed = {"ops_registry.builtin", "ops_registry.builtin._index"}
    return {
        name
        for name in loaded
        if name.split(".")[0] in ("scipy", "torch")
        or name.startswith("tscript.runtime")
        or name.startswith("ops_registry.builtin.")
        and name not in allowed
    }


def test_checking_imports_no_kernel(model):
    done = subprocess.run(
        [sys.executable, "-c", LISTS_MODULES],
        cwd=model.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert BAD[2] in done.stdout, done.stdout + done.stderr
    loaded = set(Path(model.folder, "loaded.txt").read_text().split())
    assert "tscript.frontend.emitter" in loaded
    assert forbidden(loaded) == set()


def test_an_imported_kernel_would_be_noticed():
    assert forbidden({"scipy.special", "tscript.runtime.tensor", "tscript.frontend.views"}) == {
        "scipy.special",
        "tscript.runtime.tensor",
    }
    assert forbidden({"ops_registry.builtin._index", "ops_registry.builtin.linalg"}) == {
        "ops_registry.builtin.linalg"
    }


@pytest.mark.parametrize("plugin", ["no_such_module", "no_such_file.py"])
def test_a_plugin_that_is_not_there_is_named(project, plugin):
    project.write("empty.py", "")
    done = project.run("--plugin", plugin, "empty.py")
    assert done.returncode == 2
    assert done.stderr == f"tscript-mypy: error: there is no plugin {plugin!r}\n"
