"""The exceptions that running scripts raise.

``raise ValueError(...)`` in a script arrives in Python as an exception that is both
:class:`Error` (``torch.jit.Error``) and ``ValueError``; a builtin operator that fails arrives as a
``RuntimeError`` that is also the class Python would have raised (``IndexError``, ``KeyError``).
The classes are made once per Python class. How the message gets its TorchScript traceback is
:mod:`tscript.runtime.traceback`.
"""

from __future__ import annotations

import builtins


class Error(RuntimeError):
    """``torch.jit.Error``: an exception that a script raised, with the script's traceback."""


class OperatorError(RuntimeError):
    """An operator failed inside a script; also an instance of the class it failed with."""


class ArgumentError(RuntimeError, TypeError):
    """An argument given to a compiled function does not fit its signature.

    A ``RuntimeError`` as in PyTorch, and a ``TypeError`` as in Python.
    """


class DifferentiationError(RuntimeError):
    """Gradients were asked for; nothing here computes them yet."""


_combined: dict[tuple[type, type], type] = {}


def combined_class(
    ours: type[RuntimeError], python_class: type[BaseException]
) -> type[RuntimeError]:
    """The exception class that is both ``ours`` and ``python_class``.

    >>> cls = combined_class(Error, ValueError)
    >>> issubclass(cls, Error), issubclass(cls, ValueError), cls.__name__
    (True, True, 'ValueError')
    """
    if issubclass(ours, python_class):
        return ours
    if issubclass(python_class, ours):
        return python_class
    key = (ours, python_class)
    found = _combined.get(key)
    if found is None:
        try:
            members = {"__str__": _plain_text, "__reduce__": _reduced}
            found = type(python_class.__name__, (ours, python_class), members)
        except (
            TypeError
        ):  # layouts that do not combine (UnicodeDecodeError, user classes with slots)
            found = ours
        if found is not ours:
            found.__module__ = "tscript.jit"
        _combined[key] = found
    return found


def _plain_text(self: BaseException) -> str:
    """KeyError would show the repr of its message; a message of several lines must stay readable."""
    return str(self.args[0]) if len(self.args) == 1 else str(self.args)


def _reduced(self: BaseException) -> tuple[object, ...]:
    """Exceptions travel between processes; these classes are found by what they combine."""
    ours, python_class = type(self).__bases__
    return (_rebuilt, (ours, python_class, self.args))


def _rebuilt(
    ours: type[RuntimeError], python_class: type[BaseException], args: tuple[object, ...]
) -> BaseException:
    return combined_class(ours, python_class)(*args)


def exception_class(qualified_name: str | None) -> type[BaseException]:
    """The Python exception a script names: a builtin one, or ``Exception`` for what Python lacks.

    >>> exception_class("builtins.KeyError"), exception_class(None)
    (<class 'KeyError'>, <class 'Exception'>)
    """
    name = (qualified_name or "Exception").rpartition(".")[2]
    found = getattr(builtins, name, None)
    if isinstance(found, type) and issubclass(found, Exception):
        return found
    return Exception
