"""``Module``, the base class of everything in ``tscript.nn``: what it holds.

How it is called is ``tscript.nn.calling``, reading and writing state dictionaries
``tscript.nn.state``; containers and layers are in ``tscript.nn.modules``; compiling a module is
``tscript.jit``.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar, overload

import tscript as torch
from ops_registry.device import Device
from ops_registry.dtypes import Dtype
from tscript.nn import hooks as _hooks
from tscript.nn import state as _state
from tscript.nn.calling import Called, set_call_interceptor
from tscript.nn.hooks import Hook, RemovableHandle
from tscript.nn.parameter import Buffer, Parameter
from tscript.runtime.tensor import Tensor

__all__ = ["Module", "set_call_interceptor"]

_M = TypeVar("_M", bound="Module")
#: Attributes that hold what is registered; set with object.__setattr__, which registers nothing.
REGISTRIES = (
    "_parameters",
    "_buffers",
    "_modules",
    "_forward_hooks",
    "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called",
    "_forward_pre_hooks",
    "_forward_pre_hooks_with_kwargs",
    "_backward_hooks",
    "_backward_pre_hooks",
    "_state_dict_hooks",
    "_state_dict_pre_hooks",
    "_load_state_dict_pre_hooks",
    "_load_state_dict_post_hooks",
)


class Module(Called):
    """A part of a network: parameters, buffers and other modules by name, and a ``forward``.

    Assigning a :class:`Parameter`, a :class:`Buffer` or a module to an attribute registers it.

    >>> class Scale(Module):
    ...     def __init__(self, by):
    ...         super().__init__()
    ...         self.by = by
    ...     def forward(self, x):
    ...         return x * self.by
    >>> Scale(3)(5)
    15
    """

    training: bool
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Module | None]
    _non_persistent_buffers_set: set[str]
    _state_dict_hooks: OrderedDict[int, Hook]
    _state_dict_pre_hooks: OrderedDict[int, Hook]
    _load_state_dict_pre_hooks: OrderedDict[int, Hook]
    _load_state_dict_post_hooks: OrderedDict[int, Hook]

    #: Written into state dictionaries, so that loading knows how old one is.
    _version: int = 1
    #: Whether ``super().__init__()`` goes on to the next class of a multiple inheritance.
    call_super_init: bool = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not self.call_super_init and (args or kwargs):
            given = f"{len(args)} positional argument(s)" if args else f"keyword {min(kwargs)!r}"
            raise TypeError(
                f"{type(self).__name__}: Module.__init__ takes no arguments, got {given}"
            )
        for name in REGISTRIES:
            # the registries of hooks are ordered, so that a hook can be put first
            registry = OrderedDict() if "hooks" in name else {}  # type: ignore[var-annotated]
            object.__setattr__(self, name, registry)
        object.__setattr__(self, "_non_persistent_buffers_set", set())
        object.__setattr__(self, "training", True)
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    # ------------------------------------------------------------- registration

    def _check_new_name(self, name: object, what: str, registry: str) -> None:
        if registry not in self.__dict__:
            raise AttributeError(
                f"{type(self).__name__}.__init__ has to call super().__init__() before it "
                f"registers a {what}"
            )
        if not isinstance(name, str):
            raise TypeError(f"the name of a {what} is a str, not {type(name).__name__}")
        if "." in name:
            raise KeyError(f"the name of a {what} has no dot in it: {name!r}")
        if name == "":
            raise KeyError(f"the name of a {what} is empty")
        if hasattr(self, name) and name not in self.__dict__[registry]:
            raise KeyError(f"{type(self).__name__} already has an attribute {name!r}")

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Hold a tensor that is state but no parameter, such as a running mean.

        A buffer that is not ``persistent`` is left out of the state dictionary.
        """
        self._check_new_name(name, "buffer", "_buffers")
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(f"buffer {name!r} is a Tensor or None, not {_kind(tensor)}")
        if any(_hooks.registration_hooks.values()):
            tensor = _hooks.registered("_buffers", self, name, tensor)
        self._buffers[name] = tensor
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Hold a parameter under ``name``; None reserves the name (a layer without bias)."""
        self._check_new_name(name, "parameter", "_parameters")
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(f"parameter {name!r} is a Parameter or None, not {_kind(param)}")
        if any(_hooks.registration_hooks.values()):
            param = _hooks.registered("_parameters", self, name, param)
        self._parameters[name] = param

    def register_module(self, name: str, module: Module | None) -> None:
        """:meth:`add_module`."""
        self.add_module(name, module)

    def add_module(self, name: str, module: Module | None) -> None:
        """Hold another module, whose parameters and buffers become part of this one's."""
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"submodule {name!r} is a Module or None, not {_kind(module)}")
        self._check_new_name(name, "submodule", "_modules")
        if any(_hooks.registration_hooks.values()):
            module = _hooks.registered("_modules", self, name, module)
        self._modules[name] = module

    def __getattr__(self, name: str) -> Any:
        own = self.__dict__
        for registry in ("_parameters", "_buffers", "_modules"):
            members = own.get(registry)
            if members is not None and name in members:
                return members[name]
        raise AttributeError(
            f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self
        )

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.__dict__
        if isinstance(value, Parameter):
            self._forget(name, "_parameters", "parameter")
            self.register_parameter(name, value)
        elif isinstance(value, Module):
            self._forget(name, "_modules", "submodule")
            if any(_hooks.registration_hooks.values()):
                value = _hooks.registered("_modules", self, name, value)
            own["_modules"][name] = value
        elif isinstance(value, Buffer):
            self._forget(name, "_buffers", "buffer")
            self.register_buffer(name, value, value.persistent)
        elif name in own.get("_parameters", ()):
            if value is not None:
                raise TypeError(
                    f"{type(self).__name__}.{name} is a parameter: it takes a Parameter or None, "
                    f"not {_kind(value)}"
                )
            self._parameters[name] = None
        elif name in own.get("_modules", ()):
            if value is not None:
                raise TypeError(
                    f"{type(self).__name__}.{name} is a submodule: it takes a Module or None, "
                    f"not {_kind(value)}"
                )
            self._modules[name] = None
        elif name in own.get("_buffers", ()):
            if value is not None and not isinstance(value, Tensor):
                raise TypeError(
                    f"{type(self).__name__}.{name} is a buffer: it takes a Tensor or None, "
                    f"not {_kind(value)}"
                )
            self._buffers[name] = value
        else:
            object.__setattr__(self, name, value)

    def _forget(self, name: str, destination: str, what: str) -> None:
        """Drop what ``name`` was before it becomes a ``what``; ``destination`` keeps its order."""
        own = self.__dict__
        if destination not in own:
            raise AttributeError(
                f"{type(self).__name__}.__init__ has to call super().__init__() before it assigns "
                f"a {what}"
            )
        own.pop(name, None)
        for registry in ("_parameters", "_buffers", "_modules"):
            if registry != destination:
                own[registry].pop(name, None)
        if destination != "_buffers":
            own["_non_persistent_buffers_set"].discard(name)

    def __delattr__(self, name: str) -> None:
        for registry in ("_parameters", "_buffers", "_modules"):
            if name in self.__dict__.get(registry, ()):
                del self.__dict__[registry][name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        names = {*dir(type(self)), *self.__dict__, *self._parameters, *self._buffers,
                 *self._modules}  # fmt: skip
        # "0", "1" of a Sequential are no attribute anyone can write
        return sorted(name for name in names if not name[:1].isdigit())

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for name in REGISTRIES:
            if name not in self.__dict__:
                self.__dict__[name] = OrderedDict()
        self.__dict__.setdefault("_non_persistent_buffers_set", set())

    # --------------------------------------------------------------- traversal

    def get_submodule(self, target: str) -> Module:
        """The submodule at a dotted path, ``"encoder.layers.0"``; the module itself for ``""``."""
        module: Module = self
        for part in target.split(".") if target else ():
            if not hasattr(module, part):
                raise AttributeError(
                    f"{type(module).__name__} has no attribute {part!r} ({target})"
                )
            child = getattr(module, part)
            if not isinstance(child, Module):
                raise AttributeError(f"{part!r} in {target!r} is no Module but {_kind(child)}")
            module = child
        return module

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Put ``module`` at a dotted path; with ``strict`` something has to be there already."""
        if not target:
            raise ValueError("the target path of set_submodule is empty")
        if not isinstance(module, Module):
            raise ValueError(f"set_submodule takes a Module, not {_kind(module)}")
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        if strict and not hasattr(parent, name):
            raise AttributeError(f"{type(parent).__name__} has no attribute {name!r} ({target})")
        if hasattr(parent, name) and not isinstance(getattr(parent, name), Module):
            raise AttributeError(f"{name!r} in {target!r} is no Module")
        setattr(parent, name, module)

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a dotted path, ``"encoder.weight"``."""
        path, _, name = target.rpartition(".")
        owner = self.get_submodule(path)
        found = owner._parameters.get(name)
        if found is None:
            raise AttributeError(f"{type(owner).__name__} has no parameter {name!r} ({target})")
        return found

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at a dotted path, ``"norm.running_mean"``."""
        path, _, name = target.rpartition(".")
        owner = self.get_submodule(path)
        found = owner._buffers.get(name)
        if found is None:
            raise AttributeError(f"{type(owner).__name__} has no buffer {name!r} ({target})")
        return found

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module (named ``prefix``) and all below it, depth first, each once."""
        if memo is None:
            memo = set()
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, child in self._modules.items():
            if child is not None:
                path = f"{prefix}.{name}" if prefix else name
                yield from child.named_modules(memo, path, remove_duplicate)

    def modules(self) -> Iterator[Module]:
        """This module and all below it, depth first, each once."""
        for _, module in self.named_modules():
            yield module

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The direct submodules with their names; one that has two names is given once."""
        seen: set[Module] = set()
        for name, child in self._modules.items():
            if child is not None and child not in seen:
                seen.add(child)
                yield name, child

    def children(self) -> Iterator[Module]:
        """The direct submodules."""
        for _, child in self.named_children():
            yield child

    def _named_members(
        self,
        members_of: Callable[[Module], Any],
        prefix: str = "",
        recurse: bool = True,
        remove_duplicate: bool = True,
    ) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        if recurse:
            owners = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
        else:
            owners = iter([(prefix, self)])
        for path, owner in owners:
            for name, member in members_of(owner):
                if member is None or (remove_duplicate and id(member) in seen):
                    continue
                seen.add(id(member))
                yield (f"{path}.{name}" if path else name), member

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """The parameters with their dotted names, each once; ``recurse=False``: only its own."""
        return self._named_members(
            lambda owner: owner._parameters.items(), prefix, recurse, remove_duplicate
        )

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters, each once."""
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """The buffers with their dotted names, each once."""
        return self._named_members(
            lambda owner: owner._buffers.items(), prefix, recurse, remove_duplicate
        )

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers, each once."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    # ------------------------------------------------------------------- modes

    def train(self: _M, mode: bool = True) -> _M:
        """Set ``training`` here and in all submodules (dropout and batch norm look at it)."""
        if not isinstance(mode, bool):
            raise ValueError(f"train() takes True or False, not {mode!r}")
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self: _M) -> _M:
        """``train(False)``."""
        return self.train(False)

    def requires_grad_(self: _M, requires_grad: bool = True) -> _M:
        """Set ``requires_grad`` of every parameter."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop (or, with ``set_to_none=False``, zero) the gradient of every parameter."""
        for parameter in self.parameters():
            if parameter.grad is None:
                continue
            if set_to_none:
                parameter.grad = None
            else:
                with torch.no_grad():
                    parameter.grad.zero_()

    # ------------------------------------------------------------- conversions

    def apply(self: _M, fn: Callable[[Module], None]) -> _M:
        """Call ``fn`` on every submodule, children first, then on this one."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def _apply(self: _M, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> _M:
        """Convert every parameter and buffer with ``fn``; the Parameter objects stay the same."""
        if recurse:
            for child in self.children():
                child._apply(fn)
        for parameter in self._parameters.values():
            if parameter is None:
                continue
            with torch.no_grad():
                parameter.data = fn(parameter.data)
                if parameter.grad is not None:
                    parameter.grad = fn(parameter.grad)
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = fn(buffer)
        return self

    @overload
    def to(self: _M, device: str | Device | int | None = ..., dtype: Dtype | None = ...,
           non_blocking: bool = ...) -> _M: ...  # fmt: skip
    @overload
    def to(self: _M, dtype: Dtype, non_blocking: bool = ...) -> _M: ...
    @overload
    def to(self: _M, tensor: Tensor, non_blocking: bool = ...) -> _M: ...
    def to(self: _M, *args: Any, **kwargs: Any) -> _M:
        """Move to a device, and convert floating point and complex parameters and buffers.

        ``to(device)``, ``to(dtype)``, ``to(device, dtype)`` or ``to(like_tensor)``; the module is
        changed, and returned.
        """
        device, dtype = _parse_to(args, kwargs)
        if dtype is not None and not (dtype.is_floating_point or dtype.is_complex):
            raise TypeError(f"a module converts to floating point or complex dtypes, not {dtype!r}")

        def convert(tensor: Tensor) -> Tensor:
            converts = tensor.is_floating_point() or tensor.is_complex()
            return tensor.to(device=device, dtype=dtype if converts else None)

        return self._apply(convert)

    def type(self: _M, dst_type: Dtype | str) -> _M:
        """Convert all parameters and buffers to ``dst_type``, integers too."""
        return self._apply(lambda tensor: tensor.type(dst_type))

    def _to_floating(self: _M, dtype: Dtype) -> _M:
        return self._apply(lambda t: t.to(dtype) if t.is_floating_point() else t)

    def float(self: _M) -> _M:
        """Convert floating point parameters and buffers to float32."""
        return self._to_floating(torch.float32)

    def double(self: _M) -> _M:
        """Convert floating point parameters and buffers to float64."""
        return self._to_floating(torch.float64)

    def half(self: _M) -> _M:
        """Convert floating point parameters and buffers to float16."""
        return self._to_floating(torch.float16)

    def bfloat16(self: _M) -> _M:
        """Convert floating point parameters and buffers to bfloat16."""
        return self._to_floating(torch.bfloat16)

    def cpu(self: _M) -> _M:
        """Move all parameters and buffers to the CPU."""
        return self._apply(lambda tensor: tensor.cpu())

    def cuda(self: _M, device: int | Device | None = None) -> _M:
        """Raises: tscript computes on the CPU; the message names the remedy."""
        return self._apply(lambda tensor: tensor.cuda(device))

    def to_empty(self: _M, *, device: str | Device | None, recurse: bool = True) -> _M:
        """Move to a device without copying: what is there afterwards is not initialised."""
        return self._apply(lambda t: torch.empty_like(t, device=device), recurse=recurse)

    # -------------------------------------------------------------------- state

    def register_state_dict_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Run ``hook(module, prefix, keep_vars)`` before ``state_dict`` reads this module."""
        return _hooks.add_hook(self._state_dict_pre_hooks, hook)

    def register_state_dict_post_hook(self, hook: Hook) -> RemovableHandle:
        """Run ``hook(module, state_dict, prefix, local_metadata)``, which edits it in place."""
        return _hooks.add_hook(self._state_dict_hooks, _state.PostHook(hook))

    def _register_state_dict_hook(self, hook: Hook) -> RemovableHandle:
        """As the post hook; what it returns, if not None, becomes the state dictionary."""
        return _hooks.add_hook(self._state_dict_hooks, hook)

    def register_load_state_dict_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Run ``hook(module, state_dict, prefix, local_metadata, strict, missing_keys,
        unexpected_keys, error_msgs)`` before this module loads its part."""
        return self._register_load_state_dict_pre_hook(hook, with_module=True)

    def _register_load_state_dict_pre_hook(
        self, hook: Hook, with_module: bool = False
    ) -> RemovableHandle:
        bound = _state.LoadPreHook(hook, self if with_module else None)
        return _hooks.add_hook(self._load_state_dict_pre_hooks, bound)

    def register_load_state_dict_post_hook(self, hook: Hook) -> RemovableHandle:
        """Run ``hook(module, incompatible_keys)`` after loading; it may edit the lists of keys."""
        return _hooks.add_hook(self._load_state_dict_post_hooks, hook)

    def get_extra_state(self) -> Any:
        """Further state to save under ``_extra_state``; define it with ``set_extra_state``."""
        raise RuntimeError(f"{type(self).__name__} defines no get_extra_state")

    def set_extra_state(self, state: Any) -> None:
        """Take back what ``get_extra_state`` gave."""
        raise RuntimeError(f"{type(self).__name__} defines no set_extra_state")

    def _save_to_state_dict(
        self, destination: dict[str, Any], prefix: str, keep_vars: bool
    ) -> None:
        """Write this module's own members; layers that save something else override it."""
        _state.save_members(self, destination, prefix, keep_vars)

    def state_dict(
        self, *, destination: Any = None, prefix: str = "", keep_vars: bool = False
    ) -> Any:
        """All parameters and persistent buffers by dotted name, sharing memory with the module.

        They are detached unless ``keep_vars``. ``_metadata`` of the result has each module's
        version.
        """
        return _state.state_dict(self, destination, prefix, keep_vars)

    def _load_from_state_dict(
        self,
        state_dict: Mapping[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Load this module's own members; layers whose state changed over time override it."""
        _state.load_members(
            self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys,
            error_msgs,
        )  # fmt: skip

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> _state.IncompatibleKeys:
        """Copy values from a state dictionary into the parameters and buffers.

        Names that are missing or unexpected, and shapes that differ, raise one RuntimeError that
        has them all; with ``strict=False`` names may be missing or unexpected, and are returned.
        With ``assign`` the given tensors are taken as they are, instead of being copied.
        """
        return _state.load_state_dict(self, state_dict, strict, assign)

    # ----------------------------------------------------------------- printing

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What stands in the parentheses of the printed module, besides its submodules."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        children = [f"({name}): {_indent(repr(child))}" for name, child in self._modules.items()]
        if not children and len(lines) == 1:
            return f"{self._get_name()}({lines[0]})"
        body = "".join(f"  {line}\n" for line in [*lines, *children])
        return f"{self._get_name()}(" + ("\n" + body if body else "") + ")"


def _kind(value: object) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"


def _indent(text: str) -> str:
    return text.replace("\n", "\n  ")


def _parse_to(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Device | None, Dtype | None]:
    """The device and the dtype that the arguments of ``Module.to`` ask for."""
    device, dtype = kwargs.pop("device", None), kwargs.pop("dtype", None)
    like = kwargs.pop("tensor", None)
    kwargs.pop("non_blocking", None)
    kwargs.pop("memory_format", None)
    if kwargs:
        raise TypeError(f"Module.to has no argument {min(kwargs)!r}")
    for value in args:
        if isinstance(value, Tensor):
            like = value
        elif isinstance(value, Dtype):
            dtype = value
        elif isinstance(value, bool):
            continue  # non_blocking: nothing here is asynchronous
        elif isinstance(value, Device | str | int):
            device = value
        elif value is not None:
            raise TypeError(f"Module.to takes a device, a dtype or a Tensor, not {_kind(value)}")
    if like is not None:
        device, dtype = like.device, like.dtype
    if device is not None and not isinstance(device, Device):
        device = torch.device(device)
    return device, dtype
