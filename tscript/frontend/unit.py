"""Compiling functions and what they call: `Unit` and `compile_def`.

A unit compiles each function once, however often it is called, and knows which are being compiled, so
that recursion is found. `compile_def` lowers one definition. Neither looks at live objects.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from ops_registry.schema import Argument, FunctionSchema
from ops_registry.types import (
    ERROR,
    FLOAT,
    NONE,
    TENSOR,
    ErrorType,
    FloatType,
    ListType,
    NoneType,
    TupleType,
    Type,
)
from tscript.diagnostics.report import Diagnostic, DiagnosticSink
from tscript.frontend import views as v
from tscript.frontend.annotations import AnnotationReader, broadcasting_size
from tscript.frontend.emit_construct import compile_methods
from tscript.frontend.emit_return import emit_return
from tscript.frontend.emitter import Emitter
from tscript.frontend.resolver import (
    UNKNOWN,
    CompiledDefinition,
    Constant,
    Definition,
    FunctionRef,
    LibraryHandle,
    PythonDefinition,
    Resolver,
    SourceDefinition,
    UnusedDefinition,
)
from tscript.frontend.schema_matching import Choice
from tscript.frontend.ssa import to_ssa
from tscript.ir.constant_types import constant_type
from tscript.ir.function import CompiledFunction, Declared
from tscript.ir.graph import Value
from tscript.passes.pipeline import check_after, run_cleanup
from tscript.types.nominal import ClassType, EnumType, ModuleType
from tscript.types.printing import source_str
from tscript.types.relations import is_subtype, without_none


@dataclass(slots=True)
class Unit:
    """What one request compiles.

    ``graphs`` is False when only diagnostics are wanted (mypy): graphs are then left as they were emitted.
    """

    graphs: bool = True
    #: Overloads chosen so far, by what the choice depends on.
    choices: dict[Hashable, Choice] = field(default_factory=dict)
    _definitions: dict[Hashable, Definition] = field(default_factory=dict)
    _compiled: dict[Hashable, CompiledFunction | PythonDefinition] = field(default_factory=dict)
    _signatures: dict[Hashable, FunctionSchema] = field(default_factory=dict)
    _active: set[Hashable] = field(default_factory=set)
    _python_calls: set[Hashable] = field(default_factory=set)

    def is_compiling(self, function: FunctionRef | None) -> bool:
        """Whether the function is being compiled right now."""
        return function is not None and function.handle in self._active

    def first_python_call(self, function: FunctionRef, *, muted: bool) -> bool:
        """Whether a call that stays in Python is the first of its function: it is warned about once."""
        if muted or function.handle in self._python_calls:
            return False
        self._python_calls.add(function.handle)
        return True

    def definition(self, resolver: Resolver, function: FunctionRef) -> Definition:
        """`Resolver.definition`, asked once for each function."""
        found = self._definitions.get(function.handle)
        if found is None:
            if isinstance(function.handle, LibraryHandle):
                from tscript.frontend.library import library_definition

                found = library_definition(function.handle)
            else:
                found = resolver.definition(function)
            self._definitions[function.handle] = found
        return found

    def compile(
        self,
        resolver: Resolver,
        function: FunctionRef,
        definition: Definition,
        sink: DiagnosticSink,
    ) -> CompiledFunction | PythonDefinition | None:
        """The function, compiled; a `PythonDefinition` if it has to stay in Python; None if it
        is being compiled right now and so calls itself.
        """
        handle = function.handle
        if isinstance(definition, CompiledDefinition):
            return definition.function
        if isinstance(definition, PythonDefinition):
            return definition
        if handle in self._active:
            return None
        found = self._compiled.get(handle)
        if found is None:
            assert isinstance(definition, SourceDefinition), definition
            self._active.add(handle)
            try:
                found = self._compile(function, definition, sink)
            finally:
                self._active.discard(handle)
            self._compiled[handle] = found
        elif isinstance(found, CompiledFunction):
            for diagnostic in found.diagnostics:
                sink.add(diagnostic)
        return found

    def _compile(
        self, function: FunctionRef, definition: SourceDefinition, sink: DiagnosticSink
    ) -> CompiledFunction | PythonDefinition:
        view = definition.view
        if view.unsupported and not definition.strict:
            problem = view.unsupported[0]
            schema = python_schema(view, definition.resolver)
            reason = f"it uses {_article(problem.construct)}"
            return PythonDefinition(schema, reason, definition.callable)
        return compile_def(
            view,
            definition.resolver,
            unit=self,
            qualified_name=function.qualified_name,
            definition=definition,
            sink=sink,
        )

    def signature(
        self,
        resolver: Resolver,
        function: FunctionRef,
        definition: Definition,
        sink: DiagnosticSink,
    ) -> FunctionSchema | None:
        """The signature of a function that need not be compiled yet (an overload)."""
        match definition:
            case CompiledDefinition(function=compiled):
                return compiled.schema
            case PythonDefinition(schema=schema) | UnusedDefinition(schema=schema):
                return schema
            case SourceDefinition():
                known = self._signatures.get(function.handle)
                if known is None:
                    reader = AnnotationReader(definition.resolver, sink, parse_annotation)
                    signature = _Signature(definition.view, definition, reader, sink)
                    known = signature.schema(function.qualified_name, signature.returns or TENSOR)
                    self._signatures[function.handle] = known
                return known
            case _:
                return None


def _article(construct: str) -> str:
    if construct.endswith("s") or construct.startswith(("a ", "an ", "the ", "`", "*")):
        return construct
    return f"{'an' if construct[0] in 'aeiou' else 'a'} {construct}"


def parse_annotation(view: v.StringLiteral) -> v.Expr:
    """The expression in a string annotation, with ranges in the source it stands in."""
    from tscript.diagnostics.report import CompilationError
    from tscript.frontend.parse_ast import parse_expression

    text = view.range.text
    source = view.range.source
    try:
        for quote in ('"""', "'''", '"', "'"):
            if (
                text.startswith(quote)
                and text.endswith(quote)
                and text[len(quote) :][: len(view.value)] == view.value
            ):
                start = view.range.start + len(quote)
                return parse_expression(source, start, start + len(view.value))
    except CompilationError as error:
        raise SyntaxError(str(error)) from None
    raise SyntaxError(view.value)


