"""State dictionaries: how a tree of modules is written into one, and read back from one.

``Module`` has the methods that users call and override; the algorithms are here. Files are
``tscript.archive``.
"""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import tscript as torch
from tscript.nn.parameter import Parameter, is_lazy
from tscript.runtime.tensor import Tensor

if TYPE_CHECKING:
    from tscript.nn.module import Module

__all__ = ["IncompatibleKeys"]

EXTRA_STATE = "_extra_state"


class IncompatibleKeys(
    NamedTuple("IncompatibleKeys", [("missing_keys", list[str]), ("unexpected_keys", list[str])])
):
    """What ``load_state_dict`` returns: names the dictionary lacks, and names nothing took."""

    __slots__ = ()

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return super().__repr__()

    __str__ = __repr__


class PostHook:
    """A ``state_dict`` post hook that edits in place, and whose result means nothing."""

    def __init__(self, hook: Callable[..., Any]) -> None:
        self.hook = hook

    def __call__(self, *args: Any) -> None:
        if self.hook(*args) is not None:
            raise RuntimeError(
                f"state_dict post hook {self.hook!r} must edit in place, return None"
            )


class LoadPreHook:
    """A hook before loading, bound to its module when it asked for it; survives deepcopy."""

    def __init__(self, hook: Callable[..., Any], module: Module | None) -> None:
        self.hook = hook
        self.module = module

    def __call__(self, *args: Any) -> Any:
        return self.hook(*args) if self.module is None else self.hook(self.module, *args)


def _has_extra_state(module: Module) -> bool:
    from tscript.nn.module import Module

    return type(module).get_extra_state is not Module.get_extra_state


def _persistent_members(module: Module) -> list[tuple[str, Tensor]]:
    buffers = (
        (name, buffer)
        for name, buffer in module._buffers.items()
        if name not in module._non_persistent_buffers_set
    )
    members = itertools.chain(module._parameters.items(), buffers)
    return [(name, member) for name, member in members if member is not None]


def save_members(module: Module, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
    """Write the parameters, persistent buffers and extra state of ``module`` alone."""
    for name, member in _persistent_members(module):
        destination[prefix + name] = member if keep_vars or is_lazy(member) else member.detach()
    if _has_extra_state(module):
        destination[prefix + EXTRA_STATE] = module.get_extra_state()


def state_dict(module: Module, destination: Any, prefix: str, keep_vars: bool) -> Any:
    """The state of ``module`` and all below it, into ``destination`` when there is one."""
    if destination is None:
        destination = OrderedDict()
        destination._metadata = OrderedDict()
    local_metadata = {"version": module._version}
    if hasattr(destination, "_metadata"):
        destination._metadata[prefix[:-1]] = local_metadata
    for hook in module._state_dict_pre_hooks.values():
        hook(module, prefix, keep_vars)
    module._save_to_state_dict(destination, prefix, keep_vars)
    for name, child in module._modules.items():
        if child is not None:
            child.state_dict(
                destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars
            )
    for hook in module._state_dict_hooks.values():
        replaced = hook(module, destination, prefix, local_metadata)
        if replaced is not None:
            destination = replaced
    return destination


def load_members(
    module: Module,
    state_dict: Mapping[str, Any],
    prefix: str,
    local_metadata: dict[str, Any],
    strict: bool,
    missing_keys: list[str],
    unexpected_keys: list[str],
    error_msgs: list[str],
) -> None:
    """Load what ``module`` itself holds, noting in the lists what does not fit."""
    for hook in module._load_state_dict_pre_hooks.values():
        hook(state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
    members = dict(_persistent_members(module))
    assign = bool(local_metadata.get("assign_to_params_buffers", False))
    for name, member in members.items():
        key = prefix + name
        if key in state_dict:
            problem = _load_one(module, name, member, state_dict[key], assign)
            if problem:
                error_msgs.append(f"{key}: {problem}")
        elif strict:
            missing_keys.append(key)

    extra_key = prefix + EXTRA_STATE
    if _has_extra_state(module):
        if extra_key in state_dict:
            module.set_extra_state(state_dict[extra_key])
        elif strict:
            missing_keys.append(extra_key)
    elif strict and extra_key in state_dict:
        unexpected_keys.append(extra_key)

    if strict:
        for key in state_dict:
            if key.startswith(prefix) and key != extra_key:
                name, _, rest = key[len(prefix) :].partition(".")
                known_child = bool(rest) and name in module._modules
                if not known_child and (rest or name not in members):
                    unexpected_keys.append(key)


def _load_one(module: Module, name: str, member: Tensor, value: Any, assign: bool) -> str | None:
    """Put ``value`` into a parameter or buffer; the reason in words when that is impossible."""
    if not isinstance(value, Tensor):
        return f"a Tensor is needed, the dictionary has a {type(value).__name__}"
    if is_lazy(member) or is_lazy(value):
        if is_lazy(member) and is_lazy(value):
            return None  # neither has values yet
        return f"the {'module' if is_lazy(member) else 'dictionary'} has a tensor without a shape"
    # before PyTorch 0.4 what is 0-dimensional now was saved with one element
    if member.dim() == 0 and tuple(value.shape) == (1,):
        value = value[0]
    if tuple(value.shape) != tuple(member.shape):
        return f"size mismatch, {_shape(value)} in the dictionary, {_shape(member)} in the module"
    with torch.no_grad():
        if not assign:
            member.copy_(value)
        elif isinstance(member, Parameter):
            if not isinstance(value, Parameter):
                value = Parameter(value, requires_grad=member.requires_grad)
            elif value.requires_grad != member.requires_grad:
                value.requires_grad_(member.requires_grad)
            setattr(module, name, value)
        else:
            setattr(module, name, value)
    return None


def _shape(tensor: Tensor) -> str:
    return str(tuple(tensor.shape))


def load_state_dict(
    module: Module, state_dict: Mapping[str, Any], strict: bool, assign: bool
) -> IncompatibleKeys:
    """Load the tree below ``module``; raise once, with everything that does not fit."""
    if not isinstance(state_dict, Mapping):
        raise TypeError(f"load_state_dict takes a mapping, not {type(state_dict).__name__}")
    missing: list[str] = []
    unexpected: list[str] = []
    problems: list[str] = []
    metadata = getattr(state_dict, "_metadata", None)
    # hooks may edit it: not the caller's
    remaining: Any = OrderedDict(state_dict)
    if metadata is not None:
        remaining._metadata = metadata

    def load(owner: Module, part: Any, prefix: str) -> None:
        local = {} if metadata is None else dict(metadata.get(prefix[:-1], {}))
        if assign:
            local["assign_to_params_buffers"] = True
        owner._load_from_state_dict(part, prefix, local, True, missing, unexpected, problems)
        for name, child in owner._modules.items():
            if child is not None:
                below = f"{prefix}{name}."
                load(child, {k: v for k, v in part.items() if k.startswith(below)}, below)
        incompatible = IncompatibleKeys(missing, unexpected)
        for hook in owner._load_state_dict_post_hooks.values():
            if hook(owner, incompatible) is not None:
                raise RuntimeError(
                    f"load_state_dict post hook {hook!r} must edit the lists in place, return None"
                )

    load(module, remaining, "")
    if strict:
        for title, keys in (("unexpected", unexpected), ("missing", missing)):
            if keys:
                problems.insert(0, f"{title} keys: {', '.join(map(repr, keys))}")
    if problems:
        name = type(module).__name__
        raise RuntimeError(f"state_dict does not fit {name}:\n  " + "\n  ".join(problems))
    return IncompatibleKeys(missing, unexpected)
