"""The models in real PyTorch: the same weights and arguments, the same results.

Archives cross too: what each library saves the other one loads and runs.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from model_files import (
    differences,
    example,
    example_in_pytorch,
    example_names,
    run,
    saved_and_loaded,
)

import tscript

pytestmark = pytest.mark.oracle


@pytest.mark.filterwarnings("ignore::UserWarning")  # of PyTorch: advice on style
@pytest.mark.parametrize("name", example_names())
def test_the_script_does_what_it_does_in_pytorch(
    name: str, torch: ModuleType, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder: Path = tmp_path_factory.mktemp("models")
    called, args = example(name)
    their_called, their_args = example_in_pytorch(name, torch, folder)
    scripted, their_scripted = tscript.jit.script(called), torch.jit.script(their_called)
    result = run(scripted, args)
    their_result = run(their_scripted, their_args, torch)
    assert differences(run(called, args), run(their_called, their_args, torch), "eager") == []
    assert differences(result, their_result) == []
    ours_there = saved_and_loaded(scripted, tscript, torch)
    assert differences(run(ours_there, their_args, torch), their_result, "our archive") == []
    theirs_here = saved_and_loaded(their_scripted, torch, tscript)
    assert differences(run(theirs_here, args), result, "their archive") == []
