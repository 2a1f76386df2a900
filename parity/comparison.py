"""Do two results agree? Values, dtype, shape, structure, and what memory they share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

import tscript
from ops_registry.storage import storage_of
from parity.translation import array, back

#: (rtol, atol) of `torch.testing.assert_close` by dtype; 0 for the others.
DEFAULTS = {
    "float16": (1e-3, 1e-5),
    "bfloat16": (1.6e-2, 1e-5),
    "float32": (1.3e-6, 1e-5),
    "float64": (1e-7, 1e-7),
    "complex32": (1e-3, 1e-5),
    "complex64": (1.3e-6, 1e-5),
    "complex128": (1e-7, 1e-7),
}

Tolerances = dict[str, tuple[float, float]]


class Difference(Exception):
    """What differs, in words. `values` when it is nothing but the numbers."""

    def __init__(self, text: str, *, values: bool = False) -> None:
        super().__init__(text)
        self.values = values


def compare(ours: Any, theirs: Any, tolerances: Tolerances, *, values: bool = True) -> None:
    """Raise `Difference` unless the results agree; `values=False` leaves the numbers out."""
    if isinstance(theirs, torch.Tensor):
        _compare_tensors(ours, theirs, tolerances, values)
    elif isinstance(theirs, torch.Size):
        if not isinstance(ours, tscript.Size) or tuple(ours) != tuple(theirs):
            raise Difference(f"{ours!r} instead of {theirs!r}")
    elif isinstance(theirs, list | tuple):
        if not isinstance(ours, list | tuple) or len(ours) != len(theirs):
            raise Difference(f"{_kind(ours)} instead of {_kind(theirs)}")
        # a named tuple of PyTorch's: its fields are read by name
        for name in getattr(theirs, "_fields", ()):
            if not hasattr(ours, name):
                raise Difference(f"the result has no field {name!r}")
        if isinstance(theirs, list) is not isinstance(ours, list):
            raise Difference(f"{_kind(ours)} instead of {_kind(theirs)}")
        for one, other in zip(ours, theirs):
            compare(one, other, tolerances, values=values)
    elif isinstance(theirs, bool | int | float | complex):
        if type(ours) is not type(theirs):
            raise Difference(f"{_kind(ours)} instead of {_kind(theirs)}")
        rtol, atol = tolerances.get("float64", DEFAULTS["float64"])
        close = ours == theirs or bool(
            np.isclose(ours, theirs, rtol=rtol, atol=atol, equal_nan=True)
        )
        if values and not close:
            raise Difference(f"{ours!r} instead of {theirs!r}", values=True)
    elif theirs is None or isinstance(theirs, str):
        if ours != theirs:
            raise Difference(f"{ours!r} instead of {theirs!r}")
    elif str(ours) != str(theirs):
        raise Difference(f"{ours} instead of {theirs}")


def _compare_tensors(ours: Any, theirs: torch.Tensor, tolerances: Tolerances, values: bool) -> None:
    if not isinstance(ours, tscript.Tensor):
        raise Difference(f"{_kind(ours)} instead of {_kind(theirs)}")
    if repr(ours.dtype) != str(theirs.dtype):
        raise Difference(f"dtype {ours.dtype!r} instead of {theirs.dtype}")
    if tuple(ours.shape) != tuple(theirs.shape):
        raise Difference(f"shape {tuple(ours.shape)} instead of {tuple(theirs.shape)}")
    if not values:
        return
    actual, expected = array(ours), array(theirs)
    name = str(theirs.dtype).removeprefix("torch.")
    rtol, atol = tolerances.get(name, DEFAULTS.get(name, (0.0, 0.0)))
    if name in DEFAULTS:
        with np.errstate(all="ignore"):
            close = np.isclose(actual, expected, rtol=rtol, atol=atol, equal_nan=True)
    else:
        close = np.asarray(actual == expected)
    if not close.all():
        place = tuple(int(i) for i in np.argwhere(~close)[0])
        differing = int((~close).sum())
        raise Difference(
            f"{differing} of {close.size} values, such as {actual[place]} instead of"
            f" {expected[place]} at {list(place)}",
            values=True,
        )


def _kind(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"{type(value).__name__} of {len(value)}"
    return f"{type(value).__module__.split('.')[0]}.{type(value).__name__}"


def no_less_exact(ours: Any, theirs: Any, exact: Any) -> bool:
    """Whether our error is at most twice PyTorch's, `exact` being the result in double precision.

    Two right results in single precision may differ by more than the usual tolerance, where large
    terms cancel; then neither is the measure of the other.
    """
    results = [tensors(value) for value in (ours, theirs, exact)]
    if len({len(found) for found in results}) != 1:
        return False
    for one, other, right in zip(*results):
        if not (other.is_floating_point() or other.is_complex()):
            if not np.array_equal(array(one), array(other)):
                return False
            continue
        actual, expected, wide = array(one), array(other), array(right)
        with np.errstate(all="ignore"):
            errors = [np.abs(found - wide) for found in (actual, expected)]
        same = (actual == expected) | (np.isnan(actual) & np.isnan(expected))
        allowed = 2 * np.max(errors[1], initial=0.0, where=~same)
        if not np.all(same | (errors[0] <= allowed)):
            return False
    return True


def compare_processed(ours: Any, theirs: Any, process: Any, tolerances: Tolerances) -> bool:
    """Whether results agree once the entry took away what is arbitrary: the sign of vectors."""
    try:
        one, other = process(back(ours)), process(theirs)
    except Exception:  # the entry's own function fails on our result: it is not alike
        return False
    ones, others = list(_plain_tensors(one)), list(_plain_tensors(other))
    if len(ones) != len(others):
        return False
    for actual, expected in zip(ones, others):
        name = str(expected.dtype).removeprefix("torch.")
        rtol, atol = tolerances.get(name, DEFAULTS.get(name, (0.0, 0.0)))
        same = torch.allclose(actual, expected, rtol=rtol, atol=atol, equal_nan=True)
        if actual.shape != expected.shape or not same:
            return False
    return True


def _plain_tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _plain_tensors(item)


def tensors(value: Any) -> list[Any]:
    """All tensors in a value, of either side, in order."""
    if isinstance(value, torch.Tensor | tscript.Tensor):
        return [value]
    if isinstance(value, dict):
        return [found for item in value.values() for found in tensors(item)]
    if isinstance(value, list | tuple):
        return [found for item in value for found in tensors(item)]
    return []


def compare_memory(ours: Any, our_args: Any, theirs: Any, their_args: Any) -> None:
    """Raise `Difference` unless the same results share memory with the same arguments.

    A write to each result that is a view must leave the arguments alike.
    """
    our_results, their_results = tensors(ours), tensors(theirs)
    our_inputs, their_inputs = tensors(our_args), tensors(their_args)
    for number, (one, other) in enumerate(zip(our_results, their_results)):
        shares = [i for i, t in enumerate(their_inputs) if _same_storage(other, t)]
        here = [i for i, t in enumerate(our_inputs) if _one_memory(one.array, t.array)]
        if shares != here and other.numel():
            raise Difference(f"result {number} is {'no' if shares else 'a'} view")
        if shares and other.numel() and not _overlapping(other):
            value = True if other.dtype == torch.bool else 1
            other.fill_(value)
            one.fill_(value)
    for number, (one, other) in enumerate(zip(our_inputs, their_inputs)):
        try:  # what the call itself wrote there may be rounded differently
            compare(one, other, DEFAULTS)
        except Difference as difference:
            raise Difference(f"afterwards argument {number} differs: {difference}") from None


def _one_memory(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two arrays lie in one allocation, as tensors of one storage do."""
    if not one.size or not other.size:
        return False
    return np.may_share_memory(storage_of(one)[0], storage_of(other)[0])


def _same_storage(one: torch.Tensor, other: torch.Tensor) -> bool:
    if one.layout != torch.strided or not one.numel() or not other.numel():
        return False
    return one.untyped_storage().data_ptr() == other.untyped_storage().data_ptr()


def _overlapping(value: torch.Tensor) -> bool:
    """Whether two elements may be one place in memory, which PyTorch refuses to write to."""
    reach = sorted((s, n) for s, n in zip(value.stride(), value.shape) if n > 1)
    end = 0
    for stride, size in reach:
        if stride <= end:
            return True
        end += stride * (size - 1)
    return False
