"""Checking traces: is the graph the same for other inputs, and are the results?

:func:`compare` finds the differences as data; ``trace`` warns or raises with them, the pytest
plugin reports them.
"""

from __future__ import annotations

import difflib
import sys
import types
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from ops_registry.generator import default_generator
from ops_registry.registry import UnknownOperatorError, registry
from tscript.ir.graph import Graph, Node
from tscript.ir.printer import print_node
from tscript.nn import Module
from tscript.runtime.grad_mode import no_grad
from tscript.runtime.tensor import Tensor
from tscript.runtime.tracer import TracerWarning
from tscript.testing import assert_allclose

if TYPE_CHECKING:
    from tscript.jit.tracing import TraceOptions

_PACKAGE = __name__.partition(".")[0] + "."


class TracingCheckError(Exception):
    """A trace depends on the inputs it was made with; the message shows how."""

    def __init__(
        self,
        graph_diff_error: str | None,
        tensor_compare_error: str | None,
        extra_msg: str | None = None,
    ) -> None:
        self.graph_diff_error = graph_diff_error
        self.tensor_compare_error = tensor_compare_error
        parts = ["the trace is different for other inputs"]
        if extra_msg is not None:
            parts.append(extra_msg)
        if graph_diff_error is not None:
            parts.append("ERROR: Graphs differed across invocations!")
            parts.append(_indent(graph_diff_error))
        if tensor_compare_error is not None:
            parts.append(
                "ERROR: Tensor-valued constants differed across invocations: a value that changes"
                " was recorded as a constant"
            )
            parts.append(_indent(tensor_compare_error))
        super().__init__("\n".join(parts))


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a trace did on one set of inputs; all empty when it held."""

    #: The difference between the graphs, None when they agree.
    graph_diff: str | None
    #: The first constant that differs, None when they agree.
    constant_diff: str | None
    #: For each output that differs: its number from 1, against what, and how.
    mismatches: tuple[tuple[int, str, str], ...]

    @property
    def holds(self) -> bool:
        return self.graph_diff is None and self.constant_diff is None and not self.mismatches


def check(
    traced: Any,
    func: Callable[..., Any],
    check_inputs: Sequence[tuple[Any, ...]],
    tolerance: float,
    options: TraceOptions,
) -> None:
    """Compare on each set of inputs: warn of outputs that differ, raise for graphs that do."""
    graph = traced.graph
    random = random_nodes(graph)
    if random:
        listed = "\n".join(f"\t{print_node(node)}" for node in random[:5])
        _warn(
            "the trace draws random numbers, so its outputs cannot be checked (a module in"
            f" training mode? call .eval() first):\n{listed}"
        )
    for inputs in check_inputs:
        found = compare(traced, func, inputs, tolerance, options)
        for number, against, detail in found.mismatches:
            _warn(
                f"Output nr {number}. of the traced function does not match the corresponding"
                f" output of the {against}. Detailed error:\n{detail}"
            )
        if found.graph_diff is not None or found.constant_diff is not None:
            raise TracingCheckError(found.graph_diff, found.constant_diff)


def compare(
    traced: Any,
    func: Callable[..., Any],
    inputs: tuple[Any, ...],
    tolerance: float,
    options: TraceOptions,
) -> Comparison:
    """Record ``func`` again on ``inputs`` and run it, the new and the old trace.

    The inputs are copied for each run; the random state and a module's own state (what batch
    normalization has seen) are left as they were.
    """
    from tscript.jit.scripting import ScriptFunction
    from tscript.jit.tracing import record, traced_module

    with random_state_kept(), state_kept(func), warnings.catch_warnings():
        warnings.simplefilter("ignore", TracerWarning)
        if isinstance(func, Module):
            again: Any = traced_module(func, {"forward": clone(inputs)}, options)
        else:
            again = ScriptFunction(record(func, clone(inputs), options))
        other = again.graph
        mine = _canonical(traced)
        graph_diff = diff_graphs(mine, _canonical_graph(other))
        constant_diff = None if graph_diff else diff_constants(traced.graph, other)
        mismatches = _run_all(traced, func, again, inputs, tolerance)
    return Comparison(graph_diff, constant_diff, tuple(mismatches))


def _run_all(
    traced: Any, func: Any, again: Any, inputs: tuple[Any, ...], tolerance: float
) -> Iterator[tuple[int, str, str]]:
    runs = (("Python function", func), ("repeated trace", again))
    try:
        with state_kept(func):
            mine = _outputs(traced(*clone(inputs)))
    except Exception as error:
        yield 1, "Python function", f"the trace raised {type(error).__name__}: {error}"
        return
    for against, function in runs:
        with state_kept(func):
            theirs = _outputs(function(*clone(inputs)))
        for number, (a, b) in enumerate(zip_longest(mine, theirs), 1):
            detail = _difference(a, b, tolerance)
            if detail is not None:
                yield number, against, detail


def _difference(a: Any, b: Any, tolerance: float) -> str | None:
    if not (isinstance(a, Tensor) and isinstance(b, Tensor)):
        return None if type(a) is type(b) else "one of them returns fewer tensors"
    try:
        assert_allclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True)
    except AssertionError as error:
        return str(error)
    return None


def _outputs(result: Any) -> list[Any]:
    """The tensors in a result, in order."""
    if isinstance(result, Tensor):
        return [result]
    if isinstance(result, list | tuple):
        return [found for item in result for found in _outputs(item)]
    if isinstance(result, dict):
        return [found for item in result.values() for found in _outputs(item)]
    return []


def clone(value: Any) -> Any:
    """A copy of inputs that shares no memory with them."""
    if isinstance(value, Tensor):
        copied = value.detach().clone()
        return copied.requires_grad_() if value.requires_grad else copied
    if isinstance(value, tuple):
        items = [clone(item) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    if isinstance(value, list):
        return [clone(item) for item in value]
    if isinstance(value, dict):
        return {key: clone(item) for key, item in value.items()}
    return value


@contextmanager
def random_state_kept() -> Iterator[None]:
    """The random generator is afterwards where it was."""
    generator = default_generator()
    state = generator.state_bytes()
    try:
        yield
    finally:
        generator.restore(state)


@contextmanager
def state_kept(func: Any) -> Iterator[None]:
    """The buffers and parameters of a module are afterwards what they were, in their memory."""
    held = [*func.buffers(), *func.parameters()] if isinstance(func, Module) else []
    saved = [(tensor, tensor.detach().clone()) for tensor in held]
    try:
        yield
    finally:
        with no_grad():
            for tensor, before in saved:
                tensor.copy_(before)


# Graphs.


def _canonical(traced: Any) -> Graph:
    own = getattr(traced, "_compiled_function", None)
    return _canonical_graph(own.graph if own is not None else traced.graph)


def _canonical_graph(graph: Graph) -> Graph:
    """A copy without what may differ between runs of the same operations: shapes, type names."""
    from ops_registry import types as t
    from tscript.jit.tracing import general_type
    from tscript.types.nominal import ModuleType

    copy = graph.copy()
    blocks = [copy.block, *(b for node in copy.all_nodes() for b in node.blocks)]
    values = [v for b in blocks for v in b.inputs]
    values += [v for node in copy.all_nodes() for v in node.outputs]
    for value in values:
        if isinstance(value.type, ModuleType):
            name = value.type.qualified_name
            plain = ".".join(p for p in name.split(".") if not p.startswith("___torch_mangle_"))
            value.type = t.NominalType(plain)
        else:
            value.type = general_type(value.type)
    for node in copy.all_nodes():
        held = node.attributes.get("value")
        if node.kind == "prim::Constant" and isinstance(held, Tensor):
            node.attributes["value"] = _Shown(held)
    return copy


class _Shown:
    """A tensor constant in a compared graph: shown by its kind; values are compared apart."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor


