"""What an ``nn.Module`` class says about its instances' attributes, read from its source.

The one walker over ``__init__``: assignments to ``self`` with a right side whose type shows
(numbers, strings, tuples and lists of those, tensors, parameters), ``register_buffer`` and
``register_parameter``, class-level annotations, ``__constants__``. Submodules and all else are of
unknown type.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ops_registry import types as t
from ops_registry.registry import registry
from tscript.diagnostics.report import DiagnosticSink
from tscript.frontend import views as v
from tscript.frontend.annotations import AnnotationReader
from tscript.frontend.resolver import (
    UNKNOWN,
    ClassRef,
    Constant,
    Fact,
    NamespaceRef,
    OperatorRef,
    Resolver,
    TypeConstructor,
)
from tscript.frontend.unit import parse_annotation
from tscript.types.nominal import ConstantMember, EnumType, ModuleType
from tscript.types.relations import join


def fill_module(made: ModuleType, view: v.ClassDef, resolver: Resolver) -> None:
    """Add the attributes and constants that a class defines to its type."""
    declared = _declared(view, resolver)
    constants = _constants(view)
    for method in view.methods:
        if method.name.name == "__init__" and method.params:
            _read_init(made, method, resolver, declared, constants)
    for name, type in declared.items():
        if name not in made.attributes and name not in made.constants:
            if name in constants:
                made.constants[name] = ConstantMember(UNKNOWN, type)
            else:
                made.add_attribute(name, type)
    if "training" not in made.attributes:
        made.add_attribute("training", t.BOOL)


def reads_of_self(view: v.ClassDef) -> Iterator[str]:
    """The names that methods read or write as attributes of their first parameter."""
    for method in view.methods:
        if not method.params:
            continue
        own = method.params[0].name.name
        for found in v.walk(method):
            if isinstance(found, v.Select) and isinstance(found.value, v.Var):
                if found.value.name == own:
                    yield found.name.name


def _declared(view: v.ClassDef, resolver: Resolver) -> dict[str, t.Type]:
    reader = AnnotationReader(resolver, DiagnosticSink(), parse_annotation)
    found = {}
    for statement in view.body:
        if isinstance(statement, v.Assign) and statement.annotation is not None:
            for target in statement.targets:
                if isinstance(target, v.Var):
                    found[target.name] = reader.read(_without_final(statement.annotation, resolver))
    return found


def _without_final(annotation: v.Expr, resolver: Resolver) -> v.Expr:
    if isinstance(annotation, v.Subscript):
        dotted = v.dotted_name(annotation.value)
        if dotted is not None:
            named = resolver.type_named(tuple(dotted.split(".")))
            if named == TypeConstructor("Final"):
                return annotation.index[0]
    return annotation


def _constants(view: v.ClassDef) -> set[str]:
    names: set[str] = set()
    for statement in view.body:
        if isinstance(statement, v.Assign):
            targets = [x.name for x in statement.targets if isinstance(x, v.Var)]
            value = statement.value
            if "__constants__" in targets and isinstance(value, v.ListLiteral | v.TupleLiteral):
                names |= {e.value for e in value.elements if isinstance(e, v.StringLiteral)}
            if statement.annotation is not None and "Final" in statement.annotation.range.text:
                names |= set(targets)
    return names


def _read_init(
    made: ModuleType,
    init: v.Def,
    resolver: Resolver,
    declared: dict[str, t.Type],
    constants: set[str],
) -> None:
    own = init.params[0].name.name
    certain = {id(statement) for statement in init.body}
    for statement in v.walk(init):
        if isinstance(statement, v.Assign):
            for target in statement.targets:
                name = _attribute_of(target, own)
                if name is None:
                    continue
                value = statement.value
                if name in constants and isinstance(value, v.ListLiteral):
                    declared.pop(name, None)  # a list that nobody can change is a tuple
                    value = v.TupleLiteral(value.range, value.elements)
                fact = static_fact(value, resolver) if value else None
                type = declared.get(name) or (fact.type if fact is not None else t.ERROR)
                if id(statement) not in certain or name in made.attributes:
                    type = declared.get(name, t.ERROR)  # other branches may set something else
                _add(made, name, type, fact, name in constants)
        elif isinstance(statement, v.Apply) and isinstance(statement.callee, v.Select):
            registered = _registered(statement, own)
            if registered is not None:
                made.add_attribute(registered, t.TENSOR, "buffer")


def _add(
    made: ModuleType, name: str, type: t.Type, fact: Constant | None, is_constant: bool
) -> None:
    if is_constant and not isinstance(type, t.ErrorType):
        value = fact.value if fact is not None else UNKNOWN
        made.constants[name] = ConstantMember(value, type)
    else:
        made.add_attribute(name, type)


def _attribute_of(target: v.Expr, own: str) -> str | None:
    if (
        isinstance(target, v.Select)
        and isinstance(target.value, v.Var)
        and target.value.name == own
    ):
        return target.name.name
    return None


def _registered(call: v.Apply, own: str) -> str | None:
    callee = call.callee
    assert isinstance(callee, v.Select)
    if not (isinstance(callee.value, v.Var) and callee.value.name == own):
        return None
    if callee.name.name not in ("register_buffer", "register_parameter") or not call.args:
        return None
    name = call.args[0]
    value = call.args[1] if len(call.args) > 1 else None
    if isinstance(name, v.StringLiteral) and not (
        isinstance(value, v.Const) and value.value is None
    ):
        return name.value
    return None


def static_fact(view: v.Expr, resolver: Resolver) -> Constant | None:
    """The value, or only the type, of an expression as far as its text says; None: unknown."""
    match view:
        case v.Const(value=value):
            return Constant(value, _type_of(value))
        case v.StringLiteral(value=value):
            return Constant(value, t.STRING)
        case v.UnaryOp(op="-", operand=operand):
            inner = static_fact(operand, resolver)
            if inner is not None and isinstance(inner.value, int | float):
                return Constant(-inner.value, inner.type)
            return None
        case v.BinOp():
            return _arithmetic(view, resolver)
        case v.TupleLiteral(elements=elements) | v.ListLiteral(elements=elements):
            if isinstance(view, v.ListLiteral):
                element = _joined(elements, resolver)
                return None if element is None else Constant(UNKNOWN, t.ListType(element))
            parts = [static_fact(element, resolver) for element in elements]
            known = tuple(part.type for part in parts if part is not None)
            return Constant(UNKNOWN, t.TupleType(known)) if len(known) == len(parts) else None
        case v.DictLiteral(keys=keys, values=values) if keys:
            key_type, value_type = _joined(keys, resolver), _joined(values, resolver)
            if key_type is None or value_type is None:
                return None
            return Constant(UNKNOWN, t.DictType(key_type, value_type))
        case v.Apply(callee=callee, args=[_, written]) if _is_attribute(callee):
            type = AnnotationReader(resolver, DiagnosticSink(), parse_annotation).read(written)
            return Constant(UNKNOWN, type)
        case v.Apply(callee=callee):
            return _call(callee, resolver)
        case v.Var() | v.Select():
            fact = fact_of_expression(view, resolver)
            return fact if isinstance(fact, Constant) else None
    return None


def _joined(views: Sequence[v.Expr], resolver: Resolver) -> t.Type | None:
    """The type that all of some expressions have; None: there are none, or one is unknown."""
    facts = [static_fact(view, resolver) for view in views]
    known = [fact.type for fact in facts if fact is not None]
    if not known or len(known) != len(facts):
        return None
    return join(dict.fromkeys(known))


def _arithmetic(view: v.BinOp, resolver: Resolver) -> Constant | None:
    left, right = static_fact(view.left, resolver), static_fact(view.right, resolver)
    if left is None or right is None or left.type != right.type:
        return None
    if left.type == t.INT and view.op in ("+", "-", "*", "//", "%"):
        return Constant(UNKNOWN, t.INT)
    if left.type == t.FLOAT and view.op in ("+", "-", "*", "/"):
        return Constant(UNKNOWN, t.FLOAT)
    return None


def _is_attribute(callee: v.Expr) -> bool:
    return (v.dotted_name(callee) or "").endswith("jit.Attribute")


def _call(callee: v.Expr, resolver: Resolver) -> Constant | None:
    dotted = v.dotted_name(callee) or ""
    if dotted.rpartition(".")[2] in ("Parameter", "Buffer"):
        named = resolver.type_named(tuple(dotted.split(".")))
        return Constant(UNKNOWN, t.TENSOR) if named == t.TENSOR else None
    fact = fact_of_expression(callee, resolver)
    if isinstance(fact, OperatorRef):
        results = {
            tuple(r.type for r in schema.returns) for schema in registry().overloads(fact.name)
        }
        if results == {(t.TENSOR,)}:
            return Constant(UNKNOWN, t.TENSOR)
        if results == {(t.DEVICE,)}:
            return Constant(UNKNOWN, t.DEVICE)
    return None


def fact_of_expression(view: v.Expr, resolver: Resolver) -> Fact | None:
    """What a dotted name means."""
    dotted = v.dotted_name(view)
    if dotted is None:
        return None
    head, *rest = dotted.split(".")
    fact = resolver.value(head)
    for name in rest:
        match fact:
            case NamespaceRef():
                fact = resolver.member(fact, name)
            case ClassRef(type=EnumType(members=members) as type) if name in members:
                fact = Constant(name, type)
            case _:
                return None
    return fact


def _type_of(value: object) -> t.Type:
    if value is None:
        return t.NONE
    kinds = ((bool, t.BOOL), (int, t.INT), (float, t.FLOAT), (complex, t.COMPLEX))
    return next((type for kind, type in kinds if isinstance(value, kind)), t.ERROR)
