"""``LiveResolver``: what names mean in a running Python, read from closures and globals.

Values become the facts of :mod:`tscript.frontend.resolver`. Anything of ``torch`` (ours, or the
real one when a program imported that) is looked up by its path in the shared namespace table, so
that the live resolver can never disagree with the static one.
"""

from __future__ import annotations

import builtins
import dataclasses
import inspect
import sys
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any

from ops_registry.schema import FunctionSchema
from ops_registry.types import TENSOR, Type
from tscript import markers
from tscript.diagnostics.report import CompilationError, DiagnosticSink
from tscript.diagnostics.source import Source
from tscript.frontend import namespace
from tscript.frontend.annotations import AnnotationReader
from tscript.frontend.resolver import (
    ClassRef,
    CompiledDefinition,
    Constant,
    Definition,
    DispatchDefinition,
    ExceptionRef,
    Fact,
    FunctionRef,
    LibraryHandle,
    NamedType,
    NamespaceRef,
    OperatorDefinition,
    OperatorRef,
    OverloadedDefinition,
    PythonDefinition,
    SourceDefinition,
    TypeRef,
    Uncapturable,
    UnusedDefinition,
)
from tscript.frontend.views import Def
from tscript.jit import live_types
from tscript.jit.handles import Handle
from tscript.jit.naming import base_name
from tscript.jit.signatures import python_schema
from tscript.jit.source_lookup import SourceUnavailable, source_of
from tscript.runtime.tensor import Tensor
from tscript.types.nominal import ClassType, EnumType, InterfaceType, ModuleType, NamedTupleType

_MISSING = object()

#: Names that annotations may use without importing them (type comments of old code do).
_ASSUMED_IMPORTED = {
    **{name: ("typing", name) for name in ("List", "Tuple", "Dict", "Optional", "Union", "Any")},
    "Tensor": ("torch", "Tensor"),
    "Future": ("torch", "jit", "Future"),
    "torch": ("torch",),
}


class LiveResolver:
    """Answers for one scope: mappings of names to live values, innermost first."""

    def __init__(self, scopes: Sequence[Mapping[str, Any]]) -> None:
        self.scopes = tuple(scopes)

    @classmethod
    def of_function(cls, function: Any, outer: Sequence[Mapping[str, Any]] = ()) -> LiveResolver:
        """The scope of a function: its closure, then its globals, then ``outer``."""
        function = inspect.unwrap(getattr(function, "__func__", function))
        code = getattr(function, "__code__", None)
        cells = getattr(function, "__closure__", None) or ()
        closure: dict[str, Any] = {}
        if code is not None:
            for name, cell in zip(code.co_freevars, cells, strict=True):
                try:
                    closure[name] = cell.cell_contents
                except ValueError:  # a cell that is filled later, by a definition further down
                    continue
        return cls((closure, *outer, getattr(function, "__globals__", {})))

    @classmethod
    def of_class(cls, target: type, outer: Sequence[Mapping[str, Any]] = ()) -> LiveResolver:
        """The scope of a class: what its methods close over, its module's globals."""
        found: list[Mapping[str, Any]] = []
        for member in vars(target).values():
            function = getattr(member, "__func__", member)
            if inspect.isfunction(function):
                found.extend(cls.of_function(function).scopes)
        module = sys.modules.get(target.__module__)
        return cls((*found, *outer, {target.__name__: target}, vars(module) if module else {}))

    def _find(self, name: str) -> Any:
        for scope in self.scopes:
            if name in scope:
                return scope[name]
        return getattr(builtins, name, _MISSING)

    # The Resolver protocol.

    def value(self, name: str) -> Fact | None:
        """What a free variable is."""
        found = self._find(name)
        return None if found is _MISSING else fact_of_value(found, name)

    def member(self, owner: NamespaceRef, name: str) -> Fact | None:
        """Attribute ``name`` of a package or module."""
        path = (*owner.path.split("."), name)
        if namespace.is_known_namespace(tuple(path[:-1])) or owner.path.startswith("torch.ops"):
            fact = namespace.fact_of_path(path)
            if fact is not None:
                return fact
        module = owner.handle
        if not isinstance(module, types.ModuleType):
            return None
        try:
            found = getattr(module, name)
        except AttributeError:
            return None
        return fact_of_member(found, name)

    def type_named(self, path: tuple[str, ...]) -> NamedType:
        """What a dotted name means in an annotation."""
        found = self._find(path[0])
        if found is _MISSING:
            assumed = _ASSUMED_IMPORTED.get(path[0])
            return None if assumed is None else namespace.type_of_path((*assumed, *path[1:]))
        for name in path[1:]:
            if isinstance(found, types.ModuleType):
                public = _module_path(found)
                known = namespace.type_of_path((*public, name))
                if known is not None and name == path[-1]:
                    return known
            found = getattr(found, name, _MISSING)
            if found is _MISSING:
                return None
        return type_of_live(found)

    def definition(self, function: FunctionRef) -> Definition:
        """What a call of the function means."""
        handle = function.handle
        if isinstance(handle, LibraryHandle):
            from tscript.frontend.library import library_definition

            return library_definition(handle)
        assert isinstance(handle, Handle), handle
        return definition_of(handle)

    def layout(self, type: ClassType | ModuleType) -> ClassType | ModuleType:
        """Types are filled when they are made."""
        return type

    # For those who make types from live classes.

    def annotation_type(self, written: Any) -> Type | None:
        """The type that a live annotation (an object, or its text) stands for; None if none."""
        if isinstance(written, str):
            from tscript.frontend.parse_ast import parse_expression

            source = Source(written, "<annotation>")
            sink = DiagnosticSink()
            try:
                view = parse_expression(source, 0, len(written))
            except (CompilationError, SyntaxError):
                return None
            found = AnnotationReader(self, sink).read(view)
            return None if sink.errors else found
        if isinstance(written, typing.ForwardRef):
            return self.annotation_type(written.__forward_arg__)
        named = type_of_live(written)
        return named if isinstance(named, Type) else None


