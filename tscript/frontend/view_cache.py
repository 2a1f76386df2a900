"""Views of source that has not changed, kept by content.

Here: :class:`ViewCache`, which parses a text once, and moves its views when the same text turns
up in another place (a function pushed down by a line above it, a file checked again). Not here:
parsing; keeping views on disk, for which a :class:`ViewStore` is the place.

A key is the text, what is parsed from it and the version of the views; so one store serves any
number of processes and versions, and a store on disk may keep keys as file names (they are
hexadecimal).
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import fields
from threading import Lock
from typing import Any, Generic, Protocol, TypeVar

from tscript.diagnostics.source import Source, SourceRange
from tscript.frontend import views as v

VIEWS_VERSION = 1
"""Raised when the classes of ``views.py`` change: what was stored before is then not found."""

ViewT = TypeVar("ViewT", bound=v.View)


class ViewStore(Protocol):
    """Where views are kept."""

    def load(self, key: str) -> v.View | None:
        """The view stored under a key, if there is one."""

    def save(self, key: str, view: v.View) -> None:
        """Store a view; an older one may be dropped for it."""


class MemoryStore:
    """Keeps the views that were used last, in memory."""

    def __init__(self, capacity: int = 4096) -> None:
        self._capacity = capacity
        self._views: OrderedDict[str, v.View] = OrderedDict()
        self._lock = Lock()

    def load(self, key: str) -> v.View | None:
        """The view stored under a key; it counts as used."""
        with self._lock:
            view = self._views.get(key)
            if view is not None:
                self._views.move_to_end(key)
            return view

    def save(self, key: str, view: v.View) -> None:
        """Store a view, and drop the one that was not used for longest if there are too many."""
        with self._lock:
            self._views[key] = view
            self._views.move_to_end(key)
            if len(self._views) > self._capacity:
                self._views.popitem(last=False)

    def __len__(self) -> int:
        return len(self._views)


class ViewCache(Generic[ViewT]):
    """A parser with a memory.

    ``kind`` tells apart what several caches with one store parse.

    >>> from tscript.frontend.parse_ast import parse_def
    >>> cache = ViewCache("def", parse_def)
    >>> text = "def f(x):\\n    return x\\n"
    >>> first = cache.get(Source(text, "a.py"))
    >>> cache.get(Source(text, "a.py")) is first
    True
    >>> str(cache.get(Source(text, "b.py", first_line=7)).body[0].range)
    'b.py:8'
    """

    def __init__(
        self, kind: str, parse: Callable[[Source], ViewT], store: ViewStore | None = None
    ) -> None:
        self._kind = kind
        self._parse = parse
        self._store: ViewStore = MemoryStore() if store is None else store

    def get(self, source: Source) -> ViewT:
        """The view of a source; errors of the parser are raised, and not kept."""
        text = source.text.encode("utf-8", "surrogatepass")
        key = hashlib.sha256(b"%d %s " % (VIEWS_VERSION, self._kind.encode()) + text).hexdigest()
        view: Any = self._store.load(key)
        if view is None:
            view = self._parse(source)
            self._store.save(key, view)
        elif view.range.source is not source and view.range.source != source:
            view = moved(view, source)
        parsed: ViewT = view
        return parsed


def moved(view: ViewT, source: Source) -> ViewT:
    """A view of a source with equal text, as if it had been parsed from this one."""
    moved_view: ViewT = _moved(view, source)
    return moved_view


def _moved(value: Any, source: Source) -> Any:
    if isinstance(value, SourceRange):
        return SourceRange(source, value.start, value.end)
    if isinstance(value, v.View):
        kind = type(value)
        return kind(*[_moved(getattr(value, name), source) for name in _field_names(kind)])
    if isinstance(value, tuple):
        return tuple([_moved(item, source) for item in value])
    return value


def _field_names(kind: Any) -> tuple[str, ...]:
    names = _FIELD_NAMES.get(kind)
    if names is None:
        names = _FIELD_NAMES[kind] = tuple(field.name for field in fields(kind))
    return names


_FIELD_NAMES: dict[Any, tuple[str, ...]] = {}


def cached_def(source: Source) -> v.Def:
    """``parse_cst.parse_def``, with the process's memory. libcst is imported when it is needed.

    >>> source = Source("def f(x):\\n    return x\\n")
    >>> cached_def(source) is cached_def(source)
    True
    """
    return _functions.get(source)


def cached_class(source: Source) -> v.ClassDef:
    """``parse_cst.parse_class``, with the process's memory."""
    return _classes.get(source)


def _parse_def(source: Source) -> v.Def:
    from tscript.frontend.parse_cst import parse_def

    return parse_def(source)


def _parse_class(source: Source) -> v.ClassDef:
    from tscript.frontend.parse_cst import parse_class

    return parse_class(source)


_functions = ViewCache("def", _parse_def)
_classes = ViewCache("class", _parse_class, MemoryStore(capacity=1024))
