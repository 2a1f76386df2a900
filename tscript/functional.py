"""Functions of the ``torch`` namespace that are more than one operator, or none.

Most are spellings that Python allows and a schema does not (``einsum(equation, *operands)``), some
ask about dtypes. What is one operator has no function here: the registry has it; what scripts
compile from its text is in :mod:`tscript.scripted_functions`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np

from ops_registry import meta
from ops_registry.device import CPU, Device
from ops_registry.dtypes import Dtype, default_dtype, promote
from ops_registry.dtypes import set_default_dtype as set_default_dtype
from tscript.runtime.size import Size
from tscript.runtime.tensor import Tensor
from tscript.runtime.tensor_operators import call

F = TypeVar("F", bound=Callable[..., Any])


# About values.


def is_tensor(obj: object) -> bool:
    """Whether ``obj`` is a Tensor."""
    return isinstance(obj, Tensor)


def is_storage(obj: object) -> bool:
    """False: memory is NumPy's, there are no storage objects."""
    return False


def is_floating_point(input: Tensor) -> bool:
    """Whether the dtype has fractions (and is not complex)."""
    return input.is_floating_point()


def is_complex(input: Tensor) -> bool:
    return input.is_complex()


def is_nonzero(input: Tensor) -> bool:
    """The truth value of a tensor of one element. RuntimeError for any other."""
    return bool(input)


def numel(input: Tensor) -> int:
    """The number of elements."""
    count: int = input.numel()
    return count


def typename(obj: Any) -> str:
    """``torch.FloatTensor`` of a tensor, else the qualified name of the type."""
    if isinstance(obj, Tensor):
        name: str = obj.type()
        return name
    cls = type(obj)
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__name__}"


def _assert(condition: Any, message: str) -> None:
    """``assert`` as a function."""
    assert condition, message


# About dtypes.


def get_default_dtype() -> Dtype:
    """The dtype of floating point tensors made without one."""
    return default_dtype()


def promote_types(type1: Dtype, type2: Dtype) -> Dtype:
    """The smallest dtype that both convert to.

    >>> import tscript as torch
    >>> promote_types(torch.int32, torch.float16)
    torch.float16
    """
    return promote(type1, type2)


def can_cast(from_: Dtype, to: Dtype) -> bool:
    """Whether a result may be written into a tensor of dtype ``to``: categories only go up."""
    if from_.category == to.category == 1 and from_.is_signed and not to.is_signed:
        return False
    return from_.category <= to.category


def result_type(tensor1: Any, tensor2: Any) -> Dtype:
    """The dtype of an arithmetic operation on two tensors or numbers."""
    operands = [meta.meta_of(v.array) if isinstance(v, Tensor) else v for v in (tensor1, tensor2)]
    return meta.result_dtype(*operands)


class finfo(NamedTuple("finfo", [("dtype", str), ("bits", int), ("eps", float), ("max", float),
                                 ("min", float), ("tiny", float), ("resolution", float)])):  # fmt: skip
    """The limits of a floating point dtype."""

    __slots__ = ()

    def __new__(cls, dtype: Dtype | None = None) -> finfo:
        dtype = dtype or default_dtype()
        if dtype.category < 2:
            raise TypeError(f"{dtype!r} has no fractions: torch.iinfo has the limits of integers")
        real = dtype.to_real().numpy
        if real.kind == "V" or real.name == "bfloat16":
            import ml_dtypes

            limits: Any = ml_dtypes.finfo(real)
        else:
            limits = np.finfo(real)
        return super().__new__(
            cls, dtype.to_real().name, 8 * real.itemsize, float(limits.eps), float(limits.max),
            float(limits.min), float(limits.tiny), float(limits.resolution),
        )  # fmt: skip

    @property
    def smallest_normal(self) -> float:
        return self.tiny


