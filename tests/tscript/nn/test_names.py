"""Every class of ``torch.nn`` and every function of ``nn.functional`` has its name here."""

from __future__ import annotations

import inspect
from types import ModuleType

import pytest

import tscript
from tscript import nn

pytestmark = pytest.mark.oracle

#: Matrix products of 8-bit floats and of groups: kernels of other devices.
LEFT_OUT = {"grouped_mm", "scaled_grouped_mm", "scaled_mm"}


def test_every_class(torch: ModuleType) -> None:
    classes = [name for name, value in vars(torch.nn).items() if inspect.isclass(value)]
    assert len(classes) > 150
    assert [name for name in classes if not hasattr(nn, name)] == []


def test_every_function(torch: ModuleType) -> None:
    real = torch.nn.functional
    own = ("torch.nn.functional", "torch._C._nn", "torch._jit_internal", None)
    functions = [
        name
        for name, value in vars(real).items()
        if not name.startswith("_")
        and not inspect.isclass(value)
        and callable(value)
        and getattr(value, "__module__", None) in own
        and name not in ("boolean_dispatch", "has_torch_function", "assert_int_or_pair")
        and not name.startswith(("has_torch", "handle_torch"))
    ]
    assert len(functions) > 100
    missing = {name for name in functions if not hasattr(nn.functional, name)}
    assert missing == LEFT_OUT


def test_every_initialiser_and_method(torch: ModuleType) -> None:
    initialisers = [name for name in vars(torch.nn.init) if name.endswith("_") and name[0] != "_"]
    assert [name for name in initialisers if not hasattr(nn.init, name)] == []
    utilities = [n for n, v in vars(torch.nn.utils).items() if inspect.isfunction(v)]
    assert {n for n in utilities if not hasattr(nn.utils, n)} <= {
        "convert_conv2d_weight_memory_format", "convert_conv3d_weight_memory_format",
    }  # fmt: skip
    public = [name for name in dir(torch.nn.Module) if not name.startswith("_")]
    lacking = {name for name in public if not hasattr(tscript.nn.Module, name)}
    # other devices, and what compiles for them
    assert lacking <= {"T_destination", "compile", "dump_patches", "ipu", "mtia", "share_memory",
                       "xpu"}  # fmt: skip
