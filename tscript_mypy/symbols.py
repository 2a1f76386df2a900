"""What one symbol of mypy's says by itself, without the program around it.

Here: names of the libraries, global variables, constants, the names that a function defines. What
needs other modules or their source is :mod:`tscript_mypy.mypy_resolver`'s.
"""

from __future__ import annotations

from collections.abc import Iterator

from mypy import nodes as n
from mypy import types as mt

from ops_registry import types as t
from tscript.frontend import namespace
from tscript.frontend.resolver import (
    Constant,
    Fact,
    FunctionRef,
    NamedType,
    NamespaceRef,
    Uncapturable,
    Unknown,
)

UNKNOWN = Unknown()

#: Packages whose definitions are the shared namespace table's.
_LIBRARIES = ("torch", "tscript", "math", "cmath", "typing", "typing_extensions", "builtins",
              "warnings", "numbers", "types")  # fmt: skip

_MODULE_BASES = frozenset(
    {
        "torch.nn.modules.module.Module",
        "tscript.nn.module.Module",
        "torch.jit._script.ScriptModule",
        "tscript.jit.script_module.ScriptModule",
    }
)


def is_module_class(info: n.TypeInfo) -> bool:
    """Whether a class is an ``nn.Module`` of either library."""
    return any(base.fullname in _MODULE_BASES for base in info.mro)


def names_of_function(function: n.FuncDef) -> dict[str, n.SymbolNode | None]:
    """The names that a function's body defines, for functions nested in it."""
    found: dict[str, n.SymbolNode | None] = {
        argument.variable.name: None for argument in function.arguments
    }
    for statement in _statements(function.body.body):
        if isinstance(statement, n.FuncDef):
            found[statement.name] = statement
        elif isinstance(statement, n.Decorator):
            found[statement.func.name] = statement
        elif isinstance(statement, n.ClassDef):
            found[statement.name] = statement.info
        elif isinstance(statement, n.AssignmentStmt):
            for target in statement.lvalues:
                if isinstance(target, n.NameExpr):
                    found[target.name] = target.node if isinstance(target.node, n.Var) else None
    return found


def _statements(body: list[n.Statement]) -> Iterator[n.Statement]:
    for statement in body:
        yield statement
        for attribute in ("body", "else_body"):
            inner = getattr(statement, attribute, None)
            if isinstance(inner, n.Block) and not isinstance(statement, n.FuncDef | n.ClassDef):
                yield from _statements(inner.body)
            elif isinstance(inner, list):
                for block in inner:
                    if isinstance(block, n.Block):
                        yield from _statements(block.body)


def public_path(fullname: str) -> tuple[str, ...]:
    parts = fullname.split(".")
    if parts[0] == "tscript":
        parts[0] = "torch"
    return tuple(parts)


def namespace_of(tree: n.MypyFile) -> NamespaceRef:
    return NamespaceRef(".".join(public_path(tree.fullname)), tree.fullname)


def is_library(fullname: str) -> bool:
    return fullname.split(".", 1)[0] in _LIBRARIES


def _paths(fullname: str) -> Iterator[tuple[str, ...]]:
    """The public paths under which a library's definition may be known."""
    *owner, name = public_path(fullname)
    for length in range(len(owner), 0, -1):
        yield (*owner[:length], name)


def not_compiled(fact: Fact, node: n.SymbolNode) -> Fact:
    """What Python itself has, and no source: only what the compiler knows by name can be used."""
    known = isinstance(fact, FunctionRef | Unknown)
    if known and isinstance(node, n.FuncDef | n.Decorator | n.OverloadedFuncDef):
        return Uncapturable("a function that is not written in Python")
    if known and isinstance(node, n.TypeInfo):
        return Uncapturable("a global of type type")
    return fact


def library_fact(fullname: str) -> Fact | None:
    if not is_library(fullname):
        return None
    for path in _paths(fullname):
        fact = namespace.fact_of_path(path)
        if fact is not None:
            return fact
    return UNKNOWN


def library_type(fullname: str) -> NamedType:
    if not is_library(fullname):
        return None
    for path in _paths(fullname):
        found = namespace.type_of_path(path)
        if found is not None:
            return found
    return None


def global_of(node: n.Var, name: str) -> Fact:
    """A global variable: what scripts cannot capture is said when its type is certain."""
    if node.type is None:
        return UNKNOWN
    proper = mt.get_proper_type(node.type)
    if isinstance(proper, mt.Instance) and proper.type.fullname in _CAPTURED:
        return Uncapturable(
            f"a global of type {proper.type.name}",
            f"pass `{name}` as an argument, or make it a constant of a module",
        )
    return UNKNOWN


_CAPTURED = frozenset(
    {f"builtins.{name}" for name in ("int", "float", "bool", "str", "complex", "list", "dict")}
    | {"torch._tensor.Tensor", "torch.Tensor", "tscript.runtime.tensor.Tensor"}
)


def constant_of(node: n.Var) -> Fact:
    """An attribute of a Python module: a constant when mypy knows its value."""
    if node.final_value is not None:
        value = node.final_value
        for python_type, type in ((bool, t.BOOL), (int, t.INT), (float, t.FLOAT), (str, t.STRING)):
            if isinstance(value, python_type):
                return Constant(value, type)
    return UNKNOWN
