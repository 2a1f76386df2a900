"""NumPy puts an object that is no array between a strided view and its base: aliases were lost."""

from __future__ import annotations

import copy
import io

import tscript as torch


def test_the_offset_of_a_strided_view_counts_from_its_owner() -> None:
    x = torch.arange(6.0)
    assert x.as_strided((2, 2), (1, 1), 1).storage_offset() == 1


def test_a_strided_view_and_its_base_are_copied_as_aliases() -> None:
    x = torch.arange(6.0)
    base, view = copy.deepcopy((x, x.as_strided((2, 2), (1, 1), 1)))
    base[1] = 99.0
    assert view[0, 0].item() == 99.0


def test_a_strided_view_and_its_base_are_saved_as_aliases() -> None:
    x = torch.arange(6.0)
    file = io.BytesIO()
    torch.save({"base": x, "view": x.as_strided((2, 2), (1, 1), 1)}, file)
    file.seek(0)
    loaded = torch.load(file)
    loaded["base"][1] = 99.0
    assert loaded["view"][0, 0].item() == 99.0
