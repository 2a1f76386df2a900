"""Values crossing between Python and compiled code."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional, Tuple  # noqa: UP035

import numpy as np
import pytest

import tscript as torch
from tscript.runtime.errors import ArgumentError


class Pair(NamedTuple):
    first: torch.Tensor
    second: int


@torch.jit.script
def everything(
    i: int, f: float, b: bool, s: str, t: torch.Tensor, xs: List[int], o: Optional[float]
):
    return i, f, b, s, t, xs, o


GOOD = {
    "i": 1, "f": 2.0, "b": True, "s": "s", "t": torch.tensor(1.0), "xs": [1], "o": None,
}  # fmt: skip


def call(**changes: Any) -> Any:
    return everything(**{**GOOD, **changes})


@pytest.mark.parametrize(
    ("name", "given", "received"),
    [
        ("i", True, 1),
        ("i", np.int32(4), 4),
        ("i", torch.tensor(3), 3),
        ("i", torch.tensor(2.5), 2),
        ("i", torch.float32, 6),
        ("b", 1, True),
        ("f", 3, 3.0),
        ("f", torch.tensor(2.5), 2.5),
        ("f", torch.tensor(2), 2.0),
        ("o", 3, 3.0),
        ("xs", (1, 2), [1, 2]),
        ("xs", torch.Size([4, 5]), [4, 5]),
        ("xs", [], []),
    ],
)
def test_what_converts(name: str, given: Any, received: Any) -> None:
    result = dict(zip(GOOD, call(**{name: given}), strict=True))[name]
    assert result == received
    assert type(result) is type(received)


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("i", 1.5, "'i' of everything() must be int, not float"),
        ("i", torch.tensor([1, 2]), "must be int, not Tensor (torch.int64, shape [2])"),
        ("f", "a", "must be float, not str"),
        ("b", None, "must be bool, not None"),
        ("s", None, "must be str, not None"),
        ("t", 3, "torch.tensor(value) makes a tensor"),
        ("t", np.zeros(2), "torch.from_numpy(array) makes a tensor"),
        ("xs", [1, "a"], "xs[1] is str, not int"),
        ("o", "a", "must be Optional[float], not str"),
    ],
)
def test_what_does_not_fit_is_named(name: str, given: Any, message: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        call(**{name: given})
    assert message in str(caught.value)
    assert isinstance(caught.value, RuntimeError | TypeError)


@pytest.mark.parametrize(
    ("arguments", "keywords", "message"),
    [
        ((), {}, "missing its argument 'i'"),
        ((1,) * 8, {}, "takes 7 arguments, 8 were given"),
        ((1,), {**GOOD}, "'i' is given twice"),
        ((), {**GOOD, "z": 1}, "no argument 'z'"),
    ],
)
def test_a_call_with_the_wrong_arguments_says_which(
    arguments: tuple[Any, ...], keywords: dict[str, Any], message: str
) -> None:
    with pytest.raises(ArgumentError, match=message):
        everything(*arguments, **keywords)


def test_lists_and_dicts_are_copied_both_ways() -> None:
    @torch.jit.script
    def changes(items: List[int], table: Dict[str, List[int]]):
        items.append(3)
        table["a"].append(3)
        return items, table

    items, table = [1], {"a": [1]}
    new_items, new_table = changes(items, table)
    assert (items, table) == ([1], {"a": [1]})
    assert (new_items, new_table) == ([1, 3], {"a": [1, 3]})
    assert new_items is not items


def test_tensors_in_containers_are_the_same_tensors() -> None:
    @torch.jit.script
    def passes(items: List[torch.Tensor], pair: Tuple[torch.Tensor, int]):
        return items, pair

    x, y = torch.tensor(1.0), torch.tensor(2.0)
    items, pair = passes([x, y, x], (y, 1))
    assert items[0] is x and items[2] is x and items[1] is y
    assert pair[0] is y


def test_named_tuples_come_back_as_their_class() -> None:
    @torch.jit.script
    def renews(pair: Pair):
        return Pair(pair.first, pair.second + 1)

    x = torch.tensor(1.0)
    result = renews(Pair(x, 1))
    assert isinstance(result, Pair)
    assert result.first is x
    assert result.second == 2


def test_integers_beyond_64_bits_do_not_leave() -> None:
    @torch.jit.script
    def grows(n: int):
        x = 1
        for _ in range(n):
            x = x * 2
        return x

    assert grows(62) == 2**62
    with pytest.raises(OverflowError, match="64 bits"):
        grows(64)


@pytest.mark.oracle
def test_conversions_are_those_of_pytorch(torch: Any, tmp_path: Any) -> None:
    import importlib.util

    import tscript

    source = """
import {module} as torch
from typing import List, Optional
@torch.jit.script
def i(x: int):
    return x
@torch.jit.script
def f(x: float):
    return x
@torch.jit.script
def b(x: bool):
    return x
@torch.jit.script
def xs(x: List[int]):
    return x
@torch.jit.script
def t(x):
    return x
"""

    def load(module: str) -> Any:
        path = tmp_path / f"conversions_{module}.py"
        path.write_text(source.format(module=module))
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None and spec.loader is not None
        made = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(made)
        return made

    ours, theirs = load("tscript"), load("torch")

    def outcome(function: Any, value: Any) -> Any:
        try:
            return function(value)
        except (RuntimeError, TypeError):
            return "refused"

    values: list[Any] = [1, True, 1.5, "a", None, (1, 2), [1, 2], [1.5], []]
    makers = [lambda m: m.tensor(3), lambda m: m.tensor(2.5), lambda m: m.tensor([1])]
    for name in ("i", "f", "b", "xs"):
        pairs = [(v, v) for v in values] + [(m(tscript), m(torch)) for m in makers]
        for mine, real in pairs:
            expected = outcome(getattr(theirs, name), real)
            if name == "b" and mine is None:
                expected = "refused"  # PyTorch takes None for False, by accident
            assert outcome(getattr(ours, name), mine) == expected, (name, mine)
    for value in values:
        if value is None:
            continue  # PyTorch takes None for an undefined tensor, by accident
        assert outcome(ours.t, value) == outcome(theirs.t, value) == "refused"


def test_a_parameter_without_annotation_is_named_as_the_cause() -> None:
    compiled = torch.jit.CompilationUnit("def g(x, factor):\n    return x * factor\n").g
    with pytest.raises(ArgumentError, match="'factor' has no annotation.*`factor: int`"):
        compiled(torch.ones(2), 3)


def test_a_keyword_that_is_unknown_is_named_before_one_that_is_missing() -> None:
    with pytest.raises(ArgumentError, match="has no argument 'j'"):
        everything(1, 2.0, True, "s", j=3)