# Values.


def fact_of_value(value: Any, name: str) -> Fact | None:
    """The fact of something found under a bare name (a closure, a global, a builtin)."""
    fact = _fact_of_object(value)
    if fact is not None:
        return fact
    hint = f"pass `{name}` as an argument, or make it a constant of a module"
    if callable(value):
        instead = _INSTEAD.get(value) if isinstance(value, type) else None
        if isinstance(value, type) and dataclasses.is_dataclass(value):
            instead = "decorate it with `@torch.jit.script`, above `@dataclass`"
        hint = instead or "call it in a function decorated with `@torch.jit.ignore`"
    if isinstance(value, type):
        return Uncapturable(f"the class {value.__name__}", hint)
    return Uncapturable(f"a global of type {type(value).__name__}", hint)


#: What to write for classes of Python that scripts do not have.
_INSTEAD: dict[type, str] = {
    type: "ask for a type with `isinstance(value, T)`",
    map: "use a comprehension or a loop",
    filter: "use a loop with an `if`",
    set: "use a dict or a list",
    frozenset: "use a dict or a list",
    bytes: "use a string, or a Tensor of dtype `torch.uint8`",
    bytearray: "use a Tensor of dtype `torch.uint8`",
}


def fact_of_member(value: Any, name: str) -> Fact | None:
    """The fact of an attribute of a Python module: what can be a constant is one."""
    constant = None if isinstance(value, type) else live_types.constant_of(value)
    if constant is not None:
        return constant
    return fact_of_value(value, name)


def _fact_of_object(value: Any) -> Fact | None:
    if isinstance(value, types.ModuleType):
        path = ".".join(_module_path(value))
        return NamespaceRef(path, value)
    operator_name = getattr(value, "operator_name", None)
    if isinstance(operator_name, str):
        return OperatorRef(operator_name)
    library = _fact_of_library_object(value)
    if library is not None:
        return library
    compiled = getattr(value, "_compiled_function", None)
    if compiled is not None:
        return FunctionRef(compiled.qualified_name, Handle(value))
    if isinstance(value, type):
        return _fact_of_class(value)
    if inspect.isfunction(value) or hasattr(value, "__torchscript_dispatch__"):
        return FunctionRef(base_name(value), Handle(value))
    if inspect.isbuiltin(value):
        return Uncapturable(
            "a function that is not written in Python",
            "call it in a function decorated with `@torch.jit.ignore`",
        )
    if inspect.ismethod(value):
        return FunctionRef(base_name(value), Handle(value))
    if isinstance(value, typing._SpecialForm | typing._GenericAlias | types.GenericAlias):  # type: ignore[attr-defined]
        named = live_types.named_type(value)
        if isinstance(named, Type):
            return TypeRef(named)
    if inspect.isroutine(value) or (callable(value) and hasattr(value, "__wrapped__")):
        return FunctionRef(base_name(value), Handle(value))
    return None