def compile_def(
    view: v.Def,
    resolver: Resolver,
    *,
    owner: ClassType | ModuleType | None = None,
    unit: Unit | None = None,
    qualified_name: str = "",
    definition: SourceDefinition | None = None,
    sink: DiagnosticSink | None = None,
) -> CompiledFunction:
    """Lower one function, and through ``unit`` what it calls, to a `CompiledFunction`.

    Diagnostics are in the result, and go to ``sink`` too if there is one. With errors the result is
    ``failed`` and its graph must not run; its schema is what could be found out.
    """
    unit = Unit() if unit is None else unit
    if definition is None:
        definition = SourceDefinition(view, resolver, owner=owner, strict=True)
    own = DiagnosticSink().within(sink.call_chain if sink is not None else ())
    compiled = _Function(view, definition, unit, own, qualified_name or view.name.name).compile()
    if sink is not None:
        for diagnostic in own.diagnostics:
            sink.add(diagnostic)
    return compiled


class _Function:
    """The steps of `compile_def`."""

    def __init__(
        self,
        view: v.Def,
        definition: SourceDefinition,
        unit: Unit,
        sink: DiagnosticSink,
        qualified_name: str,
    ) -> None:
        self.view = view
        self.definition = definition
        self.unit = unit
        self.sink = sink
        self.name = qualified_name
        reader = AnnotationReader(definition.resolver, sink, parse_annotation)
        self.emitter = Emitter(
            unit, definition.resolver, sink, reader, qualified_name, definition.owner
        )
        self.reader = reader

    def compile(self) -> CompiledFunction:
        view, emitter = self.view, self.emitter
        signature = _Signature(view, self.definition, self.reader, self.sink)
        emitter.returns.declared = signature.returns
        self._unsupported()
        emitter.graph.current_range = view.range
        self._parameters(signature)
        owner = self.definition.owner
        is_init = isinstance(owner, ClassType) and view.name.name == "__init__"
        emitter.statements(view.body)
        self._end()
        if is_init and isinstance(owner, ClassType):
            owner.set_open(False)
        if not self.definition.machine_written:
            for named, place in self.reader.classes:
                compile_methods(emitter, named, place)
        returns = emitter.returns
        return_type = returns.declared or returns.merged or NONE
        schema = signature.schema(self.name, return_type)
        failed = bool(self.sink.errors)
        if not failed and self.unit.graphs:
            to_ssa(emitter.graph, return_type)
            check_after(to_ssa, emitter.graph)
            run_cleanup(emitter.graph)
        diagnostics: tuple[Diagnostic, ...] = self.sink.diagnostics
        return CompiledFunction(
            self.name,
            schema,
            emitter.graph,
            diagnostics,
            failed,
            parameters={
                parameter.name.name: Declared(parameter.range, parameter in signature.assumed)
                for parameter, _ in signature.parameters
            },
        )

    def _unsupported(self) -> None:
        """Report what stands beside the tree; what stands in it is reported where it is reached."""
        if self.definition.owner is not None and not self.view.params:
            self.sink.report(
                "unsupported-syntax",
                self.view.name.range,
                construct="methods without `self`",
                remedy="make `self` its first parameter, or decorate it with `@staticmethod`",
            )
        if not self.view.unsupported:
            return
        inside = {
            id(found.problem)
            for found in v.walk(self.view)
            if isinstance(found, v.UnsupportedStmt | v.UnsupportedExpr)
        }
        for problem in self.view.unsupported:
            if id(problem) not in inside:
                self.sink.report(
                    "unsupported-syntax",
                    problem.range,
                    construct=problem.construct,
                    remedy=problem.remedy,
                )

    def _parameters(self, signature: _Signature) -> None:
        emitter = self.emitter
        for index, (parameter, type) in enumerate(signature.parameters):
            name = parameter.name.name
            value = emitter.graph.add_input(name, type)
            if parameter in signature.assumed:
                emitter.origins.add_parameter(value, name, parameter.range)
            emitter.store(name, value, type, parameter.range)
            if index == 0 and self.definition.owner is not None:
                emitter.self_value = _loader(emitter, name)
        for parameter in self.view.params:
            if parameter.kind in ("vararg", "kwarg"):  # reported as unsupported, and only once
                emitter.store(parameter.name.name, emitter.error_value(), ERROR, parameter.range)

    def _end(self) -> None:
        emitter, returns = self.emitter, self.emitter.returns
        if emitter.exited:
            if returns.merged is None:
                returns.merged = returns.declared or NONE
            return
        declared = returns.declared
        if declared is not None and not isinstance(declared, NoneType | ErrorType):
            if not emitter.uncertain:
                emitter.report(
                    "missing-return", self.view.name.range, expected=source_str(declared)
                )
            return
        place = self.view.body[-1].range if self.view.body else self.view.name.range
        emit_return(emitter, emitter.constant(None), place)


