"""Marks that code leaves for the compiler; ``jit`` re-exports them, ``nn`` is written with them.

A mark changes nothing about how Python runs the code. It is read by the resolvers, live (from the
object) and static (from the decorator's or annotation's name), and it is always one of these:

====================================  =============================================================
mark                                  what it leaves
====================================  =============================================================
``@ignore @unused @export``           ``fn._torchscript_modifier``, a :class:`Modifier`; on a
                                      property, on its getter and setter
``@interface``                        ``cls.__torchscript_interface__ = True``
``@_overload @_overload_method``      a declaration, found by :func:`overloads_of`
``boolean_dispatch(...)``             ``fn.__torchscript_dispatch__``, a :class:`BooleanDispatch`
``BroadcastingList2[int]``            in an annotation: ``int[2]`` of a schema, ``List[int]`` else
``Attribute(value, type)``            an attribute whose type is given, not inferred
``Final``                             ``typing.Final``
``__constants__``                     class attribute, names of attributes that are constants
``__jit_unused_properties__``         class attribute, names of properties that are not compiled
``__jit_ignored_attributes__``        class attribute, names of attributes that scripts do not see
====================================  =============================================================

Compiling what is marked is the business of ``tscript.frontend`` and ``tscript.jit``.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, TypeVar, cast, overload

__all__ = [
    "Attribute",
    "BooleanDispatch",
    "BroadcastingList1",
    "BroadcastingList2",
    "BroadcastingList3",
    "Final",
    "Modifier",
    "boolean_dispatch",
    "export",
    "ignore",
    "interface",
    "is_scripting",
    "modifier_of",
    "overloads_of",
    "unused",
]

_F = TypeVar("_F")
_T = TypeVar("_T")
_C = TypeVar("_C", bound=type)


class Modifier(enum.Enum):
    """What a decorator asked the compiler to do with a function (``fn._torchscript_modifier``)."""

    #: Compile it only when something that is compiled calls it.
    DEFAULT = "default"
    #: Leave the call in Python.
    IGNORE = "ignore"
    #: Replace the body with raising an exception.
    UNUSED = "unused"
    #: Compile it although ``forward`` does not reach it.
    EXPORT = "export"
    #: Copied onto the Python side of a scripted module, run by Python.
    COPY_TO_SCRIPT_WRAPPER = "copy_to_script_wrapper"


def _mark(target: _F, modifier: Modifier) -> _F:
    for function in (target.fget, target.fset) if isinstance(target, property) else (target,):
        if function is not None:
            cast(Any, function)._torchscript_modifier = modifier
    return target


def modifier_of(target: object) -> Modifier:
    """The mark of a function, a bound method or a property; ``Modifier.DEFAULT`` without one.

    >>> @unused
    ... def plot(x): ...
    >>> modifier_of(plot)
    <Modifier.UNUSED: 'unused'>
    """
    if isinstance(target, property):
        target = target.fget
    target = getattr(target, "__func__", target)
    found = getattr(target, "_torchscript_modifier", None)
    return found if isinstance(found, Modifier) else Modifier.DEFAULT


@overload
def ignore(drop: _F) -> _F: ...
@overload
def ignore(drop: bool = ...) -> Callable[[_F], _F]: ...
def ignore(drop: Any = False) -> Any:
    """Leave calls of a function or method in Python; with ``drop=True`` it is as :func:`unused`.

    A module that calls an ignored function runs, and cannot be saved.

    >>> @ignore
    ... def log(x):
    ...     print("saw", x)
    >>> modifier_of(log)
    <Modifier.IGNORE: 'ignore'>
    """
    if callable(drop) or isinstance(drop, property):
        return _mark(drop, Modifier.IGNORE)
    if not isinstance(drop, bool):
        raise TypeError(f"ignore(drop=...) takes True or False, not {type(drop).__name__}")
    modifier = Modifier.UNUSED if drop else Modifier.IGNORE
    return lambda target: _mark(target, modifier)


def unused(fn: _F) -> _F:
    """Never compile a function, method or property: reaching it in a script raises.

    The module around it scripts and saves.
    """
    return _mark(fn, Modifier.UNUSED)


def export(fn: _F) -> _F:
    """Compile a method as an entry point of its module, although ``forward`` does not call it."""
    return _mark(fn, Modifier.EXPORT)


def _copy_to_script_wrapper(fn: _F) -> _F:
    """Let the scripted module run this method in Python (``ModuleList.__len__`` and the like)."""
    return _mark(fn, Modifier.COPY_TO_SCRIPT_WRAPPER)


def interface(cls: _C) -> _C:
    """Mark a class whose methods have only signatures as a TorchScript interface type.

    >>> @interface
    ... class Scorer:
    ...     def score(self, x: int) -> int: ...
    >>> Scorer.__torchscript_interface__
    True
    """
    if not isinstance(cls, type):
        raise TypeError(f"interface decorates a class, not {cls!r}")
    cast(Any, cls).__torchscript_interface__ = True
    return cls


def is_scripting() -> bool:
    """False in Python, and a constant true in compiled code: guards what only one of them can run.

    >>> is_scripting()
    False
    """
    return False


class Attribute(NamedTuple):
    """The initial value of a module's attribute with its TorchScript type.

    ``self.table = torch.jit.Attribute({}, Dict[str, int])`` in ``__init__`` of a module.
    """

    value: Any
    type: Any


# module -> qualified name -> (file, line) -> declaration; code that is run again replaces its own
_overloads: dict[str, dict[str, dict[tuple[str, int], Callable[..., Any]]]] = {}


def _overload(func: Callable[..., Any]) -> Callable[..., Any]:
    """Declare one signature of the function that the next definition of that name implements.

    The implementation is compiled once for each declaration, with its types.
    """
    declared = _overloads.setdefault(func.__module__, {}).setdefault(func.__qualname__, {})
    code = func.__code__
    declared[code.co_filename, code.co_firstlineno] = func
    cast(Any, func).__torchscript_overload__ = True
    return func


def _overload_method(func: Callable[..., Any]) -> Callable[..., Any]:
    """:func:`_overload` for a method."""
    return _overload(func)


def overloads_of(fn: Callable[..., Any]) -> tuple[Callable[..., Any], ...]:
    """The signatures declared for an implementation, in the order of their source.

    A function of one name can be defined twice in a module; declarations after ``fn`` are not its.

    >>> @_overload
    ... def f(x: int) -> int: ...
    >>> @_overload
    ... def f(x: str) -> str: ...
    >>> def f(x):
    ...     return x
    >>> len(overloads_of(f))
    2
    """
    fn = getattr(fn, "__func__", fn)
    code = getattr(fn, "__code__", None)
    if code is None:
        return ()
    declared = _overloads.get(fn.__module__, {}).get(fn.__qualname__, {})
    candidates = [(place, item) for place, item in declared.items() if item is not fn]
    before = [
        (place[1], item)
        for place, item in candidates
        if place[0] == code.co_filename and place[1] < code.co_firstlineno
    ]
    if before:
        return tuple(item for _, item in sorted(before, key=lambda pair: pair[0]))
    # cells of a notebook, statements of a doctest: each is a file of its own
    return tuple(item for place, item in candidates if place[0] != code.co_filename)


@dataclass(frozen=True)
class BooleanDispatch:
    """Two functions behind one name, chosen by a flag that is a constant where it is compiled.

    Their results differ in type (``return_indices`` of the max poolings), so the compiler picks
    one at each call: the flag is argument ``argument`` at position ``index``, or ``default``.
    """

    argument: str
    index: int
    default: bool
    if_true: Callable[..., Any]
    if_false: Callable[..., Any]


def boolean_dispatch(
    arg_name: str,
    arg_index: int,
    default: bool,
    if_true: Callable[..., Any],
    if_false: Callable[..., Any],
    module_name: str | None = None,
    func_name: str | None = None,
) -> Callable[..., Any]:
    """A function that calls ``if_true`` or ``if_false`` with all of its arguments.

    >>> both = boolean_dispatch("both", 1, False, lambda x, both: (x, x), lambda x, both=False: x)
    >>> both(1), both(1, True), both(1, both=True)
    (1, (1, 1), (1, 1))
    >>> both.__torchscript_dispatch__.argument
    'both'
    """

    def dispatcher(*args: Any, **kwargs: Any) -> Any:
        if arg_name in kwargs:
            flag = kwargs[arg_name]
        else:
            flag = args[arg_index] if arg_index < len(args) else default
        return (if_true if flag else if_false)(*args, **kwargs)

    dispatcher.__doc__ = if_true.__doc__ or if_false.__doc__
    if module_name is not None:
        dispatcher.__module__ = module_name
    if func_name is not None:
        dispatcher.__name__ = dispatcher.__qualname__ = func_name
    cast(Any, dispatcher).__torchscript_dispatch__ = BooleanDispatch(
        arg_name, arg_index, default, if_true, if_false
    )
    return dispatcher


class _BroadcastingList:
    """What ``BroadcastingList2`` is to Python: ``BroadcastingList2[int]`` is ``list[int]``.

    In a script, the argument it annotates also takes one number, repeated.
    """

    def __init__(self, size: int) -> None:
        self.size = size

    def __getitem__(self, element: type) -> Any:
        return list[element]  # type: ignore[valid-type]

    def __repr__(self) -> str:
        return f"BroadcastingList{self.size}"


if TYPE_CHECKING:
    _Broadcasting: TypeAlias = _T | list[_T] | tuple[_T, ...]
    BroadcastingList1 = _Broadcasting[_T]
    BroadcastingList2 = _Broadcasting[_T]
    BroadcastingList3 = _Broadcasting[_T]
else:
    BroadcastingList1 = _BroadcastingList(1)
    BroadcastingList2 = _BroadcastingList(2)
    BroadcastingList3 = _BroadcastingList(3)
