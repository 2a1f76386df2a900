"""The cache of views: parsed once for a text, right wherever the text stands."""

from __future__ import annotations

import pickle

import pytest

from tscript.diagnostics.report import CompilationError
from tscript.diagnostics.source import Source
from tscript.frontend import views as v
from tscript.frontend.parse_ast import parse_def
from tscript.frontend.view_cache import MemoryStore, ViewCache, cached_class, cached_def

TEXT = "def f(x):\n    return f'{x}' if x is not None else [1.5, *x]\n"


class Counting:
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, source: Source) -> v.Def:
        self.calls += 1
        return parse_def(source)


def test_a_text_is_parsed_once() -> None:
    parse = Counting()
    cache = ViewCache("def", parse)
    assert cache.get(Source(TEXT, "a.py")) is cache.get(Source(TEXT, "a.py"))
    assert parse.calls == 1


def test_moved_source_gives_the_views_it_would_parse_to() -> None:
    parse = Counting()
    cache = ViewCache("def", parse)
    cache.get(Source(TEXT, "a.py"))
    elsewhere = Source(TEXT, "b.py", first_line=40)
    assert cache.get(elsewhere) == parse_def(elsewhere)
    assert all(view.range.source is elsewhere for view in v.walk(cache.get(elsewhere)))
    assert parse.calls == 1


def test_changed_source_is_parsed_again() -> None:
    parse = Counting()
    cache = ViewCache("def", parse)
    cache.get(Source(TEXT))
    assert cache.get(Source(TEXT.replace("f(x)", "g(x)"))).name.name == "g"
    assert parse.calls == 2


def test_errors_are_raised_every_time() -> None:
    cache = ViewCache("def", parse_def)
    for _ in range(2):
        with pytest.raises(CompilationError):
            cache.get(Source("def"))


def test_the_store_drops_what_was_not_used_for_longest() -> None:
    store = MemoryStore(capacity=2)
    parse = Counting()
    cache = ViewCache("def", parse, store)
    a, b, c = (Source(f"def {name}(): pass\n") for name in "abc")
    for source in (a, b, a, c, a):
        cache.get(source)
    assert (len(store), parse.calls) == (2, 3)
    cache.get(b)
    assert parse.calls == 4


def test_one_store_keeps_kinds_apart() -> None:
    store = MemoryStore()
    first, second = Counting(), Counting()
    ViewCache("a", first, store).get(Source(TEXT))
    ViewCache("b", second, store).get(Source(TEXT))
    assert (first.calls, second.calls) == (1, 1)


def test_views_can_be_pickled_so_that_a_store_may_be_on_disk() -> None:
    view = parse_def(Source(TEXT, "a.py"))
    assert pickle.loads(pickle.dumps(view)) == view


def test_the_process_keeps_functions_and_classes() -> None:
    assert cached_def(Source(TEXT)) is cached_def(Source(TEXT))
    assert cached_class(Source("class C: pass\n")).name.name == "C"
