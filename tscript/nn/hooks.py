"""Handles that remove a registered hook, and the hooks that see the calls of every module.

A module's own hooks are kept by ``tscript.nn.module``.
"""

from __future__ import annotations

import itertools
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

__all__ = [
    "RemovableHandle",
    "register_module_backward_hook",
    "register_module_buffer_registration_hook",
    "register_module_forward_hook",
    "register_module_forward_pre_hook",
    "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
]

Hook = Callable[..., Any]
_ids = itertools.count()


class RemovableHandle:
    """What registering a hook returns: ``handle.remove()`` takes the hook out again.

    It is also a context manager that removes the hook at the end of the block.

    >>> from collections import OrderedDict
    >>> hooks = OrderedDict()
    >>> handle = add_hook(hooks, print)
    >>> len(hooks)
    1
    >>> handle.remove(); len(hooks)
    0
    """

    __slots__ = ("__weakref__", "_registries", "id")

    def __init__(self, *registries: OrderedDict[int, Any]) -> None:
        self.id = next(_ids)
        # weak: a handle that is kept must not keep its module
        self._registries = [weakref.ref(registry) for registry in registries]

    def remove(self) -> None:
        """Remove the hook; nothing happens when it is gone already."""
        for registry in self._registries:
            hooks = registry()
            if hooks is not None:
                hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.remove()

    def __reduce__(self) -> tuple[Any, ...]:
        # a handle that went through pickle belongs to no module
        return (RemovableHandle, ())


def add_hook(
    hooks: OrderedDict[int, Hook], hook: Hook, *flags: OrderedDict[int, bool], prepend: bool = False
) -> RemovableHandle:
    """Put ``hook`` last (or first) into ``hooks`` and mark it in each of ``flags``."""
    handle = RemovableHandle(hooks, *flags)
    hooks[handle.id] = hook
    for flag in flags:
        flag[handle.id] = True
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


#: Hooks of all modules: run before a module's own.
global_forward_pre_hooks: OrderedDict[int, Hook] = OrderedDict()
global_forward_hooks: OrderedDict[int, Hook] = OrderedDict()
global_with_kwargs: OrderedDict[int, bool] = OrderedDict()
global_always_called: OrderedDict[int, bool] = OrderedDict()


def register_module_forward_pre_hook(hook: Hook) -> RemovableHandle:
    """Run ``hook(module, args)`` before the forward of every module.

    A result other than None replaces the positional arguments.
    """
    return add_hook(global_forward_pre_hooks, hook)


def register_module_forward_hook(
    hook: Hook, *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Run ``hook(module, args, output)`` after the forward of every module.

    A result other than None replaces the output; ``with_kwargs`` and ``always_call`` are as in
    ``Module.register_forward_hook``.
    """
    flags = [global_with_kwargs] * with_kwargs + [global_always_called] * always_call
    return add_hook(global_forward_hooks, hook, *flags)


#: Hooks for gradients, which nothing here computes: kept, never called.
global_backward_hooks: OrderedDict[int, Hook] = OrderedDict()
global_backward_pre_hooks: OrderedDict[int, Hook] = OrderedDict()
#: Hooks that see what is registered, by the registry's name; a result replaces the value.
registration_hooks: dict[str, OrderedDict[int, Hook]] = {
    "_buffers": OrderedDict(),
    "_modules": OrderedDict(),
    "_parameters": OrderedDict(),
}


def registered(registry: str, module: object, name: str, value: Any) -> Any:
    """``value`` as the registration hooks leave it."""
    for hook in registration_hooks[registry].values():
        replaced = hook(module, name, value)
        if replaced is not None:
            value = replaced
    return value


def register_module_buffer_registration_hook(hook: Hook) -> RemovableHandle:
    """Run ``hook(module, name, buffer)`` when a buffer is registered; a result replaces it."""
    return add_hook(registration_hooks["_buffers"], hook)


def register_module_module_registration_hook(hook: Hook) -> RemovableHandle:
    """Run ``hook(module, name, submodule)`` when one is registered; a result replaces it."""
    return add_hook(registration_hooks["_modules"], hook)


def register_module_parameter_registration_hook(hook: Hook) -> RemovableHandle:
    """Run ``hook(module, name, parameter)`` when one is registered; a result replaces it."""
    return add_hook(registration_hooks["_parameters"], hook)


def register_module_full_backward_hook(hook: Hook) -> RemovableHandle:
    """Keep a hook for the gradients of every module; it is never called."""
    return add_hook(global_backward_hooks, hook)


def register_module_full_backward_pre_hook(hook: Hook) -> RemovableHandle:
    """Keep a hook for the gradients of every module's outputs; it is never called."""
    return add_hook(global_backward_pre_hooks, hook)


def register_module_backward_hook(hook: Hook) -> RemovableHandle:
    """The old name of :func:`register_module_full_backward_hook`."""
    return register_module_full_backward_hook(hook)
