"""Archived code as the compiler's world: types, functions and the resolver that finds them.

The code of an archive (``code/__torch__/**.py``) is Python text that a program wrote.
`CodeLibrary` parses a file when something in it is first named, builds the nominal types that it
declares, and answers the compiler's questions as its `Resolver`; emission itself is the same as for
any other source.  Nothing is evaluated: constants are read from literals.

In this dialect ``torch.NAME`` is always the operator ``aten::NAME``, ``ops.NS.NAME`` the operator
``NS::NAME``, ``CONSTANTS.cN`` an entry of the constants table, and everything else goes by its full
name.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, NoReturn

from ops_registry import types as t
from ops_registry.device import Device
from ops_registry.registry import registry
from ops_registry.schema import Argument, FunctionSchema
from tscript.archive.closures import take_out
from tscript.archive.debug_info import read_provenance
from tscript.archive.errors import ArchiveError, MissingMemberError
from tscript.archive.missing import missing_operator
from tscript.archive.upgraders import Upgraders
from tscript.archive.values import value_type
from tscript.diagnostics.report import CompilationError, DiagnosticSink
from tscript.diagnostics.source import Source
from tscript.frontend import namespace
from tscript.frontend import views as v
from tscript.frontend.annotations import AnnotationReader
from tscript.frontend.parse_ast import parse_expression, parse_module
from tscript.frontend.resolver import (
    ClassRef,
    Constant,
    Definition,
    Fact,
    FunctionRef,
    InlineDefinition,
    NamedType,
    NamespaceRef,
    OperatorRef,
    Resolver,
    SourceDefinition,
    SpecialForm,
)
from tscript.frontend.unit import Unit
from tscript.ir.function import CompiledFunction
from tscript.ir.primitive_schemas import primitive_overloads
from tscript.types.nominal import (
    AttributeKind,
    ClassType,
    ConstantMember,
    EnumType,
    InterfaceType,
    ModuleType,
    NamedTupleType,
    ObjectType,
)

if TYPE_CHECKING:
    from tscript.archive.reader import ArchiveReader

_FOREIGN_DEVICE = re.compile(r'torch\.device\("((?!cpu"|meta"|cpu:|meta:)[a-z]{3,}(?::\d+)?)"\)')
_MODULE_BASES = frozenset({"Module"})
_INTERFACE_BASES = frozenset({"Interface", "ModuleInterface"})
_SPECIAL_LISTS: dict[str, AttributeKind] = {"__parameters__": "parameter", "__buffers__": "buffer"}

#: Names that mean something in archives without being imported.
_DIALECT: dict[str, Fact] = {
    # Not the path "torch": that is the Python package, where `split` is a function of its own.
    "torch": NamespaceRef("aten"),
    "ops": NamespaceRef("ops"),
    "CONSTANTS": NamespaceRef("CONSTANTS"),
    "__torch__": NamespaceRef("__torch__"),
    "inf": Constant(math.inf, t.FLOAT),
    "nan": Constant(math.nan, t.FLOAT),
    "infj": Constant(complex(0, math.inf), t.COMPLEX),
    "nanj": Constant(complex(0, math.nan), t.COMPLEX),
    **{
        name: SpecialForm(name)
        for name in """annotate unchecked_cast uninitialized fork rangelist getattr isinstance range
        print int float bool str complex list tuple dict enumerate zip len""".split()
    },
}

#: ``torch.NAME`` that is more than an operator.
_TORCH_FORMS: dict[str, Fact] = {"wait": SpecialForm("wait"), "warn": SpecialForm("warn")}


@dataclass(frozen=True, slots=True)
class CodeHandle:
    """What identifies an archived function: the type it is a method of ('' for none) and its name."""

    owner: str
    name: str


class CodeLibrary:
    """All the code of one archive; the `Resolver` of every function in it.

    ``constants`` is the constants table; ``version`` the archive's file format version, which
    decides on the old meaning of some operators (`tscript.archive.upgraders`).
    """

    def __init__(self, reader: ArchiveReader, constants: Sequence[Any], version: int) -> None:
        self.reader = reader
        self.constants = constants
        self.upgraders = Upgraders(version)
        self.unit = Unit()
        #: A device that the code names and that does not exist here; the CPU takes its place.
        self.foreign_device = ""
        #: Operators that the code met so far uses, and that do not exist here.
        self.missing: dict[str, None] = {}
        self._files: dict[str, dict[str, v.ClassDef | v.Def]] = {}
        self._types: dict[str, t.NominalType] = {}
        self._methods: dict[CodeHandle, v.Def] = {}
        self._owners: dict[str, ClassType | ModuleType] = {}
        self._definitions_made: dict[CodeHandle, SourceDefinition] = {}
        self._code = {
            name[len("code/") : -len(".py")].replace("/", ".")
            for name in reader.names()
            if name.startswith("code/") and name.endswith(".py")
        }
        # Every package a file lies in: `__torch__.torch.nn` of `__torch__.torch.nn.functional`.
        self._packages = {
            ".".join(parts[:length])
            for parts in (name.split(".") for name in self._code)
            for length in range(1, len(parts) + 1)
        }

    # -- finding definitions
    # ----------------------------------------------------------------------------

    def type(self, qualified_name: str, *, member: str = "data.pkl") -> t.NominalType:
        """The class that the archive defines as ``qualified_name``; ``member`` is who asks."""
        known = self._types.get(qualified_name)
        if known is None:
            view = self._view(qualified_name)
            if not isinstance(view, v.ClassDef):
                file = qualified_name.rpartition(".")[0].replace(".", "/")
                raise MissingMemberError(
                    f"it needs the class {qualified_name}, which code/{file}.py does not define",
                    archive=self.reader.name,
                    member=member,
                )
            known = self._declare(qualified_name, view)
        return known

    def compile(self) -> None:
        """Compile every method of every class met so far, and whatever they lead to.

        Raises `ArchiveError` with the compiler's diagnostics where the code is not sound.
        """
        sink = DiagnosticSink()
        compiled: set[str] = set()
        while waiting := [name for name in self._owners if name not in compiled]:
            for name in waiting:
                compiled.add(name)
                owner = self._owners[name]
                for method, reference in owner.methods.items():
                    if method not in owner.compiled:
                        owner.compiled[method] = self._compile(reference, sink)
                    self.upgraders.upgrade(owner.compiled[method])
        if sink.errors:
            first = sink.errors[0]
            raise ArchiveError(
                f"its code does not compile here:\n{CompilationError(sink.diagnostics)}",
                archive=self.reader.name,
                member=first.range.filename.removeprefix(self.reader.name + "/"),
            )

    def _compile(self, reference: FunctionRef, sink: DiagnosticSink) -> CompiledFunction:
        try:
            definition = self.unit.definition(self, reference)
            compiled = self.unit.compile(self, reference, definition, sink)
        except (CompilationError, RecursionError) as error:
            text = str(error) if isinstance(error, CompilationError) else "it is nested too deeply"
            raise ArchiveError(
                f"{reference.qualified_name} does not compile here: {text}",
                archive=self.reader.name,
            ) from None
        assert isinstance(compiled, CompiledFunction), reference
        if not compiled.failed:
            self._check_known(compiled)
        return compiled

    def _check_known(self, function: CompiledFunction) -> None:
        """Refuse what the compiler could make nothing of: here, unlike in an editor, it must run."""
        for node in function.graph.all_nodes():
            if any(isinstance(value.type, t.ErrorType) for value in node.outputs):
                place = node.source_range
                line = f"line {place.line}: `{place.text}`" if place is not None else node.kind
                raise ArchiveError(
                    f"{line} has no type",
                    archive=self.reader.name,
                    member=f"code of {function.qualified_name}",
                )

    def _view(self, qualified_name: str) -> v.ClassDef | v.Def | None:
        file, _, name = qualified_name.rpartition(".")
        return self._definitions(file).get(name)

    def _definitions(self, file: str) -> dict[str, v.ClassDef | v.Def]:
        known = self._files.get(file)
        if known is None:
            known = self._files[file] = self._parse(file) if file in self._code else {}
        return known

    def _parse(self, file: str) -> dict[str, v.ClassDef | v.Def]:
        member = f"code/{file.replace('.', '/')}.py"
        text = _FOREIGN_DEVICE.sub(self._on_the_cpu, self.reader.read_text(member))
        source = Source(
            text, f"{self.reader.name}/{member}", provenance=read_provenance(self.reader, member)
        )
        try:
            parsed = parse_module(source)
        except (CompilationError, RecursionError, MemoryError) as error:
            raise ArchiveError(
                f"its code cannot be parsed: {str(error) or type(error).__name__}",
                archive=self.reader.name,
                member=member,
            ) from None
        escaped = "\\2" in text or "\\3" in text
        found: dict[str, v.ClassDef | v.Def] = {}
        for view in parsed:
            if isinstance(view, (v.ClassDef, v.Def)):
                found[view.name.name] = _with_text_decoded(view) if escaped else view
        return found

    # -- the resolver
    def _on_the_cpu(self, match: re.Match[str]) -> str:
        """``torch.device("cuda:0")`` as the CPU, in as many characters: ranges stay right."""
        self.foreign_device = match[1]
        return 'torch.device("cpu"'.ljust(len(match[0]) - 1) + ")"

    # -----------------------------------------------------------------------------------

    def value(self, name: str) -> Fact | None:
        fact = _DIALECT.get(name)
        return fact if fact is not None else namespace.builtin(name)

    def member(self, owner: NamespaceRef, name: str) -> Fact | None:
        path = owner.path
        if path == "aten":
            return self._operator(name)
        if path == "ops":
            return NamespaceRef(f"ops.{name}")
        if path.startswith("ops."):
            return self.upgraders.fact(f"{path[4:]}::{name}") or OperatorRef(f"{path[4:]}::{name}")
        if path == "CONSTANTS":
            return self._constant(name)
        qualified = f"{path}.{name}"
        view = self._view(qualified)
        if isinstance(view, v.ClassDef):
            found = self.type(qualified, member="code")
            if isinstance(found, (ClassType, EnumType, NamedTupleType, InterfaceType)):
                return ClassRef(found)
            # A module class is nothing one can name, but its hooks are functions below its name.
            return NamespaceRef(qualified) if qualified in self._packages else None
        if isinstance(view, v.Def):
            return FunctionRef(qualified, CodeHandle("", qualified))
        return NamespaceRef(qualified) if qualified in self._packages else None

    def type_named(self, path: tuple[str, ...]) -> NamedType:
        if path[0] == "__torch__":
            qualified = ".".join(path)
            if isinstance(self._view(qualified), v.ClassDef):
                return self.type(qualified, member="code")
            return None
        return named_type(path)

    def definition(self, function: FunctionRef) -> Definition:
        handle = function.handle
        if isinstance(handle, _MissingHandle):
            return missing_operator(handle.name)
        if not isinstance(handle, CodeHandle):
            return self.upgraders.definition(function)
        known = self._definitions_made.get(handle)
        if known is None:
            view = self._methods[handle] if handle.owner else self._view(handle.name)
            assert isinstance(view, v.Def), handle
            outer, inner = take_out(view)
            resolver: Resolver = _WithClosures(self, handle, inner) if inner else self
            known = SourceDefinition(
                outer,
                resolver,
                owner=self._owners.get(handle.owner),
                strict=True,
                machine_written=True,
            )
            self._definitions_made[handle] = known
        return known

    def layout(self, type: ClassType | ModuleType) -> ClassType | ModuleType:
        return type

    def _operator(self, name: str) -> Fact:
        if name in _TORCH_FORMS:
            return _TORCH_FORMS[name]
        kind = f"aten::{name}"
        upgraded = self.upgraders.fact(kind)
        if upgraded is not None:
            return upgraded
        if not registry().overloads(kind) and not primitive_overloads(kind):
            self.missing.setdefault(f"torch.{name}")
            return FunctionRef(f"torch.{name}", _MissingHandle(f"torch.{name}"))
        return OperatorRef(kind)

    def _constant(self, name: str) -> Constant:
        number = int(name[1:]) if name[:1] == "c" and name[1:].isdecimal() else -1
        if not 0 <= number < len(self.constants):
            raise ArchiveError(
                f"the code uses CONSTANTS.{name}, and the table has {len(self.constants)} entries",
                archive=self.reader.name,
                member="constants.pkl",
            )
        value = self.constants[number]
        return Constant(value, value_type(value))

    # -- declaring types
    # --------------------------------------------------------------------------------

    def _declare(self, name: str, view: v.ClassDef) -> t.NominalType:
        bases = [v.dotted_name(base) for base in view.bases]
        base = bases[0] if bases else None
        made: t.NominalType
        if base == "Enum":
            made = self._types[name] = EnumType(name)
            self._fill_enum(made, view)
        elif base == "NamedTuple":
            made = self._types[name] = NamedTupleType(name)
            self._fill_named_tuple(made, view)
        elif base in _INTERFACE_BASES:
            made = self._types[name] = InterfaceType(name, is_module=base == "ModuleInterface")
            self._fill_interface(made, view)
        elif base in _MODULE_BASES:
            made = self._types[name] = self._owners[name] = ModuleType(name)
            self._fill_object(made, view)
        elif base is None:
            made = self._types[name] = self._owners[name] = ClassType(name)
            made.static_methods["__new__"] = SpecialForm("new_object")
            self._fill_object(made, view)
        else:
            self._fail(f"the class {name} derives from {base}, which is unknown", view)
        return made

    def _fill_enum(self, made: EnumType, view: v.ClassDef) -> None:
        for statement in view.assigns:
            if statement.value is not None:
                made.members[self._target(statement)] = self._value(statement)
        kinds = {type(value) for value in made.members.values()}
        value_types: dict[type, t.Type] = {int: t.INT, float: t.FLOAT, str: t.STRING}
        if len(kinds) != 1 or not kinds <= value_types.keys():
            self._fail(f"the values of the Enum {made.qualified_name} are not of one type", view)
        object.__setattr__(made, "value_type", value_types[kinds.pop()])

    def _fill_named_tuple(self, made: NamedTupleType, view: v.ClassDef) -> None:
        for statement in view.assigns:
            name = self._target(statement)
            made.fields[name] = self._annotation(statement.annotation, statement)
            if statement.value is not None:
                made.defaults[name] = self._value(statement)

    def _fill_interface(self, made: InterfaceType, view: v.ClassDef) -> None:
        for method in view.methods:
            arguments = [Argument("self", made, made)]
            for parameter in method.params[1:]:
                type = self._annotation(parameter.annotation, parameter)
                arguments.append(Argument(parameter.name.name, type, type))
            result = self._annotation(method.returns, method)
            returns = (Argument("", result, result),)
            made.methods[method.name.name] = FunctionSchema(
                method.name.name, "", tuple(arguments), returns
            )

    def _fill_object(self, made: ClassType | ModuleType, view: v.ClassDef) -> None:
        kinds: dict[str, AttributeKind] = {}
        for statement in view.assigns:
            target = statement.targets[0]
            if isinstance(target, v.Subscript):
                self._declare_annotation(made, target, statement, kinds)
                continue
            name = self._target(statement)
            if name in _SPECIAL_LISTS:
                for entry in self._names(statement):
                    kinds[entry] = _SPECIAL_LISTS[name]
            elif name == "__forward_hooks__" and isinstance(made, ModuleType):
                made.forward_hooks.extend(self._names(statement))
            elif name == "__forward_pre_hooks__" and isinstance(made, ModuleType):
                made.forward_pre_hooks.extend(self._names(statement))
            elif name == "__annotations__":
                continue
            elif _is_final(statement.annotation):
                assert isinstance(statement.annotation, v.Subscript)
                type = self._annotation(statement.annotation.index[0], statement)
                value = self._value(statement)
                made.constants[name] = ConstantMember(_as_constant(value, type), type)
            elif statement.annotation is not None:
                type = self._annotation(statement.annotation, statement)
                made.add_attribute(name, type, kinds.get(name, "attribute"))
            else:
                self._fail(f"{name} of {made.qualified_name} is declared without a type", statement)
        for method in view.methods:
            self._add_method(made, method)

    def _declare_annotation(
        self,
        made: ObjectType,
        target: v.Subscript,
        statement: v.Assign,
        kinds: dict[str, AttributeKind],
    ) -> None:
        # __annotations__["0"] = Tensor declares what is no identifier.
        (key,) = target.index if len(target.index) == 1 else (None,)
        if v.dotted_name(target.value) != "__annotations__" or not isinstance(key, v.StringLiteral):
            self._fail(f"{made.qualified_name} has an assignment that declares nothing", statement)
        type = self._annotation(statement.value, statement)
        made.add_attribute(key.value, type, kinds.get(key.value, "attribute"))

    def _add_method(self, made: ClassType | ModuleType, method: v.Def) -> None:
        name = method.name.name
        handle = CodeHandle(made.qualified_name, name)
        self._methods[handle] = method
        made.methods[name] = FunctionRef(f"{made.qualified_name}.{name}", handle)

    # -- reading declarations
    # ---------------------------------------------------------------------------

    def _target(self, statement: v.Assign) -> str:
        target = statement.targets[0]
        if not isinstance(target, v.Var):
            self._fail("a class holds an assignment that declares nothing", statement)
        return target.name

    def _value(self, statement: v.Assign) -> Any:
        if statement.value is None:
            self._fail("a constant has no value", statement)
        try:
            return self._literal(statement.value)
        except (TypeError, ValueError, OverflowError) as error:  # -"a", {[]: 1}, complex("x", 1)
            self._fail(f"a constant is malformed ({error})", statement)

    def _names(self, statement: v.Assign) -> list[str]:
        names = self._value(statement)
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            self._fail("a list of names is malformed", statement)
        return names

    def _annotation(self, view: v.Expr | None, place: v.View) -> t.Type:
        if view is None:
            self._fail("a type is missing", place)
        sink = DiagnosticSink()
        type = self.annotation_reader(sink).read(view)
        problem = next(iter(sink.diagnostics), None)
        if problem is not None:
            self._fail(problem.message, view)
        return type

    def annotation_reader(self, sink: DiagnosticSink) -> AnnotationReader:
        """Reads annotations of the archive's code."""
        return AnnotationReader(self, sink, archive_names=True)

    def type_of_text(self, text: str, *, member: str) -> t.Type:
        """The type that a pickle's tag spells, such as ``Dict[str, List[Tensor]]``."""
        try:
            view = parse_expression(Source(text, f"{self.reader.name}/{member}"))
        except (CompilationError, RecursionError, MemoryError):
            raise ArchiveError(
                f"the type {text[:200]!r} cannot be read", archive=self.reader.name, member=member
            ) from None
        return self._annotation(view, view)

    def _literal(self, view: v.Expr) -> Any:
        match view:
            case v.Const(value=value) | v.StringLiteral(value=value):
                return value
            case v.UnaryOp(op="-", operand=operand):
                return -self._literal(operand)
            case v.ListLiteral(elements=elements):
                return [self._literal(element) for element in elements]
            case v.TupleLiteral(elements=elements):
                return tuple(self._literal(element) for element in elements)
            case v.DictLiteral(keys=keys, values=values):
                return {
                    self._literal(k): self._literal(x) for k, x in zip(keys, values, strict=True)
                }
            case v.Var(name=name) if isinstance(_DIALECT.get(name), Constant):
                constant = _DIALECT[name]
                assert isinstance(constant, Constant)
                return constant.value
            case v.Apply(callee=callee, args=args):
                called = v.dotted_name(callee)
                if called == "annotate" and len(args) == 2:
                    return self._literal(args[1])
                if called == "torch.device" and len(args) == 1:
                    return Device(str(self._literal(args[0])))
                if called == "complex" and len(args) == 2:
                    return complex(self._literal(args[0]), self._literal(args[1]))
            case v.Select():
                dotted = v.dotted_name(view) or ""
                owner, _, name = dotted.rpartition(".")
                if owner == "CONSTANTS":
                    return self._constant(name).value
                if isinstance(self._view(owner), v.ClassDef):
                    enum = self.type(owner)
                    if isinstance(enum, EnumType) and name in enum.members:
                        return name
        self._fail("a constant is not a literal", view)

    def _fail(self, problem: str, place: v.View) -> NoReturn:
        filename = place.range.filename
        member = filename.removeprefix(self.reader.name + "/")
        raise ArchiveError(
            f"line {place.range.line}: {problem}", archive=self.reader.name, member=member
        )


