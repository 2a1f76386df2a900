"""``torch.masked``: reductions and normalisations that leave out elements where a mask is False.

Each fills the elements left out with the identity of the operation and runs the operation; where
all are left out, the result is the identity (NaN for a mean). Shapes: the mask broadcasts to the
input's. Masked tensors as a type of their own are not here.

>>> import tscript as torch
>>> x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
>>> torch.masked.sum(x, 1, mask=torch.tensor([[True, False], [True, True]]))
tensor([1., 7.])
"""

from __future__ import annotations

import math
from typing import Any

from ops_registry import dtypes
from ops_registry.dtypes import Dtype, default_dtype
from tscript.functional import iinfo
from tscript.runtime.tensor import Tensor
from tscript.runtime.tensor_operators import call

__all__ = [
    "sum", "prod", "cumsum", "cumprod", "amax", "amin", "argmax", "argmin", "mean", "median",
    "norm", "var", "std", "softmax", "log_softmax", "softmin", "normalize", "logaddexp",
    "logsumexp",
]  # fmt: skip

Dims = int | tuple[int, ...] | list[int] | None


def _dims(dim: Dims, ndim: int) -> list[int]:
    """The dimensions as a list; None and an empty tuple are all of them."""
    if isinstance(dim, int):
        return [dim]
    return list(dim) if dim is not None and len(dim) else list(range(ndim))


def _filled(input: Tensor, mask: Tensor | None, fill: float) -> Tensor:
    """The input with `fill` where the mask is False."""
    if mask is None:
        return input
    if mask.dtype is not dtypes.bool_:
        mask = mask.bool()
    number: Any = fill if input.dtype.category >= 2 else int(fill)
    blank = call("aten::full_like", input, number)
    found: Tensor = call("aten::where", call("aten::broadcast_to", mask, input.shape), input, blank)
    return found


def _lowest(dtype: Dtype) -> float:
    if dtype.category >= 2:
        return -math.inf
    return 0 if dtype is dtypes.bool_ else iinfo(dtype).min


def _highest(dtype: Dtype) -> float:
    if dtype.category >= 2:
        return math.inf
    return 1 if dtype is dtypes.bool_ else iinfo(dtype).max


def _added_dtype(input: Tensor, dtype: Dtype | None) -> Dtype:
    """What sums and products are computed in: ints in int64."""
    if dtype is not None:
        return dtype
    return input.dtype if input.dtype.category >= 2 else dtypes.int64


def _fraction_dtype(input: Tensor, dtype: Dtype | None) -> Dtype:
    if dtype is not None:
        return dtype
    return input.dtype if input.dtype.category >= 2 else default_dtype()


