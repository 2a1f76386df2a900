"""Programs given as text, compiled as functions of a module: for the tests of this directory."""

from __future__ import annotations

import enum
import itertools
import linecache
import math
import sys
import typing
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import ModuleType

import tscript
from tscript.diagnostics.report import DiagnosticSink
from tscript.frontend.resolver import (
    Definition,
    Fact,
    FunctionRef,
    NamedType,
    NamespaceRef,
    Resolver,
    SourceDefinition,
    Unknown,
)
from tscript.frontend.unit import Unit
from tscript.ir.function import CompiledFunction
from tscript.jit.handles import Handle
from tscript.jit.live_resolver import definition_of
from tscript.types.nominal import ClassType
from tscript.types.nominal import ModuleType as ScriptModuleType

_numbers = itertools.count()


def load(text: str) -> ModuleType:
    """The module that ``text`` defines, with the usual names imported."""
    number = next(_numbers)
    filename = f"<program {number}>"
    module = ModuleType(f"program_{number}")
    sys.modules[module.__name__] = module
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    names = ("Any", "Dict", "List", "NamedTuple", "Optional", "Tuple", "Union")
    vars(module).update({name: getattr(typing, name) for name in names})
    vars(module).update(
        torch=tscript, F=tscript.nn.functional, Tensor=tscript.Tensor, math=math, Enum=enum.Enum
    )
    exec(compile(text, filename, "exec"), vars(module))
    return module


@dataclass
class Forgetful:
    """A resolver that does not know what ``forget`` picks."""

    inner: Resolver
    forget: Callable[[str], bool]

    def value(self, name: str) -> Fact | None:
        return Unknown() if self.forget(f"value {name}") else self.inner.value(name)

    def member(self, owner: NamespaceRef, name: str) -> Fact | None:
        if self.forget(f"member {owner.path}.{name}"):
            return Unknown()
        return self.inner.member(owner, name)

    def type_named(self, path: tuple[str, ...]) -> NamedType:
        if self.forget(f"type {'.'.join(path)}"):
            return Unknown()
        return self.inner.type_named(path)

    def definition(self, function: FunctionRef) -> Definition:
        if self.forget(f"definition {function.qualified_name.rpartition('.')[2]}"):
            return Unknown()
        found = self.inner.definition(function)
        if isinstance(found, SourceDefinition):
            return replace(found, resolver=Forgetful(found.resolver, self.forget))
        return found

    def layout(self, type: ClassType | ScriptModuleType) -> ClassType | ScriptModuleType:
        return type


def compile_text(
    text: str,
    *,
    name: str = "f",
    forget: Callable[[str], bool] = lambda question: False,
    graphs: bool = True,
) -> CompiledFunction:
    """The function ``name`` of a program, compiled whatever its errors are."""
    function = vars(load(text))[name]
    handle = Handle(function)
    definition = definition_of(handle)
    assert isinstance(definition, SourceDefinition), definition
    definition = replace(definition, resolver=Forgetful(definition.resolver, forget), strict=True)
    compiled = Unit(graphs=graphs).compile(
        definition.resolver, FunctionRef(name, handle), definition, DiagnosticSink()
    )
    assert isinstance(compiled, CompiledFunction)
    return compiled


def found(text: str, **options: typing.Any) -> list[tuple[int, str]]:
    """Line and code of every diagnostic of a program's ``f``."""
    compiled = compile_text(text, **options)
    return [(d.range.line, d.code) for d in compiled.diagnostics]
