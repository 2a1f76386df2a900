"""Bits and truth values: ``& | ^ ~ << >>`` on integers and bools, and ``logical_*`` on anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.operand_samples import INTS, mismatched
from ops_registry.builtin.operands import Array, Operand, compared
from ops_registry.meta import elementwise, like
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor

F = TypeVar("F", bound=Callable[..., Any])


def _pairs() -> list[Sample]:
    return [
        *[Sample(tensor(5, dtype=d), tensor(5, dtype=d, seed=1)) for d in INTS],
        Sample(tensor(5, dtype=dtypes.bool_), tensor(5, dtype=dtypes.bool_, seed=1)),
        Sample(tensor(3, 1, dtype=dtypes.int32), tensor(4, dtype=dtypes.int64)),
        Sample(tensor(dtype=dtypes.int32), tensor(dtype=dtypes.bool_)),
        Sample(tensor(0, dtype=dtypes.int64), tensor(1, dtype=dtypes.int64)),
    ]


def _scalars() -> list[Sample]:
    return [
        Sample(tensor(5, dtype=dtypes.int32), 6),
        Sample(tensor(5, dtype=dtypes.bool_), True),
        Sample(tensor(5, dtype=dtypes.bool_), 3),
        Sample(tensor(5, dtype=dtypes.uint8), 300),
    ]


def _reflected() -> list[Sample]:
    return [Sample(6, tensor(5, dtype=dtypes.int32)), Sample(True, tensor(5, dtype=dtypes.bool_))]


def _rejects() -> list[Rejected]:
    return [*mismatched(), Rejected(tensor(3), tensor(3))]


def _writing(function: Callable[[Array, Operand], Array]) -> Callable[[Array, Operand], Array]:
    """The kernel of ``__iand__``: the result is written to ``self``."""

    def kernel(self: Array, other: Operand) -> Array:
        np.copyto(self, function(self, other), casting="unsafe")
        return self

    kernel.__doc__ = f"In place: {function.__doc__}"
    return kernel


def _dunders(dunder: str, *, out: bool = False) -> Callable[[F], F]:
    """``__and__`` and ``__iand__`` of a kernel: what Python's operators call."""

    def declare(function: F) -> F:
        written = _writing(function)
        for overload, argument, samples in (
            ("Scalar", "Scalar other", _scalars),
            ("Tensor", "Tensor other", _pairs),
        ):
            operator(
                f"aten::__{dunder}__.{overload}(Tensor self, {argument}) -> Tensor",
                meta=elementwise("self", "other"),
                out=f"{overload}_out" if out else False,
                samples=samples,
            )(function)
            operator(
                f"aten::__i{dunder}__.{overload}(Tensor(a!) self, {argument}) -> Tensor(a!)",
                meta=like("self"),
                samples=lambda samples=samples: [  # type: ignore[misc]
                    s for s in samples() if _fits_in_place(s)
                ],
            )(written)
        return function

    return declare


def _fits_in_place(sample: Sample) -> bool:
    self, other = sample.args
    if self.shape != np.broadcast_shapes(self.shape, np.shape(other)):
        return False
    return self.dtype.kind != "b" or np.asarray(other).dtype.kind == "b"


def _overloads(name: str, ufunc: str, scalar: str = "Scalar") -> Callable[[F], F]:
    """``bitwise_and`` and its like: tensor with tensor, with a number on either side."""

    def declare(function: F) -> F:
        operator(
            f"aten::{name}.Scalar_Tensor(Scalar self, Tensor other) -> Tensor",
            meta=elementwise("self", "other"),
            out=True,
            samples=_reflected,
        )(function)
        operator(
            f"aten::{name}.{scalar}(Tensor self, Scalar other) -> Tensor",
            meta=elementwise("self", "other"),
            inplace=True,
            out=True,
            samples=_scalars,
        )(function)
        return operator(
            f"aten::{name}.Tensor(Tensor self, Tensor other) -> Tensor",
            meta=elementwise("self", "other"),
            inplace=True,
            out="Tensor_out",
            ufunc=ufunc,
            samples=_pairs,
            rejects=_rejects,
        )(function)

    return declare


def _integral(self: Operand, other: Operand, name: str) -> None:
    for operand in (self, other):
        dtype = np.asarray(operand).dtype
        if dtype.kind not in "iub":
            raise RuntimeError(f"{name} takes integers and bools, not {dtype}")


@_overloads("bitwise_and", "bitwise_and")
@_dunders("and")
def bitwise_and(self: Operand, other: Operand) -> Array:
    """``self & other``: of the bits of integers, or of bools. Shapes broadcast."""
    _integral(self, other, "bitwise_and")
    return np.bitwise_and(*compared(self, other))


@_overloads("bitwise_or", "bitwise_or")
@_dunders("or")
def bitwise_or(self: Operand, other: Operand) -> Array:
    """``self | other``: of the bits of integers, or of bools. Shapes broadcast."""
    _integral(self, other, "bitwise_or")
    return np.bitwise_or(*compared(self, other))


@_overloads("bitwise_xor", "bitwise_xor")
@_dunders("xor")
def bitwise_xor(self: Operand, other: Operand) -> Array:
    """``self ^ other``: of the bits of integers, or of bools. Shapes broadcast."""
    _integral(self, other, "bitwise_xor")
    return np.bitwise_xor(*compared(self, other))


