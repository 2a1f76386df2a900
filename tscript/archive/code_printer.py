"""Graphs printed as the Python that archives hold: one function at a time, from IR alone.

`CodePrinter` turns a graph into the lines of a ``def``.  The text is PyTorch's serialized dialect
(``_0 = torch.add(x, y)``, ``annotate(List[int], [])``, ``CONSTANTS.c0``), which this package's importer
and real PyTorch both read; ``.code`` of a scripted function shows the same text.  Which classes and
files an archive has is `tscript.archive.code_export`'s business.

A value used once, right where it was computed, is written into the expression that uses it;
everything else gets a name.  Inlining never changes the order in which nodes run.
"""

from __future__ import annotations

import keyword
import re
from typing import TYPE_CHECKING, Any

from ops_registry import types as t
from tscript.archive.errors import SaveError
from tscript.archive.literals import literal, member
from tscript.archive.missing import MissingOperator
from tscript.archive.node_questions import (
    assigned_together,
    before,
    is_access,
    is_constant,
    is_default,
    is_for,
    is_literal,
    is_named,
    must_declare,
    plainly,
)
from tscript.types.nominal import NamedTupleType
from tscript.types.printing import annotation_str

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ops_registry.schema import FunctionSchema
    from tscript.diagnostics.source import SourceRange
    from tscript.ir.function import CompiledFunction
    from tscript.ir.graph import Block, Graph, Node, Value

MAX_INT = (1 << 63) - 1
_INDENT = "  "
_HEAVIEST_EXPRESSION = 4
_RESERVED = frozenset(
    """torch ops CONSTANTS __torch__ annotate uninitialized unchecked_cast fork awaitable inf nan
    infj nanj device int float bool str complex list tuple dict range len getattr hasattr isinstance
    sorted print min max abs round pow enumerate zip super Tensor List Tuple Dict Optional Union
    Future number rangelist Device Any NoneType Final ord chr self_ __len__""".split()
)
_CAST_CALLS = {
    "aten::Int": "int",
    "aten::Float": "float",
    "aten::Bool": "bool",
    "aten::str": "str",
    "aten::sorted": "sorted",
    "prim::Print": "print",
}
_IMPLICIT_CASTS = {
    "aten::IntImplicit": "int",
    "aten::FloatImplicit": "float",
    "aten::ComplexImplicit": "complex",
    "aten::ScalarImplicit": "number",
}
_NEVER_INLINED = frozenset({"prim::fork", "prim::Enter", "prim::Exit", "prim::PythonOp"})


class ConstantTable:
    """The archive's ``CONSTANTS``: values that text cannot hold, numbered in the order of first use."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._numbers: dict[int, int] = {}

    def number(self, value: Any) -> int:
        """The number of ``value``; the same object always has the same one."""
        number = self._numbers.get(id(value))
        if number is None:
            number = self._numbers[id(value)] = len(self.values)
            self.values.append(value)
        return number


class Line:
    """A printed line, and the place in the user's source that it comes from."""

    __slots__ = ("origin", "text")

    def __init__(self, text: str, origin: SourceRange | None) -> None:
        self.text = text
        self.origin = origin


