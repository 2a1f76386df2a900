"""Metas: the dtype and shape of an operator's results, said before the kernel runs.

A *meta rule* is called with the operator's arguments, arrays replaced by :class:`TensorMeta`,
and returns the TensorMeta of each result. The rules that many operators share are here:
:func:`like`, :func:`elementwise`, :func:`reduction`; a record with a rule of its own writes a
plain function with :func:`broadcast_shapes`, :func:`result_dtype` and :func:`wrap_dim`.

A rule that also says which arguments are converted to a common dtype before the kernel sees
them is a :class:`Promoting` rule; PyTorch's promotion differs from NumPy's (a 0-dim tensor and
a Python scalar give way to tensors with dimensions), so kernels never promote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from ops_registry import dtypes
from ops_registry.dtypes import Dtype

Shape: TypeAlias = tuple[int, ...]


class TensorMeta(NamedTuple):
    """What is known of a tensor without its values."""

    dtype: Dtype
    shape: Shape

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        count = 1
        for extent in self.shape:
            count *= extent
        return count


MetaRule: TypeAlias = Callable[..., Any]
Operand: TypeAlias = "TensorMeta | bool | int | float | complex"


def meta_of(array: np.ndarray) -> TensorMeta:
    """The meta of an array."""
    return TensorMeta(dtypes.from_numpy(array.dtype), array.shape)


def as_array(result: Any, meta: TensorMeta) -> np.ndarray:
    """A kernel's result as the array its meta promised: never a NumPy scalar, right dtype.

    >>> as_array(np.float64(1.5), TensorMeta(dtypes.float32, ()))
    array(1.5, dtype=float32)
    """
    dtype = meta.dtype.numpy
    if type(result) is np.ndarray and result.dtype == dtype:
        return result
    return np.asarray(result, dtype)


# Shapes.


def wrap_dim(dim: int, ndim: int, *, scalar: bool = True) -> int:
    """A dimension counted from the front; IndexError when it is out of range.

    A 0-dim tensor counts as having one dimension, unless ``scalar`` is False.

    >>> wrap_dim(-1, 3), wrap_dim(0, 0)
    (2, 0)
    """
    extent = max(ndim, 1) if scalar else ndim
    if not -extent <= dim < extent:
        raise IndexError(
            f"dimension {dim} is out of range for a tensor of {ndim} dimensions"
            f" (allowed: {-extent} to {extent - 1})"
        )
    return dim + extent if dim < 0 else dim


def wrap_dims(dims: Iterable[int], ndim: int) -> tuple[int, ...]:
    """Several dimensions, each wrapped; RuntimeError when one is named twice."""
    wrapped = tuple(wrap_dim(dim, ndim) for dim in dims)
    if len(set(wrapped)) != len(wrapped):
        raise RuntimeError(f"a dimension appears twice in {list(wrapped)}")
    return wrapped


def broadcast_shapes(*shapes: Shape) -> Shape:
    """The common shape under broadcasting; RuntimeError naming the dimension when there is none.

    >>> broadcast_shapes((3, 1), (4,))
    (3, 4)
    """
    if not shapes:
        return ()
    result = list(shapes[0])
    for shape in shapes[1:]:
        if len(shape) > len(result):
            result = [1] * (len(shape) - len(result)) + result
        offset = len(result) - len(shape)
        for position, extent in enumerate(shape, offset):
            present = result[position]
            if present == extent or extent == 1:
                continue
            if present != 1:
                raise RuntimeError(
                    f"shapes {list(shapes[0])} and {list(shape)} do not broadcast: dimension"
                    f" {position} has {present} against {extent}"
                )
            result[position] = extent
    return tuple(result)


def reduced_shape(shape: Shape, dims: Sequence[int] | int | None, keepdim: bool) -> Shape:
    """The shape after reducing ``dims``; None or an empty list reduces all of them."""
    if isinstance(dims, int):
        dims = (dims,)
    if dims is None or len(dims) == 0:
        return (1,) * len(shape) if keepdim else ()
    wrapped = wrap_dims(dims, len(shape))
    if keepdim:
        return tuple(1 if d in wrapped else extent for d, extent in enumerate(shape))
    return tuple(extent for d, extent in enumerate(shape) if d not in wrapped)


# Dtypes.


def result_dtype(*operands: Operand | None) -> Dtype:
    """PyTorch's ``result_type``: tensors with dimensions rule over 0-dim ones, those over scalars.

    Operands are metas and Python numbers; None is skipped.

    >>> result_dtype(TensorMeta(dtypes.int32, (3,)), TensorMeta(dtypes.int64, ()))
    torch.int32
    >>> result_dtype(TensorMeta(dtypes.int32, (3,)), 2.5)
    torch.float32
    """
    priorities: list[Dtype | None] = [None, None, None]
    for operand in operands:
        if operand is None:
            continue
        if isinstance(operand, TensorMeta):
            rank, dtype = (0 if operand.shape else 1), operand.dtype
        else:
            rank, dtype = 2, dtypes.scalar_dtype(operand)
        present = priorities[rank]
        priorities[rank] = dtype if present is None else dtypes.promote(present, dtype)
    dimensioned, zero_dim, scalar = priorities
    result = _combine(dimensioned, _combine(zero_dim, scalar))
    if result is None:
        raise ValueError("result_dtype needs at least one operand")
    return result


def _combine(higher: Dtype | None, lower: Dtype | None) -> Dtype | None:
    """Let a lower priority change the category of a higher one, but not its width."""
    if higher is None or lower is None:
        return lower if higher is None else higher
    if higher.is_complex:
        return higher
    if higher.is_floating_point:
        return higher.to_complex() if lower.is_complex else higher
    if higher is dtypes.bool_ or lower.is_floating_point or lower.is_complex:
        return dtypes.promote(higher, lower)
    return higher


def floating(dtype: Dtype) -> Dtype:
    """The dtype itself if it has fractions, else the default dtype (the rule of sin, mean, /)."""
    return dtype if dtype.category >= 2 else dtypes.default_dtype()


# Rules.


class Promoting:
    """A meta rule that also names the operands cast to a common dtype before the kernel.

    ``operands`` are argument names; an argument that is None is left alone, a list of tensors is
    cast element by element.
    """

    operands: tuple[str, ...]

    def compute_dtype(self, arguments: Sequence[Any]) -> Dtype:
        """The dtype the operands are cast to; ``arguments`` are the operands' metas or scalars."""
        raise NotImplementedError  # pragma: no cover - the interface


