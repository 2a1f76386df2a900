"""``ScriptModule``: the Python face of a scripted, traced or loaded module.

Behind it is a :class:`~tscript.runtime.object.ScriptObject`; parameters, buffers and attributes
are its slots, methods run compiled. A face is an ``nn.Module`` for everything else: parameters,
state dictionaries, ``train()``, being a submodule.

A class that derives from ``ScriptModule`` with methods marked ``script_method`` is compiled when
its ``__init__`` is done; :func:`~tscript.jit.scripting.script` makes a :class:`RecursiveScriptModule`.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any

from ops_registry import types as t
from tscript import markers
from tscript.ir.function import CompiledFunction
from tscript.ir.graph import Graph
from tscript.jit.compiled import compile_into, compiling, graph_of
from tscript.jit.enabled import enabled
from tscript.nn import Module, ModuleList, Sequential
from tscript.nn.module import REGISTRIES
from tscript.runtime.boundary import to_python, to_runtime
from tscript.runtime.executor import call_method
from tscript.runtime.object import ScriptObject
from tscript.types.nominal import AttributeKind, ModuleType


class ScriptMethod:
    """A compiled method of a scripted module, bound to it."""

    __slots__ = ("name", "owner")

    def __init__(self, owner: ScriptObject, name: str) -> None:
        self.owner = owner
        self.name = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return call_method(self.owner, self.name, args, kwargs)

    @property
    def _compiled(self) -> CompiledFunction:
        return self.owner.type.compiled[self.name]  # type: ignore[no-any-return]

    @property
    def graph(self) -> Graph:
        """The method's graph."""
        return self._compiled.graph

    @property
    def inlined_graph(self) -> Graph:
        """The graph with the calls it makes inlined."""
        return graph_of(self._compiled, inlined=True)

    @property
    def code(self) -> str:
        """The method as Python, printed from its graph."""
        from tscript.archive.code_export import function_code

        return function_code(self._compiled, self.owner)

    @property
    def schema(self) -> Any:
        """The method's signature."""
        return self._compiled.schema

    def __repr__(self) -> str:
        return f"<ScriptMethod {self._compiled.schema}>"


class _Slots(MutableMapping[str, Any]):
    """The slots of one kind (parameters or buffers) as the dict that ``nn.Module`` works on."""

    def __init__(self, owner: ScriptObject, kind: AttributeKind) -> None:
        self.owner = owner
        self.kind = kind

    def __iter__(self) -> Iterator[str]:
        for name, attribute in self.owner.type.attributes.items():
            if attribute.kind == self.kind:
                yield name

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        attribute = self.owner.type.attributes.get(name)  # type: ignore[call-overload]
        return attribute is not None and attribute.kind == self.kind

    def __getitem__(self, name: str) -> Any:
        if name not in self:
            raise KeyError(name)
        return self.owner.slots[name]

    def __setitem__(self, name: str, value: Any) -> None:
        if name not in self:
            raise RuntimeError(f"a scripted module takes no new {self.kind}: {name!r}")
        self.owner.slots[name] = value

    def __delitem__(self, name: str) -> None:
        raise RuntimeError(f"a {self.kind} of a scripted module cannot be deleted: {name!r}")


class _ScriptMeta(type):
    """Compiles a ``ScriptModule`` when its ``__init__`` is done."""

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> None:
        super().__init__(name, bases, namespace)
        methods: dict[str, Any] = {}
        for base in reversed(cls.__mro__):
            for member_name, member in vars(base).items():
                marked = getattr(member, "_script_method", None)
                if marked is not None:
                    methods[member_name] = marked
        cls._script_methods = methods

    _script_methods: dict[str, Any]

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        made = super().__call__(*args, **kwargs)
        if cls._script_methods and "_script_object" not in vars(made):
            _compile_instance(made)
        return made


