"""The interpreter and generated code mean the same: values, identity, mutation, text, errors.

Each program runs on both; what is compared is everything a caller can see. Where Python itself is
the reference, the plain function runs too.
"""

from __future__ import annotations

import contextlib
import copy
import io
from collections.abc import Callable
from typing import Any, Dict, List, NamedTuple, Optional, Tuple, Union  # noqa: UP035

import pytest

import tscript as torch
from tscript.runtime.executor import Mode, executing_with

T = torch.tensor


class Point(NamedTuple):
    x: torch.Tensor
    y: int


def branches_and_loops(n: int):
    s = 0
    for i in range(n):
        if i % 3 == 0:
            s = s + i
        else:
            s = s - 1
    return s


def swapped_while(n: int):
    i = 0
    j = 10
    while i < n and j > 2:
        i, j = j, i + 1
    return i, j


def nested_loops(n: int):
    total = 0
    for i in range(n):
        row = i
        for j in range(i):
            if j == 3:
                break
            if (i + j) % 2 == 0:
                continue
            row = row + j * total
        total = total + row
    return total


def carried_value_is_read_after_it_changes(n: int):
    a = 1
    b = 2
    for i in range(n):
        old = a
        a = b + i
        b = old
        if b > 3:
            a, b = b, a
    return a, b


def list_changes_while_read(n: int):
    items = [1]
    for i in range(n):
        before = len(items) + items[0]
        items.append(before)
        items[0] = len(items) * 10
    return items


def length_before_append(items: List[int]):
    n = len(items)
    items.append(n)
    return n + len(items)


def collects_tensors(x: torch.Tensor, n: int):
    found: List[torch.Tensor] = []
    for i in range(n):
        found.append(x + i)
        if i > 3:
            break
    return found, x


def returns_arguments(x: torch.Tensor, y: torch.Tensor):
    z = x * 2 + y
    first, rest = z[0], z[1:]
    rest[0] = 7
    return first, rest, z, (x, y)


def identity_through_containers(x: torch.Tensor, y: torch.Tensor):
    pair = [x, y]
    table = {"a": x}
    pair[0] = pair[1]
    return pair, table["a"], (pair[0], table)


def in_place_through_list(items: List[torch.Tensor]):
    first = items[0]
    items[0] = items[1]
    first += 1
    return items, first


def optional_tensor(x: torch.Tensor, flag: bool):
    y = x if flag else x + 1
    z: Optional[torch.Tensor] = None
    if flag:
        z = y
    if z is not None:
        return z
    return y


def optional_ints(x: Optional[int], y: Optional[int]) -> int:
    if x is None:
        x = 1
    if y is not None and x > 2:
        return x + y
    return x


def union_of_values(x: Union[int, torch.Tensor, List[str]]) -> int:
    if isinstance(x, int):
        return x
    elif isinstance(x, torch.Tensor):
        return 100
    else:
        return len(x)


def prints(s: str, n: int):
    print("text", s, n, 1.0, [1, 2], (1, "a"), None, True)
    for i in range(n):
        print(i, end_of(i))
    return s.upper() + s[0], f"{n} of {s}"


def end_of(i: int):
    return i * 2


def dictionary(d: Dict[str, int], key: str) -> int:
    d["z"] = 3
    total = 0
    for name in d.keys():  # noqa: SIM118
        total += d[name]
    if key in d:
        return d[key] * total
    raise ValueError("no " + key)


def numbers(a: int, b: int):
    return a / b, a // b, a % b, a * b - a, -a, float(a), a < b, a == b


def divides_floats(a: float, b: float):
    return a * b, a - b, int(a), a <= b, bool(a)


def named(p: Point, k: int):
    q = Point(p.x + 1, p.y + k)
    return q, p.x


def helper(x: torch.Tensor, k: int):
    return x + k, [x]


def calls(x: torch.Tensor):
    a, b = helper(x, 2)
    b.append(a)
    return b, x


def early_returns(x: torch.Tensor, n: int):
    for i in range(n):
        if i == 2:
            return x * i
    return x


def out_of_range(items: List[int], i: int):
    return items[i]


def selects(x: torch.Tensor, i: int):
    return x[i]


def raises_in_a_loop(n: int):
    for i in range(n):
        if i == 3:
            raise KeyError("three")
    return n


def shapes(x: torch.Tensor):
    a, b = x.shape
    return x.size(0) + a * b, x.dim(), x.numel(), len(x.shape), x.dtype == torch.float32


def comprehension(n: int):
    return [i * i for i in range(n)], [str(i) for i in range(n)]


def while_with_tensor(x: torch.Tensor):
    n = 0
    while bool(x[0] > 0):
        x = x - 1
        n += 1
    return n, x


def forks(x: torch.Tensor):
    first = torch.jit.fork(helper, x, 2)
    second = torch.jit.fork(end_of, 4)
    y, items = torch.jit.wait(first)
    return y, items, torch.jit.wait(second)


def fork_that_raises(n: int):
    later = torch.jit.fork(out_of_range, [1, 2], n)
    print("not raised yet")
    return torch.jit.wait(later)


