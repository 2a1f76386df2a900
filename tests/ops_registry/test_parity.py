"""Every record of a tensor operator against PyTorch: schemas, and the result of each sample."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest

from ops_registry import dtypes
from ops_registry.device import Device
from ops_registry.operator import fill_defaults
from ops_registry.registry import registry

pytestmark = pytest.mark.oracle

#: (rtol, atol) of a dtype: what two right implementations may differ by.
TOLERANCE = {
    "float16": (2e-3, 2e-3),
    "bfloat16": (2e-2, 1e-2),
    "float32": (2e-5, 2e-6),
    "complex64": (2e-5, 2e-6),
    "float64": (1e-10, 1e-12),
    "complex128": (1e-10, 1e-12),
}


#: Factorisations that are unique only up to the sign of vectors.
UP_TO_SIGNS = ("aten::linalg_svd", "aten::svd", "aten::linalg_eig on", "aten::linalg_eigh")


def _of_tensors():
    """What is done with tensors; operators of numbers, strings and lists are compared as scripts."""
    kernels = [op for op in registry() if op.kind == "kernel" and not op.random]
    # torchvision's are not PyTorch's: recorded results are what they are compared with.
    kernels = [op for op in kernels if not op.name.startswith("torchvision::")]
    return [op for op in kernels if op.tensor_positions or op.returns_tensors]


def to_torch(torch, value):
    if isinstance(value, np.ndarray):
        dtype = dtypes.from_numpy(value.dtype)
        if not value.size:
            return torch.empty(value.shape, dtype=getattr(torch, dtype.name))
        if dtype.name == "bfloat16":
            base = torch.from_numpy(np.ascontiguousarray(value).view(np.int16).reshape(value.shape))
            return base.view(torch.bfloat16).clone()
        result = torch.from_numpy(value.copy(order="K"))
        return result.as_strided(value.shape, result.stride())
    if isinstance(value, list):
        return [to_torch(torch, v) for v in value]
    if isinstance(value, Device):
        return torch.device(str(value))
    return value


def check(torch, ours, theirs, where):
    if isinstance(theirs, torch.Tensor):
        assert type(ours) is np.ndarray, where
        assert str(theirs.dtype) == repr(dtypes.from_numpy(ours.dtype)), where
        assert tuple(theirs.shape) == ours.shape, where
        name = dtypes.from_numpy(ours.dtype).name
        if name == "bfloat16":
            expected, actual = theirs.float().numpy(), ours.astype(np.float32)
        else:
            expected, actual = theirs.resolve_conj().resolve_neg().numpy(), ours
        rtol, atol = TOLERANCE.get(name, (0, 0))
        if "bessel" in where:  # PyTorch's double precision is SciPy's only to ten digits
            rtol, atol = max(rtol, 1e-8), max(atol, 1e-8)
        if where.startswith(UP_TO_SIGNS):
            actual, expected = np.abs(actual), np.abs(expected)
        np.testing.assert_allclose(actual, expected, rtol=rtol, atol=atol, err_msg=where)
    elif isinstance(theirs, list | tuple):
        assert len(ours) == len(theirs), where
        for one, other in zip(ours, theirs):
            check(torch, one, other, where)
    elif isinstance(theirs, float) and math.isnan(theirs):
        assert math.isnan(ours), where
    else:
        assert type(ours) is type(theirs) and ours == pytest.approx(theirs), where


def torch_call(torch, operator):
    namespace, _, name = operator.name.partition("::")
    overload = operator.overload or "default"
    return getattr(getattr(getattr(torch.ops, namespace), name), overload)


@pytest.mark.parametrize(
    "operator", [op for op in _of_tensors() if op.samples], ids=lambda op: op.full_name
)
def test_samples_give_what_pytorch_gives(torch, run, operator):
    samples = operator.samples()
    assert samples
    for sample in samples:
        where = f"{operator.full_name} on {sample}"
        arguments = copy.deepcopy((sample.args, sample.kwargs))
        args = [to_torch(torch, a) for a in arguments[0]]
        kwargs = {k: to_torch(torch, v) for k, v in arguments[1].items()}
        theirs = torch_call(torch, operator)(*args, **kwargs)
        ours = run(operator, fill_defaults(operator.schema, *arguments))
        check(torch, ours, theirs, where)


@pytest.mark.parametrize(
    "operator",
    [op for op in _of_tensors() if op.rejects],
    ids=lambda op: op.full_name,
)
def test_pytorch_rejects_what_is_rejected(torch, operator):
    for sample in operator.rejects():
        if sample.code is not None:
            continue
        args = [to_torch(torch, a) for a in sample.args]
        kwargs = {k: to_torch(torch, v) for k, v in sample.kwargs.items()}
        with pytest.raises((RuntimeError, IndexError, ValueError, TypeError)):
            torch_call(torch, operator)(*args, **kwargs)


def test_every_schema_is_pytorchs(torch):
    wrong = []
    for name in registry().names():
        if not name.startswith("aten::"):
            continue
        theirs = {str(s) for s in torch._C._jit_get_schemas_for_operator(name)}
        wrong += [str(s) for s in registry().overloads(name) if str(s) not in theirs]
    assert not wrong, "\n".join(wrong)
