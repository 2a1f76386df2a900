"""Calls: of operators, functions, methods, classes, modules; their arguments.

Special forms (``range``, ``isinstance``, ``torch.jit.annotate`` ...) are in :mod:`~tscript.frontend.special_forms`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ops_registry.schema import FunctionSchema
from ops_registry.types import (
    NONE,
    TENSOR,
    ErrorType,
    FunctionType,
    FutureType,
    TupleType,
    Type,
)
from tscript.diagnostics.report import Note
from tscript.diagnostics.source import SourceRange
from tscript.frontend import views as v
from tscript.frontend.resolver import (
    ClassRef,
    CompiledDefinition,
    DispatchDefinition,
    ExceptionRef,
    FunctionRef,
    InlineDefinition,
    OperatorDefinition,
    OperatorRef,
    OverloadedDefinition,
    PythonDefinition,
    SourceDefinition,
    SpecialForm,
    TypeRef,
    Unknown,
    UnusedDefinition,
)
from tscript.frontend.schema_matching import Given, Match, Mismatch, match, match_overloads
from tscript.frontend.sugared import (
    BoundMethod,
    BuiltinMethod,
    ContainerMethod,
    InterfaceMethod,
    Sugared,
    SugaredTuple,
)
from tscript.ir.function import CompiledFunction
from tscript.ir.graph import Value
from tscript.types.nominal import (
    ClassType,
    InterfaceType,
    ModuleType,
)
from tscript.types.printing import source_str
from tscript.types.relations import is_optional

if TYPE_CHECKING:
    from tscript.frontend.emitter import Emitter


def emit_apply(emitter: Emitter, view: v.Apply, hint: Type | None) -> Sugared:
    """A call expression."""
    from tscript.frontend import special_forms, special_methods

    callee = emitter.sugared(view.callee)
    name = view.callee.range.text
    if isinstance(callee, SpecialForm):
        return special_forms.emit_special(emitter, callee, view, hint)
    if isinstance(callee, BuiltinMethod) and callee.name in special_methods.METHODS:
        return special_methods.METHODS[callee.name](emitter, callee, view, hint)
    if isinstance(callee, BuiltinMethod) and callee.name == "format":
        special_methods.check_format(emitter, view)
    if isinstance(callee, Unknown) or (
        isinstance(callee, Value) and isinstance(callee.type, ErrorType)
    ):
        _look_at_arguments(emitter, view)
        return Unknown()
    if isinstance(callee, ContainerMethod):
        return special_methods.emit_container_method(emitter, callee, view)
    args = emit_args(emitter, view.args)
    kwargs = emit_kwargs(emitter, view.keywords)
    many = v.Starred | v.UnsupportedExpr  # `*values`, `**options`
    starred = {given.range for given in view.args if isinstance(given, many)}
    if starred and any(
        given.range in starred and isinstance(given.type, ErrorType) for given in args
    ):
        return Unknown()  # how many arguments there are is not known
    return emit_call(emitter, callee, args, kwargs, view.range, callee_name=name)


def _look_at_arguments(emitter: Emitter, view: v.Apply) -> None:
    """The arguments of a call of who knows what: they may be types, functions, anything.

    What can only be a value is emitted for its own errors.
    """
    for argument in (*view.args, *(keyword.value for keyword in view.keywords)):
        inner = argument.value if isinstance(argument, v.Starred) else argument
        if not isinstance(inner, v.Var | v.Select | v.Subscript | v.TupleLiteral | v.BinOp):
            emitter.sugared(inner)


def emit_args(emitter: Emitter, views: Sequence[v.Expr]) -> list[Given]:
    """Positional arguments, ``*tuple`` unpacked."""
    args: list[Given] = []
    for view in views:
        if isinstance(view, v.Starred):
            for element in starred(emitter, view):
                args.append(Given(emitter.value(element, view.range), view.range))
        else:
            args.append(emitter.given(view))
    return args


def emit_kwargs(emitter: Emitter, views: Sequence[v.Keyword]) -> dict[str, Given]:
    kwargs: dict[str, Given] = {}
    for keyword in views:
        given = emitter.given(keyword.value)
        if keyword.name.name in kwargs:
            emitter.report(
                "syntax-error",
                keyword.range,
                reason=f"the keyword argument `{keyword.name.name}` is repeated",
            )
        kwargs[keyword.name.name] = given
    return kwargs


def starred(emitter: Emitter, view: v.Starred) -> list[Sugared]:
    """The elements of ``*value``, whose number must be known."""
    from tscript.frontend.emit_loop import unroll

    subject = emitter.sugared(view.value)
    if isinstance(subject, Unknown):
        return [Unknown()]
    if isinstance(subject, SugaredTuple):
        return list(subject.elements)
    known = unroll(emitter, subject, view.range)
    if known is not None:
        return list(known.elements)
    value = emitter.value(subject, view.range)
    if isinstance(value.type, ErrorType):
        return [Unknown()]
    emitter.report("starred-argument", view.range, type=source_str(value.type))
    return [Unknown()]


def emit_call(
    emitter: Emitter,
    callee: Sugared,
    args: Sequence[Given],
    kwargs: Mapping[str, Given],
    range: SourceRange,
    *,
    callee_name: str = "",
) -> Sugared:
    """Call anything with arguments already emitted; ``callee_name`` is for messages."""
    name = callee_name or range.text
    match callee:
        case Unknown():
            return Unknown()
        case OperatorRef(name=operator):
            return emitter.builtin(operator, args, kwargs, range, callee=name)
        case BuiltinMethod():
            return _builtin_method(emitter, callee, args, kwargs, range)
        case FunctionRef():
            return call_function(emitter, callee, args, kwargs, range, name)
        case BoundMethod():
            return call_method(emitter, callee, args, kwargs, range, name)
        case InterfaceMethod():
            return _interface_method(emitter, callee, args, kwargs, range)
        case ClassRef(type=type):
            from tscript.frontend.emit_construct import construct

            return construct(emitter, type, args, kwargs, range)
        case Value():
            return _call_value(emitter, callee, args, kwargs, range, name)
        case SpecialForm():
            from tscript.frontend import special_forms

            return special_forms.call_special(emitter, callee, args, kwargs, range)
        case ExceptionRef():
            return emitter.report(
                "unsupported-value",
                range,
                what="an exception that is not raised",
                suggestion="exceptions can only be raised at once: `raise ValueError(...)`",
            )
        case TypeRef():
            return emitter.report("not-callable", range, what=f"the type `{name}`")
        case _:
            from tscript.frontend.sugared import describe

            return emitter.report("not-callable", range, what=describe(callee, range))


def _call_value(
    emitter: Emitter,
    callee: Value,
    args: Sequence[Given],
    kwargs: Mapping[str, Given],
    range: SourceRange,
    name: str,
) -> Sugared:
    from tscript.frontend.emit_attribute import find_method

    if isinstance(callee.type, ErrorType):
        return Unknown()
    if isinstance(callee.type, ModuleType):
        return _call_module(emitter, callee, callee.type, args, kwargs, range, name)
    wanted = "forward" if isinstance(callee.type, InterfaceType) else "__call__"
    method = find_method(emitter, callee, wanted)
    if method is not None:
        return emit_call(emitter, method, args, kwargs, range, callee_name=name)
    suggestion = ""
    if is_optional(callee.type):
        suggestion = f"check it first: `if {name} is not None:`"
    return emitter.report(
        "not-callable",
        range,
        what=f"a value of type `{source_str(callee.type)}`",
        suggestion=suggestion,
    )


def _call_module(
    emitter: Emitter,
    module: Value,
    type: ModuleType,
    args: Sequence[Given],
    kwargs: Mapping[str, Given],
    range: SourceRange,
    name: str,
) -> Sugared:
    """Calling a module runs its pre-hooks, ``forward`` and its hooks."""
    emitter.resolver.layout(type)
    forward = type.methods.get("forward")
    if not isinstance(forward, FunctionRef):
        return emitter.report(
            "not-callable",
            range,
            what=f"the module `{name}`, which has no `forward`,",
        )
    inputs = list(args)
    for hook in type.forward_pre_hooks:
        packed = emitter.tuple_of([given.value for given in inputs], range)
        method = BoundMethod(type, hook, type.methods[hook], module)
        result = emit_call(emitter, method, [Given(packed, range)], {}, range, callee_name=hook)
        value = emitter.value(result, range)
        if isinstance(value.type, TupleType):
            inputs = [Given(item, range) for item in emitter.unpack(value, range)]
        elif value.type != NONE and not isinstance(value.type, ErrorType):
            inputs = [Given(value, range)]
    method = BoundMethod(type, "forward", forward, module)
    output = call_method(emitter, method, inputs, kwargs, range, name)
    for hook in type.forward_hooks:
        packed = emitter.tuple_of([given.value for given in inputs], range)
        method = BoundMethod(type, hook, type.methods[hook], module)
        given = [Given(packed, range), Given(emitter.value(output, range), range)]
        result = emit_call(emitter, method, given, {}, range, callee_name=hook)
        value = emitter.value(result, range)
        if value.type != NONE:
            output = value
    return output


def _builtin_method(
    emitter: Emitter,
    callee: BuiltinMethod,
    args: Sequence[Given],
    kwargs: Mapping[str, Given],
    range: SourceRange,
) -> Sugared:
    receiver = Given(callee.receiver, range)
    name = callee.name
    if isinstance(receiver.type, FutureType) and not args and not kwargs:
        from tscript.frontend.special_forms import wait_for

        return wait_for(emitter, receiver, range)
    return emitter.builtin(f"aten::{name}", args, kwargs, range, receiver=receiver, callee=name)


def _interface_method(
    emitter: Emitter,
    callee: InterfaceMethod,
    args: Sequence[Given],
    kwargs: Mapping[str, Given],
    range: SourceRange,
) -> Sugared:
    schema: FunctionSchema = callee.schema
    receiver = Given(callee.receiver, range)
    matched = match(emitter, schema, range, args, kwargs, receiver=receiver)
    if isinstance(matched, Mismatch):
        matched.report(emitter)
        return Unknown()
    return emitter.insert(
        "prim::CallMethod",
        matched.emit(emitter),
        schema.returns[0].type,
        range,
        {"name": schema.base_name.rpartition(".")[2]},
    )


# Functions ----------------------------------------------------------------------------------------


def call_function(
    emitter: Emitter,
    function: FunctionRef,
    args: Sequence[Given],
    kwargs: Mapping[str, Given],
    range: SourceRange,
    name: str,
) -> Sugared:
    """Call a function of the program: compiled, or left in Python."""
    definition = emitter.unit.definition(emitter.resolver, function)
    match definition:
        case Unknown():
            return Unknown()
        case OperatorDefinition(name=operator):
            return emitter.builtin(operator, args, kwargs, range, callee=name)
        case InlineDefinition(view=view):
            return _inline_call(emitter, view)
        case OverloadedDefinition(alternatives=alternatives):
            return _overloaded(emitter, alternatives, args, kwargs, range, name)
        case PythonDefinition():
            return _python_call(emitter, function, definition, args, kwargs, range, name, None)
        case UnusedDefinition(schema=schema):
            return _unused_call(emitter, schema, args, kwargs, range, name, None)
        case DispatchDefinition():
            return _dispatch(emitter, definition, args, kwargs, range, name)
    with emitter.sink.calling(name, range):
        compiled = emitter.unit.compile(emitter.resolver, function, definition, emitter.sink)
    if isinstance(compiled, PythonDefinition):
        return _python_call(emitter, function, compiled, args, kwargs, range, name, None)
    if compiled is None:
        return _recursive(emitter, name, range)
    matched = match(emitter, compiled.schema, range, args, kwargs, callee=name)
    if isinstance(matched, Mismatch):
        report_call_mismatch(emitter, matched, compiled)
        return emitter.error_value() if compiled.failed else result_of(emitter, compiled.schema)
    inputs = matched.emit(emitter)
    callee = emitter.insert(
        "prim::Constant",
        (),
        FunctionType(compiled.name),
        range,
        {"value": compiled, "name": compiled.name},
    )
    return _call_node(emitter, "prim::CallFunction", [callee, *inputs], compiled, range, {})


def _inline_call(emitter: Emitter, view: v.Def) -> Sugared:
    """The statements of a function inside this one, up to the value that it returns."""
    *statements, last = view.body
    emitter.statements(statements)
    if not isinstance(last, v.Return) or last.value is None:
        return emitter.constant(None)
    return emitter.expr(last.value)


def _dispatch(
    emitter: Emitter,
    definition: DispatchDefinition,
    args: Sequence[Given],
    kwargs: Mapping[str, Given],
    range: SourceRange,
    name: str,
) -> Sugared:
    """A function chosen by a flag that is a constant."""
    given = kwargs.get(definition.argument)
    if given is None and len(args) > definition.index:
        given = args[definition.index]
    flag = definition.default
    if given is not None:
        value = given.value
        if isinstance(value.type, ErrorType) or "unknown" in value.node.attributes:
            return Unknown()
        if value.node.kind != "prim::Constant":
            return emitter.report(
                "constant-expected", given.range, what=f"the argument `{definition.argument}`"
            )
        flag = bool(value.node.constant_value())
    chosen = definition.if_true if flag else definition.if_false
    return call_function(emitter, chosen, args, kwargs, range, name)


def _call_node(
    emitter: Emitter,
    kind: str,
    inputs: Sequence[Value],
    compiled: CompiledFunction,
    range: SourceRange,
    attributes: Mapping[str, object],
) -> Value:
    type = compiled.schema.returns[0].type
    return emitter.insert(kind, inputs, type, range, attributes)


def result_of(emitter: Emitter, schema: FunctionSchema) -> Value:
    """A value of the result's type, after arguments that did not fit were reported."""
    return emitter.insert("prim::Uninitialized", (), schema.returns[0].type)