def _shift_pairs() -> list[Sample]:
    return [
        Sample(array([1, -8, 3]), array([2, 1, 70])),
        Sample(array([[1, -8, 3]] * 2, dtypes.int32), array([[2], [31]], dtypes.int32)),
        Sample(array([1, 8, 200], dtypes.uint8), array([2, 1, 7], dtypes.uint8)),
    ]


def _shift(name: str, dunder: str) -> Callable[[F], F]:
    def declare(function: F) -> F:
        written = _writing(function)
        for overload, argument, samples in (
            ("Scalar", "Scalar other", lambda: [Sample(array([1, -8, 3]), 2)]),
            ("Tensor", "Tensor other", _shift_pairs),
        ):
            operator(
                f"aten::__{dunder}__.{overload}(Tensor self, {argument}) -> Tensor",
                meta=elementwise("self", "other"),
                out=f"{overload}_out",
                samples=samples,
            )(function)
            operator(
                f"aten::__i{dunder}__.{overload}(Tensor(a!) self, {argument}) -> Tensor(a!)",
                meta=like("self"),
                samples=samples,
            )(written)
        operator(
            f"aten::{name}.Scalar_Tensor(Scalar self, Tensor other) -> Tensor",
            meta=elementwise("self", "other"),
            out=True,
            samples=lambda: [Sample(5, array([1, 2, 3]))],
        )(function)
        operator(
            f"aten::{name}.Tensor_Scalar(Tensor self, Scalar other) -> Tensor",
            meta=elementwise("self", "other"),
            inplace=True,
            out=True,
            samples=lambda: [Sample(array([1, -8, 3]), 2)],
        )(function)
        return operator(
            f"aten::{name}.Tensor(Tensor self, Tensor other) -> Tensor",
            meta=elementwise("self", "other"),
            inplace=True,
            out="Tensor_out",
            samples=_shift_pairs,
        )(function)

    return declare


@_shift("bitwise_left_shift", "lshift")
def bitwise_left_shift(self: Operand, other: Operand) -> Array:
    """``self << other``; zero where more bits are shifted than there are. Shapes broadcast."""
    _integral(self, other, "bitwise_left_shift")
    return np.left_shift(*compared(self, other))


@_shift("bitwise_right_shift", "rshift")
def bitwise_right_shift(self: Operand, other: Operand) -> Array:
    """``self >> other``, the sign filled in from the left. Shapes broadcast."""
    _integral(self, other, "bitwise_right_shift")
    return np.right_shift(*compared(self, other))


@operator(
    "aten::bitwise_not(Tensor self) -> Tensor",
    meta=like("self"),
    inplace=True,
    out=True,
    ufunc="invert",
    samples=lambda: [
        *[Sample(tensor(5, dtype=d)) for d in INTS],
        Sample(tensor(5, dtype=dtypes.bool_)),
        Sample(array(True)),
    ],
    rejects=lambda: [Rejected(tensor(3))],
)
def bitwise_not(self: Array) -> Array:
    """``~self``: the bits inverted, or the truth value of bools."""
    _integral(self, self, "bitwise_not")
    return np.invert(self)


# Truth values.


def _truth_pairs() -> list[Sample]:
    return [
        Sample(tensor(5, dtype=dtypes.bool_), tensor(5, dtype=dtypes.bool_, seed=1)),
        Sample(array([0.0, 1.5, np.nan]), array([[0], [1]])),
        Sample(array([0, 1, 2]), array([0.0, 0.0, 3.0])),
        Sample(tensor(), array(False)),
        Sample(tensor(4, dtype=dtypes.bfloat16), tensor(4, dtype=dtypes.bool_)),
    ]


def _truth(name: str) -> Callable[[F], F]:
    return operator(
        f"aten::{name}(Tensor self, Tensor other) -> Tensor",
        meta=elementwise("self", "other", result=dtypes.bool_),
        inplace=True,
        out=True,
        ufunc=name,
        samples=_truth_pairs,
        rejects=mismatched,
    )


@_truth("logical_and")
def logical_and(self: Array, other: Array) -> Array:
    """Whether both elements are true (not zero). Shapes broadcast."""
    return np.logical_and(_true(self), _true(other))


@_truth("logical_or")
def logical_or(self: Array, other: Array) -> Array:
    """Whether one of two elements is true (not zero). Shapes broadcast."""
    return np.logical_or(_true(self), _true(other))


@_truth("logical_xor")
def logical_xor(self: Array, other: Array) -> Array:
    """Whether exactly one of two elements is true (not zero). Shapes broadcast."""
    return np.logical_xor(_true(self), _true(other))


@operator(
    "aten::logical_not(Tensor self) -> Tensor",
    meta=elementwise("self", result=dtypes.bool_),
    inplace=True,
    out=True,
    ufunc="logical_not",
    samples=lambda: [Sample(s.args[0]) for s in _truth_pairs()],
)
def logical_not(self: Array) -> Array:
    """Whether an element is zero."""
    return np.logical_not(_true(self))


def _true(self: Array) -> Array:
    return self if self.dtype.kind == "b" else np.not_equal(self, 0)
