"""A call as the source of a function: tensors are its parameters, all else stands in place.

>>> from parity.script_calls import wrapper
>>> import torch
>>> print(wrapper("torch.sum", [torch.ones(2)], {"dim": [0]}).source)
from typing import List, Optional, Tuple
def wrapper(a0: torch.Tensor):
    return torch.sum(a0, dim=[0])
<BLANKLINE>
"""

from __future__ import annotations

import itertools
import linecache
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import torch

#: Operators of Python by the method with swapped operands.
REFLECTED = {
    "__radd__": "+", "__rsub__": "-", "__rmul__": "*", "__rdiv__": "/", "__rtruediv__": "/",
    "__rmod__": "%", "__rpow__": "**", "__rand__": "&", "__ror__": "|", "__rxor__": "^",
    "__rmatmul__": "@",
}  # fmt: skip
ATTRIBUTES = ("T", "H", "mT", "mH")

_numbers = itertools.count()


class Unspeakable(Exception):
    """A call that no literal source can express."""


@dataclass(frozen=True)
class Wrapper:
    """The source of ``wrapper``, and the tensors to call it with."""

    source: str
    tensors: list[torch.Tensor]


def wrapper(path: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Wrapper:
    """The function that calls `path` with those arguments. Raises `Unspeakable`."""
    parameters: list[torch.Tensor] = []
    words = [_literal(value, parameters) for value in args]
    named = [f"{name}={_literal(value, parameters)}" for name, value in kwargs.items()]
    holder, _, name = path.rpartition(".")
    if holder != "torch.Tensor":
        call = f"{path}({', '.join(words + named)})"
    elif not words:
        raise Unspeakable("a method without its tensor")
    elif name in REFLECTED and len(words) == 2 and not named:
        call = f"{words[1]} {REFLECTED[name]} {words[0]}"
    elif name == "__getitem__":
        call = f"{words[0]}[{_index(args[1], parameters, words[1])}]"
    elif name in ATTRIBUTES:
        call = f"{words[0]}.{name}"
    else:
        call = f"{words[0]}.{name}({', '.join(words[1:] + named)})"
    takes = ", ".join(f"a{i}: torch.Tensor" for i in range(len(parameters)))
    source = (
        "from typing import List, Optional, Tuple\n"
        f"def wrapper({takes}):\n"
        f"    return {call}\n"
    )  # fmt: skip
    return Wrapper(source, parameters)


def _literal(value: Any, parameters: list[torch.Tensor]) -> str:
    if isinstance(value, torch.Tensor):
        parameters.append(value)
        return f"a{len(parameters) - 1}"
    if value is None or isinstance(value, bool | int | str):
        return repr(value)
    if isinstance(value, float):
        if math.isfinite(value):
            return repr(value)
        return f'float("{value}")'
    if isinstance(value, complex):
        return f"complex({value.real!r}, {value.imag!r})"
    if isinstance(value, torch.device):
        return f'torch.device("{value}")'
    if isinstance(value, torch.dtype | torch.layout | torch.memory_format):
        return str(value)
    if isinstance(value, torch.Size) or isinstance(value, list):
        if not value:
            return "torch.jit.annotate(List[int], [])"
        return f"[{', '.join(_literal(item, parameters) for item in value)}]"
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        if not value:
            return "torch.jit.annotate(List[int], [])"
        return f"({', '.join(_literal(item, parameters) for item in value)},)"
    raise Unspeakable(f"a {type(value).__name__} as an argument")


def _index(value: Any, parameters: list[torch.Tensor], whole: str) -> str:
    """A subscript as one writes it; `whole` is its literal, had it been an argument."""
    items = value if isinstance(value, tuple) else (value,)
    words = []
    for item in items:
        if isinstance(item, slice):
            parts = [item.start, item.stop, item.step]
            words.append(":".join("" if p is None else _literal(p, parameters) for p in parts))
        elif item is Ellipsis:
            words.append("...")
        elif isinstance(item, torch.Tensor):
            words.append(next(f"a{i}" for i, p in enumerate(parameters) if p is item))
        else:
            words.append(_literal(item, parameters))
    return ", ".join(words) if words else whole


def compiled(source: str, library: ModuleType) -> Callable[..., Any]:
    """The wrapper under `library.jit.script`, ``torch`` standing for that library in it.

    Raises what the compiler raises.
    """
    filename = f"<parity wrapper {next(_numbers)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    scope: dict[str, Any] = {"torch": library, "__name__": "parity_wrapper"}
    exec(compile(source, filename, "exec", dont_inherit=True), scope)
    try:
        return library.jit.script(scope["wrapper"])  # type: ignore[no-any-return]
    finally:
        del linecache.cache[filename]