def _loader(emitter: Emitter, name: str) -> Callable[[], Value]:
    def load() -> Value:
        value = emitter.lookup(name, emitter.graph.current_range)  # type: ignore[arg-type]
        assert isinstance(value, Value)
        return value

    return load


class _Signature:
    """Parameters and result, as annotations, type comments and defaults say."""

    def __init__(
        self,
        view: v.Def,
        definition: SourceDefinition,
        reader: AnnotationReader,
        sink: DiagnosticSink,
    ) -> None:
        self.view = view
        self.definition = definition
        self.reader = reader
        self.sink = sink
        #: Parameters taken for Tensors because nothing says what they are.
        self.assumed: list[v.Param] = []
        #: A comment was reported: what parameters are is not known, and no call of it is wrong.
        self.misread = False
        comments = self._comments()
        self.parameters: list[tuple[v.Param, Type]] = []
        for index, parameter in enumerate(view.params):
            if parameter.kind in ("vararg", "kwarg"):
                continue
            self.parameters.append((parameter, self._type(parameter, index, comments)))
        self.returns = self._returns()

    def _comments(self) -> list[v.Expr | None]:
        params = self.view.params
        comment = self.view.signature_comment
        if comment is None or comment.params is None:
            return self._single_comments()
        types = list(comment.params)
        if len(types) == len(params) - 1 and self.definition.owner is not None:
            return [None, *types]
        if len(types) != len(params):
            self.sink.report(
                "type-comment-arity", comment.range, found=len(types), expected=len(params)
            )
            self.misread = True
            return [None] * len(params)
        return list(types)

    def _single_comments(self) -> list[v.Expr | None]:
        """Comments of single parameters: of all of them, with ``# type: (...) -> R`` below."""
        params = self.view.params
        found = [parameter.type_comment for parameter in params]
        given = [comment for comment in found if comment is not None]
        if not given:
            return list(found)
        signature = self.view.signature_comment
        if signature is None:
            self.sink.report(
                "bad-type-comment",
                given[0].range,
                reason="those of single parameters need one with the result",
                suggestion="write `# type: (...) -> Tensor` below the parameters",
            )
        elif len(given) < len(params) - (self.definition.owner is not None):
            self.sink.report(
                "type-comment-arity", signature.range, found=len(given), expected=len(params)
            )
            self.misread = True
        return list(found)

    def _type(self, parameter: v.Param, index: int, comments: list[v.Expr | None]) -> Type:
        name = parameter.name.name
        given = self.definition.parameter_types.get(name)
        if given is not None:
            return given
        if index == 0 and self.definition.owner is not None:
            return self.definition.owner
        written = comments[index] or parameter.annotation
        if written is None and self.misread:
            return ERROR
        if written is None:
            self.assumed.append(parameter)
            return TENSOR
        return self.reader.read(written)

    def _returns(self) -> Type | None:
        if self.definition.return_type is not None:
            return self.definition.return_type
        written = self.view.returns
        if self.view.signature_comment is not None:
            written = self.view.signature_comment.returns
        if written is None:
            return None
        return self.reader.read(written)

    def schema(self, qualified_name: str, returns: Type) -> FunctionSchema:
        arguments = []
        for parameter, type in self.parameters:
            name = parameter.name.name
            default = self._default(parameter, type)
            arguments.append(
                Argument(
                    name,
                    type,
                    type,
                    None if default is None else default.value,
                    default is not None,
                    parameter.kind == "keyword-only",
                    size=broadcasting_size(parameter.annotation),
                )
            )
        short = qualified_name.rpartition(".")[2]
        return FunctionSchema(short, "", tuple(arguments), (Argument("", returns, returns),))

    def _default(self, parameter: v.Param, type: Type) -> Constant | None:
        known = self.definition.defaults.get(parameter.name.name)
        mutable = v.ListLiteral | v.DictLiteral | v.ListComp | v.DictComp
        if isinstance(parameter.default, mutable) and not self.definition.machine_written:
            name = parameter.name.name
            self.sink.report("mutable-default", parameter.default.range, name=name)
            return Constant(UNKNOWN, ERROR)
        if known is None:
            if parameter.default is None:
                return None
            known = constant_expression(parameter.default, self.definition.resolver)
        value = known.value
        if value is UNKNOWN or isinstance(type, ErrorType):
            return Constant(None, type) if value is UNKNOWN else known
        inner = without_none(type)
        if isinstance(inner, FloatType) and isinstance(value, int) and not isinstance(value, bool):
            return Constant(float(value), FLOAT)
        broadcast = broadcasting_size(parameter.annotation)
        if broadcast is not None and isinstance(value, int | float):
            return Constant([value] * broadcast, type)
        if isinstance(inner, ListType) and isinstance(value, tuple | list):
            return Constant(list(value), type)
        if value is None and not is_subtype(NONE, type) and type != TENSOR:
            self._bad_default(parameter, type, NONE)
        elif (
            value is not None
            and not is_subtype(known.type, type)
            and not isinstance(known.type, ErrorType)
        ):
            if not _default_converts(known.type, type):
                self._bad_default(parameter, type, known.type)
        return known

    def _bad_default(self, parameter: v.Param, type: Type, actual: Type) -> None:
        place = parameter.default.range if parameter.default is not None else parameter.range
        self.sink.report(
            "assignment-type",
            place,
            name=parameter.name.name,
            expected=source_str(type),
            actual=source_str(actual),
            suggestion=f"annotate it: `{parameter.name.name}: {source_str(actual)}`"
            if parameter in self.assumed
            else "",
        )


