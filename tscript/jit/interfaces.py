"""The methods of classes marked with ``torch.jit.interface``."""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import Any

from ops_registry.schema import Argument, FunctionSchema
from ops_registry.types import ANY
from tscript.jit.live_resolver import LiveResolver
from tscript.jit.signatures import python_schema


def interface_schemas(cls: Any) -> dict[str, FunctionSchema]:
    """The signature of each method an interface declares; ``self`` is of any type."""
    found: dict[str, FunctionSchema] = {}
    for base in reversed(cls.__mro__):
        if base.__module__.startswith("tscript.") or base is object:
            continue
        for name, member in vars(base).items():
            if inspect.isfunction(member) and not (name.startswith("__") and name != "__call__"):
                schema = python_schema(member, LiveResolver.of_function(member))
                first = Argument("self", ANY, ANY)
                found[name] = replace(schema, arguments=(first, *schema.arguments[1:]), _index={})
    return found
