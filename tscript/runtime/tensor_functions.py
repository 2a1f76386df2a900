"""Methods of tensors that Python spells differently from any schema: ``x.unique()``, ``x.where(c, y)``.

What is one operator needs no method here: the registry has it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tscript.runtime.tensor_operators import call

if TYPE_CHECKING:
    from tscript.runtime.tensor import Tensor


class TensorFunctions:
    """Such methods of :class:`tscript.runtime.tensor.Tensor`."""

    __slots__ = ()

    def split(self: Any, split_size: Any, dim: int = 0) -> tuple[Tensor, ...]:
        """Views of the tensor cut along ``dim``; see :func:`tscript.functional.split`."""
        from tscript.functional import split

        return split(self, split_size, dim)

    def norm(
        self: Any, p: Any = "fro", dim: Any = None, keepdim: bool = False, dtype: Any = None
    ) -> Tensor:
        """The norm over ``dim``; see :func:`tscript.scripted_functions.norm`."""
        from tscript.scripted_functions import norm

        return norm(self, p, dim, keepdim, dtype)

    def unique(
        self: Any,
        sorted: bool = True,
        return_inverse: bool = False,
        return_counts: bool = False,
        dim: int | None = None,
    ) -> Any:
        """The distinct elements; see :func:`tscript.scripted_functions.unique`."""
        from tscript.scripted_functions import unique

        return unique(self, sorted, return_inverse, return_counts, dim)

    def unique_consecutive(
        self: Any,
        return_inverse: bool = False,
        return_counts: bool = False,
        dim: int | None = None,
    ) -> Any:
        """The first of every run of equal elements."""
        from tscript.scripted_functions import unique_consecutive

        return unique_consecutive(self, return_inverse, return_counts, dim)

    def where(self: Any, condition: Tensor, other: Any) -> Tensor:
        """The elements of the tensor where ``condition`` holds, of ``other`` elsewhere."""
        chosen: Tensor = call("aten::where", condition, self, other)
        return chosen

    def new_tensor(self: Any, data: Any, **options: Any) -> Tensor:
        """``torch.tensor(data)`` with this tensor's dtype unless another is given."""
        from tscript.runtime.creation import tensor

        dtype = options.pop("dtype", None)
        return tensor(data, dtype=self.dtype if dtype is None else dtype, **options)

    def apply_(self: Any, function: Callable[[Any], Any]) -> Tensor:
        """Replace every element by what a Python function makes of it; slow."""
        array = self.array
        for place in np.ndindex(array.shape):
            array[place] = function(array[place].item())
        found: Tensor = self
        return found

    def map_(self: Any, other: Tensor, function: Callable[[Any, Any], Any]) -> Tensor:
        """Replace every element by what a Python function makes of it and of ``other``'s; slow."""
        array, second = self.array, np.broadcast_to(other.array, self.array.shape)
        for place in np.ndindex(array.shape):
            array[place] = function(array[place].item(), second[place].item())
        found: Tensor = self
        return found

    def to_dense(self: Any, dtype: Any = None) -> Tensor:
        """The tensor itself: all are dense."""
        found: Tensor = self if dtype is None else call("aten::to", self, dtype)
        return found

    def share_memory_(self: Any) -> Tensor:
        """The tensor itself: processes get copies."""
        found: Tensor = self
        return found

    def pin_memory(self: Any) -> Tensor:
        """The tensor itself: there is no GPU to copy to."""
        found: Tensor = self
        return found

    def is_pinned(self) -> bool:
        return False

    def dim_order(self: Any) -> tuple[int, ...]:
        """The dimensions from the slowest in memory to the fastest."""
        strides = self.stride()
        return tuple(sorted(range(len(strides)), key=lambda d: -strides[d]))
