"""Attributes: of namespaces, of builtin types, of objects; reading, setting, and whether they exist."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from ops_registry.registry import registry
from ops_registry.types import (
    BOOL,
    DEVICE,
    INT,
    STRING,
    TENSOR,
    DeviceType,
    DictType,
    ErrorType,
    FutureType,
    ListType,
    OptionalType,
    TensorType,
    Type,
)
from tscript.diagnostics.source import SourceRange
from tscript.frontend import remedies
from tscript.frontend import views as v
from tscript.frontend.namespace import fact_of_path, is_known_namespace
from tscript.frontend.resolver import (
    ClassRef,
    Constant,
    NamespaceRef,
    OperatorRef,
    SpecialForm,
    Uncapturable,
    Unknown,
)
from tscript.frontend.schema_matching import Given
from tscript.frontend.sugared import (
    BoundMethod,
    BuiltinMethod,
    ContainerMethod,
    InterfaceMethod,
    Sugared,
    SuperValue,
)
from tscript.ir.graph import Value
from tscript.types.nominal import (
    ClassType,
    EnumType,
    InterfaceType,
    ModuleType,
    NamedTupleType,
)
from tscript.types.printing import source_str
from tscript.types.relations import (
    is_optional,
    is_subtype,
    members_of,
    without_none,
)

if TYPE_CHECKING:
    from tscript.frontend.emitter import Emitter

#: Attributes of tensors: the operator that computes each, and what it gives.
_TENSOR_ATTRIBUTES: dict[str, tuple[str, Type]] = {
    "dtype": ("prim::dtype", INT),
    "device": ("prim::device", DEVICE),
    "grad": ("prim::grad", OptionalType(TENSOR)),
    "data": ("prim::data", TENSOR),
    "shape": ("aten::size", ListType(INT)),
    "is_cuda": ("prim::is_cuda", BOOL),
    "is_cpu": ("prim::is_cpu", BOOL),
    "is_xla": ("prim::is_xla", BOOL),
    "is_xpu": ("prim::is_xpu", BOOL),
    "is_sparse": ("prim::is_sparse", BOOL),
    "is_sparse_csr": ("prim::is_sparse_csr", BOOL),
    "is_mkldnn": ("prim::is_mkldnn", BOOL),
    "is_mps": ("prim::is_mps", BOOL),
    "is_quantized": ("prim::is_quantized", BOOL),
    "is_vulkan": ("prim::is_vulkan", BOOL),
    "is_ipu": ("prim::is_ipu", BOOL),
    "is_meta": ("prim::is_meta", BOOL),
    "is_nested": ("prim::is_nested", BOOL),
    "is_leaf": ("aten::is_leaf", BOOL),
    "itemsize": ("prim::itemsize", INT),
    "nbytes": ("prim::nbytes", INT),
    "ndim": ("aten::dim", INT),
    "name": ("prim::name", OptionalType(STRING)),
    "real": ("aten::real", TENSOR),
    "imag": ("aten::imag", TENSOR),
    "layout": ("prim::layout", INT),
    "T": ("aten::numpy_T", TENSOR),
    "H": ("aten::matrix_H", TENSOR),
    "mT": ("aten::mT", TENSOR),
    "mH": ("aten::mH", TENSOR),
    "requires_grad": ("prim::requires_grad", BOOL),
}
_DEVICE_ATTRIBUTES: dict[str, tuple[str, Type]] = {
    "type": ("prim::type", STRING),
    "index": ("prim::index", OptionalType(INT)),
}

#: Methods of tensors that convert: the dtype's code.
TENSOR_CASTS = {
    "float": 6,
    "double": 7,
    "half": 5,
    "bfloat16": 15,
    "int": 3,
    "long": 4,
    "short": 2,
    "char": 1,
    "byte": 0,
    "bool": 11,
    "cfloat": 9,
    "cdouble": 10,
}

#: What a parameter that was taken for a Tensor may have been meant to be, judged by its methods.
_LIKELY_TYPES = (STRING, ListType(INT), DictType(STRING, INT))


def static_member(emitter: Emitter, view: v.Select) -> Sugared | None:
    """``Net.helper``: what a class that scripts cannot capture still gives (its static methods)."""
    owner = view.value
    if not isinstance(owner, v.Var) or emitter.frame.find(owner.name) is not None:
        return None
    fact = emitter.resolver.value(owner.name)
    return fact.members.get(view.name.name) if isinstance(fact, Uncapturable) else None


def emit_attribute(emitter: Emitter, owner: Sugared, name: str, range: SourceRange) -> Sugared:
    """``owner.name``."""
    match owner:
        case Unknown():
            return Unknown()
        case Value():
            return _of_value(emitter, owner, name, range)
        case NamespaceRef():
            return _of_namespace(emitter, owner, name, range)
        case ClassRef(type=type):
            return _of_class(emitter, type, name, range)
        case Constant():
            return _of_value(emitter, emitter.value(owner, range), name, range)
        case SpecialForm("vf_namespace"):
            return OperatorRef(f"aten::{name}")
        case SuperValue():
            emitter.report(
                "unknown-attribute",
                range,
                owner="`super()`",
                name=name,
                suggestion="give the inherited method a name of its own, and call it on `self`",
            )
            return Unknown()
        case _:
            return _unknown(emitter, owner, name, range)


def _unknown(emitter: Emitter, owner: Sugared, name: str, range: SourceRange) -> Sugared:
    from tscript.frontend.sugared import describe

    what, suggestion = describe(owner, range), ""
    cause: Value | None = None
    meant: Type | None = None
    if isinstance(owner, Value):
        what = f"`{source_str(owner.type)}`"
        likely = (t for t in _LIKELY_TYPES if _is_method(t, name))
        suggestion = _near_method(owner.type, name)
        meant = next(likely, None)
        cause = None if suggestion else owner
    emitter.report(
        "unknown-attribute",
        range,
        owner=what,
        name=name,
        suggestion=suggestion,
        cause=cause,
        meant=meant,
    )
    return Unknown()


#: Methods of Tensors that only Python has.
_PYTHON_ONLY = frozenset({"numpy", "register_hook", "share_memory_", "__array__", "storage"})


def _near_method(type: Type, name: str) -> str:
    """The method that a misspelt name was probably meant to be."""
    if isinstance(type, TensorType) and name in _PYTHON_ONLY:
        return "call it on the result, or in a function decorated with `@torch.jit.ignore`"
    known = (full[len("aten::") :] for full in registry().names() if full.startswith("aten::"))
    close = difflib.get_close_matches(name, known, 8, 0.7)
    return remedies.nearest(name, [other for other in close if _is_method(type, other)])


def _of_namespace(emitter: Emitter, owner: NamespaceRef, name: str, range: SourceRange) -> Sugared:
    path = tuple(owner.path.split("."))
    fact = emitter.resolver.member(owner, name)
    if fact is None and is_known_namespace(path):
        fact = fact_of_path((*path, name))
    if fact is None:
        if owner.path == "torch" or owner.path.startswith("torch."):
            suggestion = ""
            if owner.path.startswith("torch.ops."):
                suggestion = registry().why_missing(f"{owner.path[len('torch.ops.') :]}::{name}")
            elif owner.path == "torch":
                suggestion = _near_method(TENSOR, name)
            emitter.report(
                "unknown-operator", range, name=f"{owner.path}.{name}", suggestion=suggestion
            )
        else:
            emitter.report("unknown-attribute", range, owner=f"module `{owner.path}`", name=name)
        return Unknown()
    if isinstance(fact, Uncapturable):
        hint = fact.hint
        if registry().overloads(f"aten::{name}"):
            hint = f"use `torch.{name}`"
        emitter.report(
            "captured-global", range, name=range.text, type=fact.description, suggestion=hint
        )
        return Unknown()
    return fact


def _of_class(
    emitter: Emitter,
    type: ClassType | EnumType | NamedTupleType | InterfaceType,
    name: str,
    range: SourceRange,
) -> Sugared:
    if isinstance(type, EnumType):
        if name in type.members:
            return emitter.graph.constant(name, type)
        emitter.report("unknown-attribute", range, owner=f"the enum `{_short(type)}`", name=name)
        return Unknown()
    if isinstance(type, ClassType):
        emitter.resolver.layout(type)
        if name in type.static_methods:
            return type.static_methods[name]  # type: ignore[no-any-return]
        if name in type.methods:
            emitter.report(
                "unsupported-value",
                range,
                what=f"the method `{name}` of the class `{_short(type)}`",
                suggestion=f"call it on an object: `object.{name}(...)`",
            )
            return Unknown()
    emitter.report("unknown-attribute", range, owner=f"the class `{_short(type)}`", name=name)
    return Unknown()


def _short(type: Type) -> str:
    return source_str(type).rpartition(".")[2]


# Values -------------------------------------------------------------------------------------------


def _of_value(emitter: Emitter, value: Value, name: str, range: SourceRange) -> Sugared:
    type = value.type
    match type:
        case ErrorType():
            return Unknown()
        case TensorType() if name in _TENSOR_ATTRIBUTES:
            kind, result = _TENSOR_ATTRIBUTES[name]
            return _computed(emitter, kind, value, result, range)
        case DeviceType() if name in _DEVICE_ATTRIBUTES:
            kind, result = _DEVICE_ATTRIBUTES[name]
            return _computed(emitter, kind, value, result, range)
        case NamedTupleType(fields=fields) if name in fields:
            index = list(fields).index(name)
            return emitter.insert(
                "prim::TupleIndex", (value, emitter.literal(index)), fields[name], range
            )
        case EnumType():
            if name == "name":
                return emitter.insert("prim::EnumName", (value,), STRING, range)
            if name == "value" and type.value_type is not None:
                return emitter.insert("prim::EnumValue", (value,), type.value_type, range)
        case InterfaceType(methods=methods):
            if name in methods:
                return InterfaceMethod(type, methods[name], value)
        case FutureType() if name == "wait":
            return BuiltinMethod(name, value)
        case TensorType() if name == "type":
            return BuiltinMethod("to", value)
        case ClassType() | ModuleType():
            return _of_object(emitter, value, type, name, range)
        case _:
            if is_optional(type) or len(members_of(type)) > 1:
                return _of_union(emitter, value, name, range)
            if _is_method(type, name):
                return BuiltinMethod(name, value)
    return _unknown(emitter, value, name, range)


def _computed(emitter: Emitter, kind: str, value: Value, type: Type, range: SourceRange) -> Value:
    if registry().overloads(kind):
        return emitter.builtin(kind, [Given(value, range)], {}, range)
    return emitter.insert(kind, (value,), type, range)


def _is_method(type: Type, name: str) -> bool:
    """Whether some operator ``aten::name`` takes a value of the type as ``self``."""
    if isinstance(type, TensorType) and (name in ("tolist", "cuda") or name in TENSOR_CASTS):
        return True
    for schema in registry().overloads(f"aten::{name}"):
        index = schema.index("self")
        if index is None:
            continue
        formal = schema.arguments[index].type
        if isinstance(formal, ListType | DictType) and isinstance(type, formal.__class__):
            return True
        if is_subtype(type, formal):
            return True
    return False


def _of_union(emitter: Emitter, value: Value, name: str, range: SourceRange) -> Sugared:
    type = value.type
    owner = range.text.rpartition(".")[0] or range.text
    if is_optional(type):
        emitter.report_optional(range, type, f"`.{name}`", without_none(type), owner)
    else:
        emitter.report_union(range, type, f"`.{name}`", owner)
    return Unknown()


def _of_object(
    emitter: Emitter, value: Value, type: ClassType | ModuleType, name: str, range: SourceRange
) -> Sugared:
    emitter.resolver.layout(type)
    if isinstance(type, ModuleType) and (
        name in _MODULE_WALKS or (type.container is not None and name in _CONTAINER_WALKS)
    ):
        return ContainerMethod(value, type, name)
    _initialize(emitter, type, range)
    attribute = type.attributes.get(name)
    if attribute is not None:
        return emitter.get_attribute(value, name, attribute.type, range)
    if name in type.constants:
        member = type.constants[name]
        return Constant(member.value, member.type)
    if name in type.properties:
        getter = BoundMethod(
            type, type.properties[name].getter, type.methods[type.properties[name].getter], value
        )
        from tscript.frontend.emit_call import emit_call

        return emit_call(emitter, getter, [], {}, range, callee_name=name)
    if name in type.methods:
        return BoundMethod(type, name, type.methods[name], value)
    if name in type.static_methods:
        if isinstance(type, ModuleType):
            return type.static_methods[name]  # type: ignore[no-any-return]
        emitter.report(
            "unknown-attribute",
            range,
            owner=f"`{_short(type)}`",
            name=name,
            suggestion=f"a static method is called on the class: `{_short(type)}.{name}(...)`",
        )
        return Unknown()
    if name in type.unusable:
        _unscriptable(emitter, type, name, range)
        return Unknown()
    if isinstance(type, ClassType) and type.is_open and not _is_initializing(emitter, type):
        return Unknown()  # its `__init__` is not known
    suggestion = remedies.nearest(name, [*type.attributes, *type.methods])
    emitter.report(
        "unknown-attribute", range, owner=f"`{_short(type)}`", name=name, suggestion=suggestion
    )
    return Unknown()


def _unscriptable(
    emitter: Emitter, type: ClassType | ModuleType, name: str, range: SourceRange
) -> None:
    """Report an attribute whose value has no type; its reason may end with a remedy."""
    reason, _, remedy = type.unusable[name].partition("; ")
    emitter.report(
        "unscriptable-attribute",
        range,
        name=name,
        owner=f"`{_short(type)}`",
        reason=reason,
        suggestion=remedy.replace("{name}", name),
    )


_MODULE_WALKS = frozenset(
    """named_children children named_modules modules named_parameters parameters named_buffers
    buffers""".split()
)
_CONTAINER_WALKS = frozenset(("items", "keys", "values"))


def _initialize(emitter: Emitter, type: ClassType | ModuleType, range: SourceRange) -> None:
    """A class gets its attributes from ``__init__``, which is compiled before the first is used."""
    if not isinstance(type, ClassType) or not type.is_open or "__init__" in type.compiled:
        return
    if emitter.owner is type and emitter.name.endswith(".__init__"):
        return
    from tscript.frontend.emit_call import method_function

    method_function(emitter, type, "__init__", range)


def _is_initializing(emitter: Emitter, type: ClassType) -> bool:
    """Whether ``__init__`` is being compiled: the class has what it has set so far."""
    return emitter.unit.is_compiling(type.methods.get("__init__"))


def find_method(emitter: Emitter, value: Value, name: str) -> BoundMethod | InterfaceMethod | None:
    """A method of the object's class by name, without a report where there is none."""
    type = value.type
    if isinstance(type, ClassType | ModuleType):
        emitter.resolver.layout(type)
        if name in type.methods:
            return BoundMethod(type, name, type.methods[name], value)
    if isinstance(type, InterfaceType) and name in type.methods:
        return InterfaceMethod(type, type.methods[name], value)
    return None


