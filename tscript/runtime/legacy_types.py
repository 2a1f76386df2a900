"""``torch.FloatTensor`` and its relatives: constructors of tensors of one dtype."""

from __future__ import annotations

from typing import Any

import numpy as np

from ops_registry import dtypes
from ops_registry.dtypes import Dtype
from tscript.runtime.creation import tensor
from tscript.runtime.tensor import Tensor, wrap


class _LegacyMeta(type):
    """Makes ``isinstance(x, torch.LongTensor)`` a question about the dtype."""

    dtype: Dtype

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, Tensor) and value.dtype is cls.dtype

    def __call__(cls, *args: Any) -> Tensor:
        if len(args) == 1 and not isinstance(args[0], int):
            return tensor(args[0], dtype=cls.dtype)
        return wrap(np.empty(args or (0,), cls.dtype.numpy))


def _legacy(name: str, dtype: Dtype) -> Any:
    return _LegacyMeta(name, (), {"dtype": dtype, "__module__": "torch"})


FloatTensor = _legacy("FloatTensor", dtypes.float32)
DoubleTensor = _legacy("DoubleTensor", dtypes.float64)
HalfTensor = _legacy("HalfTensor", dtypes.float16)
BFloat16Tensor = _legacy("BFloat16Tensor", dtypes.bfloat16)
ByteTensor = _legacy("ByteTensor", dtypes.uint8)
CharTensor = _legacy("CharTensor", dtypes.int8)
ShortTensor = _legacy("ShortTensor", dtypes.int16)
IntTensor = _legacy("IntTensor", dtypes.int32)
LongTensor = _legacy("LongTensor", dtypes.int64)
BoolTensor = _legacy("BoolTensor", dtypes.bool_)
