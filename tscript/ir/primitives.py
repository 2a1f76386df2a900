"""The ``prim::`` table: each primitive's shape, on one screen.

A primitive is a node kind whose meaning is the interpreter's rather than a kernel's. The table
says how many inputs, outputs and blocks each takes (``None``: any number), which attributes it
must have, and whether it may be dropped when its results are unused. The verifier checks nodes
against it and dead code elimination asks it.
"""

from __future__ import annotations

from typing import NamedTuple


class Primitive(NamedTuple):
    """The shape of one kind: ``inputs`` is (least, most)."""

    inputs: tuple[int, int | None]
    outputs: int | None
    blocks: int = 0
    attributes: tuple[str, ...] = ()
    has_effects: bool = False


_ANY = (0, None)

PRIMITIVES: dict[str, Primitive] = {
    # Structure.
    "prim::Constant": Primitive((0, 0), 1),
    "prim::If": Primitive((1, 1), None, blocks=2),
    "prim::Loop": Primitive((2, None), None, blocks=1),
    "prim::Uninitialized": Primitive((0, 0), 1),
    "prim::RaiseException": Primitive((1, 3), 0, has_effects=True),
    "prim::Print": Primitive(_ANY, 0, has_effects=True),
    "prim::fork": Primitive(_ANY, 1, blocks=1, has_effects=True),
    "aten::wait": Primitive((1, 1), None, has_effects=True),
    # Calls.
    "prim::CallFunction": Primitive((1, None), None, has_effects=True),
    "prim::CallMethod": Primitive((1, None), None, attributes=("name",), has_effects=True),
    "prim::PythonOp": Primitive(_ANY, None, attributes=("name",), has_effects=True),
    "prim::Enter": Primitive((1, 1), 1, has_effects=True),
    "prim::Exit": Primitive((4, 4), 1, has_effects=True),
    "aten::is_grad_enabled": Primitive((0, 0), 1, has_effects=True),
    "aten::set_grad_enabled": Primitive((1, 1), 0, has_effects=True),
    # Objects.
    "prim::CreateObject": Primitive((0, 0), 1),
    "prim::GetAttr": Primitive((1, 1), 1, attributes=("name",)),
    "prim::SetAttr": Primitive((2, 2), 0, attributes=("name",), has_effects=True),
    "prim::ModuleContainerIndex": Primitive((2, 2), 1),
    "prim::HasAttr": Primitive((1, 1), 1, attributes=("name",)),
    # Containers.
    "prim::ListConstruct": Primitive(_ANY, 1),
    "prim::ListUnpack": Primitive((1, 1), None),
    "prim::TupleConstruct": Primitive(_ANY, 1),
    "prim::TupleUnpack": Primitive((1, 1), None),
    "prim::TupleIndex": Primitive((2, 2), 1),
    "prim::TupleSlice": Primitive((1, 1), 1, attributes=("beg", "end")),
    "prim::DictConstruct": Primitive(_ANY, 1),
    # Types.
    "prim::unchecked_cast": Primitive((1, 1), 1),
    "prim::isinstance": Primitive((1, 1), 1, attributes=("types",)),
    "prim::EnumName": Primitive((1, 1), 1),
    "prim::EnumValue": Primitive((1, 1), 1),
    "prim::tolist": Primitive((1, 3), 1),
    # What a tensor says of itself.
    "prim::dtype": Primitive((1, 1), 1),
    "prim::device": Primitive((1, 1), 1),
    "prim::layout": Primitive((1, 1), 1),
    "prim::data": Primitive((1, 1), 1),
    "prim::grad": Primitive((1, 1), 1),
    "prim::requires_grad": Primitive((1, 1), 1),
    "prim::is_cuda": Primitive((1, 1), 1),
    "prim::is_cpu": Primitive((1, 1), 1),
    "prim::is_meta": Primitive((1, 1), 1),
    "prim::is_sparse": Primitive((1, 1), 1),
    "prim::is_quantized": Primitive((1, 1), 1),
    "prim::is_mkldnn": Primitive((1, 1), 1),
    "prim::is_mps": Primitive((1, 1), 1),
    "prim::is_nested": Primitive((1, 1), 1),
    "prim::is_leaf": Primitive((1, 1), 1),
    "prim::is_xla": Primitive((1, 1), 1),
    "prim::is_xpu": Primitive((1, 1), 1),
    "prim::is_ipu": Primitive((1, 1), 1),
    "prim::is_vulkan": Primitive((1, 1), 1),
    "prim::is_sparse_csr": Primitive((1, 1), 1),
    "prim::shape": Primitive((1, 1), 1),
    "prim::itemsize": Primitive((1, 1), 1),
    "prim::nbytes": Primitive((1, 1), 1),
    "prim::name": Primitive((1, 1), 1),
    "prim::type": Primitive((1, 1), 1),
    "prim::index": Primitive((1, 1), 1),
    # Traces: a number that the trace follows, as a 0-dim tensor.
    "prim::NumToTensor": Primitive((1, 1), 1),
}


def primitive(kind: str) -> Primitive | None:
    """The primitive of a node kind; None when the kind is an operator's."""
    return PRIMITIVES.get(kind)
