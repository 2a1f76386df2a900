"""``pytest --tscript-check`` on small projects, in a process of its own, as users run it."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PROJECT = """
import tscript as torch
from tscript import nn

def scale(x, factor: float = 2.0, *, bias=None):
    y = x * factor
    return y if bias is None else y + bias

def strongest(x):
    best = x[0]
    for i in range(1, x.size(0)):
        best = torch.max(best, x[i])
    return best

def add_one(x):
    x.add_(1)
    return x

def refuses(x):
    if x.size(0) == 0:
        raise ValueError("empty")
    return x + 1

def names(x):
    return {"text": "a", "x": x}

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)
        self.norm = nn.BatchNorm1d(4)
        self.drop = nn.Dropout(0.5)

    def forward(self, x, mask=None):
        x = self.drop(self.norm(self.linear(x)))
        return x if mask is None else x * mask

class Average(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(3))

    def forward(self, x):
        out = x - self.mean
        self.mean.copy_(0.5 * self.mean + 0.5 * x.mean(0))
        return out

class Unloved(nn.Module):
    def __deepcopy__(self, memo):
        raise RuntimeError("one of a kind")

    def forward(self, x):
        return x + 1

@torch.jit.script
def repeated(x, n: int):
    for i in range(n):
        x = x + i
    return x
"""

GOOD = """
import pytest
import tscript as torch
from project import *

def test_scale():
    scale(torch.ones(2))
    scale(torch.ones(3), 3.0)
    scale(torch.ones(3), bias=torch.ones(3))

def test_add_one():
    x = torch.zeros(2)
    assert add_one(x) is x and x.tolist() == [1, 1]

def test_refuses():
    with pytest.raises(ValueError):
        refuses(torch.zeros(0))
    refuses(torch.ones(2))

def test_net():
    net = Net()
    net(torch.rand(3, 4))
    net(torch.rand(5, 4), mask=torch.ones(4))
    net.eval()
    net(torch.rand(3, 4), mask=None)

def test_average():
    average = Average()
    average(torch.rand(2, 3))
    before = average.mean.clone()
    average(torch.zeros(4, 3))
    assert torch.equal(average.mean, 0.5 * before)

def test_repeated():
    assert repeated(torch.ones(1), 3).item() == 4.0
"""

BAD = """
import tscript as torch
from project import strongest, scale

def test_strongest():
    strongest(torch.ones(2, 2))
    strongest(torch.ones(4, 2))

def test_scale():
    scale(torch.ones(2))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    (tmp_path / "project.py").write_text(PROJECT)
    return tmp_path


