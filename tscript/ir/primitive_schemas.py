"""Signatures of the primitives that code may call by name, as operators are.

Archived code writes ``ops.prim.RaiseException("...")`` and ``ops.prim.dtype(x)``. Primitives have no record
in the registry, because what they mean is the interpreter's business; what they take is here.
"""

from __future__ import annotations

from functools import cache

from ops_registry.schema import FunctionSchema, parse_schema

_SCHEMAS = """
prim::RaiseException(str msg, str? cls=None) -> ()
prim::NumToTensor.Scalar(Scalar a) -> Tensor
prim::NumToTensor.bool(bool a) -> Tensor
aten::is_grad_enabled() -> bool
aten::set_grad_enabled(bool val) -> ()
aten::is_autocast_enabled() -> bool
aten::is_autocast_cpu_enabled() -> bool
prim::dtype(Tensor a) -> int
prim::device(Tensor a) -> Device
prim::layout(Tensor a) -> int
prim::data(Tensor(a) a) -> Tensor(a)
prim::grad(Tensor a) -> Tensor?
prim::requires_grad(Tensor a) -> bool
prim::is_cuda(Tensor a) -> bool
prim::is_cpu(Tensor a) -> bool
prim::is_meta(Tensor a) -> bool
prim::is_sparse(Tensor a) -> bool
prim::is_quantized(Tensor a) -> bool
prim::is_mkldnn(Tensor a) -> bool
prim::is_mps(Tensor a) -> bool
prim::is_nested(Tensor a) -> bool
prim::itemsize(Tensor a) -> int
prim::nbytes(Tensor a) -> int
prim::shape(Tensor a) -> int[]
prim::name(Tensor a) -> str?
prim::type(Device self) -> str
prim::index(Device self) -> int?
"""


def primitive_overloads(name: str) -> tuple[FunctionSchema, ...]:
    """The signatures of a primitive; none for what code cannot call.

    >>> [str(schema) for schema in primitive_overloads("prim::dtype")]
    ['prim::dtype(Tensor a) -> int']
    """
    return _by_name().get(name, ())


@cache
def _by_name() -> dict[str, tuple[FunctionSchema, ...]]:
    found: dict[str, tuple[FunctionSchema, ...]] = {}
    for line in _SCHEMAS.split("\n"):
        if line:
            schema = parse_schema(line)
            found[schema.name] = (*found.get(schema.name, ()), schema)
    return found