def _fact_of_class(cls: type) -> Fact | None:
    if issubclass(cls, BaseException):
        return ExceptionRef(f"{cls.__module__}.{cls.__qualname__}")
    found = live_types.class_type(cls)
    if isinstance(found, ClassType | EnumType | NamedTupleType | InterfaceType):
        return ClassRef(found)
    if isinstance(found, Type):
        return TypeRef(found)
    if live_types.is_module_class(cls):
        return Uncapturable(
            f"the module class {cls.__name__}",
            "make the instance in `__init__`, as a submodule",
            {
                name: FunctionRef(base_name(member.__func__), Handle(member.__func__))
                for base in reversed(cls.__mro__)
                for name, member in vars(base).items()
                if isinstance(member, staticmethod)
            },
        )
    return None


def _module_path(module: types.ModuleType) -> tuple[str, ...]:
    name = module.__name__
    if name == "tscript" or name.startswith("tscript."):
        name = "torch" + name.removeprefix("tscript")
    return tuple(name.split("."))


def _library_paths(value: Any) -> list[tuple[str, ...]]:
    """The public paths under which an object of torch, math, typing or builtins may be known."""
    module = getattr(value, "__module__", None)
    name = getattr(value, "__name__", None) or getattr(value, "_name", None)
    if not isinstance(module, str) or not isinstance(name, str):
        return []
    parts = module.split(".")
    if parts[0] == "tscript":
        parts[0] = "torch"
    if parts[0] not in ("torch", "math", "cmath", "typing", "builtins", "warnings"):
        return []
    if isinstance(value, types.BuiltinFunctionType) and parts[0] == "builtins":
        owner = getattr(value, "__self__", None)
        if owner is not builtins and not isinstance(owner, types.ModuleType):
            return []
    return [(*parts[:length], name) for length in range(len(parts), 0, -1)]


def _fact_of_library_object(value: Any) -> Fact | None:
    if not callable(value) and not isinstance(value, typing._SpecialForm):
        return None
    for path in _library_paths(value):
        fact = namespace.fact_of_path(path)
        if fact is None or isinstance(fact, Constant):
            continue
        if (
            isinstance(fact, OperatorRef)
            and inspect.isfunction(value)
            and not getattr(value, "operator_name", None)
        ):
            if path[0] == "torch" and value.__module__.startswith("tscript.nn"):
                continue  # a Python function that has an operator's name
        return fact
    return None


def type_of_live(value: Any) -> NamedType:
    """What a live object means in an annotation."""
    if typing.get_origin(value) is None and (
        callable(value) or isinstance(value, typing._SpecialForm)
    ):
        for path in _library_paths(value):
            found = namespace.type_of_path(path)
            if found is not None:
                return found
    if isinstance(value, type) and issubclass(value, Tensor):
        return namespace.type_of_path(("torch", "Tensor"))
    return live_types.named_type(value)


# Functions.