class ScriptModule(Module, metaclass=_ScriptMeta):
    """A module whose methods are compiled; see :mod:`tscript.jit.script_module`.

    >>> import tscript as torch
    >>> class Double(torch.jit.ScriptModule):
    ...     __constants__ = ["factor"]
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.factor = 2
    ...     @torch.jit.script_method
    ...     def forward(self, x):
    ...         return self.factor * x
    >>> Double()(torch.ones(2))
    tensor([2., 2.])
    """

    _script_object: ScriptObject

    def __init__(self, optimize: bool | None = None) -> None:
        super().__init__()

    # The compiled side.

    @property
    def _c(self) -> ScriptObject:
        """What scripts see of the module, by PyTorch's name: ``a._c._type() == b._c._type()``."""
        return self._script_object

    @property
    def graph(self) -> Graph:
        """The graph of ``forward``."""
        return self._method("forward").graph

    @property
    def inlined_graph(self) -> Graph:
        """The graph of ``forward`` with its calls inlined."""
        return self._method("forward").inlined_graph

    @property
    def code(self) -> str:
        """``forward`` as Python, printed from its graph."""
        return self._method("forward").code

    @property
    def schema(self) -> Any:
        """The signature of ``forward``."""
        return self._method("forward").schema

    @property
    def original_name(self) -> str:
        """The name of the class that was scripted."""
        own = vars(self).get("_script_object")
        if own is None:
            return type(self).__name__
        return str(own.type.qualified_name).rpartition(".")[2]

    def _method(self, name: str) -> ScriptMethod:
        own = vars(self).get("_script_object")
        if own is None:
            raise AttributeError(f"{type(self).__name__} is not compiled yet")
        if name not in own.type.compiled:
            methods = ", ".join(own.type.compiled) or "none"
            raise AttributeError(
                f"{self.original_name} has no compiled method {name!r}; it has: {methods}"
            )
        return ScriptMethod(own, name)

    def define(self, src: str) -> None:
        """Compile the functions in a text as methods of this module.

        Raises CompilationError when they are no TorchScript.
        """
        from tscript.jit.compiled import define_methods

        if vars(self).get("_script_object") is None:
            _compile_instance(self)
        kind = self._script_object.type
        assert isinstance(kind, ModuleType)
        define_methods(kind, src, inspect.currentframe())
        _show_forward(self, self._script_object)

    def save(self, f: Any, _extra_files: dict[str, Any] | None = None) -> None:
        """Write an archive; see :func:`tscript.jit.save`."""
        from tscript.jit.save_load import save

        save(self, f, _extra_files=_extra_files)

    def save_to_buffer(self) -> bytes:
        """The archive's bytes."""
        from tscript.jit.save_load import save_to_buffer

        return save_to_buffer(self)

    # The nn.Module side.

    def __getattr__(self, name: str) -> Any:
        own = vars(self).get("_script_object")
        if own is not None and not name.startswith("__"):
            type: ModuleType = own.type
            if name in type.attributes and name not in vars(self)["_modules"]:
                return to_python(own.slots[name])
            if name in type.compiled:
                return ScriptMethod(own, name)
            found = type.properties.get(name)
            if found is not None:
                return call_method(own, found.getter, (), {})
            constant = type.constants.get(name)
            if constant is not None:
                return constant.value
        return super().__getattr__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        own = vars(self).get("_script_object")
        if own is None or name in REGISTRIES:
            super().__setattr__(name, value)
            return
        type: ModuleType = own.type
        attribute = type.attributes.get(name)
        if attribute is not None and not isinstance(attribute.type, ModuleType):
            own.slots[name] = to_runtime(value, attribute.type, name)
        elif attribute is not None:
            _set_submodule(self, own, name, value)
        elif name in type.constants:
            raise AttributeError(
                f"{name!r} is a constant of {self.original_name}: it cannot be set"
            )
        elif name in type.properties and type.properties[name].setter is not None:
            call_method(own, str(type.properties[name].setter), (value,), {})
        else:
            object.__setattr__(self, name, value)

    def _call_impl(self, *args: Any, **kwargs: Any) -> Any:
        own = vars(self).get("_script_object")
        if own is None:
            return super()._call_impl(*args, **kwargs)
        type: ModuleType = own.type
        for name in type.forward_pre_hooks:
            changed = self._call_hook(own, name, (args,))
            if changed is not None:
                args = changed if isinstance(changed, tuple) else (changed,)
        output = super()._call_impl(*args, **kwargs)
        for name in type.forward_hooks:
            changed = self._call_hook(own, name, (args, output))
            output = output if changed is None else changed
        return output

    def _call_hook(self, own: ScriptObject, name: str, args: tuple[Any, ...]) -> Any:
        if name in own.type.compiled:
            return call_method(own, name, args, {})
        return own.type.methods[name].handle.function(self, *args)  # `ignore` left it in Python

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        own = vars(self).get("_script_object")
        if own is None:
            made = object.__new__(type(self))
            memo[id(self)] = made
            vars(made).update(copy.deepcopy(vars(self), memo))
            return made
        made = face_of(copy.deepcopy(own, memo), cls=_face_class(self))
        _carry_python_side(self, made, lambda value: copy.deepcopy(value, memo))
        return made

    def __copy__(self) -> Any:
        own = vars(self).get("_script_object")
        if own is None:
            made = object.__new__(type(self))
            vars(made).update(vars(self))
            return made
        made = face_of(ScriptObject(own.type, dict(own.slots)), cls=_face_class(self))
        _carry_python_side(self, made, lambda value: value)
        return made

    def __reduce__(self) -> Any:
        if "_script_object" not in vars(self):
            return super().__reduce__()
        from tscript.jit.save_load import load_from_bytes

        return load_from_bytes, (self.save_to_buffer(),)

    def extra_repr(self) -> str:
        own = vars(self).get("_script_object")
        return "" if own is None else f"original_name={self.original_name}"


