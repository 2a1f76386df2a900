"""The code of an archive, written: every class and function that a saved program needs, as files.

`CodeExport` starts from a few types and functions, prints them with `tscript.archive.code_printer`,
and goes on to everything that their text mentions.  A name ``__torch__.a.b.C`` is defined in
``code/__torch__/a/b.py``.
"""

from __future__ import annotations

import keyword
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ops_registry import types as t
from tscript.archive.code_printer import CodePrinter, ConstantTable, Line
from tscript.archive.debug_info import write_provenance
from tscript.archive.errors import SaveError
from tscript.archive.literals import PLAIN_NAME, quote
from tscript.archive.upgraders import needed_version
from tscript.types.nominal import (
    ClassType,
    EnumType,
    InterfaceType,
    ModuleType,
    NamedTupleType,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tscript.ir.function import CompiledFunction

#: Torch's own context managers, which have no source of their own here: attributes and body.
_GRAD_MODES = {
    "no_grad": ("", "torch.set_grad_enabled(False)"),
    "enable_grad": ("", "torch.set_grad_enabled(True)"),
    "set_grad_enabled": ("mode", "torch.set_grad_enabled(mode)"),
    "inference_mode": ("mode", "torch.set_grad_enabled(torch.__not__(mode))"),
}
_GRAD_MODE_PREFIX = "__torch__.torch.autograd.grad_mode."
FUNCTION_HOLDER = "__torch__.PlaceholderModule"
"""The class that stands for a function that is saved by itself: its ``forward`` is the function."""


def function_code(function: CompiledFunction, owner: object = None) -> str:
    """A function as the Python that an archive would hold: what ``.code`` shows.

    A method (``owner`` is not None) shows ``self`` without its type. Calls that stay in Python,
    which an archive cannot hold, are shown with a ``^``.
    """
    lines = CodePrinter().function_lines(
        function.name, function.graph, function.schema, bare_self=owner is not None
    )
    return "".join(line.text + "\n" for line in lines)


@dataclass
class CodeFile:
    """One file: its printer, and its definitions so far."""

    printer: CodePrinter
    lines: list[Line] = field(default_factory=list)


class CodeExport:
    """Collects the code of one archive.

    ``constants`` receives what the code refers to as ``CONSTANTS.cN``. ``static_owners`` are the
    classes with static methods: `misplaced` finds them, for a second attempt.
    """

    def __init__(
        self, constants: ConstantTable, static_owners: frozenset[str] = frozenset()
    ) -> None:
        self.constants = constants
        self.static_owners = static_owners
        self._files: dict[str, CodeFile] = {}
        self._types: dict[str, t.NominalType] = {}
        self._functions: dict[str, CompiledFunction] = {}
        self._kinds: set[str] = set()

    def add_types(self, types: Iterable[t.NominalType]) -> None:
        """Define these classes, and everything that they mention."""
        for type in types:
            self._add_type(type)

    def add_function_holder(self, function: CompiledFunction) -> None:
        """Define the class whose ``forward`` is ``function``."""
        holder = ModuleType(FUNCTION_HOLDER)
        holder.add_attribute("training", t.BOOL)
        holder.compiled["forward"] = function
        self._types[FUNCTION_HOLDER] = holder
        file = self._file(FUNCTION_HOLDER)
        file.lines += _class_head("PlaceholderModule", "Module")
        file.lines += [_line("__parameters__ = []", 1), _line("__buffers__ = []", 1)]
        file.lines.append(_line("training : bool", 1))
        self._add_graph(file, "forward", function, indent=1, self_type=FUNCTION_HOLDER)
        self._follow(file)

    def misplaced(self) -> frozenset[str]:
        """Classes that are also a path to functions, which no reader would find there."""
        return frozenset(self._files.keys() & self._types.keys())

    def records(self) -> Iterator[tuple[str, bytes]]:
        """Every file, and its debug information, as records of the archive."""
        for name, file in self._files.items():
            member = f"code/{name.replace('.', '/')}.py"
            text = "".join(line.text + "\n" for line in file.lines)
            yield member, text.encode()
            offset, places = 0, []
            for line in file.lines:
                indent = len(line.text) - len(line.text.lstrip())
                place = line.origin.origin if line.origin is not None else None
                places.append((offset + indent, place))
                offset += len(line.text) + 1
            yield f"{member}.debug_pkl", write_provenance(places)

    def version(self) -> int:
        """The oldest file format in which the code means what it means here."""
        return needed_version(self._kinds)

    # -- collecting
    # -------------------------------------------------------------------------------------

    def _file(self, qualified_name: str) -> CodeFile:
        name = qualified_name.rpartition(".")[0]
        if not name.startswith("__torch__") or not all(map(PLAIN_NAME.fullmatch, name.split("."))):
            raise SaveError(f"{qualified_name} is no name that an archive can hold")
        file = self._files.get(name)
        if file is None:
            printer = CodePrinter(
                self.constants, for_archive=True, static_owners=self.static_owners
            )
            file = self._files[name] = CodeFile(printer)
        return file

    def _add_type(self, type: t.NominalType) -> None:
        name = type.qualified_name
        known = self._types.get(name)
        if known is not None:
            if known is not type and not _same_definition(known, type):
                raise SaveError(f"two different classes are called {name}")
            return
        self._types[name] = type
        file = self._file(name)
        match type:
            case EnumType():
                self._add_enum(file, type)
            case NamedTupleType():
                self._add_named_tuple(file, type)
            case InterfaceType():
                self._add_interface(file, type)
            case ClassType() if name.startswith(_GRAD_MODE_PREFIX) and not type.methods:
                self._add_grad_mode(file, type)
            case ClassType() | ModuleType():
                self._add_class(file, type)
            case _:
                raise SaveError(f"{name} cannot be defined in an archive")
        self._follow(file)

    def _follow(self, file: CodeFile) -> None:
        for type in list(file.printer.types):
            self._add_type(type)
        for name, function in list(file.printer.functions.items()):
            self._add_function(name, function)

    def _add_function(self, name: str, function: CompiledFunction) -> None:
        known = self._functions.get(name)
        if known is not None:
            if known is not function:
                raise SaveError(f"two different functions are called {name}")
            return
        self._functions[name] = function
        file = self._file(name)
        self._add_graph(file, name.rpartition(".")[2], function, indent=0)
        self._follow(file)

    def _add_graph(
        self,
        file: CodeFile,
        name: str,
        function: CompiledFunction,
        *,
        indent: int,
        self_type: str = "",
    ) -> None:
        self._kinds.update(node.kind for node in function.graph.all_nodes())
        file.lines += file.printer.function_lines(
            name, function.graph, function.schema, indent, self_type=self_type
        )

    # -- classes
    # ----------------------------------------------------------------------------------------

    def _add_enum(self, file: CodeFile, type: EnumType) -> None:
        file.lines += _class_head(_last(type), "Enum")
        for name, value in type.members.items():
            file.lines.append(_line(f"{name} = {file.printer.literal(value)}", 1))

    def _add_named_tuple(self, file: CodeFile, type: NamedTupleType) -> None:
        file.lines += _class_head(_last(type), "NamedTuple")
        for name, field_type in type.fields.items():
            # Without its default: where one was used, the code has it.
            file.lines.append(_line(f"{name} : {file.printer.annotation(field_type)}", 1))

    def _add_interface(self, file: CodeFile, type: InterfaceType) -> None:
        file.lines += _class_head(_last(type), "ModuleInterface" if type.is_module else "Interface")
        for name, schema in type.methods.items():
            parameters = ["self"] + [
                f"{argument.name}: {file.printer.annotation(argument.type)}"
                for argument in schema.arguments[1:]
            ]
            returns = file.printer.annotation(schema.returns[0].type)
            file.lines.append(_line(f"def {name}({', '.join(parameters)}) -> {returns}:", 1))
            file.lines.append(_line("pass", 2))

    def _add_grad_mode(self, file: CodeFile, type: ClassType) -> None:
        name = type.qualified_name
        attribute, body = _GRAD_MODES[_last(type)]
        arguments = ",\n    ".join(("exc_type: Any", "exc_value: Any", "traceback: Any"))
        text = [f"class {_last(type)}:", "  prev : bool"]
        if attribute:
            text.append(f"  {attribute} : bool")
        text += [f"  def __enter__(self: {name}) -> NoneType:"]
        text.append("    self.prev = torch.is_grad_enabled()")
        if attribute:
            text.append(f"    {attribute} = self.{attribute}")
        text += [f"    {body}", "    return None"]
        text += f"  def __exit__(self: {name},\n    {arguments}) -> NoneType:".split("\n")
        text += ["    prev = self.prev", "    torch.set_grad_enabled(prev)", "    return None"]
        file.lines += [_line(line, 0) for line in text]

    def _add_class(self, file: CodeFile, type: ClassType | ModuleType) -> None:
        printer, lines = file.printer, file.lines
        is_module = isinstance(type, ModuleType)
        lines += _class_head(_last(type), "Module" if is_module else "")
        start = len(lines)
        attributes = type.attributes.values()
        if is_module:
            for label, kind in (("__parameters__", "parameter"), ("__buffers__", "buffer")):
                names = "".join(f"{quote(a.name)}, " for a in attributes if a.kind == kind)
                lines.append(_line(f"{label} = [{names}]", 1))
        if any(not _is_plain(attribute.name) for attribute in attributes):
            lines.append(_line("__annotations__ = []", 1))
        for attribute in attributes:
            annotation = printer.annotation(attribute.type)
            if _is_plain(attribute.name):
                lines.append(_line(f"{attribute.name} : {annotation}", 1))
            else:
                lines.append(_line(f"__annotations__[{quote(attribute.name)}] = {annotation}", 1))
        for name, constant in type.constants.items():
            if _is_plain(name) and name not in type.attributes:
                value = printer.literal(constant.value, constant.type)
                lines.append(
                    _line(f"{name} : Final[{printer.annotation(constant.type)}] = {value}", 1)
                )
        if isinstance(type, ModuleType):
            for label, hooks in (
                ("__forward_pre_hooks__", type.forward_pre_hooks),
                ("__forward_hooks__", type.forward_hooks),
            ):
                if hooks:
                    names = "".join(f"{quote(hook)}, " for hook in hooks)
                    lines.append(_line(f"{label} = [{names}]", 1))
        for name, function in type.compiled.items():
            self._add_graph(file, name, function, indent=1)
        if len(lines) == start:
            lines.append(_line("pass", 1))


def _last(type: t.NominalType) -> str:
    return type.qualified_name.rpartition(".")[2]


def _line(text: str, indent: int) -> Line:
    return Line("  " * indent + text, None)


def _class_head(name: str, base: str) -> list[Line]:
    return [_line(f"class {name}({base}):" if base else f"class {name}:", 0)]


def _is_plain(name: str) -> bool:
    return PLAIN_NAME.fullmatch(name) is not None and not keyword.iskeyword(name)


def _same_definition(a: t.NominalType, b: t.NominalType) -> bool:
    """Whether two classes of one name say the same, so that either will do."""
    if type(a) is not type(b):
        return False
    if isinstance(a, EnumType) and isinstance(b, EnumType):
        return a.members == b.members
    if isinstance(a, NamedTupleType) and isinstance(b, NamedTupleType):
        return a.fields == b.fields
    if isinstance(a, InterfaceType) and isinstance(b, InterfaceType):
        return a.methods == b.methods
    return False