def _default_converts(actual: Type, type: Type) -> bool:
    """Whether a default of another type is taken: the number of a Tensor parameter never is."""
    return isinstance(actual, TupleType) and isinstance(without_none(type), ListType | TupleType)


def constant_expression(view: v.Expr, resolver: Resolver) -> Constant:
    """The value of a constant expression in a default: literals, and names that are constants."""
    unknown = Constant(UNKNOWN, ERROR)
    match view:
        case v.Const(value=value) | v.StringLiteral(value=value):
            return Constant(value, constant_type(value))
        case v.UnaryOp(op="-", operand=operand):
            inner = constant_expression(operand, resolver)
            if isinstance(inner.value, int | float | complex):
                return Constant(-inner.value, inner.type)
            return unknown
        case v.TupleLiteral(elements=elements) | v.ListLiteral(elements=elements):
            parts = [constant_expression(element, resolver) for element in elements]
            if any(part.value is UNKNOWN for part in parts):
                return unknown
            values = tuple(part.value for part in parts)
            if isinstance(view, v.ListLiteral):
                element = parts[0].type if parts else TENSOR
                return Constant(list(values), ListType(element))
            return Constant(values, TupleType(tuple(part.type for part in parts)))
        case v.Var(name=name):
            fact = resolver.value(name)
            return fact if isinstance(fact, Constant) else unknown
        case v.Select(value=owner, name=ident):
            return _constant_member(owner, ident.name, resolver)
    return unknown


