"""The dispatcher: one way to a kernel, whatever form the record has."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import tscript as torch
from ops_registry.hookspecs import hookimpl
from ops_registry.meta import elementwise
from ops_registry.operator import Operator, declared_in, operator
from ops_registry.registry import registry
from tscript.runtime.overloads import forget_choices


@operator(
    "runtimetests::shift(Tensor self, Tensor other) -> Tensor",
    meta=elementwise("self", "other"),
    inplace=True,
    out=True,
)
def shift(self: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The sum."""
    return self + other


@operator("runtimetests::twice(Tensor self) -> Tensor", kind="composite")
def twice(ops: object, self: object) -> object:
    """The sum with itself, by way of another operator."""
    return ops.add(self, self)  # type: ignore[attr-defined]


@operator("runtimetests::flatten_(Tensor(a!) self) -> Tensor(a!)", kind="tensor_level")
def flatten_(self: torch.Tensor) -> torch.Tensor:
    """Make the handle show its elements in one row."""
    self.array = self.array.reshape(-1)
    return self


class _Plugin:
    @hookimpl
    def ops_registry_operators(self) -> tuple[Operator, ...]:
        return declared_in(__name__)


@pytest.fixture(autouse=True)
def plugin() -> Iterator[None]:
    registry().register(_Plugin(), "runtimetests")
    forget_choices()
    yield
    registry().unregister("runtimetests")
    forget_choices()


def test_operands_are_promoted_before_the_kernel() -> None:
    result = torch.ops.runtimetests.shift(torch.tensor([1, 2]), torch.tensor(0.5))
    assert result.dtype is torch.float32
    assert result.tolist() == [1.5, 2.5]


def test_the_derived_in_place_form_writes_into_its_argument() -> None:
    x = torch.tensor([1.0, 2.0])
    assert torch.ops.runtimetests.shift_(x, torch.tensor([1.0, 1.0])) is x
    assert x.tolist() == [2.0, 3.0]


@pytest.mark.parametrize(
    ("target", "other", "problem"),
    [
        (torch.tensor([1, 2]), torch.tensor([0.5, 0.5]), "cannot be written"),
        (torch.tensor([1.0]), torch.tensor([1.0, 2.0]), "cannot hold the result"),
        (torch.tensor([1.0]).expand(3), torch.tensor([1.0, 2.0, 3.0]), "share one place"),
    ],
)
def test_an_in_place_result_must_fit(
    target: torch.Tensor, other: torch.Tensor, problem: str
) -> None:
    with pytest.raises(RuntimeError, match=problem):
        torch.ops.runtimetests.shift_(target, other)


def test_the_derived_out_form_takes_the_shape_of_the_result() -> None:
    out = torch.tensor([])
    result = torch.ops.runtimetests.shift(torch.tensor([1.0, 2.0]), torch.tensor(1.0), out=out)
    assert result is out
    assert out.tolist() == [2.0, 3.0]


def test_shapes_that_do_not_broadcast_are_named() -> None:
    with pytest.raises(RuntimeError, match=r"\[2\] and \[3\]"):
        torch.ops.runtimetests.shift(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 2.0, 3.0]))


def test_a_composite_runs_on_other_operators() -> None:
    assert torch.ops.runtimetests.twice(torch.tensor([3.0])).tolist() == [6.0]


def test_a_tensor_level_record_gets_the_handle() -> None:
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert torch.ops.runtimetests.flatten_(x) is x
    assert x.shape == (4,)


def test_an_argument_that_comes_back_is_the_same_tensor() -> None:
    x = torch.tensor([1.0])
    assert x.contiguous() is x


def test_an_unregistered_plugin_is_gone() -> None:
    registry().unregister("runtimetests")
    forget_choices()
    with pytest.raises(AttributeError, match="runtimetests::shift"):
        torch.ops.__getattr__("runtimetests").shift  # noqa: B018
    registry().register(_Plugin(), "runtimetests")


def test_the_meta_device_computes_shapes_only() -> None:
    x = torch.tensor([[1.0, 2.0]], device="meta")
    y = x + torch.tensor([[1.0], [2.0]], device="meta")
    assert y.is_meta
    assert y.shape == (2, 2)
    with pytest.raises(TypeError, match="no elements"):
        y.numpy()


def test_other_devices_are_refused_with_the_remedy() -> None:
    with pytest.raises(RuntimeError, match="leave the device out"):
        torch.zeros(2, device="cuda")
