"""``torch.fft``: fourier transforms, the operators ``aten::fft_...``."""

from __future__ import annotations

from tscript.runtime.namespaces import prefixed

__getattr__ = prefixed("torch.fft", "fft_")
