"""``remainder`` of tensors: zero has the sign of the dividend, as in PyTorch; Python's has not."""

from __future__ import annotations

import math

import pytest

import tscript as torch


@pytest.mark.parametrize("dividend", [-0.0, 0.0, 6.0, -6.0])
@pytest.mark.parametrize("divisor", [3.0, -3.0])
def test_zero_has_the_sign_of_the_dividend(dividend: float, divisor: float) -> None:
    x = torch.tensor([dividend])
    for result in (
        x % divisor,
        x % torch.tensor([divisor]),
        torch.remainder(dividend, x * 0 + divisor),
    ):
        assert result.item() == 0
        assert math.copysign(1, result.item()) == math.copysign(1, dividend)


def test_other_results_have_the_sign_of_the_divisor() -> None:
    assert (torch.tensor([-7.0, 7.0]) % 4).tolist() == [1.0, 3.0]
    assert (torch.tensor([-7.0, 7.0]) % -4).tolist() == [-3.0, -1.0]
