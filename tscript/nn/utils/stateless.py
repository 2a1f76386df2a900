"""Calling a module with other parameters than its own, for the length of the call."""

from __future__ import annotations

from typing import Any

from tscript import Tensor
from tscript.nn.module import Module

__all__ = ["functional_call"]


def functional_call(
    module: Module,
    parameters_and_buffers: dict[str, Tensor],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """What the module gives with these parameters and buffers, by dotted name, in its own's place.

    With ``tie_weights`` a tensor that stands under two names is replaced under both; ``strict``
    wants all names, and no others.

    >>> import tscript as torch
    >>> from tscript import nn
    >>> layer = nn.Linear(1, 1, bias=False)
    >>> functional_call(layer, {"weight": torch.tensor([[3.0]])}, torch.tensor([2.0]))
    tensor([6.])
    """
    if not isinstance(parameters_and_buffers, dict):
        raise TypeError(
            f"parameters_and_buffers is a dict, not {type(parameters_and_buffers).__name__}"
        )
    own: dict[str, Tensor] = dict(module.named_parameters(remove_duplicate=False))
    own.update(module.named_buffers(remove_duplicate=False))
    given = dict(parameters_and_buffers)
    if strict and set(given) != set(own):
        raise RuntimeError(
            f"missing: {sorted(set(own) - set(given))}, unexpected: {sorted(set(given) - set(own))}"
        )
    if tie_weights:
        for name, value in parameters_and_buffers.items():
            for other, tensor in own.items():
                if name in own and tensor is own[name]:
                    given.setdefault(other, value)
    before = []
    try:
        for path, value in given.items():
            place, _, name = path.rpartition(".")
            holder = module.get_submodule(place)
            members: Any = holder._parameters if name in holder._parameters else holder._buffers
            if name not in members:
                raise KeyError(f"{type(module).__name__} has no parameter or buffer {path!r}")
            before.append((members, name, members[name]))
            members[name] = value
        arguments = () if args is None else args if isinstance(args, tuple) else (args,)
        return module(*arguments, **(kwargs or {}))
    finally:
        for members, name, value in reversed(before):
            members[name] = value
