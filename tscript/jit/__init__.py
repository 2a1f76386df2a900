"""``torch.jit``: scripting, tracing, saving and loading programs. Names load when first used."""

from __future__ import annotations

import importlib
from typing import Any

#: Public names and the module each is in.
_NAMES: dict[str, str] = {
    "script": "tscript.jit.script",
    "ScriptFunction": "tscript.jit.script",
    "CompilationUnit": "tscript.jit.script",
    "script_if_tracing": "tscript.jit.script",
    "ScriptModule": "tscript.jit.script_module",
    "RecursiveScriptModule": "tscript.jit.script_module",
    "TopLevelTracedModule": "tscript.jit.script_module",
    "ScriptMethod": "tscript.jit.script_module",
    "script_method": "tscript.jit.script_module",
    "trace": "tscript.jit.trace",
    "trace_module": "tscript.jit.trace",
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
    "interface": "tscript.markers",
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
