"""``torch.special``: special functions, the operators ``aten::special_...``."""

from __future__ import annotations

from tscript.runtime.namespaces import prefixed

__getattr__ = prefixed("torch.special", "special_")
