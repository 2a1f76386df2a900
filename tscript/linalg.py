"""``torch.linalg``: linear algebra, the operators ``aten::linalg_...``."""

from __future__ import annotations

from tscript.runtime.namespaces import prefixed

__getattr__ = prefixed("torch.linalg", "linalg_")
