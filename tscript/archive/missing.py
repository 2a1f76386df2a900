"""Operators that a loaded program names and that do not exist here.

Programs hold much that never runs (PyTorch's own transformer layers and their fused kernels), so that one
operator is missing is no reason to refuse the whole: its call raises when it is reached, and is written
as it was when the program is saved again.
"""

from __future__ import annotations

from typing import Any, NoReturn

from ops_registry import types as t
from ops_registry.schema import Argument, FunctionSchema
from tscript.frontend.resolver import PythonDefinition

#: What such operators of PyTorch's own layers give, where it is no Tensor.
_RESULTS: dict[str, t.Type] = {
    "torch._native_multi_head_attention": t.TupleType((t.TENSOR, t.TENSOR)),
    "torch._nested_tensor_from_mask_left_aligned": t.BOOL,
}


class MissingOperator:
    """Stands for an operator; calling it raises.

    >>> MissingOperator("torch.frobnicate")()
    Traceback (most recent call last):
    ...
    NotImplementedError: the operator `torch.frobnicate` does not exist here
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError(f"the operator `{self.name}` does not exist here")


def missing_operator(name: str) -> PythonDefinition:
    """What a call of the operator ``name`` means: it takes anything, and is taken to give a Tensor."""
    result = _RESULTS.get(name, t.TENSOR)
    schema = FunctionSchema(name, "", (), (Argument("", result, result),), is_vararg=True)
    return PythonDefinition(schema, None, MissingOperator(name), accepts_any=True)
