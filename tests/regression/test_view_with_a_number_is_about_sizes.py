"""A dtype is an int in a script, so ``x.view(n)`` once meant the dtype with that code."""

from __future__ import annotations

import tscript as torch


def f(x: torch.Tensor, n: int) -> torch.Tensor:
    return x.view(n)


def test_a_number_is_a_size() -> None:
    flat = torch.jit.script(f)(torch.ones(2, 3), 6)
    assert (list(flat.shape), flat.dtype) == ([6], torch.float32)


def test_a_dtype_still_is_one_outside_of_scripts() -> None:
    assert torch.ones(2).view(torch.int32).tolist() == [1065353216, 1065353216]
