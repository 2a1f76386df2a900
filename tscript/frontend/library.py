"""Our own library's Python functions, as sources that any resolver can compile.

``torch.nn.functional.relu`` is a Python function of ``tscript/nn/functional``. Live, static and archive resolvers
all find it here, by reading that file's text: nothing is imported, so type checking loads no runtime.
What a file of the library may do at its top level is small: ``import``, ``def``, ``name = dotted.name``,
``name = boolean_dispatch(...)``, constants.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from tscript.diagnostics.source import Source
from tscript.frontend import namespace
from tscript.frontend.parse_ast import parse_def
from tscript.frontend.resolver import (
    Constant,
    Definition,
    DispatchDefinition,
    Fact,
    FunctionRef,
    LibraryHandle,
    NamedType,
    NamespaceRef,
    OperatorDefinition,
    OperatorRef,
    OverloadedDefinition,
    SourceDefinition,
    Unknown,
)
from tscript.ir.constant_types import constant_type
from tscript.types.nominal import ClassType, ModuleType

_ROOT = Path(__file__).resolve().parent.parent
#: Between the name of a function and the number of one of its declared overloads.
_OVERLOAD = "__"


@dataclass(slots=True)
class _File:
    """One module of the library: its text, and what its names are."""

    path: Path
    text: str
    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)
    #: Signatures that ``@_overload`` declares for a function.
    overloads: dict[str, list[ast.FunctionDef]] = field(default_factory=dict)
    #: Local name -> the full dotted name it was imported from, or is another name of.
    imports: dict[str, str] = field(default_factory=dict)
    dispatches: dict[str, ast.Call] = field(default_factory=dict)
    constants: dict[str, object] = field(default_factory=dict)


@cache
def _load(module: str) -> _File | None:
    parts = module.split(".")[1:]
    for path in (_ROOT.joinpath(*parts).with_suffix(".py"), _ROOT.joinpath(*parts, "__init__.py")):
        if path.is_file():
            break
    else:
        return None
    text = path.read_text(encoding="utf-8")
    found = _File(path, text)
    for node in ast.parse(text).body:
        match node:
            case ast.FunctionDef(decorator_list=[ast.Name(id="_overload")]):
                found.overloads.setdefault(node.name, []).append(node)
            case ast.FunctionDef():
                found.functions[node.name] = node
            case ast.Import(names=names):
                for alias in names:
                    found.imports[alias.asname or alias.name.partition(".")[0]] = (
                        alias.name if alias.asname else alias.name.partition(".")[0]
                    )
            case ast.ImportFrom(module=str(source), names=names):
                for alias in names:
                    found.imports[alias.asname or alias.name] = f"{source}.{alias.name}"
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                _assign(found, name, value)
    return found


def _assign(found: _File, name: str, value: ast.expr) -> None:
    match value:
        case ast.Call(func=ast.Name(id="boolean_dispatch")):
            found.dispatches[name] = value
        case ast.Attribute() | ast.Name():
            head, _, rest = ast.unparse(value).partition(".")
            full = found.imports.get(head)
            if full is not None:
                found.imports[name] = f"{full}.{rest}" if rest else full
            elif head in found.functions and not rest:
                found.functions[name] = found.functions[head]
        case _:
            try:
                found.constants[name] = ast.literal_eval(value)
            except ValueError:
                return


@cache
def function_names(module: str) -> frozenset[str]:
    """Names that a module of the library defines as functions, or re-exports from another of its files."""
    found = _load(module)
    if found is None:
        return frozenset()
    names = {*found.functions, *found.dispatches}
    for name, full in found.imports.items():
        owner, _, original = full.rpartition(".")
        if owner.startswith("tscript.nn") and original in function_names(owner):
            names.add(name)
        elif owner.startswith("tscript.") and owner.partition(".")[2] in ("ops.aten",):
            names.add(name)
    return frozenset(names)


def _origin(module: str, name: str) -> tuple[str, str]:
    """Follow re-exports to the file that defines the function."""
    found = _load(module)
    if found is not None and name not in found.functions and name not in found.dispatches:
        full = found.imports.get(name)
        if full is not None:
            owner, _, original = full.rpartition(".")
            if owner.startswith("tscript.nn"):
                return _origin(owner, original)
    return module, name


@cache
def library_definition(handle: LibraryHandle) -> Definition:
    """What a call of a library function means."""
    name, _, declaration = handle.name.partition(_OVERLOAD)
    module, name = _origin(handle.module, name)
    found = _load(module)
    if found is None:
        return Unknown()
    if declaration:
        implementation = parse_def(_source(found, found.functions[name]))
        declared = parse_def(_source(found, found.overloads[name][int(declaration)]))
        view = replace(implementation, params=declared.params, returns=declared.returns)
        return SourceDefinition(view, LibraryResolver(module), strict=True)
    if name in found.overloads:
        return OverloadedDefinition(
            tuple(
                namespace.library_function(module, f"{name}{_OVERLOAD}{number}")
                for number in range(len(found.overloads[name]))
            )
        )
    if name in found.dispatches:
        return _dispatch(module, found.dispatches[name])
    if name in found.functions:
        node = found.functions[name]
        source = _source(found, node)
        return SourceDefinition(parse_def(source), LibraryResolver(module), strict=True)
    if name in found.imports:
        fact = namespace.fact_of_path(tuple(found.imports[name].split(".")))
        if isinstance(fact, OperatorRef):
            return OperatorDefinition(fact.name)
    return Unknown()


def _source(found: _File, node: ast.FunctionDef) -> Source:
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    lines = found.text.splitlines(keepends=True)[first - 1 : node.end_lineno]
    name = f"tscript/{found.path.relative_to(_ROOT).as_posix()}"
    return Source("".join(lines), name, first)


def _dispatch(module: str, call: ast.Call) -> Definition:
    names = ("arg_name", "arg_index", "default", "if_true", "if_false")
    given: dict[str, ast.expr] = dict(zip(names, call.args, strict=False))
    given.update({keyword.arg: keyword.value for keyword in call.keywords if keyword.arg})
    resolver = LibraryResolver(module)
    functions: list[FunctionRef] = []
    for key in ("if_true", "if_false"):
        target = given[key]
        fact = resolver.value(target.id) if isinstance(target, ast.Name) else None
        if not isinstance(fact, FunctionRef):
            return Unknown()
        functions.append(fact)
    return DispatchDefinition(
        str(ast.literal_eval(given["arg_name"])),
        int(ast.literal_eval(given["arg_index"])),
        bool(ast.literal_eval(given["default"])),
        *functions,
    )


@dataclass(frozen=True, slots=True)
class LibraryResolver:
    """The resolver of one file of the library."""

    module: str

    def value(self, name: str) -> Fact | None:
        found = _load(self.module)
        if found is not None:
            if name in found.functions or name in found.dispatches:
                return namespace.library_function(self.module, name)
            if name in found.imports:
                return _imported(found.imports[name])
            if name in found.constants:
                value = found.constants[name]
                return Constant(value, constant_type(value))
        return namespace.builtin(name)

    def member(self, owner: NamespaceRef, name: str) -> Fact | None:
        return _imported(f"{owner.path}.{name}")

    def type_named(self, path: tuple[str, ...]) -> NamedType:
        found = _load(self.module)
        full = found.imports.get(path[0]) if found is not None else None
        if full is not None:
            return namespace.type_of_path((*full.split("."), *path[1:]))
        return namespace.type_of_path(("builtins", *path))

    def definition(self, function: FunctionRef) -> Definition:
        if isinstance(function.handle, LibraryHandle):
            return library_definition(function.handle)
        return Unknown()

    def layout(self, type: ClassType | ModuleType) -> ClassType | ModuleType:
        return type


def _imported(full: str) -> Fact | None:
    fact = namespace.fact_of_path(tuple(full.split(".")))
    if fact is not None:
        return fact
    owner, _, name = full.rpartition(".")
    if owner.startswith("tscript.nn") or owner == "tscript.markers":
        if owner == "tscript.markers":
            return namespace.fact_of_path(("torch", "jit", name))
        origin, original = _origin(owner, name)
        found = _load(origin)
        if found is not None:
            if original in found.functions or original in found.dispatches:
                return namespace.library_function(origin, original)
            if original in found.constants:
                value = found.constants[original]
                return Constant(value, constant_type(value))
            if original in found.imports:
                return _imported(found.imports[original])
    return None


__all__ = ["LibraryResolver", "function_names", "library_definition"]
