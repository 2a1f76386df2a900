"""Operators as functions: ``torch.relu``, ``torch.linalg.norm``, ``torch.ops.aten.add.Tensor``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ops_registry.dtypes import scalar_dtype
from ops_registry.operator import fill_defaults
from ops_registry.registry import UnknownOperatorError, registry
from tscript.runtime.dispatch import call
from tscript.runtime.overloads import eager
from tscript.runtime.tensor import wrap

_NUMBERS = frozenset({bool, int, float, complex})

#: Functions that take two numbers for two 0-dim tensors; scripts have overloads of numbers for
#: many more.
_ARITHMETIC = frozenset(
    {"add", "sub", "subtract", "mul", "multiply", "div", "divide", "true_divide", "floor_divide"}
)


def _of_numbers_only(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    values = (*args, *kwargs.values())
    return bool(values) and all(type(value) in _NUMBERS for value in values)


def operator_function(namespace: str, name: str) -> Callable[..., Any] | None:
    """``namespace::name`` as a Python function; None when no operator is called that."""
    full_name = f"{namespace}::{name}"
    if not registry().overloads(full_name):
        return None

    def function(*args: Any, **kwargs: Any) -> Any:
        result = eager(full_name, args, kwargs)
        kind = type(result)
        if kind is list:  # a Tensor[] is a tuple in Python
            return tuple(result)
        if isinstance(result, tuple) and any(type(item) is list for item in result):
            items = [tuple(item) if type(item) is list else item for item in result]
            return kind(items)
        if kind in _NUMBERS and _of_numbers_only(args, kwargs):
            if name not in _ARITHMETIC:
                raise TypeError(f"{name}() takes a tensor, and none was given")
            return wrap(np.array(result, scalar_dtype(result).numpy))
        return result

    function.__name__ = function.__qualname__ = name
    function.__module__ = "tscript"
    function.operator_name = full_name  # type: ignore[attr-defined]  # what a script calls
    function.__doc__ = "\n".join(str(s) for s in registry().overloads(full_name))
    return function


def prefixed(module: str, prefix: str) -> Callable[[str], Any]:
    """A module's ``__getattr__`` that finds ``aten::<prefix><name>``."""

    def find(name: str) -> Any:
        if not name.startswith("__"):
            found = operator_function("aten", prefix + name)
            if found is not None:
                found.__name__ = found.__qualname__ = name
                return found
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return find


class OperatorPacket:
    """All overloads of one operator: ``torch.ops.aten.add``; ``.Tensor`` is one of them."""

    def __init__(self, name: str) -> None:
        self._name = name
        #: What a call of it is in a script.
        self.operator_name = name
        self.__name__ = name.partition("::")[2]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return eager(self._name, args, kwargs)

    def overloads(self) -> list[str]:
        """The names of the overloads, ``default`` for the nameless one."""
        return [s.overload or "default" for s in registry().overloads(self._name)]

    def __getattr__(self, overload: str) -> Any:
        if overload.startswith("__"):
            raise AttributeError(overload)
        try:
            operator = registry().operator(self._name, "" if overload == "default" else overload)
        except UnknownOperatorError as error:
            raise AttributeError(str(error)) from None

        def one(*args: Any, **kwargs: Any) -> Any:
            return call(operator, fill_defaults(operator.schema, args, kwargs))

        one.__name__ = one.__qualname__ = operator.full_name
        setattr(self, overload, one)
        return one

    def __repr__(self) -> str:
        return f"<operator {self._name}>"


class OperatorNamespace:
    """The operators of one namespace: ``torch.ops.mylib``."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __getattr__(self, name: str) -> OperatorPacket:
        full_name = f"{self.name}::{name}"
        if not registry().has(full_name):
            raise AttributeError(
                name if name.startswith("__") else registry().why_missing(full_name)
            )
        packet = OperatorPacket(full_name)
        setattr(self, name, packet)
        return packet
