"""``LazyModuleMixin``: modules that learn the sizes of their input at the first call.

The lazy layers stand beside the layers they become (``linear``, ``conv``, ``batchnorm``,
``instancenorm``); what holds no values yet is ``tscript.nn.parameter.UninitializedParameter``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tscript as torch
from tscript.nn.module import Module
from tscript.nn.parameter import is_lazy
from tscript.runtime.tensor import Tensor

__all__ = ["LazyModuleMixin", "materialize"]


class LazyModuleMixin(Module):
    """What the lazy layers share; it stands before the layer in the list of bases.

    At the first call ``initialize_parameters(*args, **kwargs)`` gives every parameter its shape,
    and the module becomes one of ``cls_to_become``. Loading a state dictionary gives shapes too.

    >>> import tscript as torch
    >>> from tscript import nn
    >>> layer = nn.LazyLinear(2)
    >>> layer(torch.zeros(4, 3)).shape, layer
    (torch.Size([4, 2]), Linear(in_features=3, out_features=2, bias=True))
    """

    #: What a module of this class is after its first call; None: it stays what it is.
    cls_to_become: type[Module] | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._register_load_state_dict_pre_hook(_give_shapes, with_module=True)
        self.register_forward_pre_hook(_infer_parameters, with_kwargs=True)

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        """Give each parameter the shape that these arguments of ``forward`` need."""
        raise NotImplementedError(f"{type(self).__name__} defines no initialize_parameters")

    def has_uninitialized_params(self) -> bool:
        """Whether a parameter or buffer of this module has no shape yet."""
        members = [*self._parameters.values(), *self._buffers.values()]
        return any(is_lazy(member) for member in members)


def materialize(tensor: Tensor | None, shape: tuple[int, ...]) -> None:
    """Give ``tensor`` its shape, if it is one that has none yet."""
    if is_lazy(tensor):
        tensor.materialize(shape)


def _give_shapes(
    module: LazyModuleMixin, state_dict: Mapping[str, Any], prefix: str, *_: Any
) -> None:
    """Before loading: what has no shape yet takes that of the value to be loaded."""
    for name, member in [*module._parameters.items(), *module._buffers.items()]:
        value = state_dict.get(prefix + name)
        if is_lazy(member) and value is not None and not is_lazy(value):
            with torch.no_grad():
                member.materialize(tuple(value.shape))


def _infer_parameters(
    module: LazyModuleMixin, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    """Before the first forward: the module is initialised, and is lazy no longer."""
    module.initialize_parameters(*args, **kwargs)
    if module.has_uninitialized_params():
        raise RuntimeError(
            f"{type(module).__name__}.initialize_parameters left parameters without a shape"
        )
    # found by what they are: a copy of a module has copies of hooks, and no handles on them
    for hooks, own in (
        (module._forward_pre_hooks, _infer_parameters),
        (module._load_state_dict_pre_hooks, _give_shapes),
    ):
        for key in [key for key, hook in hooks.items() if getattr(hook, "hook", hook) is own]:
            del hooks[key]
            module._forward_pre_hooks_with_kwargs.pop(key, None)
    if module.cls_to_become is not None:
        module.__class__ = module.cls_to_become  # type: ignore[assignment]
