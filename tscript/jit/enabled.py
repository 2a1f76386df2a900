"""Whether the JIT is on: ``PYTORCH_JIT=0`` leaves all code plain Python."""

from __future__ import annotations

import os


def enabled() -> bool:
    """Whether ``script`` and ``trace`` compile; read from the environment at each use.

    >>> enabled()
    True
    """
    return os.environ.get("PYTORCH_JIT", "1") != "0"