def definition_of(handle: Handle) -> Definition:
    """What a live function means when a script calls it."""
    function = handle.function
    if isinstance(function, Def):
        return _generated_definition(handle, function)
    compiled = getattr(function, "_compiled_function", None)
    if compiled is not None:
        return CompiledDefinition(compiled)
    dispatch = getattr(function, "__torchscript_dispatch__", None)
    if dispatch is not None:
        branches = [dispatch.if_true, dispatch.if_false]
        true, false = (FunctionRef(base_name(f), Handle(f)) for f in branches)
        return DispatchDefinition(dispatch.argument, dispatch.index, dispatch.default, true, false)
    fact = _fact_of_object(function)
    if isinstance(fact, OperatorRef):
        return OperatorDefinition(fact.name)
    modifier = markers.modifier_of(function)
    if modifier is markers.Modifier.IGNORE:
        return PythonDefinition(_schema(handle), callable=function)
    if modifier is markers.Modifier.UNUSED:
        return UnusedDefinition(_schema(handle))
    overloads = markers.overloads_of(function)
    if overloads:
        return OverloadedDefinition(
            tuple(
                FunctionRef(
                    f"{base_name(function)}__{number}" if number else base_name(function),
                    Handle(_Overload(function, declaration), handle.owner),
                )
                for number, declaration in enumerate(overloads)
            )
        )
    if isinstance(function, _Overload):
        return _source_definition(handle, function.implementation, function.declaration)
    return _source_definition(handle, function, None)


class _Overload:
    """One declared signature of an overloaded function, with the implementation."""

    def __init__(self, implementation: Any, declaration: Any) -> None:
        self.implementation = implementation
        self.declaration = declaration
        self.__name__ = implementation.__name__
        self.__module__ = implementation.__module__


def _source_definition(handle: Handle, function: Any, declaration: Any) -> Definition:
    from tscript.frontend.view_cache import cached_def

    try:
        source = source_of(function)
    except SourceUnavailable as error:
        return PythonDefinition(_schema(handle), reason=error.reason, callable=function)
    try:
        view = cached_def(source)
    except (CompilationError, SyntaxError) as error:
        reason = error.diagnostics[0].message if isinstance(error, CompilationError) else str(error)
        return PythonDefinition(_schema(handle), reason=reason, callable=function)
    outer: list[Mapping[str, Any]] = []
    if isinstance(handle.owner, ClassType):
        cls = _python_class(handle.owner)
        if cls is not None:
            outer.append({cls.__name__: cls})
    resolver = LiveResolver.of_function(function, outer)
    parameter_types: dict[str, Type] = {}
    return_type: Type | None = None
    if declaration is not None:
        schema = python_schema(declaration, LiveResolver.of_function(declaration))
        skip = 1 if handle.owner is not None else 0
        parameter_types = {a.name: a.type for a in schema.arguments[skip:]}
        return_type = schema.returns[0].type if schema.returns else None
    return SourceDefinition(
        view,
        resolver,
        owner=handle.owner if isinstance(handle.owner, ClassType | ModuleType) else None,
        defaults=_defaults(function),
        parameter_types=parameter_types,
        return_type=return_type,
        strict=handle.owner is not None,
        callable=function,
    )


def _generated_definition(handle: Handle, view: Def) -> Definition:
    """A method that ``@dataclass`` wrote: types and defaults are those that Python has evaluated."""
    owner = handle.owner
    assert isinstance(owner, ClassType)
    cls = _python_class(owner)
    assert cls is not None
    resolver = LiveResolver.of_class(cls)
    types_: dict[str, Type] = {"other": owner}
    for name, written in inspect.get_annotations(cls).items():
        if isinstance(written, dataclasses.InitVar):
            written = written.type
        found = None if isinstance(written, str) else resolver.annotation_type(written)
        if found is not None:
            types_[name] = found
    defaults = _defaults(cls) if view.name.name == "__init__" else {}
    return SourceDefinition(
        view, resolver, owner=owner, defaults=defaults, parameter_types=types_, strict=True
    )


def _python_class(owner: ClassType) -> type | None:
    from tscript.runtime.object import python_classes

    return python_classes.get(owner.qualified_name)


def _defaults(function: Any) -> dict[str, Constant]:
    found: dict[str, Constant] = {}
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return found
    for parameter in parameters:
        if parameter.default is not inspect.Parameter.empty:
            if isinstance(parameter.default, Tensor):
                found[parameter.name] = Constant(parameter.default, TENSOR)
                continue
            constant = live_types.constant_of(parameter.default)
            if constant is not None:
                found[parameter.name] = constant
    return found


def _schema(handle: Handle) -> FunctionSchema:
    function = handle.function
    return python_schema(function, LiveResolver.of_function(function), owner=handle.owner)
