"""Reference, section "Types"."""

from __future__ import annotations

import pytest

import tscript as torch
from tscript.diagnostics.report import CompilationError


def refused(example, name):
    with pytest.raises(CompilationError) as error:
        example(name)
    return error.value


def test_a_variable_has_one_type(example):
    error = refused(example, "types_branch_mismatch")
    assert error.codes == ("branch-type-mismatch",)
    (diagnostic,) = error.diagnostics
    assert diagnostic.range.line == 10  # `return r`, as the comment of the reference has it
    assert "`r` is `Tensor` when the condition is true and `int` when it is false" in str(error)


@pytest.mark.parametrize("name", ["types_argument_comment", "types_argument_annotation"])
def test_argument_types_are_annotated(example, name):
    found = example(name)
    assert found.printed.startswith("tensor([")
    result = found.foo(3, (torch.ones(3), torch.ones(3)))
    assert result.tolist() == [5.0, 5.0, 5.0]
    assert str(found.foo.schema) == "foo(int x, (Tensor, Tensor) tup) -> Tensor"


def test_parameters_are_tensors_by_default(example):
    assert str(example("script_calls_trace").bar.schema) == "bar(Tensor x) -> Tensor"


def test_a_list_of_tuples_is_annotated(example):
    module = example("types_annotated_variable").ListOfTupleOfTensor()
    x = torch.ones(2)
    returns = module(x)
    assert len(returns) == 10
    assert all(isinstance(pair, tuple) and pair[0] is x and pair[1] is x for pair in returns)


def test_checks_for_none_refine(example):
    opt_unwrap = example("types_optional_refinement").opt_unwrap
    assert opt_unwrap(None, None, None) == 2
    assert opt_unwrap(5, None, 1) == 6
    assert opt_unwrap(5, 2, 1) == 3


def test_a_stored_check_for_none_does_not_refine(example):
    error = refused(example, "types_stored_check_does_not_refine")
    assert error.codes == ("optional-not-refined",)
    assert error.diagnostics[0].range.line == 10
