"""What special forms of the compiler do in plain Python: ``annotate``, ``isinstance``, ``fork`` ..."""

from __future__ import annotations

import builtins
import typing
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from tscript.runtime.object import Future

T = TypeVar("T")


def annotate(the_type: Any, the_value: Any) -> Any:
    """The value itself; in a script the value has the given type.

    To a type checker the result is Any: the type is an expression, which no signature can use.

    >>> from typing import List
    >>> annotate(List[int], [])
    []
    """
    return the_value


def isinstance(obj: Any, target_type: Any) -> bool:
    """Whether a value is of a type, generics included; refines the type in a script.

    >>> from typing import Dict, List
    >>> isinstance([1, 2], List[int]), isinstance({"a": 1.0}, Dict[str, int])
    (True, False)
    """
    if builtins.isinstance(target_type, tuple):
        return any(isinstance(obj, member) for member in target_type)
    origin = typing.get_origin(target_type)
    arguments = typing.get_args(target_type)
    if origin is None:
        if target_type is None:
            return obj is None
        if target_type in (int, float) and builtins.isinstance(obj, bool):
            return False
        return builtins.isinstance(obj, target_type)
    if origin is list:
        return builtins.isinstance(obj, list) and all(isinstance(v, arguments[0]) for v in obj)
    if origin is dict:
        return builtins.isinstance(obj, dict) and all(
            isinstance(k, arguments[0]) and isinstance(v, arguments[1]) for k, v in obj.items()
        )
    if origin is tuple:
        return (
            builtins.isinstance(obj, tuple)
            and len(obj) == len(arguments)
            and all(map(isinstance, obj, arguments))
        )
    return any(isinstance(obj, member) for member in arguments)


def fork(func: Any, *args: Any, **kwargs: Any) -> Future:
    """Call a function at once and return its result as a future."""
    try:
        return Future(func(*args, **kwargs))
    except Exception as error:
        return Future(error=error)


def wait(future: Any) -> Any:
    """The result of a future; raises what its call raised."""
    return future.wait()


def _unwrap_optional(x: T | None) -> T:
    """The value, which must not be None."""
    if x is None:
        raise AssertionError("a value that was said not to be None is None")
    return x


@contextmanager
def optimized_execution(should_optimize: bool) -> Iterator[None]:
    """Run compiled code (True) or the plain interpreter (False) in a block."""
    from tscript.runtime.executor import executing_with

    with executing_with("auto" if should_optimize else "interpreter"):
        yield
