"""An error in loaded code shows the line of the archive, and the one that was written for it."""

from __future__ import annotations

import io

import pytest

import tscript as torch
from tscript import Tensor, nn


def inner(x: Tensor, n: int) -> Tensor:
    y = x.view(n)
    return y * 2


def outer(x: Tensor, n: int) -> Tensor:
    if n > 0:
        x = inner(x, n)
    return x


class Net(nn.Module):
    def helper(self, x: Tensor) -> Tensor:
        assert x.dim() == 2, "two dimensions"
        return x + 1

    def forward(self, x: Tensor, n: int) -> Tensor:
        while n > 10:
            n = n - 1
        return outer(self.helper(x), n)


@pytest.fixture(scope="module")
def loaded() -> torch.jit.ScriptModule:
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.script(Net()), buffer)
    buffer.seek(0)
    return torch.jit.load(buffer)


def written(error: BaseException) -> list[str]:
    """The source lines that the traceback says were written."""
    lines = str(error).splitlines()
    places = [i for i, line in enumerate(lines) if line.startswith("  written at ")]
    assert all(__file__ in lines[i] for i in places)
    return [lines[i + 1].partition("|")[2].strip() for i in places]


def test_the_written_lines_are_those_of_the_calls(loaded: torch.jit.ScriptModule) -> None:
    with pytest.raises(RuntimeError, match="shape") as raised:
        loaded(torch.ones(2, 3), 5)
    assert written(raised.value) == [
        "return outer(self.helper(x), n)",
        "x = inner(x, n)",
        "y = x.view(n)",
    ]
    assert "code/__torch__/" in str(raised.value)


def test_an_assertion_is_found_in_its_method(loaded: torch.jit.ScriptModule) -> None:
    with pytest.raises(torch.jit.Error, match="two dimensions") as raised:
        loaded(torch.ones(3), 5)
    assert written(raised.value)[-1] == 'assert x.dim() == 2, "two dimensions"'