def run(folder: Path, *arguments: str, load: bool = True) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "pytest", *(["-p", "pytest_tscript.plugin"] if load else [])]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "COLUMNS": "200",
        "PYTEST_ADDOPTS": "",
    }
    return subprocess.run(
        [*program, "-p", "no:randomly", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )


def outcomes(folder: Path, *arguments: str) -> dict[str, str]:
    """The outcome of each check: what the junit report says of it."""
    run(folder, "--junitxml=report.xml", *arguments)
    found = {}
    for case in ET.parse(folder / "report.xml").getroot().iter("testcase"):
        if case.get("classname") == "tscript":
            kinds = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
            found[str(case.get("name"))] = kinds[0] if kinds else "passed"
    return found


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one-process", "workers"])
def test_sound_functions_and_modules_pass(project: Path, workers: tuple[str, ...]) -> None:
    (project / "test_good.py").write_text(GOOD)
    done = run(project, "--tscript-check", "-q", *workers)
    assert done.returncode == 0, done.stdout + done.stderr
    # scale, add_one, refuses, Net in training and not, Average, repeated; and six tests.
    assert "13 passed" in done.stdout, done.stdout


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one-process", "workers"])
def test_a_trace_that_does_not_hold_is_a_failed_item_with_the_difference(
    project: Path, workers: tuple[str, ...]
) -> None:
    (project / "test_bad.py").write_text(BAD)
    done = run(project, "--tscript-check", *workers)
    assert done.returncode == 1, done.stdout
    assert "Graph diff:" in done.stdout
    assert "traced with  (float32[2, 2])" in done.stdout
    assert "checked with (float32[4, 2])" in done.stdout
    assert "FAILED tscript::project.strongest" in done.stdout
    assert "1 failed, 3 passed" in done.stdout
    assert run(project, *workers).returncode == 0  # the tests themselves are fine


def test_checks_are_in_junit_reports(project: Path) -> None:
    (project / "test_bad.py").write_text(BAD)
    assert outcomes(project, "--tscript-check") == {
        "project.scale": "passed",
        "project.strongest": "failure",
    }


def test_checks_are_selected_and_repeated_like_tests(project: Path) -> None:
    (project / "test_bad.py").write_text(BAD)
    # -k selects tests and checks alike.
    assert outcomes(project, "--tscript-check", "-k", "not strongest") == {
        "project.scale": "passed"
    }
    # --lf runs the failed check again, and not the one that passed.
    run(project, "--tscript-check")
    assert outcomes(project, "--tscript-check", "--lf") == {"project.strongest": "failure"}


def test_a_failed_test_stops_before_the_checks(project: Path) -> None:
    (project / "test_a_broken.py").write_text(BAD + "\n    assert False\n")
    done = run(project, "--tscript-check", "-x")
    assert done.returncode == 1
    assert "tscript::" not in done.stdout


def test_what_cannot_be_traced_is_skipped_and_says_why(project: Path) -> None:
    (project / "test_names.py").write_text(
        "import tscript as torch\nimport project\n"
        "def test_names():\n    project.names(torch.ones(1))\n"
    )
    done = run(project, "--tscript-check", "-rs")
    assert done.returncode == 0, done.stdout
    assert "1 passed, 1 skipped" in done.stdout
    assert "project.names cannot be traced: the traced function returns a value of type str" in (
        done.stdout
    )


def test_a_module_that_cannot_be_copied_does_not_fail_its_test(project: Path) -> None:
    (project / "test_unloved.py").write_text(
        "import tscript as torch\nimport project\n"
        "def test_unloved():\n    assert project.Unloved()(torch.ones(1)).item() == 2\n"
    )
    done = run(project, "--tscript-check")
    assert done.returncode == 0, done.stdout
    assert "project.Unloved: it cannot be copied: one of a kind" in done.stdout


def test_functions_of_test_files_and_of_other_projects_are_no_targets(project: Path) -> None:
    (project / "test_own.py").write_text(
        "import tscript as torch\nfrom tscript import nn\n"
        "def helper(x):\n    return x + 1\n"
        "def test_own():\n    helper(torch.ones(1)); nn.Linear(1, 1)(torch.ones(1, 1))\n"
        "    torch.nn.functional.relu(torch.ones(1))\n"
    )
    assert outcomes(project, "--tscript-check") == {}


def test_scripted_functions_of_test_files_are_targets(project: Path) -> None:
    (project / "test_own.py").write_text(
        "import tscript as torch\n@torch.jit.script\ndef helper(x):\n    return x + 1\n"
        "def test_own():\n    helper(torch.ones(1))\n"
    )
    assert outcomes(project, "--tscript-check") == {"test_own.helper": "passed"}
    assert outcomes(project, "--tscript-check", "-n", "2") == {"test_own.helper": "passed"}


def test_a_scripted_function_that_means_something_else_in_python_is_reported(
    project: Path,
) -> None:
    (project / "test_power.py").write_text(
        "import tscript as torch\n@torch.jit.script\ndef power(x, n: int):\n"
        "    if torch.jit.is_scripting():\n        return x - n\n    return x + n\n"
        "def test_power():\n    power(torch.ones(1), 3)\n"
    )
    done = run(project, "--tscript-check")
    assert done.returncode == 1
    assert "test_power.power, compiled, does not agree with the Python function" in done.stdout


def test_functions_that_a_test_is_parametrized_with_are_recorded(project: Path) -> None:
    (project / "test_many.py").write_text(
        "import pytest\nimport tscript as torch\nfrom project import add_one, refuses\n"
        "@pytest.mark.parametrize('f', [add_one, refuses])\n"
        "def test_many(f):\n    f(torch.ones(2))\n"
    )
    assert outcomes(project, "--tscript-check") == {
        "project.add_one": "passed",
        "project.refuses": "passed",
    }


def test_the_random_state_is_left_alone(project: Path) -> None:
    (project / "test_random.py").write_text(
        "import tscript as torch\nfrom project import Net\n"
        "def test_random():\n"
        "    torch.manual_seed(3)\n    net = Net()\n    first = net(torch.ones(2, 4))\n"
        "    drawn = torch.rand(1)\n"
        "    torch.manual_seed(3)\n    net = Net()\n    again = net._call_impl(torch.ones(2, 4))\n"
        "    assert torch.equal(first, again) and torch.equal(drawn, torch.rand(1))\n"
        "    open('state', 'wb').write(bytes(torch.get_rng_state().tolist()))\n"
    )
    (project / "conftest.py").write_text(
        "def pytest_sessionfinish():\n    import tscript as torch\n"
        "    assert open('state', 'rb').read() == bytes(torch.get_rng_state().tolist())\n"
    )
    done = run(project, "--tscript-check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_nothing_is_recorded_or_imported_without_the_flag(project: Path) -> None:
    (project / "test_plain.py").write_text(
        "import sys\n"
        "def test_plain():\n"
        "    assert 'pytest_tscript.plugin' in sys.modules\n"
        "    ours = [m for m in sys.modules if m.partition('.')[0] in ('tscript', 'ops_registry', 'numpy')]\n"
        "    assert ours == []\n"
    )
    done = run(project)
    assert done.returncode == 0, done.stdout
    assert run(project, "--tscript-check").returncode == 1  # with it, the check above does fail


def test_the_entry_point_loads_the_plugin_once(project: Path) -> None:
    info = project / "tscript_suite-0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tscript-suite\nVersion: 0\n")
    (info / "entry_points.txt").write_text(
        "[pytest11]\npytest_tscript.plugin = pytest_tscript.plugin\n"
    )
    (project / "test_bad.py").write_text(BAD)
    for load in (True, False):
        done = run(project, "--tscript-check", load=load)
        assert "1 failed, 3 passed" in done.stdout, done.stdout + done.stderr


def test_collecting_alone_checks_nothing(project: Path) -> None:
    (project / "test_bad.py").write_text(BAD)
    done = run(project, "--tscript-check", "--collect-only", "-q")
    assert done.returncode == 0
    assert "tscript::" not in done.stdout
