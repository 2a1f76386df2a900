"""Methods with rules of their own: those of builtin types that no schema describes, and of containers.

``METHODS`` has ``Tensor.tolist``, ``Tensor.float`` and such; `emit_container_method` the ways to walk over
modules (``items``, ``named_children``, ``parameters``), which are unrolled.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ops_registry.types import (
    BOOL,
    FLOAT,
    INT,
    ComplexType,
    ListType,
    Type,
)
from tscript.diagnostics.source import SourceRange
from tscript.frontend import emit_attribute as attributes
from tscript.frontend import emit_call as calls
from tscript.frontend import views as v
from tscript.frontend.form_arguments import arity
from tscript.frontend.resolver import (
    Unknown,
)
from tscript.frontend.schema_matching import Given
from tscript.frontend.special_forms import wait_for
from tscript.frontend.sugared import (
    BuiltinMethod,
    ContainerMethod,
    Sugared,
    SugaredTuple,
)
from tscript.ir.graph import Value
from tscript.types.nominal import ModuleType
from tscript.types.relations import (
    contains_error,
)

if TYPE_CHECKING:
    from tscript.frontend.emitter import Emitter

# Methods without a schema -------------------------------------------------------------------------


def _tolist(emitter: Emitter, method: BuiltinMethod, view: v.Apply, hint: Type | None) -> Sugared:
    """``tensor.tolist()``: its type must be annotated where it is assigned."""
    element, depth = hint, 0
    while isinstance(element, ListType):
        element, depth = element.element, depth + 1
    if hint is not None and contains_error(hint):
        return emitter.insert("prim::Uninitialized", (), hint, view.range)
    if element not in (INT, FLOAT, BOOL) and not isinstance(element, ComplexType):
        return emitter.report(
            "annotation-required",
            view.range,
            expression=view.range.text,
            example="values: List[int]",
        )
    assert hint is not None
    kind = emitter.constant({INT: 0, FLOAT: 1, BOOL: 3}.get(element, 4))
    dim = emitter.constant(depth)
    return emitter.insert("prim::tolist", (method.receiver, dim, kind), hint, view.range)


def _cuda(emitter: Emitter, method: BuiltinMethod, view: v.Apply, hint: Type | None) -> Sugared:
    args = calls.emit_args(emitter, view.args)
    kwargs = calls.emit_kwargs(emitter, view.keywords)
    return emitter.builtin(
        "aten::cuda",
        args,
        kwargs,
        view.range,
        receiver=Given(method.receiver, view.range),
        callee="cuda",
    )


def _wait_method(
    emitter: Emitter, method: BuiltinMethod, view: v.Apply, hint: Type | None
) -> Sugared:
    return wait_for(emitter, Given(method.receiver, view.range), view.range)


def _to_dtype(emitter: Emitter, method: BuiltinMethod, view: v.Apply, hint: Type | None) -> Sugared:
    """``x.float()`` is ``x.to(torch.float32)``."""
    if not arity(emitter, view, 0):
        return Unknown()
    code = emitter.constant(attributes.TENSOR_CASTS[method.name])
    return emitter.builtin(
        "aten::to",
        [Given(code, view.range)],
        {},
        view.range,
        receiver=Given(method.receiver, view.range),
        callee=method.name,
    )


METHODS: Mapping[str, Callable[[Emitter, BuiltinMethod, v.Apply, Type | None], Sugared]] = {
    "tolist": _tolist,
    "cuda": _cuda,
    "wait": _wait_method,
    **dict.fromkeys(attributes.TENSOR_CASTS, _to_dtype),
}


def check_format(emitter: Emitter, view: v.Apply) -> None:
    """Report format specifications, which TorchScript would print as they stand."""
    if not isinstance(view.callee, v.Select) or not isinstance(view.callee.value, v.StringLiteral):
        return
    for field in re.findall(r"\{([^{}]+)\}", view.callee.value.value.replace("{{", "")):
        emitter.report("format-spec", view.callee.value.range, spec="{" + field + "}")


def emit_container_method(emitter: Emitter, method: ContainerMethod, view: v.Apply) -> Sugared:
    """``items``, ``keys``, ``values`` of a ModuleDict; ``children`` and such of a module."""
    module, type, range = method.module, method.type, view.range
    emitter.resolver.layout(type)
    if type.container in ("parameter_dict",):
        names = [n for n, a in type.attributes.items() if a.kind == "parameter"]
    elif method.name in ("named_parameters", "parameters"):
        return _deep(emitter, module, type, "parameter", method.name.startswith("named"), range)
    elif method.name in ("named_buffers", "buffers"):
        return _deep(emitter, module, type, "buffer", method.name.startswith("named"), range)
    elif method.name in ("modules", "named_modules"):
        return _all_modules(emitter, module, type, method.name.startswith("named"), range)
    else:
        names = list(type.submodules)

    def item(name: str) -> Sugared:
        return emitter.insert(
            "prim::GetAttr", (module,), type.attributes[name].type, range, {"name": name}
        )

    kind = "ModuleDict" if type.container else "module"
    if method.name in ("items", "named_children"):
        pairs = (SugaredTuple((emitter.constant(name), item(name))) for name in names)
        return SugaredTuple(tuple(pairs), kind)
    if method.name == "keys":
        return SugaredTuple(tuple(emitter.constant(name) for name in names), kind)
    return SugaredTuple(tuple(item(name) for name in names), kind)


def _deep(
    emitter: Emitter, module: Value, type: ModuleType, kind: str, named: bool, range: SourceRange
) -> Sugared:
    found: list[Sugared] = []

    def visit(owner: Value, owner_type: ModuleType, prefix: str) -> None:
        emitter.resolver.layout(owner_type)
        for name, attribute in owner_type.attributes.items():
            if attribute.kind == kind:
                value = emitter.insert(
                    "prim::GetAttr", (owner,), attribute.type, range, {"name": name}
                )
                label = emitter.constant(prefix + name) if named else None
                found.append(value if label is None else SugaredTuple((label, value)))
        for name, sub in owner_type.submodules.items():
            inner = emitter.insert("prim::GetAttr", (owner,), sub, range, {"name": name})
            visit(inner, sub, f"{prefix}{name}.")

    visit(module, type, "")
    return SugaredTuple(tuple(found), "module")


def _all_modules(
    emitter: Emitter, module: Value, type: ModuleType, named: bool, range: SourceRange
) -> Sugared:
    found: list[Sugared] = []

    def visit(value: Value, owner_type: ModuleType, path: str) -> None:
        emitter.resolver.layout(owner_type)
        found.append(SugaredTuple((emitter.constant(path), value)) if named else value)
        for name, sub in owner_type.submodules.items():
            inner = emitter.insert("prim::GetAttr", (value,), sub, range, {"name": name})
            visit(inner, sub, f"{path}.{name}" if path else name)

    visit(module, type, "")
    return SugaredTuple(tuple(found), "module")
