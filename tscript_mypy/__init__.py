"""A mypy plugin that gives the TorchScript compiler's own verdict: ``plugins = tscript_mypy``.

``tscript-mypy`` is mypy's command line with the plugin on. The pieces: ``plugin`` (mypy's hooks),
``mypy_resolver`` and ``symbols`` (all that is known of mypy's internals), ``report`` (error codes).
"""

from __future__ import annotations

from typing import Any

__all__ = ["plugin"]


def plugin(version: str) -> Any:
    """mypy's entry point; loads mypy's modules only when mypy asks for it."""
    from tscript_mypy.plugin import TScriptPlugin

    return TScriptPlugin
