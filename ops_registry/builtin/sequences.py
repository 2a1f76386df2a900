"""Tensors of regular numbers: arange, linspace, logspace, eye, triangle indices.

Values are computed with PyTorch's own arithmetic (where it multiplies and adds in one rounding,
so do we), so that they agree to the last bit; powers are within the rounding of ``pow``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.factories import INT_OPTIONS, OPTIONS, check_layout, dtype_or
from ops_registry.builtin.operands import wrapped
from ops_registry.dtypes import Dtype
from ops_registry.fused import multiply_add
from ops_registry.meta import TensorMeta
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array

# arange and range.


def _arange_dtype(code: int | None, *bounds: complex) -> Dtype:
    if code is not None:
        return dtypes.from_code(code)
    whole = all(isinstance(bound, int) for bound in bounds)
    return dtypes.int64 if whole else dtypes.default_dtype()


def _arange_length(start: Any, end: Any, step: Any, dtype: Dtype) -> int:
    if any(isinstance(bound, complex) for bound in (start, end, step)) or dtype.is_complex:
        raise RuntimeError("arange is not defined for complex numbers")
    if dtype is dtypes.bool_:
        raise NotImplementedError("arange has no results of dtype torch.bool")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"there is no range from {start} to {end}")
    if dtype is dtypes.int64:
        # Whole numbers first: a length computed in floating point would be off beyond 2**53.
        start, end, step = int(start), int(end), int(step)
    if step == 0:
        raise RuntimeError("the step of a range cannot be 0")
    if (end - start) * step < 0:
        raise RuntimeError(f"a step of {step} does not lead from {start} to {end}")
    if dtype is dtypes.int64:
        return -((start - end) // step)
    return math.ceil((end - start) / step)


def _arange_values(start: Any, end: Any, step: Any, dtype: Dtype) -> np.ndarray:
    length = _arange_length(start, end, step, dtype)
    kind = dtype.numpy
    if dtype.category == 1:
        start, step = int(start), int(step)
    if isinstance(start, int) and isinstance(step, int) and abs(step * length) < 2**53:
        return (start + step * np.arange(length)).astype(kind)
    # Blocks of one vector register: its first number is computed and rounded to the dtype, the
    # others start from there; what does not fill two registers is computed one by one.
    lanes = 32 // max(dtype.itemsize, 2)
    index = np.arange(length)
    whole = length // (2 * lanes) * (2 * lanes)
    # Half precision is computed in single, that in double.
    wide = np.float32 if dtype.itemsize == 2 and dtype.is_floating_point else np.float64
    values = multiply_add(index, step, start, wide)
    first = values[:whole:lanes].astype(kind).astype(np.float64)
    inner = multiply_add(np.arange(lanes), step, first[:, None], wide)
    values[:whole] = inner.reshape(-1)
    return values.astype(kind)


def _arange_end_meta(end: Any, dtype: int | None, layout: int | None, *rest: Any) -> TensorMeta:
    return _arange_step_meta(0, end, 1, dtype, layout)


def _arange_start_meta(start: Any, end: Any, dtype: int | None, *rest: Any) -> TensorMeta:
    return _arange_step_meta(start, end, 1, dtype, rest[0])


def _arange_step_meta(
    start: Any, end: Any, step: Any, dtype: int | None, layout: int | None, *rest: Any
) -> TensorMeta:
    check_layout(layout)
    kind = _arange_dtype(dtype, start, end, step)
    return TensorMeta(kind, (_arange_length(start, end, step, kind),))


@operator(
    f"aten::arange(Scalar end, *, {OPTIONS}) -> Tensor",
    meta=_arange_end_meta,
    samples=lambda: [
        Sample(5),
        Sample(0),
        Sample(2.5),
        Sample(1000.0),
        Sample(300, dtype=dtypes.uint8.code),
        Sample(3, dtype=dtypes.float64.code),
    ],
    rejects=lambda: [
        Rejected(-1),
        Rejected(math.inf),
        Rejected(math.nan),
        Rejected(3, dtype=dtypes.bool_.code),
    ],
)
def arange(
    end: Any,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """The numbers 0, 1, 2 ... below ``end``.

    Shapes: one dimension. The dtype is int64 when every argument is an int, else the default
    dtype.
    """
    return _arange_values(0, end, 1, _arange_dtype(dtype, end))


@operator(
    f"aten::arange.start(Scalar start, Scalar end, *, {OPTIONS}) -> Tensor",
    meta=_arange_start_meta,
    samples=lambda: [
        Sample(2, 7),
        Sample(2, 2),
        Sample(0.5, 3.7),
        Sample(0.5, 3.7, dtype=dtypes.int64.code),
        Sample(0.5, 3.7, dtype=dtypes.int32.code),
        Sample(2**53, 2**53 + 3),
        Sample(-3.3, 100),
    ],
    rejects=lambda: [Rejected(5, 0), Rejected(0, math.inf)],
)
def arange_start(
    start: Any,
    end: Any,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """The numbers from ``start`` to below ``end`` in steps of 1; see ``arange``."""
    return _arange_values(start, end, 1, _arange_dtype(dtype, start, end))


@operator(
    f"aten::arange.start_step(Scalar start, Scalar end, Scalar step=1, *, {OPTIONS}) -> Tensor",
    meta=_arange_step_meta,
    samples=lambda: [
        Sample(2, 17, 4),
        Sample(10, 0, -3),
        Sample(0.0, 1.0, 0.1),
        Sample(-3.3, 9, 0.37),
        Sample(-3.3, 9, 0.37, dtype=dtypes.float64.code),
        Sample(-3.3, 9, 0.37, dtype=dtypes.bfloat16.code),
        Sample(5, -99, -0.77, dtype=dtypes.float16.code),
        Sample(0.9, 7.1, 1.9, dtype=dtypes.int64.code),
        Sample(0.9, 7.1, 1.9, dtype=dtypes.int32.code),
    ],
    rejects=lambda: [Rejected(0, 10, 0), Rejected(0, 10, -1), Rejected(0, 3, 1j)],
)
def arange_step(
    start: Any,
    end: Any,
    step: Any = 1,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """The numbers from ``start`` to below ``end`` (above it for a negative ``step``).

    RuntimeError when ``step`` is 0 or leads away from ``end``; see ``arange``.
    """
    return _arange_values(start, end, step, _arange_dtype(dtype, start, end, step))


def _range_length(start: Any, end: Any, step: Any, dtype: Dtype) -> int:
    _arange_length(start, end, step, dtype)
    if dtype.category == 1:
        start, end, step = int(start), int(end), int(step)
    return int((end - start) / step + 1)


def _range_step_meta(
    start: Any, end: Any, step: Any, dtype: int | None, layout: int | None, *rest: Any
) -> TensorMeta:
    check_layout(layout)
    kind = dtype_or(dtype)
    return TensorMeta(kind, (_range_length(start, end, step, kind),))


def _range_meta(start: Any, end: Any, dtype: int | None, *rest: Any) -> TensorMeta:
    return _range_step_meta(start, end, 1, dtype, rest[0])


@operator(
    f"aten::range.step(Scalar start, Scalar end, Scalar step=1, *, {OPTIONS}) -> Tensor",
    meta=_range_step_meta,
    samples=lambda: [
        Sample(0, 2, 0.5),
        Sample(5, 0, -2),
        Sample(0.1, 2.3, 0.37),
        Sample(0, 3, dtype=dtypes.int64.code),
    ],
    rejects=lambda: [Rejected(0, 2, 0), Rejected(3, 0, 1)],
)
def range_step(
    start: Any,
    end: Any,
    step: Any = 1,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """Like ``arange``, but ``end`` belongs to it, and of the default dtype even for ints."""
    kind = dtype_or(dtype)
    if kind.category == 1:
        start, step = int(start), int(step)
    index = np.arange(_range_length(start, end, step, kind))
    if kind.category == 1:
        return (start + step * index).astype(kind.numpy)
    return multiply_add(index, step, start, np.float64).astype(kind.numpy)


@operator(
    f"aten::range(Scalar start, Scalar end, *, {OPTIONS}) -> Tensor",
    meta=_range_meta,
    samples=lambda: [Sample(0, 5), Sample(0.5, 3)],
    rejects=lambda: [Rejected(3, 0)],
)
def range_(
    start: Any,
    end: Any,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """The numbers from ``start`` to ``end``, which belongs to it, in steps of 1."""
    return range_step(start, end, 1, dtype)


# linspace and logspace.


def _number(value: Any) -> Any:
    """The end of a line: a number or a 0-dim tensor."""
    if isinstance(value, np.ndarray | TensorMeta):
        if value.ndim:
            raise RuntimeError(f"an end is one number, not a tensor of {value.ndim} dimensions")
        return value.item() if isinstance(value, np.ndarray) else 0.0
    return value


def _line_dtype(start: Any, end: Any, code: int | None) -> Dtype:
    if code is not None:
        return dtypes.from_code(code)
    for value in (start, end):
        dtype = value.dtype if isinstance(value, TensorMeta) else None
        if isinstance(value, np.ndarray):
            dtype = dtypes.from_numpy(value.dtype)
        if isinstance(value, complex) or (dtype is not None and dtype.is_complex):
            return dtypes.default_dtype().to_complex()
    return dtypes.default_dtype()


def _line_meta(
    start: Any, end: Any, steps: int, dtype: int | None, layout: int | None, *rest: Any
) -> TensorMeta:
    check_layout(layout)
    kind = _line_dtype(start, end, dtype)
    _number(start)
    _number(end)
    if steps < 0:
        raise RuntimeError(f"the number of steps cannot be negative: {steps}")
    if kind is dtypes.bool_:
        raise NotImplementedError("a line of numbers cannot have the dtype torch.bool")
    return TensorMeta(kind, (steps,))


def _log_line_meta(
    start: Any, end: Any, steps: int, base: float, dtype: int | None, *rest: Any
) -> TensorMeta:
    return _line_meta(start, end, steps, dtype, *rest)


def _line(start: Any, end: Any, steps: int, dtype: Dtype) -> np.ndarray:
    """Evenly spaced numbers, the second half counted from the end."""
    kind = dtype.numpy
    if dtype.category < 3 and isinstance(start, complex) or isinstance(end, complex):
        if not dtype.is_complex:
            raise RuntimeError(f"complex numbers do not fit into a tensor of {dtype!r}")
    if steps == 1:
        return np.full(1, start).astype(kind)
    index = np.arange(steps)
    back = steps - 1 - index
    front = index < steps // 2
    if dtype.is_complex:
        real = _line(complex(start).real, complex(end).real, steps, dtype.to_real())
        imaginary = _line(complex(start).imag, complex(end).imag, steps, dtype.to_real())
        return (real + 1j * imaginary).astype(kind)
    if dtype.itemsize == 2 and dtype.is_floating_point:
        # Each operation is rounded to half precision.
        first, last = np.asarray(start).astype(kind), np.asarray(end).astype(kind)
        gap = (last - first) / np.asarray(steps - 1).astype(kind)
        return np.where(front, first + gap * index.astype(kind), last - gap * back.astype(kind))
    if dtype.category == 1:
        start, end = float(wrapped(start, kind)), float(wrapped(end, kind))
    real_kind = np.float32 if dtype is dtypes.float32 else np.float64
    first, last = np.asarray(start, real_kind), np.asarray(end, real_kind)
    step = (last - first) / np.asarray(max(steps - 1, 1), real_kind)
    values = np.where(
        front,
        multiply_add(index, step, first, real_kind),
        multiply_add(back, -step, last, real_kind),
    )
    return values.astype(kind)


_LINE_REJECTS = [Rejected(0, 1, -1), Rejected(0, 1, 3, dtype=dtypes.bool_.code)]


@operator(
    f"aten::linspace.Tensor_Tensor(Tensor start, Tensor end, int steps, *, {OPTIONS}) -> Tensor",
    meta=_line_meta,
    samples=lambda: [Sample(array(1.0), array(2.5), 4), Sample(array(1), array(4), 2)],
    rejects=lambda: [Rejected(array([1.0]), array(2.0), 3)],
)
@operator(
    f"aten::linspace.Tensor_Scalar(Tensor start, Scalar end, int steps, *, {OPTIONS}) -> Tensor",
    meta=_line_meta,
    samples=lambda: [Sample(array(1.0), 2.5, 4)],
    rejects=lambda: [Rejected(array([1.0]), 2.0, 3)],
)
@operator(
    f"aten::linspace.Scalar_Tensor(Scalar start, Tensor end, int steps, *, {OPTIONS}) -> Tensor",
    meta=_line_meta,
    samples=lambda: [Sample(1.0, array(2.5), 4)],
    rejects=lambda: [Rejected(2.0, array([1.0]), 3)],
)
@operator(
    f"aten::linspace(Scalar start, Scalar end, int steps, *, {OPTIONS}) -> Tensor",
    meta=_line_meta,
    samples=lambda: [
        Sample(0, 1, 5),
        Sample(-3.3, 7.7, 101),
        Sample(3, 1, 1),
        Sample(0, 1, 0),
        Sample(-3.3, 7.7, 101, dtype=dtypes.float64.code),
        Sample(-3.3, 7.7, 31, dtype=dtypes.float16.code),
        Sample(-3.3, 7.7, 31, dtype=dtypes.bfloat16.code),
        Sample(-3, 10, 6, dtype=dtypes.int64.code),
        Sample(-3, 10, 5, dtype=dtypes.uint8.code),
        Sample(0, 1j, 3),
    ],
    rejects=lambda: list(_LINE_REJECTS),
)
def linspace(
    start: Any,
    end: Any,
    steps: int,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """``steps`` evenly spaced numbers from ``start`` to ``end``, both included.

    Shapes: one dimension; the ends are numbers or 0-dim tensors.
    """
    return _line(_number(start), _number(end), steps, _line_dtype(start, end, dtype))


@operator(
    "aten::logspace.Tensor_Tensor(Tensor start, Tensor end, int steps, float base=10., *,"
    f" {OPTIONS}) -> Tensor",
    meta=_log_line_meta,
    samples=lambda: [Sample(array(0.0), array(2.5), 4)],
    rejects=lambda: [Rejected(array([1.0]), array(2.0), 3)],
)
@operator(
    "aten::logspace.Tensor_Scalar(Tensor start, Scalar end, int steps, float base=10., *,"
    f" {OPTIONS}) -> Tensor",
    meta=_log_line_meta,
    samples=lambda: [Sample(array(0.0), 2.5, 4)],
    rejects=lambda: [Rejected(array([1.0]), 2.0, 3)],
)
@operator(
    "aten::logspace.Scalar_Tensor(Scalar start, Tensor end, int steps, float base=10., *,"
    f" {OPTIONS}) -> Tensor",
    meta=_log_line_meta,
    samples=lambda: [Sample(0.0, array(2.5), 4)],
    rejects=lambda: [Rejected(2.0, array([1.0]), 3)],
)
@operator(
    f"aten::logspace(Scalar start, Scalar end, int steps, float base=10., *, {OPTIONS}) -> Tensor",
    meta=_log_line_meta,
    samples=lambda: [
        Sample(0, 2, 5),
        Sample(-1.5, 2.5, 30, 2.0),
        Sample(0, 2, 5, dtype=dtypes.int64.code),
        Sample(0, 2.7, 4, dtype=dtypes.int64.code),
        Sample(1, 2, 1),
        Sample(1, 2, 0),
        Sample(0, 3, 9, 2.0, dtype=dtypes.float64.code),
    ],
    rejects=lambda: list(_LINE_REJECTS),
)
def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """``base`` to the power of ``linspace(start, end, steps)``; see ``linspace``."""
    kind = _line_dtype(start, end, dtype)
    start, end = _number(start), _number(end)
    if kind.category == 1:
        start, end = float(wrapped(start, kind.numpy)), float(wrapped(end, kind.numpy))
    # The ends of integers are integers, the exponents between them are not.
    exponents = dtypes.complex128 if kind.is_complex else dtypes.float64
    powers = np.power(base, _line(start, end, steps, exponents))
    return np.asarray(powers).astype(kind.numpy)


# Matrices and their indices.


def _eye_meta(n: int, dtype: int | None, layout: int | None, *rest: Any) -> TensorMeta:
    return _eye_m_meta(n, n, dtype, layout)


def _eye_m_meta(n: int, m: int, dtype: int | None, layout: int | None, *rest: Any) -> TensorMeta:
    check_layout(layout)
    if n < 0 or m < 0:
        raise RuntimeError(f"a matrix cannot have {n} rows and {m} columns")
    return TensorMeta(dtype_or(dtype), (n, m))


@operator(
    f"aten::eye(SymInt n, *, {OPTIONS}) -> Tensor",
    meta=_eye_meta,
    samples=lambda: [Sample(3), Sample(0), Sample(2, dtype=dtypes.bool_.code)],
    rejects=lambda: [Rejected(-1)],
)
def eye(
    n: int,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """The identity matrix. Shapes: (n, n)."""
    return np.eye(n, dtype=dtype_or(dtype).numpy)


@operator(
    f"aten::eye.m(SymInt n, SymInt m, *, {OPTIONS}) -> Tensor",
    meta=_eye_m_meta,
    samples=lambda: [Sample(3, 2), Sample(0, 2), Sample(2, 4, dtype=dtypes.bfloat16.code)],
    rejects=lambda: [Rejected(1, -1)],
)
def eye_m(
    n: int,
    m: int,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """Ones on the diagonal, zeros elsewhere. Shapes: (n, m)."""
    return np.eye(n, m, dtype=dtype_or(dtype).numpy)


def _triangle(row: int, col: int, offset: int, lower: bool) -> tuple[np.ndarray, ...]:
    mask = np.tri(row, col, offset if lower else offset - 1, bool)
    return np.nonzero(mask if lower else ~mask)


def _triangle_meta(lower: bool) -> Any:
    def meta(
        row: int, col: int, offset: int, dtype: int | None, layout: int | None, *rest: Any
    ) -> TensorMeta:
        check_layout(layout)
        kind = dtype_or(dtype, dtypes.int64)
        if row < 0 or col < 0:
            raise RuntimeError(f"a matrix cannot have {row} rows and {col} columns")
        if kind.category != 1:
            raise NotImplementedError(f"indices have an integer dtype, not {kind!r}")
        return TensorMeta(kind, (2, len(_triangle(row, col, offset, lower)[0])))

    return meta


def _triangle_samples() -> list[Sample]:
    return [
        Sample(3, 4, 1),
        Sample(3, 4, -1, dtype=dtypes.int32.code),
        Sample(0, 4),
        Sample(2, 2, -5),
        Sample(4, 3),
    ]


def _no_triangles() -> list[Rejected]:
    return [Rejected(-1, 2), Rejected(2, 2, dtype=dtypes.float32.code)]


@operator(
    f"aten::tril_indices(int row, int col, int offset=0, *, {INT_OPTIONS}) -> Tensor",
    meta=_triangle_meta(True),
    samples=_triangle_samples,
    rejects=_no_triangles,
)
def tril_indices(
    row: int,
    col: int,
    offset: int = 0,
    dtype: int | None = 4,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """Rows and columns of the lower triangle of a (row, col) matrix.

    Shapes: (2, count). ``offset`` moves the diagonal to the right.
    """
    indices = np.stack(_triangle(row, col, offset, True))
    return indices.astype(dtype_or(dtype, dtypes.int64).numpy)


@operator(
    f"aten::triu_indices(int row, int col, int offset=0, *, {INT_OPTIONS}) -> Tensor",
    meta=_triangle_meta(False),
    samples=_triangle_samples,
    rejects=_no_triangles,
)
def triu_indices(
    row: int,
    col: int,
    offset: int = 0,
    dtype: int | None = 4,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """Rows and columns of the upper triangle of a (row, col) matrix; see ``tril_indices``."""
    indices = np.stack(_triangle(row, col, offset, False))
    return indices.astype(dtype_or(dtype, dtypes.int64).numpy)
