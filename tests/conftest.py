"""What every test may ask for, whatever it tests. Fixtures of one area live beside its tests."""

from __future__ import annotations

from types import ModuleType

import pytest
from hypothesis import settings

# Generated inputs are the same in every run, so that a red run can be repeated; `--hypothesis-profile
# explore` looks further afield. No deadline: two workers share the machine.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("explore", derandomize=False, deadline=None, max_examples=2000)
settings.load_profile("steady")


@pytest.fixture(scope="session")
def torch() -> ModuleType:
    """Real PyTorch, the referee of the tests marked ``oracle``.

    There is deliberately no ``importorskip``: a run that asks for the oracle and has none fails.
    """
    import torch

    torch.set_num_threads(1)
    return torch
