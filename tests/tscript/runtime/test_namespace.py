"""``import tscript as torch``: what the namespace offers beside operators."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest

import tscript as torch
from tscript.runtime.errors import Error, OperatorError, combined_class


def test_constants_dtypes_and_their_aliases() -> None:
    assert (torch.pi, torch.inf) == (math.pi, math.inf)
    assert torch.float is torch.float32
    assert torch.long is torch.int64
    assert repr(torch.bool) == "torch.bool"
    assert isinstance(torch.float32, torch.dtype)
    assert torch.device("cpu") == torch.tensor(1).device


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_function"):
        torch.no_such_function


def test_dir_lists_operators_and_modules() -> None:
    assert {"relu", "nn", "jit", "float32", "tensor"} <= set(dir(torch))


def test_default_dtype_is_what_floats_become() -> None:
    assert torch.get_default_dtype() is torch.float32
    torch.set_default_dtype(torch.float64)
    try:
        assert torch.tensor(1.0).dtype is torch.float64
        assert (torch.tensor([1]) + 0.5).dtype is torch.float64
    finally:
        torch.set_default_dtype(torch.float32)
    assert (torch.tensor([1]) + 0.5).dtype is torch.float32


@pytest.mark.parametrize("decorated", [torch.no_grad, torch.no_grad()])
def test_gradient_modes_nest_and_decorate(decorated: object) -> None:
    with torch.no_grad():
        assert not torch.is_grad_enabled()
        with torch.enable_grad():
            assert torch.is_grad_enabled()
        assert not torch.is_grad_enabled()
    assert torch.is_grad_enabled()

    @decorated  # type: ignore[operator, untyped-decorator, unused-ignore]
    def inside() -> bool:
        return torch.is_grad_enabled()

    assert inside() is False
    assert torch.is_grad_enabled()


def test_inference_mode_and_set_grad_enabled() -> None:
    with torch.inference_mode():
        assert torch.is_inference_mode_enabled()
        assert not torch.is_grad_enabled()
    with torch.inference_mode(False):
        assert not torch.is_inference_mode_enabled()
    with torch.set_grad_enabled(False):
        assert not torch.is_grad_enabled()
    assert torch.is_grad_enabled()


def test_limits_of_dtypes() -> None:
    assert torch.finfo(torch.float32).max == np.finfo(np.float32).max
    assert torch.finfo(torch.bfloat16).bits == 16
    assert torch.iinfo(torch.int8).max == 127
    with pytest.raises(TypeError, match="iinfo"):
        torch.finfo(torch.int8)


def test_the_generator_state_can_be_kept() -> None:
    torch.manual_seed(7)
    state = torch.get_rng_state()
    first = torch.rand(3).tolist()
    torch.set_rng_state(state)
    assert torch.rand(3).tolist() == first
    with torch.random.fork_rng():
        torch.rand(5)
    torch.set_rng_state(state)
    assert torch.rand(3).tolist() == first


def test_threads_are_a_positive_number() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    assert torch.get_num_threads() == 1
    torch.set_num_threads(before)
    with pytest.raises(RuntimeError, match="positive"):
        torch.set_num_threads(0)


def test_exceptions_of_scripts_combine_two_classes_and_pickle() -> None:
    cls = combined_class(Error, ValueError)
    error = pickle.loads(pickle.dumps(cls("text")))
    assert isinstance(error, Error) and isinstance(error, ValueError)
    assert str(error) == "text"
    assert combined_class(OperatorError, RuntimeError) is OperatorError
    assert str(combined_class(OperatorError, KeyError)("a")) == "a"


def test_assert_close_compares_dtype_shape_and_values() -> None:
    x = torch.tensor([1.0, 2.0])
    torch.testing.assert_close(x, x + 1e-7)
    torch.testing.assert_close({"a": [x, 1.0]}, {"a": [x.clone(), 1.0]})
    for actual, expected, problem in [
        (x, torch.tensor([1.0, 3.0]), "1 of 2 elements differ"),
        (x, torch.tensor([1.0]), "the shapes are"),
        (torch.tensor([1]), torch.tensor([1.0]), "the dtypes are"),
        ([x], [x, x], "the lengths are"),
        ({"a": 1}, {"b": 1}, "the keys are"),
        (torch.tensor([math.nan]), torch.tensor([math.nan]), "not close"),
        (1.0, 1.1, "they differ by"),
    ]:
        with pytest.raises(AssertionError, match=problem):
            torch.testing.assert_close(actual, expected)
    torch.testing.assert_close(torch.tensor([math.nan]), torch.tensor([math.nan]), equal_nan=True)
    with pytest.raises(ValueError, match="together"):
        torch.testing.assert_close(x, x, rtol=1.0)


def test_assert_allclose_says_where_it_is_worst() -> None:
    torch.testing.assert_allclose(torch.tensor([1.0]), [1.0])
    with pytest.raises(AssertionError) as caught:
        torch.testing.assert_allclose(
            torch.tensor([[1.0, 2.0, 0.0]]), torch.tensor([[1.5, 4.0, 0.0]])
        )
    assert str(caught.value) == (
        "Not within tolerance rtol=0.0001 atol=1e-05 at input[0, 1] (2.0 vs. 4.0) and 1 other"
        " locations (66.67%)"
    )


@pytest.mark.oracle
def test_assert_close_agrees_with_pytorch(torch: object) -> None:
    import itertools
    from typing import Any

    import tscript

    real: Any = torch
    values = [
        lambda m: m.tensor([1.0, 2.0]),
        lambda m: m.tensor([1.0, 2.0 + 1e-6]),
        lambda m: m.tensor([1.0, 2.0001]),
        lambda m: m.tensor([1.0, 2.0], dtype=m.float64),
        lambda m: m.tensor([1, 2]),
        lambda m: m.tensor([1.0, math.nan]),
        lambda m: m.tensor([1.0, math.inf]),
        lambda m: m.tensor([[1.0, 2.0]]),
        lambda m: m.tensor([]),
        lambda m: 1.0,
        lambda m: [m.tensor(1.0)],
        lambda m: m.tensor([1.0, 2.0], dtype=m.bfloat16),
    ]
    options: list[dict[str, Any]] = [
        {},
        {"equal_nan": True},
        {"check_dtype": False},
        {"rtol": 0.1, "atol": 0.0},
    ]

    def accepted(module: Any, a: Any, b: Any, keywords: dict[str, Any]) -> bool:
        try:
            module.testing.assert_close(a(module), b(module), **keywords)
        except (AssertionError, TypeError):
            return False
        return True

    for a, b, keywords in itertools.product(values, values, options):
        assert accepted(tscript, a, b, keywords) == accepted(real, a, b, keywords), (
            a(tscript), b(tscript), keywords
        )  # fmt: skip