class RecursiveScriptModule(ScriptModule):
    """What ``script(module)``, ``trace(module)`` and ``load`` give."""

    def __init__(self, script_object: ScriptObject) -> None:
        super().__init__()
        attach(self, script_object, {})

    def _get_name(self) -> str:
        return type(self).__name__

    @classmethod
    def _construct(cls, script_object: ScriptObject, init_fn: Any = None) -> RecursiveScriptModule:
        return cls(script_object)

    # What a scripted ModuleList, Sequential or ModuleDict still does in Python. (Methods that are
    # looked up on the type cannot be copied from the container to its face.)

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        return len(self._parts())

    def __iter__(self) -> Iterator[Any]:
        parts = self._parts()
        return iter(parts if self._kind() == "dict" else parts.values())

    def __contains__(self, key: object) -> bool:
        return key in self._parts()

    def __getitem__(self, key: Any) -> Any:
        parts = self._parts()
        if self._kind() == "dict":
            return parts[key]
        values = list(parts.values())
        if not isinstance(key, slice):
            return values[key]
        if self._kind() == "sequential":
            return Sequential(*values[key])
        return ModuleList(values[key])

    def _kind(self) -> str | None:
        kind: str | None = vars(self)["_script_object"].type.container
        return kind

    def _parts(self) -> dict[str, Any]:
        if self._kind() not in ("list", "dict", "sequential"):
            raise TypeError(f"{self.original_name} holds no modules to count, iterate or index")
        return self._modules


class TopLevelTracedModule(RecursiveScriptModule):
    """What tracing a module gives."""


def _face_class(module: ScriptModule) -> type[RecursiveScriptModule]:
    """The class of a copy: a class whose ``__init__`` compiles it cannot be made again."""
    return type(module) if isinstance(module, RecursiveScriptModule) else RecursiveScriptModule


def _carry_python_side(source: Module, target: Module, duplicate: Callable[[Any], Any]) -> None:
    """Give a copied face what its source has in Python: ignored methods, unscripted attributes."""
    own = vars(target)
    for name, value in vars(source).items():
        if name in REGISTRIES or name in own or isinstance(value, ScriptMethod):
            continue
        if inspect.ismethod(value) and value.__self__ is source:
            own[name] = value.__func__.__get__(target)
        else:
            own[name] = duplicate(value)
    for name, child in source._modules.items():
        inner = target._modules.get(name)
        if child is not None and inner is not None and inner is not child:
            _carry_python_side(child, inner, duplicate)


