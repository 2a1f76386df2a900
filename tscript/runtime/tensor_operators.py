"""Python's operators on tensors: ``x + 1``, ``x[i]``, ``x += y``.

Each is the aten operator that PyTorch calls for it, so that a trace records the same node. What a
tensor *is* lives in :mod:`tscript.runtime.tensor`, what subscripts mean in
:mod:`tscript.runtime.subscript`.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from tscript.runtime.tensor import Tensor

_eager: Callable[..., Any] | None = None


def call(name: str, *args: Any, **kwargs: Any) -> Any:
    """Run an operator by name on live values; see :func:`tscript.runtime.overloads.eager`."""
    global _eager
    if _eager is None:
        from tscript.runtime.overloads import eager

        _eager = eager
    return _eager(name, args, kwargs)


def _is_operand(value: object) -> bool:
    """A tensor, a number, or an array of anyone's that can be shared: real PyTorch's tensors."""
    if isinstance(value, TensorOperators | numbers.Number | np.generic | np.ndarray):
        return True
    return hasattr(value, "__dlpack__")


def _binary(name: str) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        if not _is_operand(other):
            return NotImplemented
        return call(name, self, other)

    return method


def _swapped(name: str) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        if not _is_operand(other):
            return NotImplemented
        return call(name, other, self)

    return method


def _comparison(name: str) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        if not _is_operand(other):
            return NotImplemented
        return call(name, self, other)

    return method


def _in_place(name: str) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        if not _is_operand(other):
            return NotImplemented
        return call(name, self, other)

    return method


def _unary(name: str) -> Callable[[Any], Any]:
    def method(self: Any) -> Any:
        return call(name, self)

    return method


class TensorOperators:
    """The operator methods of :class:`tscript.runtime.tensor.Tensor`."""

    __slots__ = ()

    #: ``ndarray * tensor`` is the tensor's business.
    __array_priority__ = 1000

    __add__ = _binary("aten::add")
    __radd__ = _binary("aten::add")
    __sub__ = _binary("aten::sub")
    __rsub__ = _binary("aten::rsub")
    __mul__ = _binary("aten::mul")
    __rmul__ = _binary("aten::mul")
    __truediv__ = _binary("aten::div")
    __floordiv__ = _binary("aten::floor_divide")
    __mod__ = _binary("aten::remainder")
    __rdiv__ = _swapped("aten::div")
    __rmod__ = _swapped("aten::remainder")
    __pow__ = _binary("aten::pow")
    __rpow__ = _swapped("aten::pow")
    __matmul__ = _binary("aten::matmul")
    __rmatmul__ = _swapped("aten::matmul")
    __and__ = _binary("aten::__and__")
    __rand__ = _binary("aten::__and__")
    __or__ = _binary("aten::__or__")
    __ror__ = _binary("aten::__or__")
    __xor__ = _binary("aten::__xor__")
    __rxor__ = _binary("aten::__xor__")
    __lshift__ = _binary("aten::__lshift__")
    __rlshift__ = _swapped("aten::bitwise_left_shift")
    __rshift__ = _binary("aten::__rshift__")
    __rrshift__ = _swapped("aten::bitwise_right_shift")

    __iadd__ = _in_place("aten::add_")
    __isub__ = _in_place("aten::sub_")
    __imul__ = _in_place("aten::mul_")
    __itruediv__ = _in_place("aten::div_")
    __ifloordiv__ = _in_place("aten::floor_divide_")
    __imod__ = _in_place("aten::remainder_")
    __ipow__ = _in_place("aten::pow_")
    __iand__ = _in_place("aten::__iand__")
    __ior__ = _in_place("aten::__ior__")
    __ixor__ = _in_place("aten::__ixor__")
    __ilshift__ = _in_place("aten::__ilshift__")
    __irshift__ = _in_place("aten::__irshift__")

    __lt__ = _comparison("aten::lt")
    __le__ = _comparison("aten::le")
    __gt__ = _comparison("aten::gt")
    __ge__ = _comparison("aten::ge")
    __eq__ = _comparison("aten::eq")
    __ne__ = _comparison("aten::ne")

    __neg__ = _unary("aten::neg")
    __abs__ = _unary("aten::abs")
    __invert__ = _unary("aten::bitwise_not")

    def __hash__(self) -> int:
        return id(self)

    def __pos__(self) -> Any:
        return self

    def __rtruediv__(self, other: Any) -> Any:
        if not _is_operand(other):
            return NotImplemented
        return call("aten::mul", call("aten::reciprocal", self), other)

    def __rfloordiv__(self: Any, other: Any) -> Any:
        if not _is_operand(other):
            return NotImplemented
        if isinstance(other, numbers.Number | np.generic):
            # The operator takes no number first: a 0-dim tensor of the common dtype stands for it.
            from ops_registry.meta import meta_of, result_dtype
            from tscript.runtime.creation import scalar_tensor

            other = scalar_tensor(other, result_dtype(meta_of(self.array), other))  # type: ignore[arg-type]
        return call("aten::floor_divide", other, self)

    def __getitem__(self: Any, index: Any) -> Tensor:
        from tscript.runtime.subscript import get_item

        return get_item(self, index)

    def __setitem__(self: Any, index: Any, value: Any) -> None:
        from tscript.runtime.subscript import set_item

        set_item(self, index, value)

    def __contains__(self, element: Any) -> bool:
        if not _is_operand(element):
            raise RuntimeError(
                f"`in` on a tensor takes a number or a tensor, not {type(element).__name__}"
            )
        return bool(call("aten::any", call("aten::eq", self, element)))

    def __reversed__(self: Any) -> Any:
        return self if self.dim() == 0 else call("aten::flip", self, [0])
