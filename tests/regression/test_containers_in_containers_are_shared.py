"""What stands in a container is handed out as it is: a write to it shows in the container.

The interpreter copied lists that came out of lists and dicts.
"""

from __future__ import annotations

import pytest

import tscript as torch
from tscript.runtime.executor import executing_with


def rows_of_a_table(count: int) -> list[list[int]]:
    table = [[0] * count for _ in range(count)]
    for i in range(count):
        table[i][i] = 1
    return table


def lists_in_a_dict() -> dict[str, list[int]]:
    found = {"a": [1], "b": [2]}
    found["a"].append(3)
    for _, items in found.items():
        items.append(4)
    moved = found.pop("b")
    found["c"] = moved
    moved.append(5)
    return found


@pytest.mark.parametrize("mode", ["interpreter", "compiled"])
def test_both_executors_share_them(mode: str) -> None:
    with executing_with(mode):
        assert torch.jit.script(rows_of_a_table)(2) == [[1, 0], [0, 1]]
        assert torch.jit.script(lists_in_a_dict)() == {"a": [1, 3, 4], "c": [2, 4, 5]}
