"""What a module's class promises and its instance must keep: interfaces of submodules, constants.

These are seen only when an instance is scripted, and reported at the declaration in the class body.
"""

from __future__ import annotations

from tscript.diagnostics.report import DiagnosticSink
from tscript.diagnostics.source import SourceRange
from tscript.frontend import views as v
from tscript.frontend.unit import Unit
from tscript.jit.compiled import compile_into
from tscript.jit.source_lookup import SourceUnavailable, source_of
from tscript.nn import Module
from tscript.runtime.object import ScriptObject
from tscript.types.nominal import InterfaceType, ModuleType
from tscript.types.printing import source_str
from tscript.types.relations import lacks_in_method


def check_module(module: Module, made: ScriptObject, unit: Unit, sink: DiagnosticSink) -> None:
    """Report submodules that do not have the interface their attribute declares."""
    for name, attribute in made.type.attributes.items():
        if not isinstance(attribute.type, InterfaceType):
            continue
        own = made.slots[name].type
        if not isinstance(own, ModuleType):
            continue
        reason = _problem(own, attribute.type, unit, sink)
        if reason is not None:
            sink.report(
                "interface-mismatch",
                _declaration(module, name),
                type=source_str(own),
                interface=source_str(attribute.type),
                reason=reason,
            )


def _problem(
    own: ModuleType, interface: InterfaceType, unit: Unit, sink: DiagnosticSink
) -> str | None:
    for name, wanted in interface.methods.items():
        if name not in own.methods:
            return f"it has no method `{name}`"
        compile_into(own, [name], unit, sink)
        reason = lacks_in_method(own, name, wanted)
        if reason is not None:
            return reason
    return None


def _declaration(module: Module, name: str) -> SourceRange:
    """Where a class declares an attribute; the class where it does not."""
    from tscript.frontend.view_cache import cached_class

    for cls in type(module).__mro__:
        if name not in vars(cls).get("__annotations__", {}):
            continue
        try:
            view = cached_class(source_of(cls))
        except SourceUnavailable:
            continue
        for statement in view.body:
            if isinstance(statement, v.Assign) and any(
                isinstance(target, v.Var) and target.name == name for target in statement.targets
            ):
                return statement.range
    return source_of(type(module)).whole()
