"""Reading graphs back from text, both dialects.

``parse_ir(str(graph))`` prints to the same text again. Overloads are not printed, so each
operator node gets the first overload whose arguments fit the types of its inputs; nodes of the
2019 dialect that lack the arguments of later years stay as they are written.
"""

from __future__ import annotations

import re
from typing import Any, NoReturn

import numpy as np

from ops_registry import types as t
from ops_registry.device import Device
from ops_registry.registry import registry
from ops_registry.schema import FunctionSchema
from tscript.ir.graph import Block, Graph, Node, Value
from tscript.ir.primitives import primitive
from tscript.ir.printer import OpaqueConstant
from tscript.types.nominal import EnumType, NamedTupleType
from tscript.types.relations import is_subtype, match_variables, substitute

_TOKEN = re.compile(
    r"""[ \t]*(?:
      (?P<newline>\n)
    | (?P<comment>\#[^\n]*)
    | (?P<tensor>(?:\ *[-+\w.]+\ +)+\[\ CPU\w+Type\{[\d,]*\}\ \]|\{[-+\w.]+\}(?=[\],]))
    | (?P<opaque><[\w ]+>(?=[\],)]))
    | (?P<arrow>->)
    | (?P<value>%[\w.]+)
    | (?P<string>"(?:[^"\\]|\\.)*")
    | (?P<number>[-+]?(?:inf|nan|\d+\.?\d*(?:e[-+]?\d+)?|\.\d+)(?:[-+](?:inf|nan|\d+\.?\d*(?:e[-+]?\d+)?)j)?(?![\w]))
    | (?P<name>\^?[A-Za-z_][\w.]*(?:::\w+)?)
    | (?P<punctuation>[()\[\]{},:=;?*<>])
    )""",
    re.VERBOSE,
)

_DTYPE_OF_SPELLING = {
    "Byte": "uint8", "Char": "int8", "Short": "int16", "Int": "int32", "Long": "int64",
    "Half": "float16", "Float": "float32", "Double": "float64", "ComplexHalf": "complex32",
    "ComplexFloat": "complex64", "ComplexDouble": "complex128", "Bool": "bool",
    "BFloat16": "bfloat16",
}  # fmt: skip


class GraphSyntaxError(ValueError):
    """The text is no graph; the message has the line and what was expected."""


