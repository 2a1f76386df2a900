"""``DataParallel``: on the CPU, the module it is made of.

There is one device here, so there is nothing to split a batch over.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ops_registry.device import Device
from tscript.nn.module import Module

__all__ = ["DataParallel"]


class DataParallel(Module):
    """Holds a module as ``module`` and calls it; its state has the prefix ``module.``.

    >>> from tscript import nn
    >>> list(DataParallel(nn.Linear(2, 2)).state_dict())
    ['module.weight', 'module.bias']
    """

    def __init__(
        self,
        module: Module,
        device_ids: Sequence[int | Device] | None = None,
        output_device: int | Device | None = None,
        dim: int = 0,
    ) -> None:
        super().__init__()
        self.module = module
        self.device_ids: list[int] = []

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        return self.module(*inputs, **kwargs)
