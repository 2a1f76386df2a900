"""Qualified names of live functions and classes: ``__torch__.package.module.Name``.

Two different things with one name get different ones: the second is ``___torch_mangle_0.Name``,
as PyTorch has it, so that graphs and archives can tell them apart.
"""

from __future__ import annotations

import itertools
from typing import Any

_ROOT = "__torch__"
_taken: set[str] = set()
_mangles = itertools.count()


def base_name(target: Any) -> str:
    """The qualified name before mangling.

    >>> from collections import OrderedDict
    >>> base_name(OrderedDict)
    '__torch__.collections.OrderedDict'
    """
    module = getattr(target, "__module__", None) or ""
    if module == "__main__":
        module = ""
    if module == "tscript" or module.startswith("tscript."):
        module = "torch" + module.removeprefix("tscript")
    qualname = getattr(target, "__qualname__", None) or type(target).__qualname__
    name = qualname.rpartition(".<locals>.")[2].replace("<lambda>", "_lambda")
    parts = [part for part in (_ROOT, *module.split("."), *name.split(".")) if part]
    return ".".join(part if part.isidentifier() else f"_{abs(hash(part))}" for part in parts)


def unique_name(base: str) -> str:
    """``base``, or a mangled form of it if the name is taken; the name is taken from then on."""
    name = base
    while name in _taken:
        owner, _, last = base.rpartition(".")
        name = f"{owner}.___torch_mangle_{next(_mangles)}.{last}"
    _taken.add(name)
    return name


def is_taken(name: str) -> bool:
    """Whether a name stands for something already."""
    return name in _taken