class CodePrinter:
    """Prints functions that share a file: unnamed values are numbered on through all of them.

    ``for_archive`` refuses what an archive cannot hold (calls into Python); else it is shown.

    >>> from tscript.ir.graph import Graph
    >>> graph = Graph()
    >>> x = graph.add_input("x")
    >>> two = graph.constant(2)
    >>> _ = graph.add_output(graph.insert("aten::mul", [x, two], overload="Scalar").output)
    >>> print(CodePrinter().function_text("double", graph))
    def double(x: Tensor) -> Tensor:
      return torch.mul(x, 2)
    <BLANKLINE>
    """

    def __init__(
        self,
        constants: ConstantTable | None = None,
        *,
        for_archive: bool = False,
        static_owners: frozenset[str] = frozenset(),
    ) -> None:
        self.constants = constants if constants is not None else ConstantTable()
        self.for_archive = for_archive
        #: Types mentioned so far whose definition the archive must hold.
        self.types: dict[t.NominalType, None] = {}
        #: Functions called so far, by the name they are called by.
        self.functions: dict[str, CompiledFunction] = {}
        #: Classes whose static methods are functions beside them: an archive has no other place.
        self.static_owners = static_owners
        self._next_unnamed = 0

    def function_text(self, name: str, graph: Graph, schema: FunctionSchema | None = None) -> str:
        """A whole ``def`` as text, ending in a line end."""
        return "".join(line.text + "\n" for line in self.function_lines(name, graph, schema))

    def function_lines(
        self,
        name: str,
        graph: Graph,
        schema: FunctionSchema | None = None,
        indent: int = 0,
        *,
        self_type: str = "",
        bare_self: bool = False,
    ) -> list[Line]:
        """A whole ``def`` as lines, ``indent`` levels deep.

        ``self_type`` adds a ``self`` that the graph does not have; ``bare_self`` leaves the type of
        the graph's own away.
        """
        return _Function(self, name, graph, schema, indent, self_type, bare_self).lines

    def literal(self, value: Any, type: t.Type = t.ANY) -> str:
        """A constant as text, or the number it has in the constants table."""
        return literal(self, value, type)

    def annotation(self, type: t.Type) -> str:
        """``type`` as an annotation; its definition becomes part of the archive."""
        self.mention(type)
        return annotation_str(type)

    def mention(self, type: t.Type) -> None:
        """Note that the archive must define every class that ``type`` names."""
        if isinstance(type, t.NominalType):
            self.types[type] = None
        for part in type.contained():
            self.mention(part)

    def unnamed(self) -> str:
        self._next_unnamed += 1
        return f"_{self._next_unnamed - 1}"


