"""Whether operations would be recorded for differentiation: ``no_grad`` and its relatives.

Nothing is differentiated yet; the flags are kept because code asks for them and because leaf
tensors refuse in-place writes while gradients are on.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

_grad_enabled: ContextVar[bool] = ContextVar("grad_enabled", default=True)
_inference_mode: ContextVar[bool] = ContextVar("inference_mode", default=False)


def is_grad_enabled() -> bool:
    """Whether gradients are on; true unless inside ``no_grad`` or ``inference_mode``."""
    return _grad_enabled.get()


def set_grad_flag(mode: bool) -> None:
    """Set the flag and leave it so."""
    _grad_enabled.set(mode)


def is_inference_mode_enabled() -> bool:
    """Whether the innermost ``inference_mode`` block switched it on."""
    return _inference_mode.get()


class _Mode:
    """A context manager and decorator that sets the gradient flag."""

    def __init__(self, mode: bool) -> None:
        self.mode = mode
        self._saved: list[bool] = []

    def __enter__(self) -> None:
        self._saved.append(_grad_enabled.get())
        _grad_enabled.set(self.mode)

    def __exit__(self, *exception: object) -> None:
        _grad_enabled.set(self._saved.pop())

    def _again(self) -> _Mode:
        """A fresh one for each call of a decorated function, which may recurse."""
        return _Mode(self.mode)

    def __call__(self, function: F) -> F:
        @functools.wraps(function)
        def decorated(*args: Any, **kwargs: Any) -> Any:
            with self._again():
                return function(*args, **kwargs)

        return decorated  # type: ignore[return-value]


class no_grad(_Mode):
    """Switch gradients off for a ``with`` block or a function.

    >>> with no_grad():
    ...     is_grad_enabled()
    False
    """

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        if function is None:
            return super().__new__(cls)
        return cls()(function)

    def __init__(self, function: Callable[..., Any] | None = None) -> None:
        super().__init__(False)


class enable_grad(_Mode):
    """Switch gradients on again inside ``no_grad``."""

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        if function is None:
            return super().__new__(cls)
        return cls()(function)

    def __init__(self, function: Callable[..., Any] | None = None) -> None:
        super().__init__(True)


class set_grad_enabled(_Mode):
    """Set the flag at once; as a context manager, restore it at the end."""

    def __init__(self, mode: bool) -> None:
        super().__init__(bool(mode))
        self._outer = _grad_enabled.get()
        _grad_enabled.set(self.mode)

    def __enter__(self) -> None:
        self._saved.append(self._outer)
        _grad_enabled.set(self.mode)

    def __call__(self, function: F) -> F:
        _grad_enabled.set(self._outer)
        return super().__call__(function)


class inference_mode(_Mode):
    """``no_grad``, and a promise that nothing made inside will ever be differentiated.

    >>> with inference_mode():
    ...     is_inference_mode_enabled(), is_grad_enabled()
    (True, False)
    """

    def __new__(cls, mode: Any = True) -> Any:
        if isinstance(mode, bool):
            return super().__new__(cls)
        return cls()(mode)

    def __init__(self, mode: Any = True) -> None:
        self.inference = bool(mode) if isinstance(mode, bool) else True
        super().__init__(not self.inference)
        self._saved_inference: list[bool] = []

    def _again(self) -> inference_mode:
        made: inference_mode = type(self)(self.inference)
        return made

    def __enter__(self) -> None:
        super().__enter__()
        self._saved_inference.append(_inference_mode.get())
        _inference_mode.set(self.inference)

    def __exit__(self, *exception: object) -> None:
        super().__exit__(*exception)
        _inference_mode.set(self._saved_inference.pop())
