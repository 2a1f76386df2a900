"""``MypyResolver``: what names mean, read from mypy's symbol tables.

What one symbol says by itself is in :mod:`tscript_mypy.symbols`. The answers are the facts that the live resolver gives
for the same program; what cannot be told without running it is ``Unknown``, which is compatible
with everything. Source text comes from the files themselves (:mod:`tscript_mypy.sources`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mypy import nodes as n
from mypy import types as mt

from ops_registry import types as t
from ops_registry.schema import Argument
from tscript.diagnostics.report import CompilationError
from tscript.diagnostics.source import SourceRange
from tscript.frontend import namespace
from tscript.frontend.dataclass_methods import dataclass_methods
from tscript.frontend.resolver import (
    ClassRef,
    Definition,
    ExceptionRef,
    Fact,
    FunctionRef,
    NamedType,
    NamespaceRef,
    PythonDefinition,
    SourceDefinition,
    TypeRef,
    Uncapturable,
    UnusedDefinition,
)
from tscript.frontend.unit import inherited_from, python_schema
from tscript.frontend.view_cache import cached_class, cached_def
from tscript.frontend.views import ClassDef, Def, Var
from tscript.types.nominal import (
    ClassType,
    EnumType,
    InterfaceType,
    ModuleType,
    NamedTupleType,
    Property,
)
from tscript.types.relations import make_union
from tscript_mypy.class_layout import fill_module, reads_of_self
from tscript_mypy.sources import Definition as Place
from tscript_mypy.sources import SourceFile, source_file
from tscript_mypy.symbols import (
    UNKNOWN,
    constant_of,
    global_of,
    is_library,
    is_module_class,
    library_fact,
    library_type,
    namespace_of,
    not_compiled,
    public_path,
)

#: Modules whose classes are no types of a script, unless the library's table has them.
_TYPELESS = ("builtins", "typing", "types", "collections", "collections.abc")


@dataclass(frozen=True, slots=True)
class Handle:
    """The resolver's handle of a function: where it is defined, and the type of ``self``."""

    module: str
    qualname: str
    line: int
    owner: str = ""


@dataclass(slots=True, eq=False)
class Program:
    """What one mypy run knows: modules by name, and the types made from classes so far."""

    modules: Mapping[str, n.MypyFile]
    types: dict[str, Any] = field(default_factory=dict)
    #: Modules whose source was used by the function being analysed.
    used_modules: set[str] = field(default_factory=set)
    #: Methods that ``@dataclass`` wrote, by the full name of their class and their own.
    generated: dict[tuple[str, str], Def] = field(default_factory=dict)
    #: Callees that are scripted themselves: what is wrong in them is reported there, once.
    scripted: list[SourceRange] = field(default_factory=list)

    def file(self, module: str) -> SourceFile | None:
        """The source file of a module, noted as used."""
        tree = self.modules.get(module)
        if tree is None or not tree.path:
            return None
        self.used_modules.add(module)
        return source_file(tree.path)

    def module_of(self, fullname: str) -> str:
        """The longest prefix of a full name that is a module."""
        parts = fullname.split(".")
        for length in range(len(parts) - 1, 0, -1):
            prefix = ".".join(parts[:length])
            if prefix in self.modules:
                return prefix
        return parts[0]


