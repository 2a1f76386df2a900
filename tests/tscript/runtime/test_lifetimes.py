"""Values are let go of after their last use, by both executors; windows are copied in parts."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any, List  # noqa: UP035

import numpy as np
import pytest

import tscript as torch
from ops_registry.builtin.convolution import convolve
from tscript.runtime.codegen import compiled_graph
from tscript.runtime.executor import Mode, executing_with

EXECUTORS: list[Mode] = ["interpreter", "compiled"]


def code_of(function: Any) -> list[str]:
    return compiled_graph(torch.jit.script(function).function).source.splitlines()


def peak_of(run: Callable[[], object]) -> int:
    """The most memory that a call needs at once, in bytes; NumPy reports its own."""
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def chain(x):
    y = x + 1
    z = y + 1
    y = z + 1
    z = y + 1
    y = z + 1
    return y + 1


def one_side(x, flag: bool):
    y = x + 1
    if flag:
        z = y + 2
    else:
        z = x + 3
    return z + z


def in_a_loop(x, n: int):
    step = x + 1
    total = x + 0
    for _ in range(n):
        part = step + total
        total = part + part
    return total + total


def thrown(x, flag: bool):
    y = x + 1
    if flag:
        raise ValueError("no")
    return y + y


def in_lists(x):
    parts: List[torch.Tensor] = []
    for i in range(3):
        parts.append(x + i)
    first = parts[0]
    return first + parts[1], x


def doubled(x):
    return x + x


def forked_on_one_side(x, flag: bool):
    if flag:
        x = torch.jit.wait(torch.jit.fork(doubled, x + 1))
    return x + x


def failing(x):
    if bool((x == x).all()):
        raise ValueError("no")
    return x


def failing_fork_on_one_side(x, flag: bool):
    y = x + 1
    if flag:
        future = torch.jit.fork(failing, y)
        if bool((x != x).any()):
            y = torch.jit.wait(future)
    return y + y


def test_a_variable_goes_after_its_last_use() -> None:
    code = code_of(chain)
    made = [line.split()[0] for line in code[1::2]]
    assert code[2::2] == [f"    del {name}" for name in ["x", *made[:-2]]]


def test_what_only_one_side_reads_goes_at_the_start_of_the_other() -> None:
    code = code_of(one_side)
    otherwise = code.index("    else:")
    assert code[otherwise + 1] == "        del y"
    assert "        del x" in code[:otherwise]


def test_a_loop_keeps_what_comes_into_it() -> None:
    code = code_of(in_a_loop)
    loop = next(number for number, line in enumerate(code) if "for " in line)
    assert "        del part" in code[loop:]
    assert "        del step" not in code[loop:]
    assert any(line.startswith("    del ") and "step" in line for line in code[loop:])


@pytest.mark.parametrize("mode", EXECUTORS)
@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (chain, ()),
        (one_side, (True,)),
        (one_side, (False,)),
        (in_a_loop, (0,)),
        (in_a_loop, (3,)),
        (thrown, (False,)),
        (in_lists, ()),
        (forked_on_one_side, (True,)),
        (forked_on_one_side, (False,)),
        (failing_fork_on_one_side, (False,)),
    ],
)
def test_results_are_those_of_python(function: Any, arguments: Any, mode: Mode) -> None:
    x = torch.arange(4)
    expected = function(x, *arguments)
    with executing_with(mode):
        assert repr(torch.jit.script(function)(x, *arguments)) == repr(expected)


@pytest.mark.parametrize("mode", EXECUTORS)
def test_a_chain_needs_room_for_two_values(mode: Mode) -> None:
    size = 2**20
    x = torch.zeros(size)
    scripted = torch.jit.script(chain)
    with executing_with(mode), torch.no_grad():
        scripted(torch.zeros(1))
        assert peak_of(lambda: scripted(x)) < 2.5 * 4 * size


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("shape", [(1, 4, 300, 300), (20, 4, 65, 65), (3, 4, 7, 5)])
def test_windows_in_parts_are_the_windows(shape: tuple[int, ...], groups: int) -> None:
    random = np.random.default_rng(0)
    x = random.uniform(-1, 1, shape)
    weight = random.uniform(-1, 1, (6, 4 // groups, 7, 3))
    plain = {"before": (0, 0), "after": (0, 0), "dilation": (1, 1), "groups": groups}
    found = convolve(x, weight, None, (1, 1), **plain)
    rows = [
        convolve(x[:1, :, row : row + 7], weight, None, (1, 1), **plain)
        for row in range(found.shape[2])
    ]
    np.testing.assert_allclose(found[:1], np.concatenate(rows, axis=2), rtol=1e-12, atol=1e-12)
    alone = convolve(x[-1:], weight, None, (1, 1), **plain)
    np.testing.assert_allclose(found[-1:], alone, rtol=1e-12, atol=1e-12)


def test_a_convolution_copies_few_windows_at_a_time() -> None:
    x = np.zeros((1, 8, 400, 400), np.float32)
    weight = np.zeros((1, 8, 7, 7), np.float32)
    all_windows = 8 * 49 * 394 * 394 * 4
    peak = peak_of(lambda: convolve(x, weight, None, (1, 1), (0, 0), (0, 0), (1, 1), 1))
    assert peak < all_windows / 5