def has_attribute(
    emitter: Emitter, owner: Sugared, name: str, callee: str, range: SourceRange
) -> bool | None:
    """What ``hasattr`` gives; None where the owner is unknown, or none that it can be asked about."""
    if isinstance(owner, Unknown):
        return None
    type = owner.type if isinstance(owner, Value | ClassRef) else None
    if isinstance(type, ErrorType):
        return None
    if isinstance(owner, ClassRef) and isinstance(type, ClassType):
        emitter.resolver.layout(type)
        return name in {*type.methods, *type.properties, *type.static_methods}
    if isinstance(owner, Value):
        if isinstance(type, ClassType | ModuleType):
            emitter.resolver.layout(type)
            _initialize(emitter, type, range)
            known = {*type.attributes, *type.constants, *type.methods, *type.properties}
            if isinstance(type, ModuleType):  # functions too, which it has as attributes
                known.update(type.static_methods)
            return name in known
        if isinstance(type, InterfaceType):
            return name in type.methods
        if isinstance(type, NamedTupleType):
            return name in type.fields
        if is_optional(owner.type):
            emitter.report_optional(range, owner.type, f"`{callee}`", without_none(owner.type))
            return None
    emitter.report(
        "argument-type",
        range,
        callee=callee,
        parameter="obj",
        expected="an object or a NamedTuple",
        actual=source_str(owner.type) if isinstance(owner, Value) else range.text,
        suggestion="what other values have is always there: use it without asking",
    )
    return None