@dataclass(slots=True, eq=False)
class MypyResolver:
    """Answers for one function: its enclosing functions' names, then its module's."""

    program: Program
    module: str
    #: Names of enclosing functions, innermost first: a node, or None for what is not known.
    enclosing: Sequence[Mapping[str, n.SymbolNode | None]] = ()
    #: The names of a library file that is read, not checked by mypy.
    known: Mapping[str, Fact] = field(default_factory=dict)

    # The Resolver protocol.

    def value(self, name: str) -> Fact | None:
        """What a free variable is."""
        for scope in self.enclosing:
            if name in scope:
                node = scope[name]
                return UNKNOWN if node is None else self._fact(node, name)
        tree = self.program.modules.get(self.module)
        if tree is None:
            return UNKNOWN
        symbol = tree.names.get(name)
        if symbol is not None and not _is_implicit(symbol, name):
            return UNKNOWN if symbol.node is None else self._fact(symbol.node, name)
        builtin = namespace.builtin(name)
        if builtin is not None:
            return builtin
        builtins = self.program.modules.get("builtins")
        if builtins is not None and name in builtins.names:
            node = builtins.names[name].node
            return UNKNOWN if node is None else not_compiled(self._fact(node, name), node)
        if "__getattr__" in tree.names or _has_star_from_unknown(tree):
            return UNKNOWN
        return None

    def member(self, owner: NamespaceRef, name: str) -> Fact | None:
        """Attribute ``name`` of a package or module."""
        path = (*owner.path.split("."), name)
        if namespace.is_known_namespace(tuple(path[:-1])) or owner.path.startswith("torch.ops"):
            fact = namespace.fact_of_path(path)
            if fact is not None:
                return fact
        handle = owner.handle
        tree = self.program.modules.get(handle) if isinstance(handle, str) else None
        if tree is None:
            return UNKNOWN
        symbol = tree.names.get(name)
        if symbol is None:
            submodule = self.program.modules.get(f"{handle}.{name}")
            if submodule is not None:
                return namespace_of(submodule)
            # A stub says all that its module has; torch's names are partly made when asked for.
            known = namespace.is_known_namespace(tuple(owner.path.split("."))) and not tree.is_stub
            return UNKNOWN if known or "__getattr__" in tree.names else None
        if symbol.node is None:
            return UNKNOWN
        if isinstance(symbol.node, n.Var):
            return constant_of(symbol.node)
        fact = self._fact(symbol.node, name)
        return not_compiled(fact, symbol.node) if tree.fullname == "math" else fact

    def type_named(self, path: tuple[str, ...]) -> NamedType:
        """What a dotted name means in an annotation."""
        node = self._node(path[0])
        if node is None:
            assumed = _ASSUMED_IMPORTED.get(path[0])
            return None if assumed is None else namespace.type_of_path((*assumed, *path[1:]))
        if node is _NOT_KNOWN:
            return UNKNOWN
        for index, name in enumerate(path[1:], 1):
            if not isinstance(node, n.MypyFile):
                return UNKNOWN
            known = namespace.type_of_path((*public_path(node.fullname), name))
            if known is not None and index == len(path) - 1:
                return known
            symbol = node.names.get(name)
            if symbol is None:
                following = self.program.modules.get(f"{node.fullname}.{name}")
                if following is None:
                    return UNKNOWN if "__getattr__" in node.names else None
                node = following
            elif symbol.node is None:
                return UNKNOWN
            else:
                node = symbol.node
        return self.type_of_node(node)

    def definition(self, function: FunctionRef) -> Definition:
        """What a call of the function means."""
        handle = function.handle
        if not isinstance(handle, Handle):
            return UNKNOWN
        written = self.program.generated.get((handle.owner, handle.qualname.rpartition(".")[2]))
        if written is not None:
            return self._generated(handle, written)
        file = self.program.file(handle.module)
        if file is None:
            return UNKNOWN
        place = file.at_line(handle.line, handle.qualname.rpartition(".")[2])
        if place is None:
            place = file.named(handle.qualname)
        if place is None or place.is_class or _is_overloaded(file, place):
            return UNKNOWN
        try:
            view = cached_def(file.source(place))
        except (CompilationError, SyntaxError):
            return UNKNOWN
        resolver = (
            self if handle.module == self.module else MypyResolver(self.program, handle.module)
        )
        marks = {name.rpartition(".")[2] for name in view.decorator_names}
        owner = self.program.types.get(handle.owner) if handle.owner else None
        if not isinstance(owner, ClassType | ModuleType) or "staticmethod" in marks:
            owner = None
        if marks & {"ignore"}:
            return PythonDefinition(python_schema(view, resolver, owner))
        if marks & {"unused"}:
            return UnusedDefinition(python_schema(view, resolver, owner))
        plain = {
            "script",
            "script_method",
            "export",
            "staticmethod",
            "no_grad",
            "property",
            "setter",
        }
        if marks - plain:
            return UNKNOWN
        if marks & {"script", "script_method"}:
            self.program.scripted.append(view.range)
        return SourceDefinition(
            view,
            resolver,
            owner=owner,
            strict=bool(handle.owner) or "script" in marks,
        )

    def _generated(self, handle: Handle, view: Def) -> SourceDefinition:
        owner = self.program.types[handle.owner]
        scope = self if handle.module == self.module else MypyResolver(self.program, handle.module)
        return SourceDefinition(
            view, scope, owner=owner, parameter_types={"other": owner}, strict=True
        )

    def layout(self, type: ClassType | ModuleType) -> ClassType | ModuleType:
        """Types are filled when they are made."""
        return type

    # Nodes.

    def _node(self, name: str) -> Any:
        for scope in self.enclosing:
            if name in scope:
                node = scope[name]
                return _NOT_KNOWN if node is None else node
        tree = self.program.modules.get(self.module)
        if tree is None:
            return _NOT_KNOWN
        symbol = tree.names.get(name)
        if symbol is None:
            builtins = self.program.modules.get("builtins")
            symbol = builtins.names.get(name) if builtins is not None else None
        if symbol is None:
            return None
        return _NOT_KNOWN if symbol.node is None else symbol.node

    def _fact(self, node: n.SymbolNode, name: str) -> Fact:
        if isinstance(node, n.MypyFile):
            return namespace_of(node)
        fullname = node.fullname or name
        library = library_fact(fullname)
        if library is not None:
            return library
        if isinstance(node, n.Decorator | n.FuncDef | n.OverloadedFuncDef):
            return self._function(node, fullname)
        if isinstance(node, n.TypeInfo):
            return self._class(node)
        if isinstance(node, n.TypeAlias):
            found = self.type_of_node(node)
            return TypeRef(found) if isinstance(found, t.Type) else UNKNOWN
        if isinstance(node, n.Var):
            return global_of(node, name)
        return UNKNOWN

    def _function(self, node: Any, fullname: str) -> Fact:
        if isinstance(node, n.OverloadedFuncDef):
            return UNKNOWN
        function = node.func if isinstance(node, n.Decorator) else node
        module = self.program.module_of(fullname) if "." in fullname else self.module
        qualname = fullname.removeprefix(module + ".")
        line = function.line if function.line > 0 else 0
        return FunctionRef(f"__torch__.{fullname}", Handle(module, qualname, line))

    def _class(self, info: n.TypeInfo) -> Fact:
        if any(base.fullname == "builtins.BaseException" for base in info.mro):
            return ExceptionRef(info.fullname)
        if is_module_class(info):
            return Uncapturable(
                f"the module class {info.name}",
                "make the instance in `__init__`, as a submodule",
                {
                    name: self._function(symbol.node, symbol.node.fullname)
                    for base in reversed(info.mro)
                    for name, symbol in base.names.items()
                    if isinstance(symbol.node, n.Decorator) and symbol.node.func.is_static
                },
            )
        found = self.type_of_node(info)
        if isinstance(found, ClassType | EnumType | NamedTupleType | InterfaceType):
            return ClassRef(found)
        return TypeRef(found) if isinstance(found, t.Type) else UNKNOWN

    # Types.

    def type_of_node(self, node: Any) -> NamedType:
        """The type that a symbol stands for in an annotation."""
        if isinstance(node, n.TypeAlias):
            # typeshed has `List = list`: the alias is a constructor, its target a list of Any.
            return library_type(node.fullname) or self.type_of(node.target) or UNKNOWN
        if isinstance(node, n.Var):
            known = library_type(node.fullname)
            if known is None and node.fullname.startswith("typing."):
                return None
            return known if known is not None else UNKNOWN
        if not isinstance(node, n.TypeInfo):
            return UNKNOWN
        known = library_type(node.fullname)
        if known is not None:
            return known
        made = self.program.types.get(node.fullname)
        if made is None:
            made = self._make_type(node)
        return made

    def _make_type(self, info: n.TypeInfo) -> NamedType:
        name = f"__torch__.{info.fullname}"
        if info.module_name in _TYPELESS:
            return None
        if info.is_enum:
            return self._enum(info, name)
        if info.is_named_tuple and info.tuple_type is not None:
            named = NamedTupleType(name)
            self.program.types[info.fullname] = named
            fields = [key for key in info.names if not key.startswith("_")]
            for field_name, item in zip(fields, info.tuple_type.items, strict=False):
                named.fields[field_name] = self._field_type(item)
            named.defaults.update(dict.fromkeys(self._fields_with_defaults(info)))
            return named
        if info.fallback_to_any or is_library(info.fullname) or is_module_class(info):
            return UNKNOWN
        return self._script_class(info, name)

    def _field_type(self, typ: mt.Type) -> t.Type:
        """What nobody annotated, as in ``collections.namedtuple``, is a Tensor."""
        proper = mt.get_proper_type(typ)
        if isinstance(proper, mt.AnyType) and proper.type_of_any == mt.TypeOfAny.unannotated:
            return t.TENSOR
        return self.type_of(typ) or t.ERROR

    def _fields_with_defaults(self, info: n.TypeInfo) -> Iterator[str]:
        file = self.program.file(info.module_name)
        place = file.named(info.fullname.removeprefix(info.module_name + ".")) if file else None
        if file is None or place is None or not place.is_class:
            return
        for statement in cached_class(file.source(place)).assigns:
            if statement.value is not None:
                yield from (x.name for x in statement.targets if isinstance(x, Var))

    def _enum(self, info: n.TypeInfo, name: str) -> NamedType:
        members: dict[str, Any] = {}
        kinds: set[str | None] = set()
        for key, symbol in info.names.items():
            if isinstance(symbol.node, n.Var) and not key.startswith("_"):
                value = symbol.node.type
                literal = mt.get_proper_type(value) if value is not None else None
                last = getattr(literal, "last_known_value", None)
                members[key] = last.value if last is not None else None
                kinds.add(literal.type.fullname if isinstance(literal, mt.Instance) else None)
                if last is not None and list(members.values()).count(last.value) > 1:
                    del members[key]  # a second name for a value is none
        values = {"builtins.int": t.INT, "builtins.float": t.FLOAT, "builtins.str": t.STRING}
        if not kinds or not all(kind and kind.startswith("builtins.") for kind in kinds):
            return UNKNOWN  # `enum.auto()`, and what mypy has not inferred
        value_type = values.get(str(next(iter(kinds)))) if len(kinds) == 1 else None
        if value_type is None:
            return None  # values of several types, or of none that a script has
        made = EnumType(name, members=members, value_type=value_type)
        self.program.types[info.fullname] = made
        return made

    def _script_class(self, info: n.TypeInfo, name: str) -> NamedType:
        module = info.module_name
        file = self.program.file(module)
        place = file.named(info.fullname.removeprefix(module + ".")) if file is not None else None
        bases = info.mro[1:-1]
        if file is None or place is None or any(is_library(base.fullname) for base in bases):
            return UNKNOWN
        try:
            view = cached_class(file.source(place))
        except (CompilationError, SyntaxError):
            return UNKNOWN
        marks = {mark.rpartition(".")[2] for mark in view.decorator_names}
        if "interface" in marks:
            return self._interface(info, name, view)
        if "dataclass" in marks and "script" not in marks:
            return UNKNOWN  # it may be scripted elsewhere
        made = ClassType(name)
        self.program.types[info.fullname] = made
        made.set_open(True)
        for base in bases:
            names = [name for name, symbol in base.names.items() if _is_of_class(symbol)]
            made.unusable.update(dict.fromkeys(names, inherited_from(base.name)))
        for own in info.names:
            made.unusable.pop(own, None)
        for method in view.methods:
            handle = Handle(module, f"{place.qualname}.{method.name.name}", method.range.line,
                            info.fullname)  # fmt: skip
            reference = FunctionRef(f"{name}.{method.name.name}", handle)
            marks = {m.rpartition(".")[2] for m in method.decorator_names}
            if "staticmethod" in marks:
                made.static_methods[method.name.name] = reference
            elif not marks - {"export", "ignore", "unused"}:
                made.methods[method.name.name] = reference
        # What nobody sets is not there; a decorated `__init__` may do anything.
        if not any(method.name.name == "__init__" for method in view.methods):
            made.set_open(False)
        for method_name, written in dataclass_methods(view).items():
            self.program.generated[info.fullname, method_name] = written
            handle = Handle(module, f"{place.qualname}.{method_name}", 0, info.fullname)
            made.methods[method_name] = FunctionRef(f"{name}.{method_name}", handle)
            made.set_open(True)
        _add_properties(made, view, module, place.qualname, info.fullname)
        return made

    def _interface(self, info: n.TypeInfo, name: str, view: ClassDef) -> InterfaceType:
        """The methods that a class decorated with ``torch.jit.interface`` declares."""
        made = InterfaceType(name)
        self.program.types[info.fullname] = made
        scope = MypyResolver(self.program, info.module_name)
        first = Argument("self", t.ANY, t.ANY)
        for method in view.methods:
            schema = python_schema(method, scope, ClassType(name))
            made.methods[method.name.name] = replace(
                schema, arguments=(first, *schema.arguments[1:]), _index={}
            )
        return made

    def module_type(self, info: n.TypeInfo) -> ModuleType | None:
        """The type of ``self`` in the methods of an ``nn.Module`` class; None when unknown.

        What its attributes are is read from the class and its ``__init__``. An attribute that
        methods use and nobody can be seen to set is of unknown type.
        """
        made = self.program.types.get(info.fullname)
        if isinstance(made, ModuleType):
            return made
        made = ModuleType(f"__torch__.{info.fullname}")
        self.program.types[info.fullname] = made
        for base in reversed(info.mro):
            if is_library(base.fullname):
                continue
            file = self.program.file(base.module_name)
            qualname = base.fullname.removeprefix(base.module_name + ".")
            place = file.named(qualname) if file is not None else None
            if file is None or place is None:
                return None
            try:
                view = cached_class(file.source(place))
            except (CompilationError, SyntaxError):
                return None
            resolver = MypyResolver(self.program, base.module_name)
            fill_module(made, view, resolver)
            for method in view.methods:
                name = method.name.name
                static = "staticmethod" in method.decorator_names
                handle = Handle(
                    base.module_name, f"{qualname}.{name}", method.range.line,
                    "" if static else info.fullname,
                )  # fmt: skip
                methods = made.static_methods if static else made.methods
                methods[name] = FunctionRef(f"{made.qualified_name}.{name}", handle)
            _add_properties(made, view, base.module_name, qualname, info.fullname)
            known = {
                *made.attributes, *made.methods, *made.static_methods, *made.constants,
                *made.properties, *made.unusable,
            }  # fmt: skip
            for name in reads_of_self(view):
                if name not in known:
                    made.add_attribute(name, t.ERROR)
        return made

    def type_of(self, typ: mt.Type) -> t.Type | None:
        """A mypy type as ours; None when it is no type of a script."""
        proper = mt.get_proper_type(typ)
        if isinstance(proper, mt.NoneType):
            return t.NONE
        if isinstance(proper, mt.UnionType):
            members = [self.type_of(item) for item in proper.items]
            known = [m for m in members if m is not None]
            return make_union(known) if len(known) == len(members) else None
        if isinstance(proper, mt.TupleType):
            fallback = proper.partial_fallback.type
            if fallback.is_named_tuple:
                found = self.type_of_node(fallback)
                return found if isinstance(found, t.Type) else None
            items = [self.type_of(item) for item in proper.items]
            parts = tuple(i for i in items if i is not None)
            return t.TupleType(parts) if len(parts) == len(items) else None
        if not isinstance(proper, mt.Instance):
            return None
        arguments = [self.type_of(argument) for argument in proper.args]
        known_arguments = [a for a in arguments if a is not None]
        if len(known_arguments) != len(arguments):
            return None
        if proper.type.fullname == "builtins.list":
            return t.ListType(known_arguments[0])
        if proper.type.fullname == "builtins.dict":
            return t.DictType(*known_arguments)
        found = self.type_of_node(proper.type)
        return found if isinstance(found, t.Type) else None