class _WithClosures:
    """The library, seen from a function that has functions inside it."""

    def __init__(self, library: CodeLibrary, owner: CodeHandle, inner: Mapping[str, v.Def]) -> None:
        self._library = library
        self._owner = owner
        self._inner = inner

    def value(self, name: str) -> Fact | None:
        if name in self._inner:
            qualified = f"{self._owner.owner}.{self._owner.name}.{name}"
            return FunctionRef(qualified, _ClosureHandle(self._owner, name))
        return self._library.value(name)

    def member(self, owner: NamespaceRef, name: str) -> Fact | None:
        return self._library.member(owner, name)

    def type_named(self, path: tuple[str, ...]) -> NamedType:
        return self._library.type_named(path)

    def definition(self, function: FunctionRef) -> Definition:
        if isinstance(function.handle, _ClosureHandle):
            return InlineDefinition(self._inner[function.handle.name])
        return self._library.definition(function)

    def layout(self, type: ClassType | ModuleType) -> ClassType | ModuleType:
        return self._library.layout(type)


@dataclass(frozen=True, slots=True)
class _MissingHandle:
    """Identifies an operator of PyTorch that does not exist here."""

    name: str


@dataclass(frozen=True, slots=True)
class _ClosureHandle:
    """Identifies a function inside an archived function."""

    owner: CodeHandle
    name: str


