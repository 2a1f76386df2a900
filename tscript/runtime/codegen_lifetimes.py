"""Letting go of memory in generated code: ``del`` after the last use of a variable.

A graph's values would otherwise live until the function returns, and with them every intermediate
result of a network. This works on the finished statements, where expressions are already folded into
their readers: it finds which variables may still be read (backwards, by name) and deletes the
others as soon as they are not. What a variable must have for that is the caller's to say.

Loops keep what comes into them until they end; what a step makes, it also lets go.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence

from ops_registry import types as t

_Names = frozenset[str]
_NOTHING: _Names = frozenset()


def holds_memory(type: t.Type) -> bool:
    """Whether values of a type have tensors in them (objects of a class own theirs anyway)."""
    return isinstance(type, t.TensorType) or any(map(holds_memory, type.contained()))


def free_variables(body: list[ast.stmt], names: Collection[str]) -> list[ast.stmt]:
    """The statements of a function with ``del`` statements for those of ``names`` that are done.

    >>> tree = ast.parse("def f(x):\\n    y = x + 1\\n    z = y * 2\\n    return z")
    >>> tree.body[0].body = free_variables(tree.body[0].body, {"x", "y", "z"})
    >>> print(ast.unparse(tree))
    def f(x):
        y = x + 1
        del x
        z = y * 2
        del y
        return z
    """
    return _Lifetimes(names).body(body, _NOTHING)


class _Lifetimes:
    def __init__(self, names: Collection[str]) -> None:
        self._names = frozenset(names)
        self._flows: dict[int, tuple[_Names, _Names]] = {}

    # What statements read before they write it, and what they certainly write.

    def _flow(self, statement: ast.stmt) -> tuple[_Names, _Names]:
        found = self._flows.get(id(statement))
        if found is None:
            found = self._flows[id(statement)] = self._find_flow(statement)
        return found

    def _find_flow(self, statement: ast.stmt) -> tuple[_Names, _Names]:
        match statement:
            case ast.If(test, body, orelse):
                read, written = self._flow_of(body)
                other_read, other_written = self._flow_of(orelse)
                return self._loads(test) | read | other_read, written & other_written
            case ast.For(target, iterated, body):
                read = self._flow_of(body)[0] - self._stores(target)
                return self._loads(iterated) | read, _NOTHING
            case ast.While(test, body):
                return self._loads(test) | self._flow_of(body)[0], _NOTHING
            case ast.Try(body, handlers):
                read, written = self._flow_of(body)
                for handler in handlers:
                    handled_read, handled_written = self._flow_of(handler.body)
                    read, written = read | handled_read, written & handled_written
                return read, written
            case _:
                return self._loads(statement), self._stores(statement)

    def _flow_of(self, body: Sequence[ast.stmt]) -> tuple[_Names, _Names]:
        read, written = _NOTHING, _NOTHING
        for statement in reversed(body):
            reads, writes = self._flow(statement)
            read = reads | (read - writes)
            written |= writes
        return read, written

    def _loads(self, tree: ast.AST) -> _Names:
        return self._mentioned(tree, ast.Load)

    def _stores(self, tree: ast.AST) -> _Names:
        return self._mentioned(tree, ast.Store)

    def _mentioned(self, tree: ast.AST, how: type[ast.expr_context]) -> _Names:
        return self._names.intersection(
            part.id
            for part in ast.walk(tree)
            if isinstance(part, ast.Name) and isinstance(part.ctx, how)
        )

    # Deleting.

    def body(self, body: Sequence[ast.stmt], after: _Names) -> list[ast.stmt]:
        """The statements with deletions; ``after`` is what is read behind them."""
        done: list[list[ast.stmt]] = []
        for statement in reversed(body):
            reads, writes = self._flow(statement)
            done.append(self._statement(statement, reads, writes, after))
            after = reads | (after - writes)
        return [statement for group in reversed(done) for statement in group]

    def _statement(
        self, statement: ast.stmt, reads: _Names, writes: _Names, after: _Names
    ) -> list[ast.stmt]:
        match statement:
            case ast.Return() | ast.Raise() | ast.Break() | ast.Continue():
                return [statement]
            case ast.If(_, body, orelse):
                before = reads | (after - writes)
                statement.body = self._side(body, statement, before, after)
                if orelse or self._dead(orelse, before, after):
                    statement.orelse = self._side(orelse, statement, before, after)
                return [statement]
            case ast.For() | ast.While():
                statement.body = self.body(statement.body, reads | after)
                return [statement, *_deletions(reads - after, statement)]
            case ast.Try(body, handlers):
                kept = after.union(*(self._flow_of(handler.body)[0] for handler in handlers))
                statement.body = self.body(body, kept)
                for handler in handlers:
                    handler.body = self.body(handler.body, after)
                return [statement]
            case _:
                return [statement, *_deletions((reads | writes) - after, statement)]

    def _dead(self, side: Sequence[ast.stmt], before: _Names, after: _Names) -> _Names:
        """What may be read before a branch and is not when this side is taken."""
        read, written = self._flow_of(side)
        return before - (read | (after - written))

    def _side(
        self, side: Sequence[ast.stmt], branch: ast.If, before: _Names, after: _Names
    ) -> list[ast.stmt]:
        deletions = _deletions(self._dead(side, before, after), side[0] if side else branch)
        return [*deletions, *self.body(side, after)]


def _deletions(names: _Names, place: ast.stmt) -> list[ast.stmt]:
    if not names:
        return []
    targets: list[ast.expr] = [
        ast.copy_location(ast.Name(name, ast.Del()), place) for name in sorted(names)
    ]
    return [ast.copy_location(ast.Delete(targets), place)]