def set_attribute(
    emitter: Emitter,
    owner: Value,
    name: str,
    value: Value,
    range: SourceRange,
    value_range: SourceRange,
    annotation: Type | None,
) -> None:
    """``owner.name = value``."""
    type = owner.type
    if not isinstance(type, ClassType | ModuleType):
        reason = "values of builtin types have no attributes of their own"
        if isinstance(type, NamedTupleType):
            reason = "a NamedTuple cannot be changed; make a new one"
        if is_optional(type):
            _of_union(emitter, owner, name, range)
            return
        emitter.report(
            "read-only-attribute",
            range,
            name=name,
            owner=f"`{source_str(type)}`",
            reason=reason,
        )
        return
    emitter.resolver.layout(type)
    if name in type.properties:
        _set_property(emitter, owner, type, name, value, range, value_range)
        return
    _initialize(emitter, type, range)
    attribute = type.attributes.get(name)
    if attribute is None and isinstance(type, ClassType) and type.is_open:
        if not (emitter.owner is type and emitter.name.endswith(".__init__")):
            if _is_initializing(emitter, type):
                emitter.report(
                    "undeclared-attribute", range, name=name,
                    suggestion=f"set `self.{name}` in `__init__`, before this method is called there",
                )  # fmt: skip
            return
        if emitter.frame.parent is not None and emitter.frame.block is not emitter.graph.block:
            emitter.report(
                "undeclared-attribute",
                range,
                name=name,
                suggestion=f"set `self.{name}` at the top of `__init__`, before any branch or loop",
            )
        type.add_attribute(name, annotation if annotation is not None else value.type)
        attribute = type.attributes[name]
    if attribute is None:
        if name in type.constants:
            emitter.report("mutated-constant", range, name=name)
        elif name in type.unusable:
            _unscriptable(emitter, type, name, range)
        else:
            emitter.report("undeclared-attribute", range, name=name)
        return
    value = emitter.convert(value, attribute.type, value_range)
    if not is_subtype(value.type, attribute.type):
        emitter.report(
            "attribute-type",
            value_range,
            name=name,
            expected=source_str(attribute.type),
            actual=source_str(value.type),
            suggestion=remedies.fitting(value_range.text, value.type, attribute.type),
        )
        return
    emitter.graph.insert(
        "prim::SetAttr", (owner, value), (), attributes={"name": name}, source_range=range
    )


def _set_property(
    emitter: Emitter,
    owner: Value,
    type: ClassType | ModuleType,
    name: str,
    value: Value,
    range: SourceRange,
    value_range: SourceRange,
) -> None:
    setter = type.properties[name].setter
    if setter is None:
        emitter.report(
            "read-only-attribute",
            range,
            name=name,
            owner=f"`{_short(type)}`",
            reason="the property has no setter",
        )
        return
    from tscript.frontend.emit_call import emit_call

    method = BoundMethod(type, setter, type.methods[setter], owner)
    emit_call(emitter, method, [Given(value, value_range)], {}, range, callee_name=name)
