"""Compiling one function on mypy's knowledge: the frontend with the mypy resolver."""

from __future__ import annotations

from typing import Any

from mypy import nodes as n

from tscript.diagnostics.report import CompilationError, Diagnostic, DiagnosticSink
from tscript.frontend.module_constants import declaration, may_be_constant, report_constant
from tscript.frontend.resolver import FunctionRef, SourceDefinition
from tscript.frontend.unit import Unit, report_bases
from tscript.frontend.view_cache import cached_class, cached_def
from tscript.types.nominal import ClassType, ModuleType
from tscript.types.printing import source_str
from tscript_mypy.mypy_resolver import Handle, MypyResolver, Program
from tscript_mypy.sources import SourceFile
from tscript_mypy.symbols import is_module_class, names_of_function


def analyse(
    api: Any, file: SourceFile, function: n.FuncDef
) -> tuple[tuple[Diagnostic, ...], set[str]]:
    """The compiler's diagnostics for a function, and the modules whose source they rest on.

    ``api`` is mypy's type checker, in the module that ``file`` is the source of.
    """
    place = file.at_line(function.line, function.name)
    if place is None:
        return (), set()
    resolver = resolver_of(api, function)
    program, module = resolver.program, resolver.module
    try:
        view = cached_def(file.source(place))
    except CompilationError as error:
        return error.diagnostics, set()
    owner: ModuleType | ClassType | None = None
    handle = Handle(module, place.qualname, place.line)
    info = function.info
    if info and is_module_class(info):  # a plain function has a falsy stand-in
        owner = resolver.module_type(info)
        if owner is None:
            return (), program.used_modules
        handle = Handle(module, place.qualname, place.line, info.fullname)
    elif info:
        found = resolver.type_of_node(info)
        if not isinstance(found, ClassType):
            return (), program.used_modules
        owner = found
        handle = Handle(module, place.qualname, place.line, info.fullname)
    sink = DiagnosticSink()
    definition = SourceDefinition(view, resolver, owner=owner, strict=True)
    reference = FunctionRef(f"__torch__.{function.fullname}", handle)
    unit = Unit(graphs=False)
    init = owner.methods.get("__init__") if isinstance(owner, ClassType) else None
    if init is not None and function.name != "__init__":
        # As live: it makes the attributes, and comes before the methods that it calls.
        first = unit.definition(resolver, init)
        if isinstance(first, SourceDefinition):
            unit.compile(resolver, init, first, DiagnosticSink())
    unit.compile(resolver, reference, definition, sink)
    own = tuple(d for d in sink.diagnostics if not _is_reported_there(d, program))
    return own, program.used_modules - {module}


def analyse_class(api: Any, file: SourceFile, info: n.TypeInfo) -> tuple[Diagnostic, ...]:
    """What the compiler says of a scripted class itself, its own methods apart.

    Of its bases, and of the methods that ``@dataclass`` writes.
    """
    resolver = resolver_of(api)
    owner = resolver.type_of_node(info)
    unit, sink = Unit(graphs=False), DiagnosticSink()
    if inherits(info):
        place = file.at_line(info.line, info.name)
        if place is not None:
            report_bases(cached_class(file.source(place)), sink)
    elif isinstance(owner, ClassType):
        for reference in owner.methods.values():
            if (info.fullname, reference.qualified_name.rpartition(".")[2]) in (
                resolver.program.generated
            ):
                definition = unit.definition(resolver, reference)
                unit.compile(resolver, reference, definition, sink)
    return tuple(d for d in sink.diagnostics if not _is_reported_there(d, resolver.program))


def analyse_constants(api: Any, file: SourceFile, info: n.TypeInfo) -> tuple[Diagnostic, ...]:
    """What a scripted module's class declares constant and cannot be, as far as it says what it is."""
    resolver = resolver_of(api)
    made = resolver.module_type(info)
    place = file.at_line(info.line, info.name)
    if made is None or place is None or info.module_name != resolver.module:
        return ()
    sink = DiagnosticSink()
    for name, constant in made.constants.items():
        declared = declaration(cached_class(file.source(place)), name)
        if declared is not None and not may_be_constant(constant.type):
            report_constant(sink, declared, name, source_str(constant.type))
    return tuple(sink.diagnostics)


def inherits(info: n.TypeInfo) -> bool:
    """Whether a class has bases that a script class cannot have."""
    names = {base.fullname for base in info.mro}
    may = info.is_enum or info.is_named_tuple or info.fallback_to_any or is_module_class(info)
    exempt = {"builtins.BaseException", "builtins.tuple"}
    return len(info.mro) > 2 and not may and not names & exempt


def resolver_of(api: Any, function: n.FuncDef | None = None) -> MypyResolver:
    """The resolver for a function, or for the place that mypy is checking."""
    enclosing = [
        names_of_function(item)
        for item in reversed(api.scope.stack)
        if isinstance(item, n.FuncDef) and item is not function
    ]
    return MypyResolver(Program(api.modules), api.tree.fullname, enclosing)


def _is_reported_there(diagnostic: Diagnostic, program: Program) -> bool:
    """Whether it is about the body of a callee with a ``script`` decorator of its own."""
    place = diagnostic.range
    return bool(diagnostic.call_chain) and any(
        place.source is callee.source and callee.start <= place.start < callee.end
        for callee in program.scripted
    )
