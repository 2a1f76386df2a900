"""``torch.jit``: scripting, tracing, saving and loading programs. Names load when first used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # what the table below says, for type checkers
    from tscript.diagnostics.report import CompilationError as CompilationError
    from tscript.diagnostics.report import CompilationWarning as CompilationWarning
    from tscript.jit.forms import annotate as annotate
    from tscript.jit.forms import fork as fork
    from tscript.jit.forms import isinstance as isinstance
    from tscript.jit.forms import optimized_execution as optimized_execution
    from tscript.jit.forms import wait as wait
    from tscript.jit.interfaces import interface as interface
    from tscript.jit.save_load import load as load
    from tscript.jit.save_load import save as save
    from tscript.jit.script_module import RecursiveScriptModule as RecursiveScriptModule
    from tscript.jit.script_module import ScriptMethod as ScriptMethod
    from tscript.jit.script_module import ScriptModule as ScriptModule
    from tscript.jit.script_module import TopLevelTracedModule as TopLevelTracedModule
    from tscript.jit.script_module import script_method as script_method
    from tscript.jit.scripting import CompilationUnit as CompilationUnit
    from tscript.jit.scripting import ScriptFunction as ScriptFunction
    from tscript.jit.scripting import script as script
    from tscript.jit.scripting import script_if_tracing as script_if_tracing
    from tscript.jit.trace_check import TracingCheckError as TracingCheckError
    from tscript.jit.tracing import trace as trace
    from tscript.jit.tracing import trace_module as trace_module
    from tscript.markers import Attribute as Attribute
    from tscript.markers import Final as Final
    from tscript.markers import export as export
    from tscript.markers import ignore as ignore
    from tscript.markers import is_scripting as is_scripting
    from tscript.markers import unused as unused
    from tscript.runtime.errors import Error as Error
    from tscript.runtime.object import Future as Future
    from tscript.runtime.tensor import Tensor as Tensor
    from tscript.runtime.tracer import TracerWarning as TracerWarning
    from tscript.runtime.tracing_state import is_tracing as is_tracing

#: Public names and the module each is in.
_NAMES: dict[str, str] = {
    "script": "tscript.jit.scripting",
    "ScriptFunction": "tscript.jit.scripting",
    "CompilationUnit": "tscript.jit.scripting",
    "script_if_tracing": "tscript.jit.scripting",
    "ScriptModule": "tscript.jit.script_module",
    "RecursiveScriptModule": "tscript.jit.script_module",
    "TopLevelTracedModule": "tscript.jit.script_module",
    "ScriptMethod": "tscript.jit.script_module",
    "script_method": "tscript.jit.script_module",
    "trace": "tscript.jit.tracing",
    "trace_module": "tscript.jit.tracing",
    "TracingCheckError": "tscript.jit.trace_check",
    "TracerWarning": "tscript.runtime.tracer",
    "is_tracing": "tscript.runtime.tracing_state",
    "save": "tscript.jit.save_load",
    "load": "tscript.jit.save_load",
    "annotate": "tscript.jit.forms",
    "isinstance": "tscript.jit.forms",
    "fork": "tscript.jit.forms",
    "wait": "tscript.jit.forms",
    "_fork": "tscript.jit.forms",
    "_wait": "tscript.jit.forms",
    "_unwrap_optional": "tscript.jit.forms",
    "_isinstance": "tscript.jit.forms",
    "optimized_execution": "tscript.jit.forms",
    "Tensor": "tscript.runtime.tensor",
    "Error": "tscript.runtime.errors",
    "Future": "tscript.runtime.object",
    "Attribute": "tscript.markers",
    "Final": "tscript.markers",
    "ignore": "tscript.markers",
    "unused": "tscript.markers",
    "export": "tscript.markers",
    "interface": "tscript.jit.interfaces",
    "is_scripting": "tscript.markers",
    "_overload": "tscript.markers",
    "_overload_method": "tscript.markers",
    "CompilationError": "tscript.diagnostics.report",
    "CompilationWarning": "tscript.diagnostics.report",
}

__all__ = [name for name in _NAMES if not name.startswith("_")]


def __getattr__(name: str) -> Any:
    module = _NAMES.get(name)
    if module is None:
        raise AttributeError(f"torch.jit has no attribute {name!r}")
    value = getattr(importlib.import_module(module), name.lstrip("_") if name in _ALIASES else name)
    globals()[name] = value
    return value


_ALIASES = frozenset({"_fork", "_wait", "_isinstance"})


def __dir__() -> list[str]:
    return sorted({*globals(), *_NAMES})