def _recursive(emitter: Emitter, name: str, range: SourceRange) -> Value:
    return emitter.report("recursion", range, function=name)


def report_call_mismatch(emitter: Emitter, found: Mismatch, compiled: CompiledFunction) -> None:
    """Report arguments that do not fit, pointing at the parameter they were meant for."""
    notes: list[Note] = []
    suggestion = found.suggestion
    declared = compiled.parameters.get(str(found.args.get("parameter")))
    if declared is not None and found.code == "argument-type":
        name, actual = found.args["parameter"], found.args["actual"]
        label = f"`{name}` is declared here"
        if declared.assumed:
            label = f"`{name}` has no annotation and so is a Tensor"
            suggestion = f"annotate it: `{name}: {actual}`"
        notes.append(Note(declared.range, label))
    if found.origin is not None:
        notes.append(found.origin)
    emitter.sink.report(found.code, found.range, notes=notes, suggestion=suggestion, **found.args)


def _overloaded(
    emitter: Emitter,
    alternatives: Sequence[FunctionRef],
    args: Sequence[Given],
    kwargs: Mapping[str, Given],
    range: SourceRange,
    name: str,
    receiver: BoundMethod | None = None,
) -> Sugared:
    """``torch.jit._overload``: the first declaration that fits."""
    schemas: list[FunctionSchema] = []
    for alternative in alternatives:
        definition = emitter.unit.definition(emitter.resolver, alternative)
        if isinstance(definition, Unknown):
            return Unknown()
        schema = emitter.unit.signature(emitter.resolver, alternative, definition, emitter.sink)
        if schema is None:
            return Unknown()
        schemas.append(schema)
    self_given = Given(receiver.receiver, range) if receiver is not None else None
    matched = match_overloads(
        emitter, schemas, range, args, kwargs, receiver=self_given, callee=name
    )
    if matched is None:
        return Unknown()
    if isinstance(matched, Mismatch):
        if len(schemas) == 1:
            matched.report(emitter)
            return Unknown()
        shown = ", ".join(source_str(given.type) for given in args)
        return emitter.report("no-matching-overload", range, callee=name, arguments=shown)
    chosen = alternatives[schemas.index(matched.schema)]
    if receiver is not None:
        bound = BoundMethod(receiver.type, receiver.name, chosen, receiver.receiver)
        return call_method(emitter, bound, args, kwargs, range, name)
    return call_function(emitter, chosen, args, kwargs, range, name)


