"""``torch.cuda``: there is no GPU here, and code that asks is told so."""

from __future__ import annotations

from typing import Any


def is_available() -> bool:
    """False: tscript computes on the CPU."""
    return False


def device_count() -> int:
    """0: tscript computes on the CPU."""
    return 0


def is_initialized() -> bool:
    return False


def manual_seed(seed: int) -> None:
    """Do nothing, as PyTorch does without a GPU."""


def manual_seed_all(seed: int) -> None:
    """Do nothing, as PyTorch does without a GPU."""


def empty_cache() -> None:
    """Do nothing, as PyTorch does without a GPU."""


def synchronize(device: Any = None) -> None:
    """Raise: there is nothing to wait for."""
    raise RuntimeError("tscript computes on the CPU: there is no cuda device")