class Elementwise(Promoting):
    """Operands broadcast against each other; see :func:`elementwise`."""

    def __init__(
        self,
        operands: tuple[str, ...],
        result: Dtype | None,
        int_to_float: bool,
        real: bool,
        also: tuple[str, ...] = (),
    ) -> None:
        self.operands = operands
        self.result = result
        self.int_to_float = int_to_float
        self.real = real
        self.also = also
        self._positions: tuple[int, ...] | None = None
        self._also: tuple[int, ...] = ()

    def bind(self, names: Sequence[str]) -> None:
        """Learn where the operands stand among the schema's arguments."""
        self._positions = tuple(names.index(name) for name in self.operands)
        self._also = tuple(names.index(name) for name in self.also)

    def compute_dtype(self, arguments: Sequence[Any]) -> Dtype:
        dtype = result_dtype(*arguments)
        return floating(dtype) if self.int_to_float else dtype

    def __call__(self, *args: Any) -> TensorMeta:
        assert self._positions is not None, "a rule belongs to a record"
        operands = [args[p] for p in self._positions]
        shaped = (*operands, *(args[p] for p in self._also))
        shape = broadcast_shapes(*(o.shape for o in shaped if isinstance(o, TensorMeta)))
        dtype = self.result or self.compute_dtype(operands)
        return TensorMeta(dtype.to_real() if self.real else dtype, shape)


def elementwise(
    *operands: str,
    result: Dtype | None = None,
    int_to_float: bool = False,
    real: bool = False,
    also: tuple[str, ...] = (),
) -> Elementwise:
    """The rule of elementwise operators over the named arguments (tensors or scalars).

    ``result`` fixes the result's dtype (``bool_`` for comparisons); ``int_to_float`` computes
    integers and bools in the default dtype (``sin``, true division); ``real`` takes the real
    counterpart of a complex result (``abs``); ``also`` names tensors that broadcast with the
    operands and keep their own dtype (the condition of ``where``).
    """
    return Elementwise(operands, result, int_to_float, real, also)


class _Like:
    def __init__(self, operand: str) -> None:
        self.operand = operand
        self._position = 0

    def bind(self, names: Sequence[str]) -> None:
        self._position = names.index(self.operand)

    def __call__(self, *args: Any) -> TensorMeta:
        meta: TensorMeta = args[self._position]
        return meta


def like(operand: str) -> MetaRule:
    """The result has the dtype and shape of one argument."""
    return _Like(operand)


class _Reduction:
    def __init__(self, operand: str, result: Dtype | Callable[[Dtype], Dtype] | None) -> None:
        self.operand = operand
        self.result = result
        self._positions: dict[str, int] = {}

    def bind(self, names: Sequence[str]) -> None:
        self._positions = {name: position for position, name in enumerate(names)}

    def __call__(self, *args: Any) -> TensorMeta:
        at = self._positions
        source: TensorMeta = args[at[self.operand]]
        dim = args[at["dim"]] if "dim" in at else None
        keepdim = args[at["keepdim"]] if "keepdim" in at else False
        dtype = source.dtype
        if "dtype" in at and args[at["dtype"]] is not None:
            dtype = dtypes.from_code(args[at["dtype"]])
        elif callable(self.result):
            dtype = self.result(dtype)
        elif self.result is not None:
            dtype = self.result
        return TensorMeta(dtype, reduced_shape(source.shape, dim, keepdim))


def reduction(
    operand: str = "self", result: Dtype | Callable[[Dtype], Dtype] | None = None
) -> MetaRule:
    """The rule of reductions: reads the arguments called ``dim``, ``keepdim`` and ``dtype``.

    ``result`` is the dtype of the result or computes it from the operand's; an explicit
    ``dtype`` argument wins.
    """
    return _Reduction(operand, result)