def _python_call(
    emitter: Emitter,
    function: FunctionRef,
    definition: PythonDefinition,
    args: Sequence[Given],
    kwargs: Mapping[str, Given],
    range: SourceRange,
    name: str,
    receiver: BoundMethod | None,
) -> Sugared:
    """A call that stays in Python."""
    if definition.reason is not None and emitter.unit.first_python_call(
        function, muted=emitter.sink.is_muted
    ):
        emitter.report("python-call", range, function=name, reason=definition.reason)
    given_self = Given(receiver.receiver, range) if receiver is not None else None
    schema = definition.schema
    result: Match | Mismatch
    if definition.accepts_any or schema.is_vararg:
        values = [given.value for given in args]
        if given_self is not None:
            values.insert(0, given_self.value)
        names = tuple(kwargs)
        values.extend(given.value for given in kwargs.values())
    else:
        result = match(emitter, schema, range, args, kwargs, receiver=given_self, callee=name)
        if isinstance(result, Mismatch):
            result.report(emitter)
            return result_of(emitter, schema)
        values = result.emit(emitter)
        names = tuple(argument.name for argument in schema.arguments if argument.kwarg_only)
    attributes: dict[str, object] = {
        "name": function.qualified_name,
        "callable": definition.callable,
        "keywords": names,
        "ignored": definition.reason is None,
    }
    if receiver is not None:
        attributes["method"] = receiver.name
    type = schema.returns[0].type if schema.returns else TENSOR
    node = emitter.graph.insert(
        "prim::PythonOp", values, (type,), attributes=attributes, source_range=range
    )
    return node.output