def diff_graphs(mine: Graph, other: Graph) -> str | None:
    """The difference between two canonical graphs as text; None when they agree."""
    before, after = str(mine), str(other)
    if before == after:
        return None
    lines = difflib.ndiff(before.splitlines(keepends=True), after.splitlines(keepends=True))
    parts = ["Graph diff:", _indent("".join(lines).rstrip("\n"))]
    pair = first_difference(mine, other)
    if pair is not None:
        parts.append("First diverging operator:")
        parts.append(_indent("\n".join(_node_difference(*pair))))
    return "\n".join(parts)


def first_difference(mine: Graph, other: Graph) -> tuple[Node | None, Node | None] | None:
    """The first pair of nodes that are not the same, the graphs being walked side by side."""
    for a, b in zip_longest(mine.all_nodes(), other.all_nodes()):
        if a is None or b is None or _shape_of(a) != _shape_of(b):
            return a, b
    return None


def _shape_of(node: Node) -> tuple[Any, ...]:
    attributes = sorted((k, repr(v)) for k, v in node.attributes.items() if not callable(v))
    return node.kind, len(node.inputs), len(node.outputs), tuple(attributes)


def _node_difference(a: Node | None, b: Node | None) -> Iterator[str]:
    before, after = ([print_node(node)] if node is not None else [] for node in (a, b))
    yield from (line.rstrip("\n") for line in difflib.ndiff(before, after))
    for label, node in (("in the trace", a), ("in the check", b)):
        if node is not None and node.source_range is not None:
            yield f"recorded {label} at {node.source_range}"
            yield node.source_range.highlight()


def diff_constants(mine: Graph, other: Graph) -> str | None:
    """The first tensor constant whose values differ; None when all agree."""
    for a, b in zip(mine.all_nodes(), other.all_nodes(), strict=False):
        values = [n.attributes.get("value") for n in (a, b) if n.kind == "prim::Constant"]
        if len(values) == 2 and all(isinstance(value, Tensor) for value in values):
            try:
                assert_allclose(values[0], values[1], rtol=1e-5, atol=1e-8, equal_nan=True)
            except AssertionError as error:
                place = f" (at {a.source_range})" if a.source_range is not None else ""
                return f"{print_node(a)}{place}\n{error}"
    return None


def random_nodes(graph: Graph) -> list[Node]:
    """The nodes that draw random numbers; a dropout outside of training does not."""
    found = []
    for node in graph.all_nodes():
        if node.schema is None:
            continue
        try:
            operator = registry().operator(node.kind, node.overload)
        except UnknownOperatorError:
            continue
        if operator.random and not _is_off(node):
            found.append(node)
    return found


#: Arguments that turn the drawing off, and the value with which they do.
_SWITCHES = {"train": False, "training": False, "dropout": 0.0, "p": 0.0}


def _is_off(node: Node) -> bool:
    assert node.schema is not None
    for name, off in _SWITCHES.items():
        position = node.schema.index(name)
        if position is not None and position < len(node.inputs):
            made_by = node.inputs[position].node
            if made_by.kind == "prim::Constant" and made_by.attributes.get("value") == off:
                return True
    return False


def _indent(text: str) -> str:
    return "\n".join(f"\t{line}" for line in text.split("\n"))


def _warn(message: str) -> None:
    frame: types.FrameType | None = sys._getframe(1)
    level = 2  # 1 is this function
    while frame is not None and frame.f_globals.get("__name__", "").startswith(_PACKAGE):
        frame = frame.f_back
        level += 1
    warnings.warn(message, TracerWarning, stacklevel=level)
