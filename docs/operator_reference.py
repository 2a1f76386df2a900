"""Writes the operator reference: one page for each family, from the records themselves.

The text of an operator is its kernel's docstring; nothing about operators is written by hand.
``python docs/operator_reference.py FOLDER`` does it without Sphinx.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from ops_registry.builtin import BUILTIN_FAMILIES
from ops_registry.operator import Operator, declared_in


def write(folder: Path) -> None:
    """One reStructuredText page a family, and an index, into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = {"index": index(BUILTIN_FAMILIES)}
    for family in BUILTIN_FAMILIES:
        pages[family] = page(family)
    for old in folder.glob("*.rst"):
        if old.stem not in pages:
            old.unlink()
    for name, text in pages.items():
        path = folder / f"{name}.rst"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")  # unchanged pages are not built again


def heading(text: str, mark: str) -> str:
    title = escaped(text)
    return f"{title}\n{mark * len(title)}\n\n"


def escaped(text: str) -> str:
    """``text`` with ``add_`` and ``(N, *)`` escaped, which markup would read as something else."""
    kept = r"(``.*?``|^ *>>>.*$|\*\w[^*\n]*\w\*)"  # literals, examples, emphasis
    parts = re.split(kept, text, flags=re.DOTALL | re.MULTILINE)
    parts[::2] = [re.sub(r"(?<=\w)_(?=\W|$)|\*", r"\\\g<0>", part) for part in parts[::2]]
    return "".join(parts)


def index(families: Sequence[str]) -> str:
    entries = "".join(f"   {family}\n" for family in families)
    return (
        heading("Operators", "=")
        + "Every operator that is built in, by family. A schema is PyTorch's own: ``(a!)`` marks\n"
        + "an argument that is written, ``(a)`` a result that shares memory with one.\n\n"
        + f".. toctree::\n   :maxdepth: 1\n\n{entries}"
    )


def page(family: str) -> str:
    name = f"ops_registry.builtin.{family}"
    module = importlib.import_module(name)
    groups: dict[tuple[str, str], list[Operator]] = {}
    for operator in declared_in(name):
        # In-place and out forms, and overloads that share a kernel, are one entry.
        source = operator.functional or operator
        groups.setdefault((source.name, source.doc), []).append(operator)
    text = (
        heading(family.capitalize(), "=") + escaped(inspect.cleandoc(module.__doc__ or "")) + "\n\n"
    )
    for (title, doc), operators in sorted(groups.items()):
        text += entry(title, doc, operators)
    return text


def entry(title: str, doc: str, operators: Sequence[Operator]) -> str:
    schemas = "".join(f"   {operator.schema}\n" for operator in operators)
    facts = []
    if any(operator.random for operator in operators):
        facts.append("draws from the random generator")
    if any(operator.derivative for operator in operators):
        facts.append("has a derivative")
    text = heading(title, "-") + f".. code-block:: text\n\n{schemas}\n"
    if doc:
        text += escaped(inspect.cleandoc(doc)) + "\n\n"
    if facts:
        text += f"*{'; '.join(facts).capitalize()}.*\n\n"
    return text


if __name__ == "__main__":
    write(Path(sys.argv[1]))
