"""Subscripts of tensors: ``x[...]`` and ``x[...] = y`` as the operators PyTorch runs for them.

Integers become ``select``, slices ``slice``, None ``unsqueeze``; index tensors and masks are
collected and become one ``index`` or ``index_put_``. A trace therefore records the same nodes.
"""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np

from tscript.runtime.tensor import Tensor, wrap
from tscript.runtime.tensor_operators import call
from tscript.runtime.tracing_state import current_tracer

_END = 2**63 - 1


def get_item(tensor: Tensor, index: Any) -> Tensor:
    """``tensor[index]``: a view unless index tensors or masks are involved."""
    view, indices = _apply(tensor, _as_tuple(index))
    if any(i is not None for i in indices):
        indexed: Tensor = call("aten::index", view, indices)
        return indexed
    if view is tensor:
        # Nothing was subscripted away: still a new view, as in PyTorch.
        alias: Tensor = call("aten::alias", tensor)
        return alias
    return view


def set_item(tensor: Tensor, index: Any, value: Any) -> None:
    """``tensor[index] = value``: writes through the view; the value broadcasts."""
    source = _value_tensor(tensor, value)
    if index is False:  # an empty selection
        return
    view, indices = _apply(tensor, _as_tuple(index))
    if any(i is not None for i in indices):
        source = _drop_leading_ones(source, _indexed_ndim(view, indices))
        call("aten::index_put_", view, indices, source)
        return
    _copy_to(view, source)


def _as_tuple(index: Any) -> tuple[Any, ...]:
    if isinstance(index, tuple):
        return tuple(index)
    return (index,)


def _value_tensor(tensor: Tensor, value: Any) -> Tensor:
    if isinstance(value, Tensor):
        return value
    if isinstance(value, numbers.Number | np.generic | bool):
        if isinstance(value, complex) and not tensor.is_complex():
            raise RuntimeError("a complex number cannot be written into a real tensor")
        dtype = tensor.array.dtype
        if dtype.kind in "iu" and isinstance(value, float) and value == value:
            value = int(value)
        return wrap(np.array(value, dtype))
    if isinstance(value, np.ndarray):
        return wrap(value)
    raise TypeError(
        f"can't assign a {type(value).__name__} to a tensor: convert it with torch.tensor first"
    )


def _copy_to(view: Tensor, source: Tensor) -> None:
    if source.array.ndim == 0 and view.array.ndim != 0 and current_tracer() is None:
        call("aten::fill_", view, source)
        return
    call("aten::copy_", view, _drop_leading_ones(source, view.array.ndim))


def _drop_leading_ones(source: Tensor, ndim: int) -> Tensor:
    """Leading dimensions of extent 1 beyond the target's do not stand in the way."""
    shape = source.array.shape
    extra = 0
    while len(shape) - extra > ndim and shape[extra] == 1:
        extra += 1
    if not extra:
        return source
    viewed: Tensor = call("aten::view", source, list(shape[extra:]))
    return viewed


def _indexed_ndim(view: Tensor, indices: Sequence[Tensor | None]) -> int:
    tensors = [i.array for i in indices if i is not None]
    consumed = sum(max(a.ndim, 1) if a.dtype.kind == "b" else 1 for a in tensors)
    broadcast = max(1 if a.dtype.kind == "b" else a.ndim for a in tensors)
    return view.array.ndim - consumed + broadcast


def _consumed(item: Any) -> int:
    """How many dimensions of the tensor an item of the subscript takes."""
    if item is None or item is Ellipsis or isinstance(item, bool | np.bool_):
        return 0
    if isinstance(item, Tensor) and item.array.dtype.kind == "b":
        return item.array.ndim
    if isinstance(item, np.ndarray) and item.dtype.kind == "b":
        return item.ndim
    if isinstance(item, list | tuple):
        converted = np.asarray(_plain(item))
        return converted.ndim if converted.dtype.kind == "b" else 1
    return 1


def _plain(item: Any) -> Any:
    if isinstance(item, Tensor):
        return item.array
    if isinstance(item, list | tuple):
        return [_plain(i) for i in item]
    return item


def _apply(tensor: Tensor, items: tuple[Any, ...]) -> tuple[Tensor, list[Tensor | None]]:
    """Apply what gives views; return the view and the index tensors that remain, by dimension."""
    taken = sum(map(_consumed, items))
    if taken > tensor.array.ndim:
        if tensor.array.ndim == 0:
            raise IndexError("a 0-dim tensor cannot be subscripted: use tensor.item()")
        raise IndexError(
            f"too many subscripts: {taken} for a tensor of {tensor.array.ndim} dimensions"
        )
    if sum(item is Ellipsis for item in items) > 1:
        raise IndexError("a subscript has at most one '...'")
    remaining = tensor.array.ndim - taken
    view = tensor
    dim = 0
    indices: list[Tensor | None] = []

    def record(index: Tensor) -> None:
        while len(indices) <= dim:
            indices.append(None)
        indices[dim] = index

    for item in items:
        if item is None:
            view = call("aten::unsqueeze", view, dim)
            dim += 1
        elif item is Ellipsis:
            dim += remaining
        elif isinstance(item, slice):
            view = _sliced(view, dim, item)
            dim += 1
        elif isinstance(item, bool | np.bool_):
            view = call("aten::unsqueeze", view, dim)
            record(wrap(np.array([bool(item)])))
            dim += 1
        elif isinstance(item, Tensor):
            kind = item.array.dtype.kind
            if item.array.ndim == 0 and kind in "iu":
                view = call("aten::select", view, dim, item)
            elif item.array.ndim == 0 and kind == "b":
                view = call("aten::unsqueeze", view, dim)
                record(call("aten::unsqueeze", item, 0))
                dim += 1
            else:
                _check_index_dtype(item)
                record(item)
                dim += item.array.ndim if kind == "b" else 1
        elif isinstance(item, list | tuple | np.ndarray):
            index = _index_tensor(item)
            record(index)
            dim += index.array.ndim if index.array.dtype.kind == "b" else 1
        elif hasattr(item, "__index__"):
            view = call("aten::select", view, dim, item)
        else:
            raise IndexError(
                "tensors are subscripted by integers, slices, '...', None, and tensors or lists"
                f" of integers or bools, not by {type(item).__name__}"
            )
    return view, indices


def _check_index_dtype(item: Tensor) -> None:
    if item.array.dtype.kind not in "iub":
        raise IndexError(f"a tensor used as a subscript has integers or bools, not {item.dtype!r}")


def _index_tensor(item: Any) -> Tensor:
    if isinstance(item, np.ndarray):
        found = wrap(item)
    else:
        plain = np.asarray(_plain(item))
        found = wrap(plain.astype(np.int64) if plain.size == 0 else plain)
    _check_index_dtype(found)
    return found


def _sliced(view: Tensor, dim: int, item: slice) -> Tensor:
    step = 1 if item.step is None else item.step
    if isinstance(step, int) and step <= 0:
        raise ValueError("a slice of a tensor has a positive step")
    start, stop = item.start, item.stop
    if start is None and stop is None and step == 1 and current_tracer() is None:
        return view
    start = 0 if start is None else start
    stop = _END if stop is None else stop
    for bound in (start, stop, step):
        if not hasattr(bound, "__index__"):
            raise TypeError(f"a slice of a tensor has integer bounds, not {type(bound).__name__}")
    sliced: Tensor = call("aten::slice", view, dim, start, stop, step)
    return sliced