def _constant_member(owner: v.Expr, name: str, resolver: Resolver) -> Constant:
    from tscript.frontend.namespace import fact_of_path
    from tscript.frontend.resolver import ClassRef, NamespaceRef

    dotted = v.dotted_name(owner)
    unknown = Constant(UNKNOWN, ERROR)
    if dotted is None:
        return unknown
    head, *rest = dotted.split(".")
    fact = resolver.value(head)
    for part in (*rest, name):
        if isinstance(fact, NamespaceRef):
            fact = resolver.member(fact, part) or fact_of_path((*fact.path.split("."), part))
        elif isinstance(fact, ClassRef) and isinstance(fact.type, EnumType):
            return Constant(part, fact.type)
        else:
            return unknown
    return fact if isinstance(fact, Constant) else unknown


def report_bases(view: v.ClassDef, sink: DiagnosticSink) -> None:
    """Report that a script class inherits."""
    sink.report(
        "unsupported-syntax",
        view.bases[0].range if view.bases else view.name.range,
        construct="inheritance of script classes",
        remedy="hold an object of the other class in an attribute, or copy its methods",
    )


def inherited_from(base: str) -> str:
    """Why a script class cannot use what it inherits."""
    return f"is inherited from {base}: script classes inherit nothing"


def python_schema(
    view: v.Def, resolver: Resolver, owner: ClassType | ModuleType | None = None
) -> FunctionSchema:
    """The signature of a function that stays in Python: Tensors unless annotated."""
    sink = DiagnosticSink()
    reader = AnnotationReader(resolver, sink, parse_annotation)
    signature = _Signature(view, SourceDefinition(view, resolver, owner=owner), reader, sink)
    schema = signature.schema(view.name.name, signature.returns or TENSOR)
    varargs = any(parameter.kind in ("vararg", "kwarg") for parameter in view.params)
    if not varargs:
        return schema
    return FunctionSchema(schema.name, "", schema.arguments, schema.returns, is_vararg=True)