def sum(
    input: Tensor,
    dim: Dims = None,
    *,
    keepdim: bool = False,
    dtype: Dtype | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    """The sum over ``dim`` (all dimensions without) of the elements whose mask is True."""
    source = _filled(input.to(_added_dtype(input, dtype)), mask, 0)
    found: Tensor = call("aten::sum", source, _dims(dim, input.ndim), keepdim, dtype=source.dtype)
    return found


def prod(
    input: Tensor,
    dim: Dims = None,
    *,
    keepdim: bool = False,
    dtype: Dtype | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    """The product over ``dim`` of the elements whose mask is True."""
    result = _filled(input.to(_added_dtype(input, dtype)), mask, 1)
    for one in sorted((d % max(input.ndim, 1) for d in _dims(dim, input.ndim)), reverse=True):
        result = call("aten::prod", result, one, keepdim)
    return result


def cumsum(
    input: Tensor, dim: int, *, dtype: Dtype | None = None, mask: Tensor | None = None
) -> Tensor:
    """Running sums along ``dim``; elements left out add nothing."""
    found: Tensor = call(
        "aten::cumsum", _filled(input.to(_added_dtype(input, dtype)), mask, 0), dim
    )
    return found


def cumprod(
    input: Tensor, dim: int, *, dtype: Dtype | None = None, mask: Tensor | None = None
) -> Tensor:
    """Running products along ``dim``; elements left out change nothing."""
    source = _filled(input.to(_added_dtype(input, dtype)), mask, 1)
    found: Tensor = call("aten::cumprod", source, dim)
    return found


def amax(
    input: Tensor,
    dim: Dims = None,
    *,
    keepdim: bool = False,
    dtype: Dtype | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    """The largest element over ``dim`` whose mask is True; -inf (the smallest int) if none is."""
    source = input if dtype is None else input.to(dtype)
    filled = _filled(source, mask, _lowest(source.dtype))
    found: Tensor = call("aten::amax", filled, _dims(dim, input.ndim), keepdim)
    return found


def amin(
    input: Tensor,
    dim: Dims = None,
    *,
    keepdim: bool = False,
    dtype: Dtype | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    """The smallest element over ``dim`` whose mask is True; inf (the largest int) if none is."""
    source = input if dtype is None else input.to(dtype)
    filled = _filled(source, mask, _highest(source.dtype))
    found: Tensor = call("aten::amin", filled, _dims(dim, input.ndim), keepdim)
    return found


def argmax(
    input: Tensor,
    dim: int | None = None,
    *,
    keepdim: bool = False,
    dtype: Dtype | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    """The index of the largest element along ``dim`` whose mask is True.

    It has the dtype of the input, or ``dtype``.
    """
    source = input if dtype is None else input.to(dtype)
    found: Tensor = call("aten::argmax", _filled(source, mask, _lowest(source.dtype)), dim, keepdim)
    converted: Tensor = found.to(source.dtype)
    return converted


def argmin(
    input: Tensor,
    dim: int | None = None,
    *,
    keepdim: bool = False,
    dtype: Dtype | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    """The index of the smallest element along ``dim`` whose mask is True.

    It has the dtype of the input, or ``dtype``.
    """
    source = input if dtype is None else input.to(dtype)
    found: Tensor = call(
        "aten::argmin", _filled(source, mask, _highest(source.dtype)), dim, keepdim
    )
    converted: Tensor = found.to(source.dtype)
    return converted


def _count(input: Tensor, dim: Dims, mask: Tensor | None) -> Tensor:
    """How many elements are reduced to each of the result, its dimensions kept."""
    ones = call("aten::ones_like", input, dtype=dtypes.int64)
    return sum(ones, dim, keepdim=True, mask=mask)


def _squeezed(result: Tensor, dim: Dims, ndim: int, keepdim: bool) -> Tensor:
    found: Tensor = result if keepdim else call("aten::squeeze", result, _dims(dim, ndim))
    return found


def mean(
    input: Tensor,
    dim: Dims = None,
    *,
    keepdim: bool = False,
    dtype: Dtype | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    """The mean over ``dim`` of the elements whose mask is True; NaN if none is."""
    source = input.to(_fraction_dtype(input, dtype))
    result = sum(source, dim, keepdim=True, mask=mask) / _count(input, dim, mask)
    return _squeezed(result, dim, input.ndim, keepdim)


def median(
    input: Tensor,
    dim: int = -1,
    *,
    keepdim: bool = False,
    dtype: Dtype | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    """The middle element (the lower of two) along ``dim`` of those whose mask is True."""
    source = input if dtype is None else input.to(dtype)
    if not source.is_floating_point():
        raise ValueError(f"a masked median needs a floating point dtype, not {source.dtype!r}")
    if source.ndim == 0:
        source = source.reshape([1])
        result: Tensor = call("aten::nanmedian", _filled(source, mask, math.nan), 0, False)[0]
        return result
    found: Tensor = call("aten::nanmedian", _filled(source, mask, math.nan), dim, keepdim)[0]
    return found


def norm(
    input: Tensor,
    ord: float | None = 2.0,
    dim: Dims = None,
    *,
    keepdim: bool = False,
    dtype: Dtype | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    """The vector norm over ``dim`` of the elements whose mask is True."""
    order = 2.0 if ord is None else float(ord)
    source = _filled(input.to(_fraction_dtype(input, dtype)), mask, math.inf if order < 0 else 0)
    found: Tensor = call("aten::linalg_vector_norm", source, order, _dims(dim, input.ndim), keepdim)
    return found


def var(
    input: Tensor,
    dim: Dims = None,
    unbiased: bool | None = None,
    *,
    correction: float | None = None,
    keepdim: bool = False,
    dtype: Dtype | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    """The variance over ``dim`` of the elements whose mask is True.

    It is divided by their number less ``correction``, which is 1 unless ``unbiased`` is False.
    """
    if unbiased is not None and correction is not None:
        raise RuntimeError("unbiased and correction say the same: give one of them")
    less = (0.0 if unbiased is False else 1.0) if correction is None else float(correction)
    source = input.to(_fraction_dtype(input, dtype))
    count = _count(input, dim, mask)
    away = source - sum(source, dim, keepdim=True, mask=mask) / count
    squares = call("aten::real", away * call("aten::conj", away)) if away.is_complex() else away**2
    total = sum(squares, dim, keepdim=True, mask=mask)
    result = total / call("aten::clamp_min", count - less, 0)
    wanted = result.to(source.dtype)
    return _squeezed(wanted, dim, input.ndim, keepdim)


def std(
    input: Tensor,
    dim: Dims = None,
    unbiased: bool | None = None,
    *,
    correction: float | None = None,
    keepdim: bool = False,
    dtype: Dtype | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    """The square root of :func:`var`."""
    result = var(
        input, dim, unbiased, correction=correction, keepdim=keepdim, dtype=dtype, mask=mask
    )
    found: Tensor = call("aten::sqrt", result)
    return found


def softmax(
    input: Tensor, dim: int, *, dtype: Dtype | None = None, mask: Tensor | None = None
) -> Tensor:
    """``exp(input)`` as parts of one along ``dim``; 0 where the mask is False."""
    source = input.to(_fraction_dtype(input, dtype))
    found: Tensor = call("aten::softmax", _filled(source, mask, -math.inf), dim)
    return found


def log_softmax(
    input: Tensor, dim: int, *, dtype: Dtype | None = None, mask: Tensor | None = None
) -> Tensor:
    """The logarithm of :func:`softmax`."""
    source = input.to(_fraction_dtype(input, dtype))
    found: Tensor = call("aten::log_softmax", _filled(source, mask, -math.inf), dim)
    return found


def softmin(
    input: Tensor, dim: int, *, dtype: Dtype | None = None, mask: Tensor | None = None
) -> Tensor:
    """:func:`softmax` of ``-input``."""
    return softmax(-input.to(_fraction_dtype(input, dtype)), dim, mask=mask)


def normalize(
    input: Tensor,
    ord: float,
    dim: int,
    *,
    eps: float = 1e-12,
    dtype: Dtype | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    """The input divided by its :func:`norm` along ``dim`` (at least ``eps``); 0 where left out."""
    source = input.to(_fraction_dtype(input, dtype))
    length = norm(source, ord, dim, keepdim=True, mask=mask)
    found: Tensor = _filled(source, mask, 0) / call("aten::clamp_min", length, eps)
    return found


def logaddexp(
    input: Tensor,
    other: Tensor,
    *,
    dtype: Dtype | None = None,
    input_mask: Tensor | None = None,
    other_mask: Tensor | None = None,
) -> Tensor:
    """``log(exp(input) + exp(other))``; what a mask leaves out adds nothing."""
    first, second = (x.to(_fraction_dtype(x, dtype)) for x in (input, other))
    found: Tensor = call(
        "aten::logaddexp",
        _filled(first, input_mask, -math.inf),
        _filled(second, other_mask, -math.inf),
    )
    return found


def logsumexp(
    input: Tensor,
    dim: Dims = None,
    *,
    keepdim: bool = False,
    dtype: Dtype | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    """``log(sum(exp(input)))`` over ``dim`` of the elements whose mask is True."""
    source = _filled(input.to(_fraction_dtype(input, dtype)), mask, -math.inf)
    found: Tensor = call("aten::logsumexp", source, _dims(dim, input.ndim), keepdim)
    converted: Tensor = found.to(dtype or input.dtype)
    return converted
