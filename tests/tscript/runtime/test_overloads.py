"""Choosing an overload for live values, and what is said when there is none."""

from __future__ import annotations

import numpy as np
import pytest

import tscript as torch
from tscript.runtime.overloads import eager


def test_a_lone_list_of_sizes_may_be_spelled_as_several_arguments() -> None:
    assert torch.zeros(2, 3).shape == (2, 3)
    assert torch.zeros((2, 3)).shape == (2, 3)
    assert torch.zeros(torch.Size([2, 3])).shape == (2, 3)
    assert torch.zeros(2, 3).view(3, 2).shape == (3, 2)
    assert torch.zeros(()).shape == ()


def test_input_and_axis_are_names_of_self_and_dim() -> None:
    x = torch.zeros(2, 3)
    assert torch.unsqueeze(input=x, dim=0).shape == (1, 2, 3)
    assert torch.cat([x, x], axis=1).shape == (2, 6)


def test_dtypes_become_their_codes_and_come_back() -> None:
    assert torch.zeros(2, dtype=torch.int8).dtype is torch.int8
    assert torch.zeros(2, dtype=float).dtype is torch.float64
    assert torch.result_type(torch.zeros(2), 1) is torch.float32


def test_the_choice_holds_only_for_values_that_it_fits() -> None:
    x = torch.tensor([1.0, 2.0])
    assert torch.add(x, torch.tensor(1.0)).tolist() == [2.0, 3.0]
    assert torch.add(x, 1).tolist() == [2.0, 3.0]
    assert torch.add(x, torch.tensor([1.0, 1.0]), alpha=2).tolist() == [3.0, 4.0]
    with pytest.raises(TypeError, match="'other'"):
        torch.add(x, "1")


def test_zero_dim_tensors_stand_for_numbers() -> None:
    assert torch.zeros(torch.tensor(2), 3).shape == (2, 3)
    assert torch.zeros(2).fill_(torch.tensor(3.0)).tolist() == [3.0, 3.0]


def test_numpy_scalars_are_numbers() -> None:
    assert (torch.tensor([1.0]) + np.float32(2)).tolist() == [3.0]
    assert torch.zeros(np.int64(2)).shape == (2,)


@pytest.mark.parametrize(
    ("args", "kwargs", "message"),
    [
        (("a",), {}, r"relu\(\): the argument 'input' \(position 1\) must be Tensor, not str"),
        ((), {}, r"the argument 'input' is missing"),
        ((torch.tensor(1.0), 3), {}, "takes 1 positional arguments, 2 were given"),
        ((torch.tensor(1.0),), {"inplace": True}, "no argument 'inplace'"),
    ],
)
def test_a_misfit_names_the_argument(
    args: tuple[object, ...], kwargs: dict[str, object], message: str
) -> None:
    with pytest.raises(TypeError, match=message):
        eager("aten::relu", args, kwargs)


def test_an_unknown_operator_is_named() -> None:
    with pytest.raises(LookupError, match="aten::no_such"):
        eager("aten::no_such", (), {})
    with pytest.raises(AttributeError, match="no_such"):
        torch.no_such


def test_several_results_have_their_names() -> None:
    result = torch.tensor([[1.0, 5.0], [7.0, 2.0]]).max(dim=1)
    assert result.values.tolist() == [5.0, 7.0]
    assert result.indices.tolist() == [1, 0]
    values, indices = result
    assert values is result[0] and indices is result[1]
    assert "torch.return_types.max" in repr(result)


def test_packets_and_single_overloads() -> None:
    x = torch.tensor([1.0])
    assert torch.ops.aten.add(x, 1).tolist() == [2.0]
    assert torch.ops.aten.add.Tensor(x, x).tolist() == [2.0]
    assert "Scalar" in torch.ops.aten.add.overloads()
    with pytest.raises(AttributeError, match="no overload"):
        torch.ops.aten.add.Nothing