class TensorConstant:
    """A tensor literal of a printed graph; ``array`` is its values."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array


def parse_ir(text: str) -> Graph:
    """The graph that a text in either dialect describes.

    Raises :class:`GraphSyntaxError` with the line at fault.

    >>> graph = parse_ir('''graph(%x : Tensor):
    ...   %1 : int = prim::Constant[value=1]()
    ...   %2 : Tensor = aten::add(%x, %x, %1)
    ...   return (%2)
    ... ''')
    >>> [node.full_kind for node in graph.nodes]
    ['prim::Constant', 'aten::add.Tensor']
    """
    return _Parser(text).graph_text()


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str, int]] = []
        line, position = 1, 0
        text = text.replace("\r\n", "\n")
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                if not text[position:].strip():
                    break
                raise GraphSyntaxError(f"line {line}: unexpected {text[position:].split()[0]!r}")
            kind = match.lastgroup or ""
            if kind == "newline":
                line += 1
            elif kind != "comment":
                self.tokens.append((kind, match[kind], line))
            position = match.end()
        self.tokens.append(("end", "", line))
        self.at = 0
        self.graph = Graph()
        self.values: dict[str, Value] = {}

    # Tokens.

    def fail(self, expected: str) -> NoReturn:
        _, found, line = self.tokens[self.at]
        raise GraphSyntaxError(f"line {line}: expected {expected}, found {found or 'the end'!r}")

    def peek(self, text: str) -> bool:
        kind, found, _ = self.tokens[self.at]
        return found == text and kind != "string"

    def accept(self, text: str) -> bool:
        if self.peek(text):
            self.at += 1
            return True
        return False

    def expect(self, text: str) -> None:
        if not self.accept(text):
            self.fail(repr(text))

    def take(self, kind: str) -> str:
        found, text, _ = self.tokens[self.at]
        if found != kind:
            self.fail(f"a {kind}")
        self.at += 1
        return text

    # Structure.

    def graph_text(self) -> Graph:
        self.expect("graph")
        self.definitions(self.graph.block)
        braces = self.opening()
        self.nodes(self.graph.block)
        self.expect("return")
        for value in self.uses():
            self.graph.add_output(value)
        self.accept(";")
        if braces:
            self.expect("}")
        if self.tokens[self.at][0] != "end":
            self.fail("the end of the graph")
        return self.graph

    def opening(self) -> bool:
        if self.accept("{"):
            return True
        self.expect(":")
        return False

    def definitions(self, block: Block) -> None:
        self.expect("(")
        while not self.accept(")"):
            name, type = self.definition()
            self.define(name, block.add_input(type))
            self.accept(",")

    def definition(self) -> tuple[str, t.Type]:
        name = self.take("value")[1:]
        self.expect(":")
        return name, self.type()

    def define(self, name: str, value: Value) -> None:
        if name in self.values:
            raise GraphSyntaxError(f"line {self.tokens[self.at][2]}: %{name} is defined twice")
        self.values[name] = value
        value.debug_name = name

    def uses(self) -> list[Value]:
        self.expect("(")
        values = []
        while not self.accept(")"):
            name = self.take("value")[1:]
            if name not in self.values:
                self.at -= 1
                self.fail("a value that is defined")
            values.append(self.values[name])
            self.accept(",")
        return values

    def nodes(self, block: Block) -> None:
        while not (self.peek("return") or self.peek("->")):
            self.node(block)

    def node(self, block: Block) -> None:
        outputs = []
        while not self.accept("="):
            outputs.append(self.definition())
            self.accept(",")
        kind = self.take("name")
        attributes = self.attributes()
        node = self.graph.create(kind, self.uses(), attributes=attributes)
        if self.accept(","):
            self.expect("scope")
            self.expect(":")
            node.scope = self.scope()
        block.append(node)
        for name, type in outputs:
            self.define(name, node.add_output(type))
        self.constant_types(node)
        if primitive(kind) is None and not kind.startswith("^"):
            self.choose_overload(node)
        while re.fullmatch(r"block\d+", self.tokens[self.at][1]):
            self.block(node)

    def scope(self) -> str:
        parts = []
        _, _, line = self.tokens[self.at - 1]
        while self.tokens[self.at][2] == line and not self.peek("#"):
            parts.append(self.tokens[self.at][1])
            self.at += 1
        return "".join(parts)

    def block(self, node: Node) -> None:
        self.at += 1
        block = node.add_block()
        self.definitions(block)
        braces = self.opening()
        self.nodes(block)
        self.expect("->")
        for value in self.uses():
            block.add_output(value)
        if braces:
            self.expect("}")

    @staticmethod
    def constant_types(node: Node) -> None:
        """Give a constant's value the Python type that the text alone does not have."""
        if node.kind != "prim::Constant" or "value" not in node.attributes:
            return
        node.attributes["value"] = _typed(node.attributes["value"], node.output.type)

    def choose_overload(self, node: Node) -> None:
        for schema in registry().overloads(node.kind):
            if _fits(schema, node):
                node.overload = schema.overload
                node.schema = schema
                return

    # Attributes.

    def attributes(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if not self.accept("["):
            return found
        while not self.accept("]"):
            name = self.take("name")
            self.expect("=")
            found[name] = self.types() if name == "types" else self.constant()
            self.accept(",")
        return found

    def types(self) -> list[t.Type]:
        self.expect("[")
        types = []
        while not self.accept("]"):
            types.append(self.type())
            self.accept(",")
        return types

    def constant(self) -> Any:
        kind, text, _ = self.tokens[self.at]
        if kind == "tensor":
            self.at += 1
            return TensorConstant(_tensor_array(text))
        if kind == "opaque":
            self.at += 1
            return OpaqueConstant(text)
        if self.accept("("):
            return tuple(self.items(")"))
        if self.accept("["):
            return self.items("]")
        if self.accept("{"):
            entries = {}
            while not self.accept("}"):
                key = self.constant()
                self.expect(":")
                entries[key] = self.constant()
                self.accept(",")
            return entries
        self.at += 1
        if kind == "string":
            return _unquoted(text)
        if kind == "number":
            return _number(text)
        if text == "None":
            return None
        self.at -= 1
        self.fail("a constant")

    def items(self, end: str) -> list[Any]:
        items = []
        while not self.accept(end):
            items.append(self.constant())
            self.accept(",")
        return items

    # Types.

    def type(self) -> t.Type:
        term = self.base_type()
        while True:
            if self.peek("[") and self.tokens[self.at + 1][1] == "]":
                self.at += 2
                term = t.ListType(term)
            elif self.accept("?"):
                term = t.OptionalType(term)
            else:
                return term

    def base_type(self) -> t.Type:
        if self.accept("("):
            return t.TupleType(self.type_list(")"))
        name = self.take("name")
        if name in _DTYPE_OF_SPELLING:
            return self.tensor_type(_DTYPE_OF_SPELLING[name])
        if name == "Dict":
            self.expect("(")
            return t.DictType(*self.type_list(")"))
        if name in _GENERIC:
            self.expect("(")
            made: t.Type = _GENERIC[name](*self.type_list(")"))
            return made
        if name == "Union":
            self.expect("[")
            return t.UnionType(self.type_list("]"))
        if name == "NamedTuple":
            return self.named_tuple()
        if name == "Enum":
            self.expect("<")
            qualified = self.take("name")
            self.expect(">")
            return EnumType(qualified)
        if name == "Function":
            return t.FunctionType("")
        if name in t.NAMED_TYPES:
            return t.NAMED_TYPES[name]
        return t.NominalType(name)

    def type_list(self, end: str) -> tuple[t.Type, ...]:
        types = []
        while not self.accept(end):
            types.append(self.type())
            self.accept(",")
        return tuple(types)

    def named_tuple(self) -> t.Type:
        self.expect("(")
        fields = {}
        while not self.accept(")"):
            name = self.take("name")
            self.expect(":")
            fields[name] = self.type()
            self.accept(",")
        return NamedTupleType("NamedTuple", fields=fields)

    def tensor_type(self, dtype_name: str) -> t.TensorType:
        from ops_registry.dtypes import ALL

        dtype = next(d for d in ALL if d.name == dtype_name)
        sizes: list[int | None] = []
        facts: dict[str, Any] = {}
        self.expect("(")
        seen_sizes = False
        while not self.accept(")"):
            kind, text, _ = self.tokens[self.at]
            if kind == "number" or text == "*":
                sizes.append(None if text == "*" else int(text))
                seen_sizes = True
                self.at += 1
            else:
                self.tensor_fact(facts)
            self.accept(",")
        known = tuple(sizes) if seen_sizes or not facts else None
        return t.TensorType(dtype, known, **facts)

    def tensor_fact(self, facts: dict[str, Any]) -> None:
        name = self.take("name")
        self.expect("=")
        if name == "strides":
            self.expect("[")
            facts["strides"] = tuple(self.items("]"))
        elif name == "requires_grad":
            facts["requires_grad"] = self.take("number") == "1"
        elif name == "device":
            text = self.take("name")
            if self.accept(":"):
                text += ":" + self.take("number")
            facts["device"] = Device(text)
        else:
            self.fail("strides, requires_grad or device")


_GENERIC: dict[str, Any] = {"Future": t.FutureType, "Await": t.AwaitType, "RRef": t.RRefType}


def _fits(schema: FunctionSchema, node: Node) -> bool:
    if not schema.is_vararg and len(node.inputs) != len(schema.arguments):
        return False
    bindings: dict[str, t.Type] = {}
    for argument, value in zip(schema.arguments, node.inputs, strict=False):
        if match_variables(argument.type, value.type, bindings) is not None:
            return False
        formal = substitute(argument.type, bindings)
        if formal is not None and not is_subtype(value.type, formal):
            return False
    return True


def _typed(value: Any, type: t.Type) -> Any:
    match type:
        case t.OptionalType(element):
            return None if value is None else _typed(value, element)
        case t.BoolType():
            return bool(value)
        case t.FloatType():
            return float(value)
        case t.ComplexType():
            return complex(value)
        case t.DeviceType():
            return Device(value)
        case t.ListType(element):
            return [_typed(item, element) for item in value]
        case t.TupleType(elements):
            return tuple(map(_typed, value, elements))
        case t.DictType(key, item):
            return {_typed(k, key): _typed(v, item) for k, v in value.items()}
        case t.TensorType(dtype) if isinstance(value, TensorConstant) and dtype is not None:
            return TensorConstant(value.array.astype(dtype.numpy))
        case _:
            return value


def _number(text: str) -> int | float | complex:
    if text.endswith("j"):
        return complex(text)
    return int(text) if re.fullmatch(r"[-+]?\d+", text) else float(text)


def _unquoted(text: str) -> str:
    escapes = {"n": "\n", "t": "\t", "r": "\r"}
    return re.sub(r"\\(.)", lambda m: escapes.get(m[1], m[1]), text[1:-1])


def _tensor_array(text: str) -> np.ndarray:
    from ops_registry.dtypes import ALL

    if text.startswith("{"):
        return np.asarray(_number(text[1:-1]))
    values, _, kind = text.rpartition("[ CPU")
    name, _, shape = kind.rstrip(" ]}").partition("Type{")
    dtype = next(d for d in ALL if d.name == _DTYPE_OF_SPELLING[name])
    sizes = tuple(int(size) for size in shape.split(",") if size)
    return np.array([_number(item) for item in values.split()], dtype.numpy).reshape(sizes)