class _Function:
    """One function on its way to text."""

    def __init__(
        self,
        printer: CodePrinter,
        name: str,
        graph: Graph,
        schema: FunctionSchema | None,
        indent: int,
        self_type: str,
        bare_self: bool,
    ) -> None:
        self.printer = printer
        self.graph = graph
        self.level = indent
        self.lines: list[Line] = []
        self.names: dict[Value, str] = {}
        self.taken: set[str] = set()
        self.inlined: set[Value] = set()
        self.origin: SourceRange | None = None
        self._plan(graph.block)
        self._header(name, schema, self_type, bare_self)
        self.level += 1
        self._body(graph.block)
        self._return()

    # -- what is inlined
    # --------------------------------------------------------------------------------

    def _plan(self, block: Block) -> None:
        point = block.return_node
        while True:
            point, _ = self._absorb_inputs(point)
            point = before(point)
            if point is block.return_node:
                return
            for inner in point.blocks:
                self._plan(inner)

    def _absorb_inputs(self, user: Node) -> tuple[Node, int]:
        """Inline the values computed right before ``user``, last input first, so that the order of
        evaluation stays; returns the first node of the expression and how many nodes it has."""
        point, weight = user, 1
        if user.kind in ("prim::Loop", "prim::fork", "prim::Exit"):
            inputs = user.inputs[:1] if user.kind == "prim::Loop" and is_for(user) else []
        elif user.kind == "prim::SetAttr":
            inputs = user.inputs[1:]  # the right side of an assignment is evaluated first
        else:
            inputs = user.inputs
        for value in reversed(inputs):
            producer = value.node
            if before(point) is producer and self._may_inline(value, user):
                saved = set(self.inlined)
                first, added = self._absorb_inputs(producer)
                if weight + added > _HEAVIEST_EXPRESSION and not is_access(producer):
                    self.inlined = saved
                    break
                self.inlined.add(value)
                point, weight = first, weight + added
        return point, weight

    def _may_inline(self, value: Value, user: Node) -> bool:
        node = value.node
        if len(node.outputs) != 1 or len(value.uses) != 1 or node.blocks:
            return False
        if node.kind in _NEVER_INLINED or node.kind == "prim::Param":
            return False
        if node.kind in ("prim::Uninitialized", "prim::CreateObject"):
            return False
        if is_named(value) and user.kind != "prim::Return":
            return False
        return user.kind != "prim::Return" or assigned_together(user)

    # -- names
    # ------------------------------------------------------------------------------------------

    def name(self, value: Value) -> str:
        """The name of ``value``, given on first use."""
        known = self.names.get(value)
        if known is None:
            known = self.names[value] = self._fresh(
                value.debug_name if value.has_debug_name else ""
            )
        return known

    def _fresh(self, wish: str) -> str:
        # Dots and numbers behind the name come from making SSA names unique; they say nothing.
        base = re.sub(r"\.\d+$", "", wish)
        base = re.sub(r"[^A-Za-z0-9_]", "_", base)
        if not base or base.strip("_").isdigit() or not base.strip("_"):
            return self.printer.unnamed()
        if base[0].isdigit():
            base = "_" + base
        name, stem, number = base, base.rstrip("0123456789"), 0
        while name in self.taken or name in _RESERVED or keyword.iskeyword(name):
            name, number = f"{stem}{number}", number + 1
        self.taken.add(name)
        return name

    # -- lines
    # ------------------------------------------------------------------------------------------

    def _line(self, text: str, *shown: Value) -> None:
        """Add a line; where it spells out one of ``shown``, that is what it was written for."""
        inside = (value.node.source_range for value in shown if value in self.inlined)
        origin = next(filter(None, inside), self.origin)
        self.lines.append(Line(_INDENT * self.level + text, origin))

    def _header(
        self, name: str, schema: FunctionSchema | None, self_type: str, bare_self: bool
    ) -> None:
        parameters = []
        if self_type:
            self.taken.add("self")
            parameters.append(f"self: {self_type}")
        for position, value in enumerate(self.graph.inputs):
            if bare_self and position == 0:
                parameters.append(self.name(value))
                continue
            text = f"{self.name(value)}: {self.printer.annotation(value.type)}"
            argument = schema.arguments[position] if schema is not None else None
            if argument is not None and argument.has_default:
                text += f"={self.printer.literal(argument.default, value.type)}"
            parameters.append(text)
        separator = f",\n{_INDENT * 2}"
        returns = self.printer.annotation(self._return_type(schema))
        for text in f"def {name}({separator.join(parameters)}) -> {returns}:".split("\n"):
            self.lines.append(
                Line(_INDENT * self.level + text if text.startswith("def ") else text, None)
            )

    def _return_type(self, schema: FunctionSchema | None) -> t.Type:
        outputs = self.graph.outputs
        if schema is not None and len(schema.returns) == 1:
            return schema.returns[0].type
        if len(outputs) == 1:
            return outputs[0].type
        return t.TupleType(tuple(value.type for value in outputs)) if outputs else t.NONE

    def _return(self) -> None:
        outputs = self.graph.outputs
        if len(outputs) == 1:
            self._line(f"return {self.use(outputs[0])}", *outputs)
        elif outputs:
            self._line(f"return ({', '.join(map(self.use, outputs))})", *outputs)
        else:
            self._line("return None")

    def _body(self, block: Block) -> None:
        for node in block.nodes:
            if is_literal(node):
                continue
            if len(node.outputs) == 1 and node.output in self.inlined:
                continue
            self.origin = node.source_range
            self._statement(node)

    def _statement(self, node: Node) -> None:
        match node.kind:
            case "prim::If":
                self._if(node)
            case "prim::Loop":
                self._loop(node)
            case "prim::SetAttr":
                target = member(self.use(node.inputs[0]), node.attributes["name"])
                self._line(f"{target} = {self.use(node.inputs[1])}")
            case "prim::TupleUnpack" | "prim::ListUnpack":
                targets = "".join(f"{self.name(value)}, " for value in node.outputs)
                source = self.use(node.input)
                self._line(f"{targets.rstrip()} = {source}" if targets else f"_ = {source}")
            case "prim::Enter":
                manager = self.use(node.input)
                result = (
                    f" as {self.name(node.output)}" if node.outputs and node.output.uses else ""
                )
                self._line(f"with {manager}{result}:")
                self.level += 1
            case "prim::Exit":
                self._line("pass")
                self.level -= 1
            case "prim::fork":
                self._fork(node)
            case _:
                self._assign(node)

    def _assign(self, node: Node) -> None:
        text = self.expression(node)
        if not node.outputs or (
            len(node.outputs) == 1
            and not node.output.uses
            and (isinstance(node.output.type, t.NoneType) or node.kind == "prim::Print")
        ):
            self._line(text)
            return
        self._line(f"{', '.join(map(self.name, node.outputs))} = {text}")

    def _assign_all(
        self, targets: Sequence[Value], values: Sequence[Value], *, declare: bool
    ) -> None:
        """Assign in parallel; where the types differ the target's is declared, one at a time."""
        together: list[tuple[str, str]] = []
        for target, value in zip(targets, values, strict=True):
            name, text = self.name(target), self.use(value)
            if declare and must_declare(target.type, value.type):
                self._line(f"{name}: {self.printer.annotation(target.type)} = {text}", value)
            else:
                together.append((name, text))
        if together:
            names, texts = zip(*together, strict=True)
            self._line(f"{', '.join(names)} = {', '.join(texts)}", *values)

    def _if(self, node: Node) -> None:
        self._line(f"if {self.use(node.input)}:")
        for position, block in enumerate(node.blocks):
            if position:
                self._line("else:")
            self.level += 1
            start = len(self.lines)
            self._body(block)
            if node.outputs:
                self._assign_all(node.outputs, block.outputs, declare=True)
            elif len(self.lines) == start:
                self._line("pass")
            self.level -= 1

    def _loop(self, node: Node) -> None:
        (body,) = node.blocks
        trip_count, condition, *initial = node.inputs
        counter, *carried = body.inputs
        next_condition, *next_carried = body.outputs
        # The loop's variables have one name inside, on the way round and after it.
        for inside, after in zip(carried, node.outputs, strict=True):
            self.names[inside] = self.name(after)
        self._assign_loop_variables(node.outputs, initial)
        if is_for(node):
            self._line(f"for {self.name(counter)} in range({self.use(trip_count)}):")
            self._loop_body(body, carried, next_carried, [], [])
            return
        going = self.printer.unnamed()
        if is_constant(trip_count, MAX_INT) and not counter.uses:
            self._line(f"{going} = {self.use(condition)}")
            self._line(f"while {going}:")
            self._loop_body(body, carried, next_carried, [going], [self.use_later(next_condition)])
            return
        number = self.name(counter)
        self._line(f"{number} = 0")
        start = f"torch.gt({self.use(trip_count)}, 0)"
        if not is_constant(condition, True):
            start = f"torch.__and__({start}, {self.use(condition)})"
        self._line(f"{going} = {start}")
        self._line(f"while {going}:")
        following = self.printer.unnamed()

        def advance() -> list[str]:
            self._line(f"{following} = torch.add({number}, 1)")
            more = f"torch.lt({following}, {self.use(trip_count)})"
            return [f"torch.__and__({more}, {self.use(next_condition)})", following]

        self._loop_body(body, carried, next_carried, [going, number], [advance])

    def use_later(self, value: Value) -> Callable[[], list[str]]:
        return lambda: [self.use(value)]

    def _assign_loop_variables(self, targets: Sequence[Value], values: Sequence[Value]) -> None:
        for target, value in zip(targets, values, strict=True):
            declared = ""
            if isinstance(target.type, (t.OptionalType, t.UnionType)) or target.type != value.type:
                declared = f": {self.printer.annotation(target.type)}"
            self._line(f"{self.name(target)}{declared} = {self.use(value)}", value)

    def _loop_body(
        self,
        body: Block,
        carried: Sequence[Value],
        values: Sequence[Value],
        extra_names: list[str],
        extra_values: list[Callable[[], list[str]]],
    ) -> None:
        self.level += 1
        start = len(self.lines)
        self._body(body)
        texts = [text for extra in extra_values for text in extra()]
        pairs = [
            (self.name(target), self.use(value))
            for target, value in zip(carried, values, strict=True)
            if target is not value
        ]
        names = [*extra_names, *(name for name, _ in pairs)]
        texts += [text for _, text in pairs]
        if names:
            self._line(f"{', '.join(names)} = {', '.join(texts)}", *values)
        elif len(self.lines) == start:
            self._line("pass")
        self.level -= 1

    def _fork(self, node: Node) -> None:
        function = self._fresh("__forked_function")
        self._line(f"def {function}():")
        self.level += 1
        if node.blocks:
            (body,) = node.blocks
            self._body(body)
            self._line(f"return {self.use(body.outputs[0])}")
        else:
            self._line(f"return {self._call_function(node.inputs)}")
        self.level -= 1
        self._line(f"{self.name(node.output)} = fork({function})")

    # -- expressions
    # ------------------------------------------------------------------------------------

    def use(self, value: Value) -> str:
        """The text that stands for ``value`` where it is used."""
        node = value.node
        if value in self.inlined or is_literal(node):
            return self.expression(node)
        return self.name(value)

    def uses(self, values: Iterable[Value]) -> str:
        return ", ".join(map(self.use, values))

    def expression(self, node: Node) -> str:
        """The right side of a node's assignment."""
        inputs = node.inputs
        match node.kind:
            case "prim::Constant":
                return self._constant(node)
            case "prim::GetAttr":
                return member(self._operand(inputs[0]), node.attributes["name"])
            case "prim::CallMethod":
                arguments = "".join(f"{self.use(value)}, " for value in inputs[1:])
                return f"({self.use(inputs[0])}).{node.attributes['name']}({arguments})"
            case "prim::CallFunction":
                return self._call_function(inputs)
            case "prim::CreateObject":
                name = self.printer.annotation(node.output.type)
                return f"{name}.__new__({name})"
            case "prim::TupleConstruct":
                return self._tuple(node)
            case "prim::ListConstruct":
                return self._list(node)
            case "prim::DictConstruct":
                return self._dict(node)
            case "prim::TupleIndex":
                return f"({self.use(inputs[0])})[{self.use(inputs[1])}]"
            case "prim::TupleSlice":
                begin, end = node.attributes["beg"], node.attributes["end"]
                return f"({self.use(inputs[0])})[{begin}:{end}]"
            case "aten::__getitem__" if not isinstance(inputs[0].type, t.TensorType):
                return f"{self._operand(inputs[0])}[{self.use(inputs[1])}]"
            case "prim::unchecked_cast":
                return f"unchecked_cast({self.printer.annotation(node.output.type)}, {self.use(inputs[0])})"
            case "prim::Uninitialized":
                return f"uninitialized({self.printer.annotation(node.output.type)})"
            case "prim::isinstance":
                kinds = [self.printer.annotation(type) for type in node.attributes["types"]]
                wanted = kinds[0] if len(kinds) == 1 else f"({', '.join(kinds)})"
                return f"isinstance({self.use(inputs[0])}, {wanted})"
            case "prim::tolist":
                type = self.printer.annotation(node.output.type)
                return f"annotate({type}, {self._operand(inputs[0])}.tolist())"
            case "prim::EnumName":
                return f"{self._operand(inputs[0])}.name"
            case "prim::EnumValue":
                return f"{self._operand(inputs[0])}.value"
            case "prim::data":
                return f"{self._operand(inputs[0])}.data"
            case "prim::RaiseException":
                return f"ops.prim.RaiseException({self._raise_arguments(node)})"
            case "prim::PythonOp":
                return self._python_call(node)
            case kind if kind in _IMPLICIT_CASTS:
                return f"annotate({_IMPLICIT_CASTS[kind]}, {self.use(inputs[0])})"
            case "aten::percentFormat" if len(inputs) > 2:
                return f"torch.percentFormat({self.use(inputs[0])}, ({self.uses(inputs[1:])}))"
            case "aten::Complex":
                return f"complex({self.uses(inputs)})"
            case kind if kind in _CAST_CALLS and (len(inputs) == 1 or kind == "prim::Print"):
                return f"{_CAST_CALLS[kind]}({self.uses(inputs)})"
            case _:
                return self._operator(node)

    def _call_function(self, inputs: Sequence[Value]) -> str:
        function = inputs[0].node.constant_value()
        owner, _, name = function.qualified_name.rpartition(".")
        called = f"{owner}__{name}" if owner in self.printer.static_owners else f"{owner}.{name}"
        self.printer.functions[called] = function
        return f"{called}({''.join(f'{self.use(value)}, ' for value in inputs[1:])})"

    def _operand(self, value: Value) -> str:
        """``value`` where something is taken out of it; an inlined call needs no brackets of its own."""
        text = self.use(value)
        return text if re.fullmatch(r"[\w.]+", text) else f"({text})"

    def _operator(self, node: Node) -> str:
        namespace, _, name = node.kind.partition("::")
        prefix = "torch" if namespace == "aten" else f"ops.{namespace}"
        return f"{prefix}.{name}({self._arguments(node)})"

    def _arguments(self, node: Node) -> str:
        schema = node.schema
        if schema is None or schema.is_vararg or len(schema.arguments) != len(node.inputs):
            return self.uses(node.inputs)
        needed = len(node.inputs)
        while needed and is_default(schema.arguments[needed - 1], node.inputs[needed - 1]):
            needed -= 1
        texts = []
        for argument, value in zip(schema.arguments[:needed], node.inputs[:needed], strict=True):
            text = self.use(value)
            texts.append(f"{argument.name}={text}" if argument.kwarg_only else text)
        return ", ".join(texts)

    def _raise_arguments(self, node: Node) -> str:
        message, *rest = node.inputs
        named = [value for value in rest if not is_constant(value, None)]
        return self.uses([message, *named])

    def _python_call(self, node: Node) -> str:
        callee = node.attributes.get("callable")
        if isinstance(callee, MissingOperator):
            return f"{callee.name}({self._given_arguments(node)})"
        name = str(node.attributes.get("name", "a Python function"))
        if self.printer.for_archive:
            place = f" ({node.source_range})" if node.source_range is not None else ""
            raise SaveError(
                f"the call of {name}{place} stays in Python, which an archive cannot hold: "
                f"make it compilable, or mark the method that calls it as unused"
            )
        return f"^{name}({self.uses(node.inputs)})"

    def _given_arguments(self, node: Node) -> str:
        """Arguments as they were given: the last ones may have had keywords."""
        names = node.attributes.get("keywords", ())
        texts = [self.use(value) for value in node.inputs]
        positional = len(texts) - len(names)
        named = [f"{n}={text}" for n, text in zip(names, texts[positional:], strict=True)]
        return ", ".join([*texts[:positional], *named])

    def _tuple(self, node: Node) -> str:
        type = node.output.type
        if isinstance(type, NamedTupleType):
            return f"{self.printer.annotation(type)}({self.uses(node.inputs)})"
        if len(node.inputs) == 1:
            return f"({self.use(node.inputs[0])},)"
        return f"({self.uses(node.inputs)})"

    def _list(self, node: Node) -> str:
        type = node.output.type
        text = f"[{self.uses(node.inputs)}]"
        element = type.element if isinstance(type, t.ListType) else None
        if node.inputs and all(plainly(value.type, element) for value in node.inputs):
            return text
        return f"annotate({self.printer.annotation(type)}, {text})"

    def _dict(self, node: Node) -> str:
        type = node.output.type
        keys, values = node.inputs[::2], node.inputs[1::2]
        items = zip(keys, values, strict=True)
        text = "{" + ", ".join(f"{self.use(key)}: {self.use(value)}" for key, value in items) + "}"
        wanted = type.value if isinstance(type, t.DictType) else None
        if keys and all(plainly(value.type, wanted) for value in values):
            return text
        return f"annotate({self.printer.annotation(type)}, {text})"

    def _constant(self, node: Node) -> str:
        type = node.output.type
        value = node.constant_value()
        if value is None and isinstance(type, (t.OptionalType, t.UnionType)):
            return f"annotate({self.printer.annotation(type)}, None)"
        return self.printer.literal(value, type)
