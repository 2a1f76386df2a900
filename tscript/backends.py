"""``torch.backends``: flags of libraries that are not used here; setting them does nothing."""

from __future__ import annotations


class _Backend:
    """The flags of one library."""

    enabled = False
    benchmark = False
    deterministic = False

    def __init__(self, name: str) -> None:
        self.name = name

    def is_available(self) -> bool:
        """False: the library is not used."""
        return False


cudnn = _Backend("cudnn")
mkldnn = _Backend("mkldnn")
mkl = _Backend("mkl")
mps = _Backend("mps")