CASES: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    *[(branches_and_loops, (n,)) for n in (0, 1, 10)],
    *[(swapped_while, (n,)) for n in (0, 5, 50)],
    (nested_loops, (9,)),
    *[(carried_value_is_read_after_it_changes, (n,)) for n in (0, 1, 5)],
    (list_changes_while_read, (4,)),
    (length_before_append, ([5, 6],)),
    (collects_tensors, (T([1.0]), 3)),
    (collects_tensors, (T([1.0]), 9)),
    (returns_arguments, (T([[1.0, 2.0], [3.0, 4.0]]), T([1.0, 2.0]))),
    (identity_through_containers, (T([1.0]), T([2.0]))),
    (in_place_through_list, ([T([1.0]), T([2.0])],)),
    (optional_tensor, (T(1.0), True)),
    (optional_tensor, (T(1.0), False)),
    (optional_ints, (None, None)),
    (optional_ints, (5, 2)),
    (optional_ints, (2, None)),
    (union_of_values, (3,)),
    (union_of_values, (T(3.0),)),
    (union_of_values, (["a", "b"],)),
    (prints, ("abc", 2)),
    (dictionary, ({"a": 1}, "a")),
    (numbers, (7, 2)),
    (numbers, (-7, 2)),
    (divides_floats, (2.5, -1.5)),
    (named, (Point(T([1.0]), 2), 3)),
    (calls, (T(1.0),)),
    (early_returns, (T(1.0), 5)),
    (early_returns, (T(1.0), 1)),
    (out_of_range, ([1, 2], -1)),
    (selects, (T([1.0, 2.0]), -1)),
    (selects, (T([[1.0, 2.0]]), 0)),
    (raises_in_a_loop, (3,)),
    (shapes, (T([[1.0, 2.0, 3.0]]),)),
    (comprehension, (4,)),
    (forks, (T(1.0),)),
    (fork_that_raises, (1,)),
    (while_with_tensor, (T([2.5]),)),
]


def adds(x: torch.Tensor, y: torch.Tensor):
    return x + y


ERRORS: list[tuple[Callable[..., Any], tuple[Any, ...], type[Exception]]] = [
    (dictionary, ({"a": 1}, "q"), ValueError),
    (out_of_range, ([1, 2], 5), IndexError),
    (selects, (T([1.0, 2.0]), 5), IndexError),
    (raises_in_a_loop, (9,), KeyError),
    (fork_that_raises, (9,), IndexError),
    (numbers, (1, 0), ZeroDivisionError),
    (adds, (T([1.0, 2.0]), T([1.0, 2.0, 3.0])), RuntimeError),
]

_scripted: dict[Callable[..., Any], Any] = {}


def scripted(function: Callable[..., Any]) -> Any:
    if function not in _scripted:
        _scripted[function] = torch.jit.script(function)
    return _scripted[function]


def observe(function: Callable[..., Any], arguments: tuple[Any, ...]) -> dict[str, Any]:
    """Everything that a caller can see of a call."""
    arguments = copy.deepcopy(arguments)
    tensors: list[torch.Tensor] = []
    _collect(arguments, tensors)
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        result = function(*arguments)
    found: list[torch.Tensor] = []
    _collect(result, found)
    return {
        "result": repr(result),
        "types": _types(result),
        "text": text.getvalue(),
        "which arguments came back": [
            next((i for i, t in enumerate(tensors) if t is f), None) for f in found
        ],
        "which results are one": [next(i for i, t in enumerate(found) if t is f) for f in found],
        "tensor arguments afterwards": [t.tolist() for t in tensors],
    }


def _collect(value: Any, into: list[torch.Tensor]) -> None:
    if isinstance(value, torch.Tensor):
        into.append(value)
    elif isinstance(value, list | tuple):
        for item in value:
            _collect(item, into)
    elif isinstance(value, dict):
        for item in value.values():
            _collect(item, into)


def _types(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return (type(value).__name__, *map(_types, value))
    return type(value).__name__


def run(mode: Mode, function: Callable[..., Any], arguments: tuple[Any, ...]) -> dict[str, Any]:
    with executing_with(mode):
        return observe(scripted(function), arguments)


@pytest.mark.parametrize(("function", "arguments"), CASES, ids=lambda v: getattr(v, "__name__", ""))
def test_interpreter_and_generated_code_agree_with_python(
    function: Callable[..., Any], arguments: tuple[Any, ...]
) -> None:
    interpreted = run("interpreter", function, arguments)
    assert run("compiled", function, arguments) == interpreted
    assert run("auto", function, arguments) == interpreted
    assert observe(function, arguments) == interpreted


@pytest.mark.parametrize(
    ("function", "arguments", "error"), ERRORS, ids=lambda v: getattr(v, "__name__", "")
)
def test_both_raise_the_class_that_python_raises_on_the_same_line(
    function: Callable[..., Any], arguments: tuple[Any, ...], error: type[Exception]
) -> None:
    texts = []
    modes: tuple[Mode, ...] = ("interpreter", "compiled")
    for mode in modes:
        with executing_with(mode), pytest.raises(error) as caught:
            scripted(function)(*copy.deepcopy(arguments))
        assert isinstance(caught.value, RuntimeError)
        if error is not RuntimeError:
            assert type(caught.value).__name__ == error.__name__
        texts.append(str(caught.value))
    assert texts[0] == texts[1]
    assert f'File "{__file__}"' in texts[0]
    assert "^^^" in texts[0]


def test_a_difference_between_executors_is_seen() -> None:
    """The check itself: a program that reads the mode's own counter differs."""
    calls_made = []

    def impure(x: torch.Tensor) -> torch.Tensor:
        calls_made.append(1)
        return x + len(calls_made)

    first = observe(impure, (T(1.0),))
    assert observe(impure, (T(1.0),)) != first


def test_tuple_annotations_of_python_3(mode: Mode = "compiled") -> None:
    def pairs(x: Tuple[int, str]) -> Tuple[str, int]:
        return x[1], x[0]

    with executing_with(mode):
        assert torch.jit.script(pairs)((1, "a")) == ("a", 1)