class iinfo(NamedTuple("iinfo", [("dtype", str), ("bits", int), ("max", int), ("min", int)])):
    """The limits of an integer dtype."""

    __slots__ = ()

    def __new__(cls, dtype: Dtype) -> iinfo:
        if dtype.category != 1:
            raise TypeError(f"{dtype!r} is no integer dtype: torch.finfo has the limits of floats")
        limits = np.iinfo(dtype.numpy)
        return super().__new__(
            cls, dtype.name, 8 * dtype.itemsize, int(limits.max), int(limits.min)
        )


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape that tensors of these shapes broadcast to."""
    tuples = [(s,) if isinstance(s, int) else tuple(s) for s in shapes]
    return Size(meta.broadcast_shapes(*tuples))


# Settings without a meaning here.


def get_default_device() -> Device:
    return CPU


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Do nothing: every algorithm here is deterministic."""


def are_deterministic_algorithms_enabled() -> bool:
    return True


def set_float32_matmul_precision(precision: str) -> None:
    """Do nothing: matrix products are as precise as their dtype."""


def get_float32_matmul_precision() -> str:
    return "highest"


def set_flush_denormal(mode: bool) -> bool:
    """Return False: the processor's mode is not touched."""
    return False


def is_autocast_enabled(device_type: str | None = None) -> bool:
    return False


def is_inference(input: Tensor) -> bool:
    return input.is_inference()


def is_distributed(input: Tensor) -> bool:
    return False


def get_device(input: Tensor) -> int:
    """-1: the CPU has no index."""
    return input.get_device()


def set_default_tensor_type(t: Any) -> None:
    """Set the default dtype by a legacy tensor type (``torch.DoubleTensor`` or its name)."""
    if isinstance(t, str):
        from tscript.runtime import legacy_types

        t = getattr(legacy_types, t.rpartition(".")[2])
    set_default_dtype(t.dtype)


def compile(model: F | None = None, **options: Any) -> Any:
    """Return ``model`` unchanged: ``torch.compile`` is advice, ``torch.jit`` compiles."""
    return (lambda function: function) if model is None else model


# Spellings.


def _tensors(values: Sequence[Any]) -> list[Any]:
    if len(values) == 1 and isinstance(values[0], list | tuple):
        return list(values[0])
    return list(values)


def einsum(equation: str, *operands: Any) -> Tensor:
    """Sums of products by Einstein's notation: ``einsum("ij,jk->ik", a, b)``."""
    found: Tensor = call("aten::einsum", equation, _tensors(operands))
    return found


def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Tensor, ...]:
    """Grids of coordinates of 1-d tensors."""
    keywords = {} if indexing is None else {"indexing": indexing}
    return tuple(call("aten::meshgrid", _tensors(tensors), **keywords))


def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """Views of the tensors in their common shape."""
    return tuple(call("aten::broadcast_tensors", _tensors(tensors)))