def face_of(
    script_object: ScriptObject,
    memo: dict[int, Module] | None = None,
    cls: type[RecursiveScriptModule] = RecursiveScriptModule,
) -> RecursiveScriptModule:
    """The Python module for an object; objects that occur twice have one face."""
    memo = {} if memo is None else memo
    found = memo.get(id(script_object))
    if found is not None:
        return found  # type: ignore[return-value]
    made = cls.__new__(cls)
    Module.__init__(made)
    memo[id(script_object)] = made
    attach(made, script_object, memo)
    return made


def attach(module: ScriptModule, script_object: ScriptObject, memo: dict[int, Module]) -> None:
    """Make ``module`` the face of an object: its registries become views of the slots."""
    submodules: dict[str, Module | None] = {}
    known = vars(module).get("_modules", {})
    for name, attribute in script_object.type.attributes.items():
        value = script_object.slots.get(name)
        if isinstance(value, ScriptObject) and isinstance(value.type, ModuleType):
            face = known.get(name)
            if not isinstance(face, ScriptModule):
                face = face_of(value, memo)
            submodules[name] = face
        elif attribute.type == t.NONE and name in known:
            submodules[name] = None
    own = vars(module)
    own["_parameters"] = _Slots(script_object, "parameter")
    own["_buffers"] = _Slots(script_object, "buffer")
    own["_modules"] = submodules
    for name in script_object.type.attributes:
        own.pop(name, None)
    for name in ("training",):
        own.pop(name, None)
    own["_script_object"] = script_object
    script_object.set_face(module)
    _show_forward(module, script_object)


def _show_forward(module: ScriptModule, script_object: ScriptObject) -> None:
    """Put ``forward`` where Python looks first: ``nn.Module`` has one that only complains."""
    if "forward" in script_object.type.compiled:
        vars(module)["forward"] = ScriptMethod(script_object, "forward")


def _set_submodule(face: ScriptModule, own: ScriptObject, name: str, value: Any) -> None:
    made = getattr(value, "_script_object", None)
    declared = own.type.attributes[name].type
    if made is None or made.type != declared:
        raise RuntimeError(
            f"{face.original_name}.{name} holds a {declared}: only a scripted module of that type"
            " can take its place"
        )
    own.slots[name] = made
    vars(face)["_modules"][name] = value


def _compile_instance(module: ScriptModule) -> None:
    """Compile a ``ScriptModule`` whose ``__init__`` is done."""
    from tscript.jit.module_checks import check_constants
    from tscript.jit.recursive import entry_points, script_object_of

    made = script_object_of(module, fresh=False)
    kind = made.type
    assert isinstance(kind, ModuleType)
    names = dict.fromkeys([*type(module)._script_methods, *entry_points(module, kind)])
    with compiling() as (unit, sink):
        check_constants(module, sink)
        compile_into(kind, [name for name in names if name in kind.methods], unit, sink)
    attach(module, made, {})
    for name in type(module)._script_methods:
        vars(module)[name] = ScriptMethod(made, name)


def script_method(fn: Any) -> Any:
    """Mark a method of a ``ScriptModule`` class: it is compiled when an instance is made.

    With the JIT disabled (``PYTORCH_JIT=0``) the method stays plain Python.
    """
    if not enabled():
        return fn
    return _MarkedMethod(fn)


class _MarkedMethod:
    """A method marked ``script_method``; instances get the compiled one in its place."""

    def __init__(self, function: Any) -> None:
        self._script_method = function
        self._script_method_of = function
        self.__name__ = function.__name__
        self.__doc__ = function.__doc__
        self.__wrapped__ = function
        self._torchscript_modifier = markers.modifier_of(function)

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        own = vars(instance).get("_script_object")
        if own is None:
            return self._script_method.__get__(instance, owner)
        return ScriptMethod(own, self.__name__)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._script_method(*args, **kwargs)
