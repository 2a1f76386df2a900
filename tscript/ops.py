"""``torch.ops``: every operator by namespace and name, plugins' included.

>>> import tscript as torch
>>> torch.ops.aten.relu(torch.tensor([-1.0, 1.0]))
tensor([0., 1.])
"""

from __future__ import annotations

from tscript.runtime.namespaces import OperatorNamespace


def __getattr__(name: str) -> OperatorNamespace:
    if name.startswith("__"):
        raise AttributeError(name)
    namespace = OperatorNamespace(name)
    globals()[name] = namespace
    return namespace
