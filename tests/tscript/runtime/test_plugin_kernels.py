"""A plugin's kernel that breaks its meta's promise is told so, with plugin and operator named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import tscript as torch
from ops_registry.hookspecs import hookimpl
from ops_registry.meta import elementwise, like
from ops_registry.operator import Operator, declared_in, operator
from ops_registry.registry import PluginError, registry


class Plugin:
    @hookimpl
    def ops_registry_operators(self) -> list[Operator]:
        return [o for o in declared_in(__name__)]


@operator("promises::dtype(Tensor self) -> Tensor", meta=like("self"), inplace=True)
def dtype(self: np.ndarray) -> np.ndarray:
    return self.astype(np.float64)


@operator("promises::shape(Tensor self) -> Tensor", meta=like("self"))
def shape(self: np.ndarray) -> np.ndarray:
    return self[None]


@operator("promises::count(Tensor self) -> (Tensor, Tensor)", meta=lambda self: (self, self))
def count(self: np.ndarray) -> tuple[np.ndarray, ...]:
    return self, self, self


@operator("promises::one(Tensor self) -> (Tensor, Tensor)", meta=lambda self: (self, self))
def one(self: np.ndarray) -> np.ndarray:
    return self + 1


@operator("promises::nothing(Tensor self) -> Tensor", meta=like("self"))
def nothing(self: np.ndarray) -> None:
    return None


@operator(
    "promises::promoted(Tensor self, Tensor other) -> Tensor", meta=elementwise("self", "other")
)
def promoted(self: np.ndarray, other: np.ndarray) -> np.ndarray:
    return self > other


@operator("promises::kept(Tensor self, Tensor other) -> Tensor", meta=elementwise("self", "other"))
def kept(self: np.ndarray, other: np.ndarray) -> np.ndarray:
    return self * other


@operator("promises::total(Tensor self) -> Tensor", meta=lambda self: self._replace(shape=()))
def total(self: np.ndarray) -> Any:
    return self.sum()  # a NumPy scalar is a 0-dim array


@pytest.fixture(autouse=True)
def plugin() -> Iterator[None]:
    registry().register(Plugin(), "promises-plugin")
    yield
    registry().unregister("promises-plugin")


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda ops, x: ops.dtype(x), r"promises::dtype returned dtype float64.*promises float32"),
        (lambda ops, x: ops.dtype_(x), r"promises::dtype returned dtype float64"),
        (lambda ops, x: ops.shape(x), r"promises::shape returned shape \[1, 2\].*promises \[2\]"),
        (lambda ops, x: ops.count(x), r"promises::count returned 3 results.*promises 2"),
        (lambda ops, x: ops.one(x), r"promises::one returned one ndarray.*promises 2 results"),
        (lambda ops, x: ops.nothing(x), r"promises::nothing returned a NoneType"),
        (lambda ops, x: ops.promoted(x, x), r"promises::promoted returned dtype bool"),
    ],
)
def test_a_broken_promise_names_plugin_and_operator(call: Callable[..., Any], said: str) -> None:
    with pytest.raises(PluginError, match=f"'promises-plugin': the kernel of {said}"):
        call(torch.ops.promises, torch.ones(2))


def test_a_script_says_so_too() -> None:
    def f(x):
        return torch.ops.promises.dtype(x)

    with pytest.raises(Exception, match=r"'promises-plugin': the kernel of promises::dtype"):
        torch.jit.script(f)(torch.ones(2))


def test_a_kept_promise_is_no_error() -> None:
    x = torch.tensor([1, 2])
    assert torch.ops.promises.kept(x, torch.tensor([0.5, 0.5])).tolist() == [0.5, 1.0]
    assert torch.ops.promises.total(x).item() == 3