def _unused_call(
    emitter: Emitter,
    schema: FunctionSchema,
    args: Sequence[Given],
    kwargs: Mapping[str, Given],
    range: SourceRange,
    name: str,
    receiver: Given | None,
) -> Value:
    """``@torch.jit.unused``: the call raises when it is reached."""
    result = match(emitter, schema, range, args, kwargs, receiver=receiver, callee=name)
    if isinstance(result, Mismatch):
        result.report(emitter)
    text = f"`{name}` is marked unused and was not compiled"
    message = emitter.constant(text)
    emitter.graph.insert(
        "prim::RaiseException", (message, emitter.constant(None)), (), source_range=range
    )
    return result_of(emitter, schema)


# Methods ------------------------------------------------------------------------------------------


def method_function(
    emitter: Emitter, type: ClassType | ModuleType, name: str, range: SourceRange
) -> CompiledFunction | None:
    """A method, compiled; None when it is not known or failed."""
    reference = type.methods.get(name)
    if not isinstance(reference, FunctionRef):
        return None
    done = type.compiled.get(name)
    if isinstance(done, CompiledFunction) and not done.failed:
        return done
    definition = emitter.unit.definition(emitter.resolver, reference)
    if not isinstance(definition, SourceDefinition | CompiledDefinition):
        return None
    with emitter.sink.calling(name, range):
        compiled = emitter.unit.compile(emitter.resolver, reference, definition, emitter.sink)
    if isinstance(compiled, CompiledFunction):
        type.compiled[name] = compiled
        return compiled
    return None