_NAMED_TYPES: dict[str, NamedType] = {
    **{
        name: namespace.type_of_path(("typing", name))
        for name in ("List", "Tuple", "Dict", "Optional", "Union", "Final", "Any")
    },
    **{name: namespace.type_of_path(("torch", "jit", name)) for name in ("Future", "Await")},
    "RRef": namespace.type_of_path(("torch", "distributed", "rpc", "RRef")),
    "Tensor": t.TENSOR,
    "int": t.INT,
    "float": t.FLOAT,
    "complex": t.COMPLEX,
    "bool": t.BOOL,
    "str": t.STRING,
    "number": t.NUMBER,
    "NoneType": t.NONE,
    "Device": t.DEVICE,
    "Generator": t.GENERATOR,
    "Storage": t.STORAGE,
    "Stream": t.STREAM,
}


def named_type(path: tuple[str, ...]) -> NamedType:
    """What a name means in an annotation of the dialect, where it is no class of the archive.

    >>> str(named_type(("number",)))
    'Scalar'
    """
    if path[0] == "torch":
        return namespace.type_of_path(path)
    return _NAMED_TYPES.get(path[0]) if len(path) == 1 else None


def _is_final(annotation: v.Expr | None) -> bool:
    return isinstance(annotation, v.Subscript) and v.dotted_name(annotation.value) == "Final"


def _as_constant(value: Any, type: t.Type) -> Any:
    """A literal as the value of a constant of ``type``: the code writes some floats like ints."""
    if isinstance(type, t.FloatType) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


def _with_text_decoded(view: Any) -> Any:
    """The view with its strings read as UTF-8: the code writes bytes above 127 as octal escapes,
    which Python reads as characters."""
    if isinstance(view, v.StringLiteral):
        try:
            return replace(
                view, value=view.value.encode("latin-1").decode("utf-8", "surrogatepass")
            )
        except (UnicodeEncodeError, UnicodeDecodeError):
            return view
    if isinstance(view, tuple):
        parts = tuple(_with_text_decoded(part) for part in view)
        return parts if any(a is not b for a, b in zip(parts, view, strict=True)) else view
    if isinstance(view, v.View):
        changed = {}
        for field in fields(view):
            if field.name in ("range", "unsupported"):
                continue
            value = getattr(view, field.name)
            if isinstance(value, (tuple, v.View)):
                new = _with_text_decoded(value)
                if new is not value:
                    changed[field.name] = new
        return replace(view, **changed) if changed else view
    return view