def split(tensor: Tensor, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Views of a tensor cut along ``dim``: into pieces of one size, or of given sizes."""
    sections = split_size_or_sections
    name = "aten::split_with_sizes" if isinstance(sections, list | tuple) else "aten::split"
    if isinstance(sections, tuple):
        sections = list(sections)
    return tuple(call(name, tensor, sections, dim))


def block_diag(*tensors: Any) -> Tensor:
    """A matrix with the tensors along its diagonal."""
    found: Tensor = call("aten::block_diag", list(tensors))
    return found


def cartesian_prod(*tensors: Any) -> Tensor:
    """All combinations of the elements of 1-d tensors, one a row."""
    found: Tensor = call("aten::cartesian_prod", list(tensors))
    return found


def _at_least(name: str) -> Callable[..., Any]:
    def function(*tensors: Any) -> Any:
        if len(tensors) == 1 and isinstance(tensors[0], Tensor):
            return call(name, tensors[0])
        return tuple(call(name, t) for t in _tensors(tensors))

    function.__name__ = function.__qualname__ = name.partition("::")[2]
    return function


def nonzero(input: Tensor, *, as_tuple: bool = False, out: Tensor | None = None) -> Any:
    """The indices of the elements that are not zero: one a row, or one tensor a dimension."""
    if as_tuple:
        return tuple(call("aten::nonzero_numpy", input))
    return call("aten::nonzero", input) if out is None else call("aten::nonzero", input, out=out)


def unravel_index(indices: Tensor, shape: Any) -> tuple[Tensor, ...]:
    """Indices into a flattened tensor of that shape as one tensor a dimension.

    TypeError for indices that are not integers, ValueError for a negative size.

    >>> import tscript as torch
    >>> torch.unravel_index(torch.tensor([3, 5]), (2, 3))
    (tensor([1, 1]), tensor([0, 2]))
    """
    if not isinstance(indices, Tensor) or indices.dtype.category != 1:
        raise TypeError("unravel_index takes a tensor of integers")
    sizes = [shape] if isinstance(shape, int) else list(shape)
    if any(not isinstance(size, int) for size in sizes):
        raise TypeError("unravel_index takes a shape of ints")
    if any(size < 0 for size in sizes):
        raise ValueError(f"a shape has no negative size, as {sizes} has")
    found = []
    for size in reversed(sizes):
        found.append(call("aten::remainder", indices, size))
        indices = call("aten::floor_divide", indices, size)
    return tuple(reversed(found))


def _segment_reduce(data: Tensor, reduce: str, **options: Any) -> Tensor:
    """Neighbouring elements reduced; see the operator ``aten::segment_reduce``."""
    found: Tensor = call("aten::segment_reduce", data, reduce, **options)
    return found


def svd_lowrank(
    A: Tensor, q: int | None = 6, niter: int | None = 2, M: Tensor | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """``U, S, V`` of about the ``q`` largest singular values of ``A`` (less ``M``).

    By random projections, ``niter`` times refined (Halko, Martinsson, Tropp, algorithm 5.1).
    Shapes: (..., m, n) to (..., m, q), (..., q), (..., n, q).
    """
    rank = min(6, *A.shape[-2:]) if q is None else q
    source = A if M is None else A - call("aten::broadcast_to", M, A.shape)
    rows, columns = source.shape[-2:]
    turned = rows < columns
    if turned:
        source = source.mH
    basis = _range_basis(source, rank, 2 if niter is None else niter)
    U, S, Vh = call("aten::linalg_svd", call("aten::matmul", basis.mH, source), False)
    left, right = call("aten::matmul", basis, U), Vh.mH
    return (right, S, left) if turned else (left, S, right)


def _range_basis(source: Tensor, rank: int, refinements: int) -> Tensor:
    """An orthogonal basis that spans about the range of matrices."""
    start = call("aten::randn", [source.shape[-1], rank], dtype=source.dtype, device=source.device)
    basis: Tensor = call("aten::linalg_qr", call("aten::matmul", source, start))[0]
    for _ in range(refinements):
        other = call("aten::linalg_qr", call("aten::matmul", source.mH, basis))[0]
        basis = call("aten::linalg_qr", call("aten::matmul", source, other))[0]
    return basis


def pca_lowrank(
    A: Tensor, q: int | None = None, center: bool = True, niter: int = 2
) -> tuple[Tensor, Tensor, Tensor]:
    """The ``q`` largest principal components of the rows of ``A``: :func:`svd_lowrank`, centred."""
    rows, columns = A.shape[-2:]
    rank = min(6, rows, columns) if q is None else q
    if not 0 <= rank <= min(rows, columns):
        raise ValueError(f"q is from 0 to {min(rows, columns)}, not {rank}")
    if niter < 0:
        raise ValueError(f"niter is 0 or more, not {niter}")
    centred = A - call("aten::mean", A, [-2], True) if center else A
    return svd_lowrank(centred, rank, niter)


atleast_1d = _at_least("aten::atleast_1d")
atleast_2d = _at_least("aten::atleast_2d")
atleast_3d = _at_least("aten::atleast_3d")
