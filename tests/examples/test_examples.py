"""The example projects do what they say, here and, with the imports changed, in PyTorch."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
TAGGER_TESTS = 17


def python(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )


def for_pytorch(source: str) -> str:
    """An example as a user of PyTorch would write it: other imports, nothing else."""
    return re.sub(r"^(import|from) tscript\b", r"\1 torch", source, flags=re.MULTILINE)


def resnet18(source: str) -> ModuleType:
    module = ModuleType("resnet18")
    path = EXAMPLES / "resnet18.py"
    module.__file__ = str(path)
    exec(compile(source, str(path), "exec"), module.__dict__)
    return module


def parameter_names() -> list[str]:
    """Names of torchvision's state dict, spelled out by its rule."""

    def norm(name: str) -> list[str]:
        ends = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
        return [f"{name}.{end}" for end in ends]

    names = ["conv1.weight", *norm("bn1")]
    for layer in range(1, 5):
        for block in range(2):
            prefix = f"layer{layer}.{block}"
            for part in ("1", "2"):
                names += [f"{prefix}.conv{part}.weight", *norm(f"{prefix}.bn{part}")]
            if layer > 1 and block == 0:
                names += [f"{prefix}.downsample.0.weight", *norm(f"{prefix}.downsample.1")]
    return [*names, "fc.weight", "fc.bias"]


def test_the_tagger_passes_its_own_tests() -> None:
    done = python("-m", "pytest", "-q", "-p", "no:cacheprovider", folder=EXAMPLES / "tagger")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{TAGGER_TESTS} passed" in done.stdout


def test_the_demo_keeps_every_claim() -> None:
    done = python("demo.py", folder=EXAMPLES)
    failed = {line.strip() for line in done.stdout.splitlines() if line.startswith("  FAILED")}
    if importlib.util.find_spec("torch"):  # the demo is made to be run where there is none
        failed.remove("FAILED   there is no PyTorch here")
    assert not failed, done.stdout + done.stderr
    assert " hold." in done.stdout, done.stdout + done.stderr


def test_resnet18_has_torchvisions_parameters() -> None:
    example = resnet18((EXAMPLES / "resnet18.py").read_text(encoding="utf-8"))
    model = example.resnet18()
    assert list(model.state_dict()) == parameter_names()
    assert sum(p.numel() for p in model.parameters()) == 11_689_512


@pytest.mark.oracle
def test_the_tagger_passes_its_own_tests_in_pytorch(tmp_path: Path, torch: Any) -> None:
    for path in (EXAMPLES / "tagger").rglob("*.py"):
        there = tmp_path / path.relative_to(EXAMPLES / "tagger")
        there.parent.mkdir(exist_ok=True)
        there.write_text(for_pytorch(path.read_text(encoding="utf-8")), encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\n", encoding="utf-8")
    done = python("-m", "pytest", "-q", "-p", "no:cacheprovider", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{TAGGER_TESTS} passed" in done.stdout


@pytest.mark.oracle
def test_resnet18_computes_what_it_does_in_pytorch(torch: Any) -> None:
    import numpy as np

    import tscript

    source = (EXAMPLES / "resnet18.py").read_text(encoding="utf-8")
    theirs = resnet18(for_pytorch(source)).resnet18(num_classes=10).eval()
    ours = resnet18(source).resnet18(num_classes=10).eval()
    assert list(theirs.state_dict()) == list(ours.state_dict())
    ours.load_state_dict(
        {name: tscript.from_numpy(value.numpy()) for name, value in theirs.state_dict().items()}
    )
    images = np.random.default_rng(0).random((1, 3, 64, 64), dtype=np.float32)
    with torch.no_grad():
        expected = theirs(torch.from_numpy(images)).numpy()
    scripted = tscript.jit.script(ours)
    with tscript.no_grad():
        for model in (ours, scripted):
            result = model(tscript.from_numpy(images)).numpy()
            np.testing.assert_allclose(result, expected, rtol=1e-3, atol=1e-5)
