"""``torch.random``: the state of the default random generator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from tscript.runtime.generator import Generator
from tscript.runtime.generator import default_generator as _default
from tscript.runtime.tensor import Tensor


def manual_seed(seed: int) -> Generator:
    """Seed the default generator; what follows equals PyTorch's CPU stream for this seed.

    >>> import tscript as torch
    >>> torch.manual_seed(0).initial_seed()
    0
    """
    return _default().manual_seed(int(seed))


def seed() -> int:
    """Seed the default generator from the operating system; returns the seed."""
    return _default().seed()


def initial_seed() -> int:
    """The seed that the default generator was last given."""
    return _default().initial_seed()


def get_rng_state() -> Tensor:
    """The default generator's state as a uint8 tensor, to be given to `set_rng_state`."""
    return _default().get_state()


def set_rng_state(new_state: Tensor) -> None:
    """Continue from a state that `get_rng_state` gave."""
    _default().set_state(new_state)


@contextmanager
def fork_rng(devices: Iterable[Any] = (), enabled: bool = True) -> Iterator[None]:
    """Restore the generator's state at the end of a ``with`` block."""
    if not enabled:
        yield
        return
    state = get_rng_state()
    try:
        yield
    finally:
        set_rng_state(state)
