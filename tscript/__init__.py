"""TorchScript without PyTorch: ``import tscript as torch``.

The names are PyTorch's. Nothing loads before it is used: operators come from the registry
(``torch.relu`` is ``aten::relu``), the rest from the table below; ``import tscript`` itself costs
next to nothing.

>>> import tscript as torch
>>> torch.relu(torch.tensor([-1.0, 2.0]))
tensor([0., 2.])
"""

from __future__ import annotations

import builtins
import importlib
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # what the tables below say, for type checkers; operators are untyped
    from ops_registry.device import Device
    from ops_registry.dtypes import Dtype
    from tscript import jit as jit
    from tscript import nn as nn
    from tscript import testing as testing
    from tscript.runtime.grad_mode import enable_grad as enable_grad
    from tscript.runtime.grad_mode import inference_mode as inference_mode
    from tscript.runtime.grad_mode import no_grad as no_grad
    from tscript.runtime.size import Size as Size
    from tscript.runtime.tensor import Tensor as Tensor
    from tscript.serialization import load as load
    from tscript.serialization import save as save

    # an import under another name is no export
    device = Device
    dtype = Dtype

__version__ = "0.1.0"

pi = math.pi
e = math.e
inf = math.inf
nan = math.nan
newaxis = None

_SUBMODULES = frozenset(
    """autograd backends cuda fft functional jit linalg masked nn ops profiler random signal special testing"""
    .split()
)  # fmt: skip

_DTYPES = frozenset(
    """uint8 int8 int16 int32 int64 uint16 uint32 uint64 float16 float32 float64 bfloat16 complex32
    complex64 complex128 bool qint8 quint8 qint32 float8_e5m2 float8_e4m3fn float8_e5m2fnuz
    float8_e4m3fnuz half float double short int long chalf cfloat cdouble""".split()
)

#: Where names that are neither operators, dtypes nor submodules live.
_NAMES: dict[str, str] = {
    **dict.fromkeys(("Tensor",), "tscript.runtime.tensor"),
    **dict.fromkeys(("Size",), "tscript.runtime.size"),
    **dict.fromkeys(
        ("tensor", "as_tensor", "asarray", "from_numpy", "from_dlpack"),
        "tscript.runtime.creation",
    ),
    **dict.fromkeys(
        (
            "no_grad", "enable_grad", "inference_mode", "set_grad_enabled", "is_grad_enabled",
            "is_inference_mode_enabled",
        ),
        "tscript.runtime.grad_mode",
    ),
    **dict.fromkeys(
        (
            "strided", "sparse_coo", "sparse_csr", "contiguous_format", "preserve_format",
            "channels_last", "channels_last_3d",
        ),
        "tscript.runtime.layout",
    ),
    **dict.fromkeys(("set_printoptions",), "tscript.runtime.tensor_print"),
    **dict.fromkeys(
        ("manual_seed", "seed", "initial_seed", "get_rng_state", "set_rng_state"), "tscript.random"
    ),
    **dict.fromkeys(
        (
            "set_num_threads", "get_num_threads", "set_num_interop_threads",
            "get_num_interop_threads",
        ),
        "tscript.runtime.threads",
    ),
    **dict.fromkeys(("save", "load"), "tscript.serialization"),
    **dict.fromkeys(("fork", "wait"), "tscript.jit.forms"),
    **dict.fromkeys(
        (
            "is_tensor", "is_storage", "set_default_dtype", "get_default_dtype", "finfo", "iinfo",
            "promote_types", "can_cast", "result_type", "typename", "broadcast_shapes", "numel",
            "is_floating_point", "is_complex", "einsum", "meshgrid", "broadcast_tensors", "split",
            "block_diag", "cartesian_prod",
            "atleast_1d", "atleast_2d", "atleast_3d", "get_default_device", "nonzero",
            "unravel_index", "_segment_reduce", "svd_lowrank", "pca_lowrank",
            "use_deterministic_algorithms", "compile", "is_nonzero",
            "are_deterministic_algorithms_enabled", "set_float32_matmul_precision",
            "get_float32_matmul_precision", "set_flush_denormal", "is_autocast_enabled",
            "is_inference", "is_distributed", "get_device", "set_default_tensor_type", "_assert",
        ),
        "tscript.functional",
    ),
    **dict.fromkeys(
        ("cdist", "lu", "norm", "stft", "tensordot", "unique", "unique_consecutive"),
        "tscript.scripted_functions",
    ),
    **dict.fromkeys(
        (
            "FloatTensor", "DoubleTensor", "HalfTensor", "BFloat16Tensor", "ByteTensor",
            "CharTensor", "ShortTensor", "IntTensor", "LongTensor", "BoolTensor",
        ),
        "tscript.runtime.legacy_types",
    ),
}  # fmt: skip

_RENAMED: dict[str, tuple[str, str]] = {
    "device": ("ops_registry.device", "Device"),
    "dtype": ("ops_registry.dtypes", "Dtype"),
    "layout": ("tscript.runtime.layout", "Layout"),
    "memory_format": ("tscript.runtime.layout", "MemoryFormat"),
    "Generator": ("tscript.runtime.generator", "Generator"),
}


def __getattr__(name: str) -> Any:
    found = _find(name)
    globals()[name] = found
    return found


def _find(name: str) -> Any:
    if name in _DTYPES:
        from ops_registry import dtypes

        alias = dtypes.ALIASES.get(name)
        return getattr(dtypes, "bool_" if name == "bool" else name) if alias is None else alias
    if name in _SUBMODULES:
        return importlib.import_module(f"tscript.{name}")
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    if name in _RENAMED:
        module, attribute = _RENAMED[name]
        return getattr(importlib.import_module(module), attribute)
    if name == "default_generator":
        from tscript.runtime.generator import default_generator

        return default_generator()
    if not name.startswith("__"):
        from tscript.runtime.namespaces import operator_function

        found = operator_function("aten", name)
        if found is not None:
            return found
    raise AttributeError(f"module 'tscript' has no attribute {name!r}")


def __dir__() -> list[str]:
    from ops_registry.registry import registry

    operators = {n.removeprefix("aten::") for n in registry().names() if n.startswith("aten::")}
    names = {*globals(), *_SUBMODULES, *_DTYPES, *_NAMES, *_RENAMED, *operators}
    # not the operator, which is a name of this module once it was asked for
    return builtins.sorted(n for n in names if not n.startswith("__"))
