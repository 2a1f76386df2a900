"""The mypy plugin: the compiler's own verdict, on what mypy knows.

``[mypy] plugins = tscript_mypy`` turns it on. A function that is passed to, or decorated with,
``torch.jit.script`` or ``script_method`` (ours or PyTorch's) is compiled by the frontend with the
mypy resolver; the graph is thrown away and the diagnostics become mypy errors on their lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from mypy import nodes as n
from mypy import types as mt
from mypy.options import Options
from mypy.plugin import FunctionContext, Plugin, ReportConfigContext

from ops_registry.registry import registry
from tscript.diagnostics.report import Diagnostic
from tscript_mypy import report as _report
from tscript_mypy.sources import source_file

_SCRIPT = frozenset({"torch.jit._script.script", "tscript.jit.scripting.script"})
_SCRIPT_METHOD = frozenset(
    {"torch.jit._script.script_method", "tscript.jit.script_module.script_method"}
)


class TScriptPlugin(Plugin):
    """Checks what ``torch.jit.script`` compiles."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self._analysed: dict[tuple[str, int, str], tuple[tuple[Diagnostic, ...], set[str]]] = {}

    def get_function_hook(self, fullname: str) -> Callable[[FunctionContext], mt.Type] | None:
        """Hooks are asked by the name at the definition, so aliases do not matter."""
        if fullname in _SCRIPT or fullname in _SCRIPT_METHOD:
            return self._scripted
        return None

    def report_config_data(self, ctx: ReportConfigContext) -> Any:
        """Part of the cache key of a module.

        A change of a helper's body rechecks who uses it, a plugin of operators that comes, goes
        or changes rechecks everything.
        """
        if "site-packages" in ctx.path or ctx.path.endswith(".pyi"):
            return None
        file = source_file(ctx.path)
        if file is None:
            return None
        return {"source": file.digest, "operators": registry().plugin_schemas()}

    # The hook.

    def _scripted(self, ctx: FunctionContext) -> mt.Type:
        for function in _targets(ctx):
            found = self._diagnostics(ctx.api, function)
            if found is None:
                continue
            diagnostics, modules = found
            # mypy may try a call several times and drop what was reported while trying: report at
            # each of them, it keeps one.
            for diagnostic in diagnostics:
                _report.report(ctx.api, diagnostic)
            references = getattr(ctx.api.tree, "module_refs", None)  # type: ignore[attr-defined]
            if references is not None:
                references.update(modules)
        if isinstance(ctx.context, n.ClassDef):
            from tscript_mypy.analysis import analyse_class

            file = source_file(ctx.api.path)
            if file is not None:
                for diagnostic in analyse_class(ctx.api, file, ctx.context.info):
                    _report.report(ctx.api, diagnostic)
        if isinstance(ctx.context, n.CallExpr) and ctx.arg_types and ctx.arg_types[0]:
            for diagnostic in _of_instance(ctx, ctx.context):
                _report.report(ctx.api, diagnostic)
        return ctx.default_return_type

    def _diagnostics(
        self, api: Any, function: n.FuncDef
    ) -> tuple[tuple[Diagnostic, ...], set[str]] | None:
        file = source_file(api.path)
        if file is None:
            return None
        key = (api.path, function.line, file.digest)
        found = self._analysed.get(key)
        if found is None:
            from tscript_mypy.analysis import analyse

            found = self._analysed[key] = analyse(api, file, function)
        return found


def _targets(ctx: FunctionContext) -> list[n.FuncDef]:
    """What is scripted: the function that is decorated, or named as the first argument, or what is
    compiled of the module that is the first argument."""
    if isinstance(ctx.context, n.Decorator):
        return [ctx.context.func]
    if isinstance(ctx.context, n.ClassDef):
        from tscript_mypy.analysis import inherits

        info = ctx.context.info
        return [] if inherits(info) else list(_methods_of(info))
    if not ctx.args or not ctx.args[0]:
        return []
    argument = ctx.args[0][0]
    node = argument.node if isinstance(argument, n.RefExpr) else None
    if node is None or isinstance(node, n.Var):
        return _entry_points(ctx.arg_types[0][0], ctx)
    function = _function(node)
    if function is None or _is_scripted_already(function):
        return []
    own = ctx.api.tree.fullname  # type: ignore[attr-defined]
    is_here = function.fullname.startswith(own + ".") or "." not in function.fullname
    return [function] if is_here else []


