"""Wrong input is one readable exception that names the file, the line or the argument at fault."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import List

import pytest

import tscript as torch
from tscript import nn

ROOT = Path(__file__).parents[2]


def product(x, y):
    z = x + 1
    return torch.mm(z, y)


def count(xs: List[int], n: int) -> int:
    return len(xs) + n


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(2, 2)

    def forward(self, x):
        return self.linear(x)


def test_a_function_without_source_is_named() -> None:
    space: dict = {}
    exec("def made(x):\n    return x", space)
    with pytest.raises(RuntimeError) as caught:
        torch.jit.script(space["made"])
    text = str(caught.value)
    assert "source of `made` cannot be found" in text and "[source-unavailable]" in text
    assert "put it into a file" in text


def test_a_bare_interpreter_is_told_to_use_a_file() -> None:
    typed = "import tscript as torch\ndef f(x):\n    return x\n\ntorch.jit.script(f)\n"
    done = subprocess.run(
        [sys.executable, "-i", "-q"], input=typed, cwd=ROOT, capture_output=True, text=True
    )
    if sys.version_info < (3, 13):  # from 3.13 on the interpreter keeps what was typed
        assert "source of `f` cannot be found: it was typed into an interactive" in done.stderr
    else:
        assert "Error" not in done.stderr


@pytest.mark.parametrize("executor", ["interpreter", "compiled"])
def test_a_wrong_shape_shows_the_line_of_the_script(executor: str) -> None:
    from tscript.runtime.executor import executing_with

    scripted = torch.jit.script(product)
    with executing_with(executor), pytest.raises(RuntimeError) as caught:
        scripted(torch.ones(2, 3), torch.ones(4, 2))
    text = str(caught.value)
    assert "[2, 3] and [4, 2]" in text
    line = product.__code__.co_firstlineno + 2
    assert f'{__file__}", line {line}, in product' in text
    assert "return torch.mm(z, y)" in text


def test_a_wrong_shape_in_a_submodule_shows_the_way_there() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.jit.script(Net())(torch.ones(3))
    text = str(caught.value)
    assert "TorchScript traceback" in text
    assert text.index("return self.linear(x)") < text.index("linear.py")


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("a", 1), "the argument 'xs' of count() must be List[int], not str"),
        ((["a"], 1), "the argument 'xs' of count() must be List[int]: xs[0] is str, not int"),
        (([1], 1.5), "the argument 'n' of count() must be int, not float"),
        (([1], None), "the argument 'n' of count() must be int, not None"),
        (([1],), "count() is missing its argument 'n' (int)"),
        (([1], 2, 3), "count() takes 2 arguments, 3 were given"),
    ],
)
def test_a_wrong_argument_is_named(arguments: tuple, message: str) -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.jit.script(count)(*arguments)
    assert isinstance(caught.value, TypeError)
    assert str(caught.value) == message


def test_a_wrong_argument_of_a_method_is_named() -> None:
    with pytest.raises(
        RuntimeError, match="the argument 'x' of forward\\(\\) must be Tensor, not str"
    ):
        torch.jit.script(Net())("a")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nothing.pt"):
        torch.jit.load(str(tmp_path / "nothing.pt"))


@pytest.mark.parametrize("thing", [3, len, Net])
def test_what_cannot_be_scripted_is_refused(thing: object) -> None:
    with pytest.raises(TypeError, match="script takes|script an instance of Net"):
        torch.jit.script(thing)


def test_what_is_not_compiled_cannot_be_saved(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="compile it with torch.jit.script first"):
        torch.jit.save(Net(), str(tmp_path / "net.pt"))
    assert not (tmp_path / "net.pt").exists()
