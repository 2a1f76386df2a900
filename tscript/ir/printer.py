"""Graphs as text, in both dialects.

``modern`` is what PyTorch 2.x prints; ``2019`` is the language reference's format (braces, no
source comments, the operators' arguments of its day, by way of
:mod:`tscript.ir.dialect_2019`). :mod:`tscript.ir.parser` reads both back.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from ops_registry import types as t
from ops_registry.device import Device
from tscript.diagnostics.source import SourceRange
from tscript.ir.graph import Block, Graph, Node, Value

#: Tensors with more elements print as ``<Tensor>``.
MAX_TENSOR_ELEMENTS = 10


class OpaqueConstant:
    """A constant whose value the text does not have, such as ``<Tensor>``."""

    def __init__(self, text: str) -> None:
        self.text = text


def print_graph(graph: Graph, *, dialect: str = "modern", source_ranges: bool = False) -> str:
    """The text of a graph; ``dialect`` is ``modern`` or ``2019``.

    ``source_ranges`` appends ``# file:line:column`` to the nodes that know it (modern only).
    """
    if dialect == "2019":
        from tscript.ir.dialect_2019 import to_2019

        return _Printer(_Dialect2019()).graph(to_2019(graph))
    if dialect != "modern":
        raise ValueError(f"no dialect is called {dialect!r}: use 'modern' or '2019'")
    return _Printer(_Modern(source_ranges)).graph(graph)


def print_node(node: Node) -> str:
    """One node, its blocks included, in the modern dialect."""
    return "".join(_Printer(_Modern(False)).node(node, 0)).rstrip("\n")


class _Modern:
    """Colons open blocks; values have full types; comments say where nodes come from."""

    opening = ":"
    closing = ""

    def __init__(self, source_ranges: bool) -> None:
        self.source_ranges = source_ranges

    def float(self, value: float) -> str:
        return float_text(value)

    def type(self, type: t.Type) -> str:
        return str(type)

    def trailer(self, node: Node) -> str:
        text = f", scope: {node.scope}" if node.scope else ""
        if self.source_ranges and node.source_range is not None:
            text += f" # {range_text(node.source_range)}"
        return text


class _Dialect2019:
    opening = " {"
    closing = "}\n"

    def float(self, value: float) -> str:
        text = float_text(value)
        return text[:-1] if text.endswith(".") else text

    def type(self, type: t.Type) -> str:
        if isinstance(type, t.TensorType) and type.dtype is not None:
            return str(t.TensorType(type.dtype, type.sizes))
        return str(type)

    def trailer(self, node: Node) -> str:
        return f", scope: {node.scope}" if node.scope else ""


class _Printer:
    def __init__(self, dialect: _Modern | _Dialect2019) -> None:
        self.dialect = dialect

    def graph(self, graph: Graph) -> str:
        head = ",\n      ".join(map(self.definition, graph.inputs))
        lines = [f"graph({head}){self.dialect.opening}\n"]
        for node in graph.nodes:
            lines.extend(self.node(node, 1))
        lines.append(f"  return ({self.uses(graph.outputs)})")
        lines.append(f";\n{self.dialect.closing}" if self.dialect.closing else "\n")
        return "".join(lines)

    def node(self, node: Node, depth: int) -> Iterable[str]:
        outputs = ", ".join(map(self.definition, node.outputs))
        attributes = self.attributes(node)
        yield (
            f"{'  ' * depth}{outputs} = {node.kind}{attributes}({self.uses(node.inputs)})"
            f"{self.dialect.trailer(node)}\n"
        )
        for number, block in enumerate(node.blocks):
            yield from self.block(block, number, depth + 1)

    def block(self, block: Block, number: int, depth: int) -> Iterable[str]:
        indent = "  " * depth
        head = ", ".join(map(self.definition, block.inputs))
        yield f"{indent}block{number}({head}){self.dialect.opening}\n"
        for node in block.nodes:
            yield from self.node(node, depth + 1)
        yield f"{indent}  -> ({self.uses(block.outputs)})\n"
        if self.dialect.closing:
            yield f"{indent}{self.dialect.closing}"

    def definition(self, value: Value) -> str:
        return f"%{value.debug_name} : {self.dialect.type(value.type)}"

    @staticmethod
    def uses(values: Iterable[Value]) -> str:
        return ", ".join(f"%{value.debug_name}" for value in values)

    def attributes(self, node: Node) -> str:
        shown = {k: v for k, v in node.attributes.items() if _is_printed(node, k)}
        if not shown:
            return ""
        texts = (f"{name}={self.constant(value)}" for name, value in shown.items())
        return f"[{', '.join(texts)}]"

    def constant(self, value: Any) -> str:
        return constant_text(value, self.dialect.float)


def _is_printed(node: Node, attribute: str) -> bool:
    """Functions and Python objects are shown by name only."""
    if attribute == "name":
        return True
    return not (
        callable(node.attributes[attribute]) or isinstance(node.attributes[attribute], Graph)
    )


def range_text(place: SourceRange) -> str:
    """``file:line:column``, as the comments of printed graphs have it."""
    return f"{place.filename}:{place.line}:{place.column}"


def float_text(value: float) -> str:
    """A float with the fewest digits that keep it, ``1.`` for whole numbers.

    >>> float_text(1.0), float_text(0.1), float_text(1e-8), float_text(float("nan"))
    ('1.', '0.1', '1e-08', 'nan')
    """
    if not math.isfinite(value):
        return str(value)
    text = repr(value)
    if text.endswith(".0"):
        return text[:-1]
    return text


def constant_text(value: Any, float_format: Any = float_text) -> str:
    """The text of a constant between the brackets of a node.

    >>> constant_text((1, None, "x")), constant_text(True), constant_text([1.0, 2.5])
    ('(1, None, "x")', '1', '[1., 2.5]')
    """
    if value is None:
        return "None"
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return str(float_format(value))
    if isinstance(value, complex):
        imaginary = float_format(value.imag)
        sign = "" if imaginary.startswith("-") else "+"
        return f"{float_format(value.real)}{sign}{imaginary}j"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Device):
        return quoted(str(value))
    if isinstance(value, t.Type):
        return str(value)
    if isinstance(value, tuple):
        inside = ", ".join(constant_text(item, float_format) for item in value)
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, list):
        return f"[{', '.join(constant_text(item, float_format) for item in value)}]"
    if isinstance(value, dict):
        items = (
            f"{constant_text(k, float_format)}: {constant_text(v, float_format)}"
            for k, v in value.items()
        )
        return f"{{{', '.join(items)}}}"
    if isinstance(value, OpaqueConstant):
        return value.text
    if hasattr(value, "array"):
        return _tensor_text(value.array, float_format)
    return f"<{type(value).__name__}>"


def quoted(text: str) -> str:
    """A string in double quotes, unprintable characters escaped."""
    escapes = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return '"' + "".join(escapes.get(c, c) for c in text) + '"'


def _tensor_text(array: Any, float_format: Any) -> str:
    """``{3}`` for one element, values with shape for a few, ``<Tensor>`` for more."""
    if array.size == 1:
        return f"{{{_element(array.reshape(-1)[0], float_format)}}}"
    if array.size > MAX_TENSOR_ELEMENTS:
        return "<Tensor>"
    from ops_registry.dtypes import from_numpy

    name = str(t.TensorType(from_numpy(array.dtype))).partition("(")[0]
    shape = ",".join(map(str, array.shape))
    values = "".join(f" {_element(item, float_format)} " for item in array.reshape(-1))
    return f"{values}[ CPU{name}Type{{{shape}}} ]"


def _element(item: Any, float_format: Any) -> str:
    value = item.item() if hasattr(item, "item") else item
    if isinstance(value, float):
        text: str = float_format(value)
        return text.removesuffix(".")
    return constant_text(value, float_format)
