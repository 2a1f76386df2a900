"""Forward hooks that a program registers on a module which it then scripts.

Seen are statements ``net.register_forward_hook(f)`` between the assignment to ``net`` and the call
of ``script``, in the same block. Of a hook that is no plain function nothing is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mypy import nodes as n

from tscript.diagnostics.report import Diagnostic, DiagnosticSink
from tscript.frontend.module_hooks import Hook, check_hooks
from tscript.frontend.resolver import FunctionRef, SourceDefinition
from tscript.frontend.unit import Unit
from tscript.ir.function import CompiledFunction
from tscript.types.nominal import ModuleType
from tscript_mypy.analysis import resolver_of
from tscript_mypy.mypy_resolver import Handle, MypyResolver

_REGISTER = {"register_forward_pre_hook": True, "register_forward_hook": False}


def analyse_hooks(api: Any, script: n.CallExpr, module: n.TypeInfo) -> tuple[Diagnostic, ...]:
    """What the compiler says of the hooks of the module that a call scripts.

    ``api`` is mypy's type checker, ``module`` the module's class.
    """
    argument = script.args[0] if script.args else None
    if not isinstance(argument, n.NameExpr):
        return ()
    registered = list(_registered(_block(api), argument.name, script.line))
    if not registered:
        return ()
    resolver = resolver_of(api)
    owner = resolver.module_type(module)
    forward = owner.methods.get("forward") if owner is not None else None
    if owner is None or forward is None:
        return ()
    unit, sink = Unit(graphs=False), DiagnosticSink()
    signature = _compiled(unit, resolver, forward, DiagnosticSink())
    if signature is None:
        return ()
    hooks = []
    # Those before `forward` run first, whenever they were registered.
    for node, is_pre in sorted(registered, key=lambda found: not found[1]):
        hook = _hook(unit, resolver, owner, module, node, is_pre, sink)
        if hook is None:
            break  # what it returns, and so what the next one gets, is not known
        hooks.append(hook)
    check_hooks(hooks, signature.schema, module.name, sink)
    return tuple(sink.diagnostics)


def _block(api: Any) -> list[n.Statement]:
    """The statements of the function that is being checked, or of the file."""
    function = api.scope.current_function()
    if isinstance(function, n.FuncDef):
        return function.body.body
    tree: n.MypyFile = api.tree
    return tree.defs


def _registered(
    block: list[n.Statement], name: str, line: int
) -> Iterator[tuple[n.SymbolNode | None, bool]]:
    """The hooks of the module of a name, in order: what was given, and whether it is a pre-hook."""
    found: list[tuple[n.SymbolNode | None, bool]] = []
    for statement in block:
        if statement.line >= line:
            break
        if isinstance(statement, n.AssignmentStmt):
            if any(isinstance(target, n.NameExpr) and target.name == name
                   for target in statement.lvalues):  # fmt: skip
                found = []
        if not isinstance(statement, n.ExpressionStmt):
            continue
        match statement.expr:
            case n.CallExpr(
                callee=n.MemberExpr(name=method, expr=n.NameExpr(name=owner)), args=[given]
            ) if owner == name and method in _REGISTER:
                node = given.node if isinstance(given, n.NameExpr) else None
                found.append((node, _REGISTER[method]))
    return iter(found)


def _hook(
    unit: Unit,
    resolver: MypyResolver,
    owner: ModuleType,
    module: n.TypeInfo,
    node: n.SymbolNode | None,
    is_pre: bool,
    sink: DiagnosticSink,
) -> Hook | None:
    """A hook, compiled as a method of the module; None when it is no function of this file."""
    own = f"{resolver.module}."
    if not isinstance(node, n.FuncDef) or "." in node.fullname.removeprefix(own):
        return None
    handle = Handle(resolver.module, node.name, node.line, module.fullname)
    reference = FunctionRef(f"{owner.qualified_name}.{node.name}", handle)
    definition = resolver.definition(reference)
    if not isinstance(definition, SourceDefinition):
        return None
    compiled = _compiled(unit, resolver, reference, sink)
    return None if compiled is None else Hook(definition.view, compiled.schema, is_pre)


def _compiled(
    unit: Unit, resolver: MypyResolver, function: FunctionRef, sink: DiagnosticSink
) -> CompiledFunction | None:
    definition = unit.definition(resolver, function)
    if not isinstance(definition, SourceDefinition):
        return None
    compiled = unit.compile(resolver, function, definition, sink)
    return compiled if isinstance(compiled, CompiledFunction) else None
