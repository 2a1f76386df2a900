"""``torch.Generator``: the generator that operators draw from, with its state as a tensor.

The streams themselves are :mod:`ops_registry.generator`, which knows no tensors.
"""

from __future__ import annotations

from typing import Self

from ops_registry import generator as streams
from tscript.runtime.tensor import Tensor, wrap


class Generator(streams.Generator):
    """A stream of pseudo-random numbers, to be passed to operators as ``generator=``.

    >>> import tscript as torch
    >>> torch.rand(2, generator=torch.Generator().manual_seed(0))
    tensor([0.4963, 0.7682])
    """

    __slots__ = ()

    def get_state(self) -> Tensor:
        """The state, a uint8 tensor of shape (5056,) as in PyTorch; see :meth:`set_state`."""
        return wrap(self.state_bytes())

    def set_state(self, new_state: Tensor) -> Self:
        """Continue from what :meth:`get_state` returned; returns the generator.

        Raises TypeError for anything but a uint8 tensor, ValueError for bytes that are no state.
        """
        if not isinstance(new_state, Tensor):
            raise TypeError(f"a state is a tensor of uint8, not {type(new_state).__name__}")
        return self.restore(new_state.array)


def default_generator() -> Generator:
    """The generator of all calls that pass none."""
    current = streams.default_generator()
    if not isinstance(current, Generator):
        current = Generator().restore(current.state_bytes())
        streams.set_default_generator(current)
    return current
