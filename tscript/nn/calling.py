"""How a module is called: ``forward``, the hooks around it, and who may stand in between.

``Module`` inherits it from :class:`Called`; the lists of hooks are its own.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from tscript.nn import hooks as _hooks
from tscript.nn.hooks import Hook, RemovableHandle

if TYPE_CHECKING:
    from tscript.nn.module import Module

__all__ = ["Called", "set_call_interceptor"]

CallInterceptor = Callable[["Module", tuple[Any, ...], dict[str, Any]], Any]

_call_interceptor: CallInterceptor | None = None


def set_call_interceptor(interceptor: CallInterceptor | None) -> CallInterceptor | None:
    """Have ``interceptor(module, args, kwargs)`` called in place of every module call.

    It runs the module with ``module._call_impl(*args, **kwargs)`` and returns the result. Returns
    the interceptor that was set before, which the new one is expected to respect; None removes.

    >>> seen = []
    >>> def record(module, args, kwargs):
    ...     seen.append(type(module).__name__)
    ...     return module._call_impl(*args, **kwargs)
    >>> from tscript.nn import Module
    >>> class Twice(Module):
    ...     def forward(self, x):
    ...         return x * 2
    >>> previous = set_call_interceptor(record)
    >>> Twice()(21), seen
    (42, ['Twice'])
    >>> _ = set_call_interceptor(previous)
    """
    global _call_interceptor
    previous, _call_interceptor = _call_interceptor, interceptor
    return previous


class Called:
    """Calling a module runs its ``forward`` with the hooks around it."""

    _forward_hooks: OrderedDict[int, Hook]
    _forward_hooks_with_kwargs: OrderedDict[int, bool]
    _forward_hooks_always_called: OrderedDict[int, bool]
    _forward_pre_hooks: OrderedDict[int, Hook]
    _forward_pre_hooks_with_kwargs: OrderedDict[int, bool]
    _backward_hooks: OrderedDict[int, Hook]
    _backward_pre_hooks: OrderedDict[int, Hook]

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What calling the module computes; every module that is called defines it."""
        raise NotImplementedError(f"{type(self).__name__} defines no forward()")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if _call_interceptor is not None:
            return _call_interceptor(cast("Module", self), args, kwargs)
        return self._call_impl(*args, **kwargs)

    def _call_impl(self, *args: Any, **kwargs: Any) -> Any:
        """Run ``forward`` with the hooks around it."""
        try:
            hooked = self._forward_hooks or self._forward_pre_hooks
        except AttributeError:
            raise AttributeError(
                f"{type(self).__name__}.__init__ has to call super().__init__() first"
            ) from None
        if not (hooked or _hooks.global_forward_hooks or _hooks.global_forward_pre_hooks):
            return self.forward(*args, **kwargs)
        return self._call_with_hooks(args, kwargs)

    def _call_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        called: set[int] = set()
        output: Any = None
        try:
            for key, hook in [*_hooks.global_forward_pre_hooks.items(),
                              *self._forward_pre_hooks.items()]:  # fmt: skip
                if key in self._forward_pre_hooks_with_kwargs:
                    changed = hook(self, args, kwargs)
                    if changed is None:
                        continue
                    if not (isinstance(changed, tuple) and len(changed) == 2):
                        raise RuntimeError(
                            f"a forward pre-hook with kwargs returns None or (args, kwargs); "
                            f"{hook!r} returned {changed!r}"
                        )
                    args, kwargs = changed
                else:
                    changed = hook(self, args)
                    if changed is not None:
                        args = changed if isinstance(changed, tuple) else (changed,)
            output = self.forward(*args, **kwargs)
            for key, hook, with_kwargs, _ in self._all_forward_hooks():
                called.add(key)
                changed = (
                    hook(self, args, kwargs, output) if with_kwargs else hook(self, args, output)
                )
                if changed is not None:
                    output = changed
        except Exception:  # `always_call` hooks are called whatever was raised, and it goes on
            for key, hook, with_kwargs, always in self._all_forward_hooks():
                if not always or key in called:
                    continue
                try:
                    if with_kwargs:
                        hook(self, args, kwargs, output)
                    else:
                        hook(self, args, output)
                except Exception as error:  # the first failure is the one to report
                    warnings.warn(
                        f"forward hook {hook!r} raised {error!r} after forward() had failed",
                        stacklevel=2,
                    )
            raise
        return output

    def _all_forward_hooks(self) -> list[tuple[int, Hook, bool, bool]]:
        """Key, hook, with kwargs, always called: the global ones first."""
        found = [
            (key, hook, key in _hooks.global_with_kwargs, key in _hooks.global_always_called)
            for key, hook in _hooks.global_forward_hooks.items()
        ]
        found += [
            (key, hook, key in self._forward_hooks_with_kwargs,
             key in self._forward_hooks_always_called)
            for key, hook in self._forward_hooks.items()
        ]  # fmt: skip
        return found

    def register_forward_pre_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Run ``hook(module, args)`` before each forward; a result replaces the arguments.

        With ``with_kwargs`` it is ``hook(module, args, kwargs)`` and returns None or both.
        """
        flags = [self._forward_pre_hooks_with_kwargs] * with_kwargs
        return _hooks.add_hook(self._forward_pre_hooks, hook, *flags, prepend=prepend)

    def register_forward_hook(
        self,
        hook: Hook,
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> RemovableHandle:
        """Run ``hook(module, args, output)`` after each forward; a result replaces the output.

        With ``with_kwargs`` it is ``hook(module, args, kwargs, output)``; with ``always_call`` it
        runs also when the forward raised, ``output`` being None then.
        """
        flags = [self._forward_hooks_with_kwargs] * with_kwargs
        flags += [self._forward_hooks_always_called] * always_call
        return _hooks.add_hook(self._forward_hooks, hook, *flags, prepend=prepend)

    def register_full_backward_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Keep a hook for gradients. Nothing here computes any, so it is never called."""
        return _hooks.add_hook(self._backward_hooks, hook, prepend=prepend)

    def register_backward_hook(self, hook: Hook) -> RemovableHandle:
        """The old name of :meth:`register_full_backward_hook`."""
        return self.register_full_backward_hook(hook)

    def register_full_backward_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Keep a hook for gradients of outputs; it is never called either."""
        return _hooks.add_hook(self._backward_pre_hooks, hook, prepend=prepend)
