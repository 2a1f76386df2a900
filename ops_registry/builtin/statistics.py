"""Spread, norms, quantiles and correlation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.operands import Array, Scalar, widened
from ops_registry.builtin.reduction import Dims, axes, dim_samples, reduced_count
from ops_registry.dtypes import Dtype
from ops_registry.meta import (
    Promoting,
    TensorMeta,
    broadcast_shapes,
    reduced_shape,
    result_dtype,
    wrap_dim,
)
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor


def _fractional(dtype: Dtype, name: str) -> Dtype:
    if dtype.category < 2:
        raise RuntimeError(f"{name} takes floating point and complex tensors, not {dtype!r}")
    return dtype


# Variance.


def _spread(self: TensorMeta, dim: Dims, keepdim: bool) -> TensorMeta:
    dtype = _fractional(self.dtype, "std and var").to_real()
    return TensorMeta(dtype, reduced_shape(self.shape, dim, keepdim))


def moments(
    self: Array, dim: Dims, correction: Scalar | None, keepdim: bool
) -> tuple[Array, Array]:
    """Variance and mean; the sum of squares is divided by ``count - correction``."""
    source = widened(self)
    over = axes(self, dim)
    count = reduced_count(self, over)
    center = np.sum(source, axis=over, keepdims=True) / source.dtype.type(count)
    deviation = source - center
    squares = np.sum(np.square(np.abs(deviation)), axis=over, keepdims=keepdim)
    by = 1 if correction is None else correction
    variance = squares / squares.dtype.type(max(count - by.real, 0))
    return variance, center if keepdim else np.squeeze(center, axis=over)


def _whole_samples() -> list[Sample]:
    return [
        Sample(tensor(3, 4)),
        Sample(tensor(3, 4), False),
        Sample(tensor(1)),
        Sample(tensor()),
        Sample(tensor(0)),
        Sample(tensor(30, dtype=dtypes.float16)),
        Sample(tensor(3, dtype=dtypes.complex64)),
    ]


def _dim_samples() -> list[Sample]:
    return [
        *[Sample(s.args[0], s.args[1]) for s in dim_samples(several=True)],
        Sample(tensor(3, 4), [1], False, True),
        Sample(tensor(3, 4), None),
        Sample(tensor(3, 4), []),
    ]


def _correction_samples() -> list[Sample]:
    return [
        Sample(tensor(3, 4)),
        Sample(tensor(3, 4), [1], correction=0, keepdim=True),
        Sample(tensor(3, 4), [0], correction=2.5),
    ]


def _integer_rejects() -> list[Rejected]:
    return [Rejected(tensor(3, dtype=dtypes.int64))]


def _unbiased(flag: bool) -> int:
    return int(flag)


@operator(
    "aten::var(Tensor self, bool unbiased=True) -> Tensor",
    meta=lambda self, unbiased: _spread(self, None, False),
    samples=_whole_samples,
    rejects=_integer_rejects,
)
def var(self: Array, unbiased: bool = True) -> Array:
    """The variance of all elements; divided by one less than their number if unbiased."""
    return moments(self, None, _unbiased(unbiased), False)[0]


@operator(
    "aten::var.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> Tensor",
    meta=lambda self, dim, unbiased, keepdim: _spread(self, dim, keepdim),
    out="out",
    samples=_dim_samples,
)
def var_dim(self: Array, dim: Dims, unbiased: bool = True, keepdim: bool = False) -> Array:
    """The variance over dimensions, or over all of them if none is named."""
    return moments(self, dim, _unbiased(unbiased), keepdim)[0]


@operator(
    "aten::var.correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None,"
    " bool keepdim=False) -> Tensor",
    meta=lambda self, dim, correction, keepdim: _spread(self, dim, keepdim),
    out=True,
    samples=_correction_samples,
)
def var_correction(
    self: Array, dim: Dims = None, correction: Scalar | None = None, keepdim: bool = False
) -> Array:
    """The variance over dimensions, divided by ``count - correction`` (1 if not given)."""
    return moments(self, dim, correction, keepdim)[0]


@operator(
    "aten::std(Tensor self, bool unbiased=True) -> Tensor",
    meta=lambda self, unbiased: _spread(self, None, False),
    samples=_whole_samples,
    rejects=_integer_rejects,
)
def std(self: Array, unbiased: bool = True) -> Array:
    """The standard deviation of all elements."""
    return np.sqrt(var(self, unbiased))


@operator(
    "aten::std.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> Tensor",
    meta=lambda self, dim, unbiased, keepdim: _spread(self, dim, keepdim),
    out="out",
    samples=_dim_samples,
)
def std_dim(self: Array, dim: Dims, unbiased: bool = True, keepdim: bool = False) -> Array:
    """The standard deviation over dimensions, or over all of them if none is named."""
    return np.sqrt(var_dim(self, dim, unbiased, keepdim))


@operator(
    "aten::std.correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None,"
    " bool keepdim=False) -> Tensor",
    meta=lambda self, dim, correction, keepdim: _spread(self, dim, keepdim),
    out=True,
    samples=_correction_samples,
)
def std_correction(
    self: Array, dim: Dims = None, correction: Scalar | None = None, keepdim: bool = False
) -> Array:
    """The standard deviation over dimensions, by ``count - correction`` (1 if not given)."""
    return np.sqrt(var_correction(self, dim, correction, keepdim))


def _with_mean(self: TensorMeta, dim: Dims, keepdim: bool) -> tuple[TensorMeta, TensorMeta]:
    spread = _spread(self, dim, keepdim)
    return spread, TensorMeta(self.dtype, spread.shape)


@operator(
    "aten::var_mean(Tensor self, bool unbiased=True) -> (Tensor, Tensor)",
    meta=lambda self, unbiased: _with_mean(self, None, False),
    samples=_whole_samples,
)
def var_mean(self: Array, unbiased: bool = True) -> tuple[Array, Array]:
    """Variance and mean of all elements."""
    return moments(self, None, _unbiased(unbiased), False)


@operator(
    "aten::var_mean.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False)"
    " -> (Tensor, Tensor)",
    meta=lambda self, dim, unbiased, keepdim: _with_mean(self, dim, keepdim),
    samples=_dim_samples,
)
def var_mean_dim(
    self: Array, dim: Dims, unbiased: bool = True, keepdim: bool = False
) -> tuple[Array, Array]:
    """Variance and mean over dimensions."""
    return moments(self, dim, _unbiased(unbiased), keepdim)


@operator(
    "aten::var_mean.correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None,"
    " bool keepdim=False) -> (Tensor, Tensor)",
    meta=lambda self, dim, correction, keepdim: _with_mean(self, dim, keepdim),
    samples=_correction_samples,
)
def var_mean_correction(
    self: Array, dim: Dims = None, correction: Scalar | None = None, keepdim: bool = False
) -> tuple[Array, Array]:
    """Variance, by ``count - correction``, and mean over dimensions."""
    return moments(self, dim, correction, keepdim)


@operator(
    "aten::std_mean(Tensor self, bool unbiased=True) -> (Tensor, Tensor)",
    meta=lambda self, unbiased: _with_mean(self, None, False),
    samples=_whole_samples,
)
def std_mean(self: Array, unbiased: bool = True) -> tuple[Array, Array]:
    """Standard deviation and mean of all elements."""
    variance, mean = var_mean(self, unbiased)
    return np.sqrt(variance), mean


@operator(
    "aten::std_mean.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False)"
    " -> (Tensor, Tensor)",
    meta=lambda self, dim, unbiased, keepdim: _with_mean(self, dim, keepdim),
    samples=_dim_samples,
)
def std_mean_dim(
    self: Array, dim: Dims, unbiased: bool = True, keepdim: bool = False
) -> tuple[Array, Array]:
    """Standard deviation and mean over dimensions."""
    variance, mean = var_mean_dim(self, dim, unbiased, keepdim)
    return np.sqrt(variance), mean


@operator(
    "aten::std_mean.correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None,"
    " bool keepdim=False) -> (Tensor, Tensor)",
    meta=lambda self, dim, correction, keepdim: _with_mean(self, dim, keepdim),
    samples=_correction_samples,
)
def std_mean_correction(
    self: Array, dim: Dims = None, correction: Scalar | None = None, keepdim: bool = False
) -> tuple[Array, Array]:
    """Standard deviation, by ``count - correction``, and mean over dimensions."""
    variance, mean = moments(self, dim, correction, keepdim)
    return np.sqrt(variance), mean


# Norms.


def norm_over(self: Array, p: Scalar, over: tuple[int, ...] | None, keepdim: bool) -> Array:
    """``sum(|x|**p) ** (1/p)``; the largest magnitude for inf, the smallest for -inf."""
    size = np.abs(widened(self))
    p = float(p.real)
    if p == 2:
        if self.dtype.kind != "c" and over is None and not keepdim:
            flat = size.reshape(-1)
            return np.sqrt(np.dot(flat, flat))
        return np.sqrt(np.sum(size * size, axis=over, keepdims=keepdim))
    if p == 1:
        return np.sum(size, axis=over, keepdims=keepdim)
    if p == np.inf:
        return np.max(size, axis=over, keepdims=keepdim, initial=0)
    if p == -np.inf:
        return np.min(size, axis=over, keepdims=keepdim, initial=np.inf)
    if p == 0:
        return np.count_nonzero(size, axis=over, keepdims=keepdim)
    powers = np.sum(np.power(size, p), axis=over, keepdims=keepdim)
    return np.power(powers, 1 / p)


def _norm_meta(self: TensorMeta, dim: Dims, keepdim: bool, dtype: int | None = None) -> TensorMeta:
    source = self.dtype if dtype is None else dtypes.from_code(dtype)
    result = _fractional(source, "a norm").to_real()
    return TensorMeta(result, reduced_shape(self.shape, dim, keepdim))


def _in_dtype(self: Array, dtype: int | None) -> Array:
    return self if dtype is None else self.astype(dtypes.from_code(dtype).numpy, copy=False)


def _orders() -> list[Scalar]:
    return [2, 1, 0, 3.5, float("inf"), float("-inf"), -1]


@operator(
    "aten::linalg_vector_norm(Tensor self, Scalar ord=2, int[1]? dim=None, bool keepdim=False, *,"
    " ScalarType? dtype=None) -> Tensor",
    meta=lambda self, ord, dim, keepdim, dtype: _norm_meta(self, dim, keepdim, dtype),
    out=True,
    samples=lambda: (
        [Sample(tensor(3, 4), p, [1]) for p in _orders()]
        + [
            Sample(tensor(3, 4)),
            Sample(tensor(3, 4), 2, [0, 1], True),
            Sample(tensor(30, dtype=dtypes.bfloat16)),
            Sample(tensor()),
            Sample(tensor(0)),
            Sample(tensor(3, dtype=dtypes.complex64)),
            Sample(tensor(3), dtype=dtypes.float64.code),
        ]
    ),
    rejects=_integer_rejects,
)
def linalg_vector_norm(
    self: Array, ord: Scalar = 2, dim: Dims = None, keepdim: bool = False, dtype: int | None = None
) -> Array:
    """The norm of order ``ord`` over dimensions, or over all of them if none is named."""
    return norm_over(_in_dtype(self, dtype), ord, axes(self, dim), keepdim)


@operator(
    "aten::norm.Scalar(Tensor self, Scalar p=2) -> Tensor",
    meta=lambda self, p: _norm_meta(self, None, False),
    out=True,
    samples=lambda: [Sample(tensor(3, 4), p) for p in _orders()] + [Sample(tensor())],
)
def norm(self: Array, p: Scalar = 2) -> Array:
    """The norm of order ``p`` of all elements."""
    return norm_over(self, p, None, False)


@operator(
    "aten::norm.ScalarOpt_dim(Tensor self, Scalar? p, int[1] dim, bool keepdim=False) -> Tensor",
    meta=lambda self, p, dim, keepdim: _norm_meta(self, dim, keepdim),
    out="out",
    samples=lambda: [
        Sample(tensor(3, 4), None, [1]),
        Sample(tensor(3, 4), 1, [0], True),
        Sample(tensor(3, 4), 2, []),
    ],
)
def norm_dim(self: Array, p: Scalar | None, dim: Dims, keepdim: bool = False) -> Array:
    """The norm of order ``p`` (2 if None) over dimensions."""
    return norm_over(self, 2 if p is None else p, axes(self, dim), keepdim)


@operator(
    "aten::norm.ScalarOpt_dim_dtype(Tensor self, Scalar? p, int[1] dim, bool keepdim, *,"
    " ScalarType dtype) -> Tensor",
    meta=lambda self, p, dim, keepdim, dtype: _norm_meta(self, dim, keepdim, dtype),
    out="dtype_out",
    samples=lambda: [Sample(tensor(3, 4), None, [1], False, dtype=dtypes.float64.code)],
)
def norm_dim_dtype(self: Array, p: Scalar | None, dim: Dims, keepdim: bool, dtype: int) -> Array:
    """The norm of order ``p`` (2 if None) over dimensions, computed in a dtype."""
    return norm_dim(_in_dtype(self, dtype), p, dim, keepdim)


@operator(
    "aten::norm.ScalarOpt_dtype(Tensor self, Scalar? p, *, ScalarType dtype) -> Tensor",
    meta=lambda self, p, dtype: _norm_meta(self, None, False, dtype),
    out=True,
    samples=lambda: [Sample(tensor(3, 4), None, dtype=dtypes.float64.code)],
)
def norm_dtype(self: Array, p: Scalar | None, dtype: int) -> Array:
    """The norm of order ``p`` (2 if None) of all elements, computed in a dtype."""
    return norm_dim(_in_dtype(self, dtype), p, None)


@operator(
    "aten::frobenius_norm.dim(Tensor self, int[1] dim, bool keepdim=False) -> Tensor",
    meta=lambda self, dim, keepdim: _norm_meta(self, dim, keepdim),
    out="out",
    samples=lambda: [Sample(tensor(3, 4), [0, 1]), Sample(tensor(3, 4), [1], True)],
)
def frobenius_norm(self: Array, dim: Dims, keepdim: bool = False) -> Array:
    """The square root of the sum of squares over dimensions."""
    return norm_over(self, 2, axes(self, dim), keepdim)


class _Distance(Promoting):
    """Two tensors in their common dtype."""

    operands = ("self", "other")

    def compute_dtype(self, arguments: Sequence[Any]) -> Dtype:
        return _fractional(result_dtype(*arguments), "dist")

    def __call__(self, this: TensorMeta, other: TensorMeta, p: Scalar) -> TensorMeta:
        broadcast_shapes(this.shape, other.shape)
        return TensorMeta(self.compute_dtype([this, other]).to_real(), ())


@operator(
    "aten::dist(Tensor self, Tensor other, Scalar p=2) -> Tensor",
    meta=_Distance(),
    out=True,
    samples=lambda: [
        Sample(tensor(3, 4), tensor(4, seed=1)),
        Sample(tensor(3), tensor(3, seed=1), 1),
    ],
)
def dist(self: Array, other: Array, p: Scalar = 2) -> Array:
    """The norm of order ``p`` of the difference of two tensors. Shapes broadcast."""
    return norm_over(self - other, p, None, False)


# Quantiles.


def _quantile_meta(
    self: TensorMeta, q: Any, dim: int | None, keepdim: bool, interpolation: str
) -> TensorMeta:
    if self.dtype not in (dtypes.float32, dtypes.float64):
        raise RuntimeError(f"quantile takes float32 or float64, not {self.dtype!r}")
    if not self.size:
        raise RuntimeError("quantile of no elements")
    if isinstance(q, TensorMeta) and q.dtype is not self.dtype:
        raise RuntimeError("quantile needs q in the dtype of the tensor")
    lead = q.shape if isinstance(q, TensorMeta) else ()
    return TensorMeta(self.dtype, (*lead, *reduced_shape(self.shape, dim, keepdim)))


def _quantile_samples(q: Any) -> list[Sample]:
    return [
        Sample(tensor(3, 5), q),
        Sample(tensor(3, 5), q, 1),
        Sample(tensor(3, 5), q, 0, True),
        Sample(array([[1.0, np.nan, 2.0], [3.0, 1.0, 0.5]]), q, 1),
        *[
            Sample(tensor(7), q, interpolation=rule)
            for rule in ("lower", "higher", "nearest", "midpoint")
        ],
    ]


def _quantile(
    self: Array, q: Array | float, dim: int | None, keepdim: bool, interpolation: str, skip: bool
) -> Array:
    known = ("linear", "lower", "higher", "nearest", "midpoint")
    if interpolation not in known:
        raise RuntimeError(f"interpolation is one of {', '.join(known)}, not {interpolation!r}")
    if not np.all((np.asarray(q) >= 0) & (np.asarray(q) <= 1)):
        raise RuntimeError("quantiles are between 0 and 1")
    axis = None if dim is None else wrap_dim(dim, self.ndim)
    if not self.ndim:
        axis = None
    missing = np.isnan(self)
    ordered = np.sort(self.reshape(-1) if axis is None else np.moveaxis(self, axis, -1), -1)
    lost = np.count_nonzero(missing, axis=axis)
    extent = ordered.shape[-1]
    last = np.broadcast_to(extent - 1 - (lost if skip else 0), np.shape(lost))
    fractions = np.asarray(q, np.float64).reshape(np.shape(q) + (1,) * last.ndim)
    place = fractions * np.maximum(last, 0)
    below = np.floor(place).astype(np.int64)
    above = np.ceil(place).astype(np.int64)

    def at(index: Array) -> Array:
        whole = np.broadcast_to(ordered, (*np.shape(q), *ordered.shape))
        return np.take_along_axis(whole, index[..., None], -1)[..., 0]

    if interpolation == "nearest":
        result = at(np.rint(place).astype(np.int64))
    elif interpolation == "lower":
        result = at(below)
    elif interpolation == "higher":
        result = at(above)
    else:
        weight = 0.5 if interpolation == "midpoint" else (place - below).astype(self.dtype)
        low = at(below)
        result = low + (at(above) - low) * weight
        result = np.where(below == above, low, result)
    hidden = last < 0 if skip else np.asarray(lost > 0)
    result = np.where(hidden, np.nan, result)
    if keepdim:
        lead = np.ndim(q)
        spread = range(lead, lead + self.ndim) if axis is None else [lead + axis]
        result = np.expand_dims(result, tuple(spread))
    return result


@operator(
    "aten::quantile(Tensor self, Tensor q, int? dim=None, bool keepdim=False, *,"
    ' str interpolation="linear") -> Tensor',
    meta=_quantile_meta,
    out=True,
    samples=lambda: [*_quantile_samples(array([0.25, 0.6])), *_quantile_samples(array(0.4))],
    rejects=lambda: [
        Rejected(tensor(3), array(1.5)),
        Rejected(tensor(0), array(0.5)),
        Rejected(tensor(3), array(0.5, dtypes.float64)),
        Rejected(tensor(3), array(0.5), interpolation="cubic"),
    ],
)
@operator(
    "aten::quantile.scalar(Tensor self, float q, int? dim=None, bool keepdim=False, *,"
    ' str interpolation="linear") -> Tensor',
    meta=_quantile_meta,
    out=True,
    samples=lambda: _quantile_samples(0.4),
)
def quantile(
    self: Array,
    q: Array | float,
    dim: int | None = None,
    keepdim: bool = False,
    interpolation: str = "linear",
) -> Array:
    """The element below which a part ``q`` of all lies; NaN where there is one.

    Several ``q`` come as a first dimension. RuntimeError for a part outside [0, 1].
    """
    return _quantile(self, q, dim, keepdim, interpolation, False)


@operator(
    "aten::nanquantile(Tensor self, Tensor q, int? dim=None, bool keepdim=False, *,"
    ' str interpolation="linear") -> Tensor',
    meta=_quantile_meta,
    out=True,
    samples=lambda: _quantile_samples(array([0.25, 0.6])),
)
@operator(
    "aten::nanquantile.scalar(Tensor self, float q, int? dim=None, bool keepdim=False, *,"
    ' str interpolation="linear") -> Tensor',
    meta=_quantile_meta,
    out=True,
    samples=lambda: _quantile_samples(0.4),
)
def nanquantile(
    self: Array,
    q: Array | float,
    dim: int | None = None,
    keepdim: bool = False,
    interpolation: str = "linear",
) -> Array:
    """``quantile`` of what is not NaN."""
    return _quantile(self, q, dim, keepdim, interpolation, True)


# Correlation.


def _cov_meta(self: TensorMeta, *rest: Any) -> TensorMeta:
    if self.ndim > 2:
        raise RuntimeError(f"a covariance is of at most 2 dimensions, not {self.ndim}")
    dtype = self.dtype if self.dtype.category >= 2 else dtypes.default_dtype()
    return TensorMeta(dtype, (self.shape[0],) * 2 if self.ndim == 2 else ())


@operator(
    "aten::cov(Tensor self, *, int correction=1, Tensor? fweights=None, Tensor? aweights=None)"
    " -> Tensor",
    meta=_cov_meta,
    samples=lambda: [
        Sample(tensor(3, 5)),
        Sample(tensor(5)),
        Sample(tensor(3, 5), correction=0),
        Sample(tensor(3, 3), fweights=array([1, 2, 1])),
        Sample(tensor(3, 3), aweights=array([0.5, 0.3, 1.0])),
    ],
    rejects=lambda: [Rejected(tensor(2, 2, 2))],
)
def cov(
    self: Array,
    correction: int = 1,
    fweights: Array | None = None,
    aweights: Array | None = None,
) -> Array:
    """The covariances of variables (rows) over observations (columns)."""
    source = self if self.ndim else self.reshape(1)
    return np.cov(source, ddof=correction, fweights=fweights, aweights=aweights)


@operator("aten::corrcoef(Tensor self) -> Tensor", meta=_cov_meta,
          samples=lambda: [Sample(tensor(3, 5)), Sample(tensor(5))])  # fmt: skip
def corrcoef(self: Array) -> Array:
    """The correlations of variables (rows) over observations (columns)."""
    covariance = np.asarray(cov(self))
    if not covariance.ndim:
        return covariance / covariance
    spread = np.sqrt(np.diagonal(covariance))
    return np.clip(covariance / np.multiply.outer(spread, spread), -1, 1)
