"""Source files as mypy's plugin needs them: the text of a function or class, found by line.

mypy keeps no bodies of other modules and, with a warm cache, no lines either, so definitions are
found in the file itself: ``ast`` says where they begin and end, the shared parsers do the rest.
"""

from __future__ import annotations

import ast
import hashlib
import os
import tokenize
from dataclasses import dataclass, field

from tscript.diagnostics.source import Source


@dataclass(frozen=True, slots=True)
class Definition:
    """Where a function or class stands in its file; lines from 1, decorators included."""

    name: str
    qualname: str
    line: int
    first: int
    last: int
    is_class: bool


@dataclass(slots=True)
class SourceFile:
    """One file: its lines and the definitions in it."""

    path: str
    text: str
    digest: str
    _definitions: list[Definition] | None = None
    _lines: list[str] = field(default_factory=list)

    @property
    def definitions(self) -> list[Definition]:
        """Every function and class, nested ones included, in order."""
        if self._definitions is None:
            self._definitions = []
            try:
                tree = ast.parse(self.text)
            except (SyntaxError, ValueError, RecursionError):
                return self._definitions
            self._collect(tree, "")
        return self._definitions

    def _collect(self, node: ast.AST, prefix: str) -> None:
        assert self._definitions is not None
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                qualname = f"{prefix}{child.name}"
                first = min([child.lineno, *(d.lineno for d in child.decorator_list)])
                last = child.end_lineno or child.lineno
                self._definitions.append(
                    Definition(
                        child.name, qualname, child.lineno, first, last,
                        isinstance(child, ast.ClassDef),
                    )
                )  # fmt: skip
                self._collect(child, f"{qualname}.")
            else:
                self._collect(child, prefix)

    def at_line(self, line: int, name: str) -> Definition | None:
        """The definition called ``name`` whose text, decorators included, covers or begins at a line."""
        found = [d for d in self.definitions if d.name == name and d.first <= line <= d.last]
        return max(found, key=lambda d: d.first, default=None)

    def named(self, qualname: str) -> Definition | None:
        """The last definition with a qualified name."""
        found = [d for d in self.definitions if d.qualname == qualname]
        return found[-1] if found else None

    def source(self, definition: Definition) -> Source:
        """The text of a definition, as the parsers take it."""
        if not self._lines:
            self._lines = self.text.splitlines(keepends=True)
        text = "".join(self._lines[definition.first - 1 : definition.last])
        return Source(text, self.path, definition.first)


_files: dict[str, tuple[tuple[int, int], SourceFile]] = {}


def source_file(path: str) -> SourceFile | None:
    """The file at a path, read again when it changed; None when it is no readable Python file.

    >>> source_file("no/such/file.py") is None
    True
    """
    if not path.endswith(".py"):
        return None
    try:
        status = os.stat(path)
        stamp = (status.st_mtime_ns, status.st_size)
        known = _files.get(path)
        if known is not None and known[0] == stamp:
            return known[1]
        with tokenize.open(path) as file:
            text = file.read()
    except (OSError, SyntaxError, UnicodeDecodeError):
        return None
    made = SourceFile(path, text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())
    _files[path] = (stamp, made)
    return made
