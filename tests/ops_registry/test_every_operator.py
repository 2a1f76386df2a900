"""Every record, whatever it computes: schema, meta, memory, samples, rejects.

What a record computes is compared with PyTorch in ``test_parity.py``. Here is what must hold of
all of them without PyTorch, plugins' records included.
"""

from __future__ import annotations

import copy

import numpy as np
import pytest

from ops_registry.meta import TensorMeta, meta_of
from ops_registry.operator import fill_defaults
from ops_registry.registry import registry
from ops_registry.schema import parse_schema

#: PyTorch's schemas of these have no alias marks, though their results are views of arguments.
SILENT_VIEWS = {
    "aten::histogramdd",
    "aten::unsafe_chunk",
    "aten::unsafe_split",
    "aten::atleast_1d",
    "aten::atleast_2d",
    "aten::atleast_3d",
    "aten::broadcast_tensors",
    "aten::cartesian_prod",
    "aten::meshgrid",
    "aten::type_as",
}

RECORDS = list(registry())
KERNELS = [op for op in RECORDS if op.kind == "kernel"]
TENSOR_KERNELS = [op for op in KERNELS if op.tensor_positions or op.returns_tensors]


def named(operator):
    return operator.full_name


def arrays_in(value):
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, list | tuple):
        return [a for v in value for a in arrays_in(v)]
    return []


def metas(value):
    if isinstance(value, np.ndarray):
        return meta_of(value)
    if isinstance(value, list):
        return [metas(v) for v in value]
    return value


def same(a, b):
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()


def overlapping(array):
    strides = zip(array.shape, array.strides)
    return bool(array.size) and any(n > 1 and stride == 0 for n, stride in strides)


def calls(operator):
    for sample in operator.samples():
        args, kwargs = copy.deepcopy((sample.args, sample.kwargs))
        yield f"{operator.full_name} on {sample}", fill_defaults(operator.schema, args, kwargs)


def assert_promised(result, meta, where):
    if isinstance(meta, TensorMeta):
        assert type(result) is np.ndarray, where
        assert meta_of(result).dtype is meta.dtype, where
        assert result.ndim == len(meta.shape), where
        for have, promised in zip(result.shape, meta.shape):
            assert promised in (have, -1), where
    else:
        assert type(result) is type(meta) and len(result) == len(meta), where
        for one, promised in zip(result, meta):
            assert_promised(one, promised, where)


@pytest.mark.parametrize("operator", RECORDS, ids=named)
def test_the_schema_survives_printing_and_parsing(operator):
    assert parse_schema(str(operator.schema)) == operator.schema


def test_every_kernel_of_tensors_has_samples_or_is_derived():
    bare = [op for op in TENSOR_KERNELS if not op.derivation and op.samples is None]
    same_kernel = {op.kernel for op in TENSOR_KERNELS if op.samples}
    assert [op.full_name for op in bare if op.kernel not in same_kernel] == []


def test_every_kernel_of_tensors_is_documented():
    assert [op.full_name for op in TENSOR_KERNELS if not op.doc.strip()] == []


@pytest.mark.parametrize("operator", [op for op in TENSOR_KERNELS if op.samples], ids=named)
def test_results_are_what_the_meta_promises(run, operator):
    for where, values in calls(operator):
        promised = operator.meta(*map(metas, values)) if operator.meta else None
        result = run(operator, values)
        if promised is not None:
            assert_promised(result, promised, where)


@pytest.mark.parametrize("operator", [op for op in TENSOR_KERNELS if op.samples], ids=named)
def test_only_marked_arguments_are_written_and_shared(run, operator):
    schema = operator.schema
    for where, values in calls(operator):
        before = copy.deepcopy(values)
        result = run(operator, values)
        for argument, value, was in zip(schema.arguments, values, before):
            if not argument.is_written:
                assert all(map(same, arrays_in(value), arrays_in(was))), where
        results = result if type(result) is tuple else (result,)
        for returned, value in zip(schema.returns, results):
            mark = returned.alias or returned.element_alias
            allowed = set(mark.before) if mark else set()
            for argument, operand in zip(schema.arguments, values):
                sets = set(argument.alias.before) if argument.alias else set()
                if sets & allowed or operator.name in SILENT_VIEWS:
                    continue
                for one in arrays_in(value):
                    for other in arrays_in(operand):
                        assert not np.shares_memory(one, other), where
            if mark and mark.is_write:
                assert any(value is operand for operand in values), where


@pytest.mark.parametrize(
    "operator",
    [
        op
        for op in TENSOR_KERNELS
        if op.derivation == "inplace" and op.functional.samples and not op.random
    ],
    ids=named,
)
def test_an_in_place_form_writes_what_the_functional_one_returns(run, operator):
    written = 0
    for where, values in calls(operator.functional):
        result = run(operator.functional, copy.deepcopy(values))
        target = values[0]
        fits = meta_of(result).dtype.category <= meta_of(target).dtype.category
        if result.shape != target.shape or not fits or overlapping(target):
            with pytest.raises(RuntimeError):
                run(operator, values)
            continue
        assert run(operator, values) is target, where
        with np.errstate(all="ignore"):
            assert same(target, result.astype(target.dtype)), where
        written += 1
    assert written


@pytest.mark.parametrize(
    "operator",
    [
        op
        for op in TENSOR_KERNELS
        if op.derivation == "out" and op.functional.samples and not op.random
    ],
    ids=named,
)
def test_an_out_form_writes_what_the_functional_one_returns(run, operator):
    for where, values in calls(operator.functional):
        results = run(operator.functional, copy.deepcopy(values))
        single = type(results) is not tuple
        expected = (results,) if single else results
        outs = [np.zeros_like(r) for r in expected]
        written = run(operator, [*values, *outs])
        for given, got, wanted in zip(outs, (written,) if single else written, expected):
            assert got is given, where
            assert same(given, wanted), where


@pytest.mark.parametrize("operator", [op for op in TENSOR_KERNELS if op.rejects], ids=named)
def test_rejects_fail(run, operator):
    for sample in operator.rejects():
        if sample.code is not None:
            continue
        with pytest.raises((RuntimeError, IndexError, ValueError, TypeError)):
            run(operator, fill_defaults(operator.schema, sample.args, sample.kwargs))