def _add_properties(
    made: ClassType | ModuleType, view: ClassDef, module: str, qualname: str, owner: str
) -> None:
    """The properties that a class defines, with their getters and setters as methods."""
    for found in view.properties:
        getter, setter = f"__{found.name}_getter", f"__{found.name}_setter"
        made.properties[found.name] = Property(getter, setter if found.setter else None)
        for accessor, method in ((getter, found.getter), (setter, found.setter)):
            if method is not None:
                handle = Handle(module, f"{qualname}.{found.name}", method.name.range.line, owner)
                reference = FunctionRef(f"{made.qualified_name}.{accessor}", handle)
                made.methods[accessor] = reference


def _is_of_class(symbol: n.SymbolTableNode) -> bool:
    """Whether a name is an attribute of a class, and not only of its instances."""
    return not isinstance(symbol.node, n.Var) or symbol.node.is_initialized_in_class


def _is_overloaded(file: SourceFile, place: Place) -> bool:
    """Whether ``_overload`` declares forms of a function."""
    same = [d for d in file.definitions if d.qualname == place.qualname and not d.is_class]
    return len(same) > 1 and any(
        mark.rpartition(".")[2] in ("_overload", "_overload_method")
        for definition in same
        for mark in cached_def(file.source(definition)).decorator_names
    )


_NOT_KNOWN = object()

_ASSUMED_IMPORTED = {
    **{name: ("typing", name) for name in ("List", "Tuple", "Dict", "Optional", "Union", "Any")},
    "Tensor": ("torch", "Tensor"),
    "Future": ("torch", "jit", "Future"),
    "torch": ("torch",),
}


def _is_implicit(symbol: n.SymbolTableNode, name: str) -> bool:
    return symbol.module_hidden and name.startswith("__")


def _has_star_from_unknown(tree: n.MypyFile) -> bool:
    return any(isinstance(item, n.ImportAll) and not item.id for item in tree.imports)


__all__ = ["Handle", "MypyResolver", "Program"]
