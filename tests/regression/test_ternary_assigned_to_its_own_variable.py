"""``x = y if x is None else x + y`` kept the refined ``x`` instead of what was assigned."""

from __future__ import annotations

from typing import Optional

import tscript as torch
from tscript import Tensor


def merged(mask: Optional[Tensor], other: Tensor, use: bool) -> Optional[Tensor]:
    if use:
        mask = other if mask is None else mask + other
    return mask


def test_the_assigned_value_is_kept() -> None:
    scripted = torch.jit.script(merged)
    one, two = torch.ones(1), torch.full((1,), 2.0)
    assert scripted(None, two, True).tolist() == [2.0]
    assert scripted(one, two, True).tolist() == [3.0]
    assert scripted(one, two, False).tolist() == [1.0]
    assert scripted(None, two, False) is None
