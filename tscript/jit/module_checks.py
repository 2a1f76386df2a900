"""What a module's class promises and its instance must keep: interfaces of submodules, constants,
hooks.

These are seen only when an instance is scripted, and reported at the declaration in the class body,
or at the hook.
"""

from __future__ import annotations

import inspect
from typing import Any

from tscript.diagnostics.report import DiagnosticSink
from tscript.diagnostics.source import SourceRange
from tscript.frontend import views as v
from tscript.frontend.module_constants import declaration, report_constant
from tscript.frontend.module_hooks import Hook, check_hooks
from tscript.frontend.resolver import PythonDefinition, UnusedDefinition
from tscript.frontend.unit import Unit
from tscript.frontend.view_cache import cached_class, cached_def
from tscript.jit.compiled import compile_into
from tscript.jit.live_resolver import definition_of
from tscript.jit.recursive import can_be_constant, constant_names
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


def check_constants(module: Module, sink: DiagnosticSink) -> None:
    """Report what is declared a constant and is none; a parameter or submodule may be declared so."""
    registered = {*module._parameters, *module._buffers, *module._modules, "training"}
    for name in constant_names(type(module)):
        if name not in registered and hasattr(module, name):
            value = getattr(module, name)
            if not can_be_constant(value):
                place = _declaration(module, name)
                report_constant(sink, place, name, type(value).__name__)


def check_hooks_of(type: ModuleType, sink: DiagnosticSink) -> None:
    """Report hooks, compiled by now, that do not fit ``forward``."""
    names = [(name, True) for name in type.forward_pre_hooks]
    names += [(name, False) for name in type.forward_hooks]
    if not names:
        return
    forward = type.compiled.get("forward")
    if forward is None and sink.errors:
        return  # it could not be compiled
    hooks: list[Hook] = []
    by_name: dict[str, Any] = {}
    for name, is_pre in names:
        function = type.methods[name].handle.function
        view = cached_def(source_of(function))
        plain = view.name.name
        own_name = "give each hook a name of its own"
        if by_name.setdefault(plain, function) is not function:
            hooks.append(Hook(view, None, is_pre, "another hook has its name", own_name))
        elif plain != name and plain in type.compiled:
            hooks.append(Hook(view, None, is_pre, "a method has its name", own_name))
        else:
            hooks.append(_hook(type, name, view, is_pre))
    check_hooks(hooks, forward.schema if forward else None, _short_name(type), sink)


def _hook(type: ModuleType, name: str, view: v.Def, is_pre: bool) -> Hook:
    compiled = type.compiled.get(name)
    if compiled is not None:
        return Hook(view, compiled.schema, is_pre)
    definition = definition_of(type.methods[name].handle)
    if isinstance(definition, UnusedDefinition):
        return Hook(view, None, is_pre, "it is marked `unused`", "use `@torch.jit.ignore`")
    schema = definition.schema if isinstance(definition, PythonDefinition) else None
    return Hook(view, schema, is_pre)


def _short_name(type: ModuleType) -> str:
    return source_str(type).rpartition(".")[2]


def _declaration(module: Module, name: str) -> SourceRange:
    """Where a class declares an attribute; the class where it does not."""
    for cls in type(module).__mro__:
        if name not in {*inspect.get_annotations(cls), *vars(cls).get("__constants__", ())}:
            continue
        try:
            place = declaration(cached_class(source_of(cls)), name)
        except SourceUnavailable:
            continue
        if place is not None:
            return place
    return source_of(type(module)).whole()
