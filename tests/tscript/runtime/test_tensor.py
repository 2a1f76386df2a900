"""What a Tensor is: a handle on an array, with PyTorch's attributes and Python's protocols."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import tscript as torch
from tscript.runtime.errors import DifferentiationError


def test_attributes_of_a_view_are_those_of_its_memory() -> None:
    x = torch.from_numpy(np.arange(24, dtype=np.float32).reshape(2, 3, 4))
    view = x[1, :, 1:]
    assert view.shape == (3, 3)
    assert view.stride() == (4, 1)
    assert view.storage_offset() == 13
    assert not view.is_contiguous()
    assert view.data_ptr() == x.data_ptr() + 13 * 4
    assert (view.ndim, view.dim(), view.numel(), view.element_size(), view.nbytes) == (
        2,
        2,
        9,
        4,
        36,
    )


def test_writes_through_a_view_show_in_the_tensor_and_in_the_array() -> None:
    array = np.zeros((2, 2), np.float32)
    x = torch.from_numpy(array)
    row = x[1]
    row += 3
    assert array.tolist() == [[0, 0], [3, 3]]
    assert x.numpy() is array


def test_an_in_place_operator_returns_the_same_tensor() -> None:
    x = torch.tensor([1.0, -2.0])
    before = x
    x += 1
    assert x is before
    assert x.relu_() is before


@pytest.mark.parametrize("value", [True, 3, 2.5, 1 + 2j])
def test_a_zero_dim_tensor_converts_to_its_number(value: complex) -> None:
    x = torch.tensor(value)
    assert x.item() == value
    assert type(x.item()) is type(value)
    assert x.tolist() == value


def test_conversions_refuse_what_has_no_single_value() -> None:
    pair = torch.tensor([1, 2])
    with pytest.raises(RuntimeError, match="2 elements"):
        pair.item()
    with pytest.raises(RuntimeError, match="more than one element"):
        bool(pair)
    with pytest.raises(TypeError, match="0-d"):
        len(torch.tensor(1))
    with pytest.raises(TypeError, match="0-d"):
        iter(torch.tensor(1))
    with pytest.raises(TypeError, match="integer tensor"):
        [1, 2, 3][torch.tensor(1.5)]


def test_an_integer_tensor_is_an_index() -> None:
    assert [1, 2, 3][torch.tensor(1)] == 2
    assert list(range(torch.tensor(3))) == [0, 1, 2]


def test_bfloat16_values_come_out_as_floats() -> None:
    x = torch.tensor([1.5, 2.0], dtype=torch.bfloat16)
    assert x.tolist() == [1.5, 2.0]
    assert type(x[0].item()) is float


def test_hash_and_equality_are_identity_and_elementwise() -> None:
    x, y = torch.tensor([1.0]), torch.tensor([1.0])
    assert len({x, y, x}) == 2
    assert (x == y).tolist() == [True]
    assert (x == "text") is False


def test_format_of_a_zero_dim_tensor_takes_a_specification() -> None:
    assert f"{torch.tensor(2.0):.3f}" == "2.000"
    assert format(torch.tensor(7), "03d") == "007"


def test_deepcopy_keeps_views_together_and_apart_from_the_original() -> None:
    x = torch.from_numpy(np.arange(6.0).reshape(2, 3))
    copied, row = copy.deepcopy([x, x[1]])
    row += 10
    assert copied[1].tolist() == [13, 14, 15]
    assert x[1].tolist() == [3, 4, 5]
    assert copied.stride() == x.stride()


def test_pickle_keeps_aliases_strides_and_flags() -> None:
    x = torch.from_numpy(np.arange(6.0, dtype=np.float32).reshape(2, 3).T)
    x.requires_grad_()
    loaded, row = pickle.loads(pickle.dumps([x, x.detach()[0]]))
    assert loaded.requires_grad
    assert loaded.stride() == (1, 3)
    row += 1
    assert loaded.detach()[0].tolist() == [1.0, 4.0]


@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3)])
def test_empty_and_zero_dim_tensors_survive_copies(shape: tuple[int, ...]) -> None:
    x = torch.from_numpy(np.zeros(shape))
    for copied in (copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert copied.shape == shape
        assert copied.dtype is torch.float64
        assert copied.stride() == x.stride()


def test_numpy_functions_give_tensors_and_arrays_operate_with_tensors() -> None:
    x = torch.tensor([1.0, 4.0])
    assert isinstance(np.sqrt(x), torch.Tensor)
    assert (np.array([1.0, 1.0], np.float32) * x).tolist() == [1.0, 4.0]
    assert isinstance(np.float32(2) * x, torch.Tensor)


def test_dlpack_shares_memory_both_ways() -> None:
    array = np.zeros(3, np.float32)
    x = torch.from_dlpack(array)
    x += 1
    assert array.tolist() == [1, 1, 1]
    back = np.from_dlpack(x)
    assert np.shares_memory(back, array)


def test_from_numpy_refuses_what_tensors_cannot_hold() -> None:
    with pytest.raises(TypeError, match="<U1"):
        torch.from_numpy(np.array(["a"]))
    with pytest.raises(ValueError, match="negative strides"):
        torch.from_numpy(np.arange(3)[::-1])
    with pytest.raises(TypeError, match="list"):
        torch.from_numpy([1, 2])  # type: ignore[arg-type]


def test_gradients_are_a_recorded_flag_and_backward_says_so() -> None:
    x = torch.tensor([1.0], requires_grad=True)
    assert x.requires_grad and x.grad is None and x.is_leaf
    with pytest.raises(DifferentiationError, match="differentiation is not there yet"):
        x.backward()
    with pytest.raises(RuntimeError, match="require gradients"):
        torch.tensor([1]).requires_grad_()
    with pytest.raises(RuntimeError, match="detach"):
        x.numpy()
    assert not x.detach().requires_grad


def test_cuda_names_the_remedy() -> None:
    with pytest.raises(RuntimeError, match=r"leave .cuda\(\) out"):
        torch.tensor(1.0).cuda()


def test_an_unknown_attribute_is_an_attribute_error() -> None:
    x = torch.tensor(1.0)
    assert not hasattr(x, "no_such_method")
    with pytest.raises(AttributeError, match="no_such_method"):
        torch.Tensor.no_such_method


def test_a_method_found_on_the_class_is_the_operator() -> None:
    assert torch.Tensor.relu(torch.tensor([-1.0])).tolist() == [0.0]


def test_legacy_constructor_takes_sizes_or_data() -> None:
    assert torch.Tensor(2, 3).shape == (2, 3)
    assert torch.Tensor([1, 2]).dtype is torch.float32
    assert torch.LongTensor([1, 2]).dtype is torch.int64


def test_size_is_a_tuple_that_knows_its_product() -> None:
    size = torch.Size([2, 3])
    assert size == (2, 3)
    assert repr(size) == "torch.Size([2, 3])"
    assert size.numel() == 6
    assert isinstance(size[:1], torch.Size)


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (True, "bool"),
        (1, "int64"),
        (1.0, "float32"),
        (1j, "complex64"),
        ([1, 2.5], "float32"),
        ([True, 2], "int64"),
        ([], "float32"),
        (np.float64(1), "float64"),
        (np.zeros(2, np.int16), "int16"),
        ([np.float64(1.0), 2], "float64"),
    ],
)
def test_tensor_infers_the_dtype(data: object, dtype: str) -> None:
    assert torch.tensor(data).dtype is getattr(torch, dtype)


def test_tensor_refuses_ragged_and_meaningless_data() -> None:
    with pytest.raises(ValueError, match="different lengths"):
        torch.tensor([[1, 2], [3]])
    with pytest.raises(TypeError, match="str"):
        torch.tensor("abc")
    with pytest.raises(RuntimeError, match="overflow"):
        torch.tensor(300, dtype=torch.uint8)


def test_a_tensor_of_tensors_copies_their_values() -> None:
    parts = [torch.tensor(1.0), torch.tensor(2.0)]
    made = torch.tensor(parts)
    made += 1
    assert parts[0].item() == 1.0
    assert made.tolist() == [2.0, 3.0]


@pytest.mark.oracle
@pytest.mark.parametrize(
    "operation",
    ["add", "sub", "mul", "truediv", "floordiv", "mod", "lt", "eq", "and_", "or_", "matmul"],
)
def test_python_operators_promote_as_pytorch(operation: str, torch: object) -> None:
    import operator
    from itertools import product
    from typing import Any

    import tscript

    function = getattr(operator, operation)
    made: list[Any] = [
        lambda m: m.tensor([1.5, -2.0, 3.0]),
        lambda m: m.tensor([1.5, -2.0, 3.0], dtype=m.float64),
        lambda m: m.tensor([1, -2, 3]),
        lambda m: m.tensor([1, 2, 3], dtype=m.uint8),
        lambda m: m.tensor([1.0, 2.0, 4.0], dtype=m.bfloat16),
        lambda m: m.tensor([1.0, 2.0, 4.0], dtype=m.float16),
        lambda m: m.tensor(2.0),
        lambda m: m.tensor(3),
        lambda m: 2,
        lambda m: 2.5,
    ]

    def outcome(module: Any, a: Any, b: Any) -> Any:
        try:
            return function(a(module), b(module))
        except (RuntimeError, TypeError) as error:
            return "error", type(error).__name__ in ("RuntimeError", "TypeError")

    for a, b in product(made, made):
        if not hasattr(a(tscript), "dtype") and not hasattr(b(tscript), "dtype"):
            continue
        ours, theirs = outcome(tscript, a, b), outcome(torch, a, b)
        if isinstance(theirs, tuple):
            assert isinstance(ours, tuple), (a(tscript), b(tscript))
            continue
        assert not isinstance(ours, tuple), (a(tscript), b(tscript), ours, theirs)
        assert repr(ours.dtype) == str(theirs.dtype)
        assert ours.shape == tuple(theirs.shape)
        np.testing.assert_allclose(
            np.asarray(ours.array, np.float64), theirs.double().numpy(), rtol=1e-6
        )


@pytest.mark.oracle
def test_real_pytorch_tensors_come_in_without_a_copy(torch: object) -> None:
    from typing import Any

    import tscript

    real: Any = torch
    theirs = real.zeros(2, 3)
    ours = tscript.from_dlpack(theirs)
    ours += 5
    assert theirs.sum().item() == 30
    half = real.tensor([1.5, 2.0], dtype=real.bfloat16)
    assert tscript.from_dlpack(half).tolist() == [1.5, 2.0]
    back = real.from_dlpack(ours)
    assert back.data_ptr() == theirs.data_ptr()


@pytest.mark.oracle
def test_operators_take_real_pytorch_tensors_on_either_side(torch: object) -> None:
    from typing import Any

    import tscript

    real: Any = torch
    theirs, ours = real.tensor([1.0, 2.0]), tscript.tensor([10.0, 20.0])
    for result in (ours + theirs, theirs + ours):
        assert isinstance(result, tscript.Tensor)
        assert result.tolist() == [11.0, 22.0]
    assert (ours > theirs).all()
    ours -= theirs
    assert ours.tolist() == [9.0, 18.0]
    with pytest.raises(TypeError, match="unsupported operand"):
        ours + "1"