def call_method(
    emitter: Emitter,
    method: BoundMethod,
    args: Sequence[Given],
    kwargs: Mapping[str, Given],
    range: SourceRange,
    name: str,
) -> Sugared:
    """Call a method of a class or module."""
    receiver = Given(method.receiver, range)
    definition = emitter.unit.definition(emitter.resolver, method.function)
    match definition:
        case Unknown():
            return Unknown()
        case OperatorDefinition(name=operator):
            return emitter.builtin(operator, args, kwargs, range, receiver=receiver, callee=name)
        case OverloadedDefinition(alternatives=alternatives):
            return _overloaded(emitter, alternatives, args, kwargs, range, name, method)
        case PythonDefinition():
            return _python_call(
                emitter, method.function, definition, args, kwargs, range, name, method
            )
        case UnusedDefinition(schema=schema):
            return _unused_call(emitter, schema, args, kwargs, range, name, receiver)
    with emitter.sink.calling(name, range):
        compiled = emitter.unit.compile(emitter.resolver, method.function, definition, emitter.sink)
    if isinstance(compiled, PythonDefinition):
        return _python_call(emitter, method.function, compiled, args, kwargs, range, name, method)
    if compiled is None:
        return _recursive(emitter, name, range)
    method_name = compiled_name(method, compiled)
    method.type.compiled[method_name] = compiled
    matched = match(emitter, compiled.schema, range, args, kwargs, receiver=receiver, callee=name)
    if isinstance(matched, Mismatch):
        report_call_mismatch(emitter, matched, compiled)
        return emitter.error_value() if compiled.failed else result_of(emitter, compiled.schema)
    inputs = matched.emit(emitter)
    return _call_node(emitter, "prim::CallMethod", inputs, compiled, range, {"name": method_name})


def compiled_name(method: BoundMethod, compiled: CompiledFunction) -> str:
    """Under which name the type keeps the method: overloads have names of their own."""
    return compiled.name if compiled.name.startswith(method.name) else method.name