def _methods_of(info: n.TypeInfo) -> Iterator[n.FuncDef]:
    """What ``script`` compiles of a class: its methods, ``__init__`` first as in the source."""
    for symbol in info.names.values():
        node = symbol.node
        found = node.items if isinstance(node, n.OverloadedFuncDef) else [node]
        for item in found:
            function = item.func if isinstance(item, n.Decorator) else item
            names = _marks(item) if isinstance(item, n.Decorator) else set()
            if not isinstance(function, n.FuncDef) or function.is_static or function.is_class:
                continue
            if not names & _NOT_COMPILED:
                yield function


def _of_instance(ctx: FunctionContext, script: n.CallExpr) -> Iterator[Diagnostic]:
    """What is wrong with a module that is scripted, its methods apart: constants and hooks."""
    from tscript_mypy.analysis import analyse_constants
    from tscript_mypy.module_hooks import analyse_hooks
    from tscript_mypy.symbols import is_module_class

    module = mt.get_proper_type(ctx.arg_types[0][0])
    file = source_file(ctx.api.path)
    if file is not None and isinstance(module, mt.Instance) and is_module_class(module.type):
        yield from analyse_constants(ctx.api, file, module.type)
        yield from analyse_hooks(ctx.api, script, module.type)


#: Decorators of methods that scripting a class leaves alone.
_NOT_COMPILED = frozenset({"ignore", "unused"})


def _entry_points(type: mt.Type, ctx: FunctionContext) -> list[n.FuncDef]:
    """What scripting a module compiles, as far as this file defines it.

    ``forward``, what is marked ``export``, and properties; inherited ones too.
    """
    from tscript_mypy.symbols import is_module_class

    proper = mt.get_proper_type(type)
    if not isinstance(proper, mt.Instance) or not is_module_class(proper.type):
        return []
    own = ctx.api.tree.fullname  # type: ignore[attr-defined]
    unused = _unused_properties(proper.type)
    found: dict[str, list[n.FuncDef]] = {}
    for info in proper.type.mro:
        for name, symbol in info.names.items():
            if name not in found:  # the first class in the order of resolution has it
                node = None if name in unused else symbol.node
                found[name] = _compiled(node, name) if info.module_name == own else []
    return [function for functions in found.values() for function in functions]


def _compiled(node: n.SymbolNode | None, name: str) -> list[n.FuncDef]:
    """The functions behind one name of a module class that scripting an instance compiles."""
    items = node.items if isinstance(node, n.OverloadedFuncDef) else [node]
    functions = []
    for item in items:
        function = _function(item)
        if function is None:
            continue
        marks = _marks(item) if isinstance(item, n.Decorator) else set()
        # A property with a setter is an overloaded function for mypy.
        is_property = function.is_property or (node is not item and "setter" in marks)
        wanted = is_property or "export" in marks or (name == "forward" and not marks)
        if wanted and not marks & _NOT_COMPILED:
            functions.append(function)
    return functions


def _marks(decorated: n.Decorator) -> set[str]:
    """The last names of the decorators."""
    return {d.name for d in decorated.decorators if isinstance(d, n.NameExpr | n.MemberExpr)}


def _unused_properties(info: n.TypeInfo) -> set[str]:
    """What ``__jit_unused_properties__`` of the class names."""
    for base in info.mro:
        for statement in base.defn.defs.body:
            if not isinstance(statement, n.AssignmentStmt):
                continue
            names = {target.name for target in statement.lvalues if isinstance(target, n.NameExpr)}
            value = statement.rvalue
            if "__jit_unused_properties__" in names and isinstance(value, n.ListExpr | n.TupleExpr):
                return {item.value for item in value.items if isinstance(item, n.StrExpr)}
    return set()


def _function(node: n.SymbolNode | None) -> n.FuncDef | None:
    if isinstance(node, n.Decorator):
        node = node.func
    return node if isinstance(node, n.FuncDef) else None


def _is_scripted_already(function: n.FuncDef) -> bool:
    return function.is_decorated and bool(function.info)


def plugin(version: str) -> type[Plugin]:
    """mypy's entry point."""
    return TScriptPlugin
