"""The language in which the generator's grammar is written: templates with typed holes.

A form of the grammar is Python source with holes between guillemets:

* ``«int»``: an expression of that type; ``«=int»``: a variable of that type that may be assigned;
* ``«var Optional[int] o»``: any variable of that type, called ``o`` in the rest of the form;
* ``«new int i»``: a new variable, known in the blocks of the form and not to be assigned;
  ``«def int n»``: a new variable that the statements after the form may use, and assign;
  ``«let int n»``: the same, not to be assigned;
  A variable of a type that no form asks for (``other``) is used in its own form only;
* ``«o»``: the variable that the form calls so;
* ``«body»`` on a line of its own: a block, ``«loop»`` one in which ``break`` may stand, and
  ``«body o: int»`` one in which the variable is of another type.

Here: filling templates with what hypothesis draws. Not here: the grammar (``expressions.py``,
``statements.py``, ``declarations.py``, ``violations.py``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from hypothesis import strategies as st

HOLE = re.compile("«([^»]+)»")
T = TypeVar("T")


@dataclass(frozen=True)
class Form:
    """A template, and what is to be known about the programs it is in."""

    text: str
    own: str = ""
    """The row of "From Python" in docs/deviations.md that it is an instance of."""
    differs: str = ""
    """The row of "From PyTorch 2.13" that it is an instance of."""
    needs: tuple[str, ...] = ()
    """Names of the declarations that it uses."""


@dataclass(frozen=True)
class Variable:
    type: str
    fixed: bool = False


@dataclass(frozen=True)
class Violation:
    """A form that breaks one rule."""

    code: str
    text: str
    declares: str = ""
    module: bool = False
    """Whether it is about a module's attributes: it stands in a method of ``Net``."""
    differs: str = ""
    """The row of docs/deviations.md, where PyTorch's verdict is another."""
    make: str = ""
    """Source of what is compiled, when it is not the program's entry."""
    needs: tuple[str, ...] = ()

    @property
    def form(self) -> Form:
        return Form(self.text, needs=self.needs)


def violating_function(code: str, text: str, call: str = "bad(«int»)", **others: str) -> Violation:
    """A violation in a function called ``bad``, which the form calls."""
    return Violation(code, call, "\n" + text, **others)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Chapter:
    """A part of the grammar that is about one thing."""

    expressions: Mapping[str, tuple[Form, ...]] = field(default_factory=dict)
    """By type, as in ``expressions.py``."""
    statements: tuple[Form, ...] = ()
    declarations: Mapping[str, str] = field(default_factory=dict)
    """By the name that a form's ``needs`` has."""
    module_expressions: Mapping[str, tuple[Form, ...]] = field(default_factory=dict)
    """What stands in a method of ``Net`` only, as in ``module_forms.py``."""
    module_statements: tuple[Form, ...] = ()
    module_classes: str = ""
    """Declared before ``Base``."""
    module_attributes: str = ""
    """The last lines of ``Base.__init__``, indented."""
    module_members: str = ""
    """The last members of ``Base``, indented."""
    violations: tuple[Violation, ...] = ()


Scope = dict[str, Variable]


@dataclass(frozen=True)
class Point:
    """A place between two statements that is always compiled."""

    marker: str
    scope: Mapping[str, Variable]
    in_loop: bool


class NoVariable(Exception):
    """A form needs a variable of a type that is not in scope."""


@dataclass
class Writer:
    """Writes one program, asking hypothesis at each choice."""

    draw: st.DrawFn
    expressions: Mapping[str, Sequence[Form]]
    leaves: Mapping[str, Sequence[str]]
    statements: Sequence[Form]
    points: list[Point] = field(default_factory=list)
    used: list[Form] = field(default_factory=list)
    names: int = 0
    result: str = "None"
    """What the function under construction returns."""

    def choose(self, options: Sequence[T]) -> T:
        return options[self.draw(_below(len(options)))]

    def chance(self, of: int) -> bool:
        return self.draw(_below(of)) == 0

    def fresh(self, prefix: str = "v") -> str:
        self.names += 1
        return f"{prefix}{self.names}"

    # Expressions ------------------------------------------------------------------------------------

    def expression(self, type: str, scope: Scope, fuel: int) -> str:
        forms = self.expressions.get(type, ())
        if fuel <= 0 or not forms or self.chance(4):
            named = [name for name, variable in scope.items() if variable.type == type]
            leaves = [*named, *named, *self.leaves.get(type, ())]
            if leaves:
                return self.choose(leaves)
        form = self.choose(forms)
        try:
            text = self.fill(form.text, scope, fuel - 1, {}, {}, {})
        except NoVariable:
            return self.choose(self.leaves[type])
        self.used.append(form)
        return text

    def fill(
        self,
        text: str,
        scope: Scope,
        fuel: int,
        labels: dict[str, str],
        inner: Scope,
        after: Scope,
    ) -> str:
        known = {**scope, **inner}
        local: Scope = {}

        def one(match: re.Match[str]) -> str:
            hole = match[1]
            if hole == "result":
                return self.result
            if hole in labels:
                return labels[hole]
            keyword, _, rest = hole.partition(" ")
            if keyword in ("new", "def", "let"):
                type, _, label = rest.rpartition(" ")
                name = labels[label] = self.fresh()
                if keyword == "new":
                    local[name] = Variable(type, fixed=True)
                else:
                    after[name] = Variable(type, fixed=keyword == "let")
                return name
            if keyword == "var":
                type, _, label = rest.rpartition(" ")
                labels[label] = self._variable(type, known)
                return labels[label]
            if hole.startswith("="):
                return self._variable(hole[1:], known, assigned=True)
            return self.expression(hole, known, fuel)

        filled = HOLE.sub(one, text)
        inner.update(local)
        return filled

    def _variable(self, type: str, scope: Scope, *, assigned: bool = False) -> str:
        names = [
            name
            for name, variable in scope.items()
            if variable.type == type and not (assigned and variable.fixed)
        ]
        if not names:
            raise NoVariable(type)
        return self.choose(names)

    # Statements -------------------------------------------------------------------------------------

    def block(
        self, scope: Scope, depth: int, *, in_loop: bool = False, marked: bool = True
    ) -> list[str]:
        """A few statements; variables defined in them are added to ``scope``."""
        lines: list[str] = []
        for _ in range(1 + self.draw(_below(3))):
            if marked:
                self.mark(lines, scope, in_loop)
            lines += self.statement(scope, depth, in_loop=in_loop, marked=marked)
        return lines

    def mark(self, lines: list[str], scope: Scope, in_loop: bool) -> None:
        marker = f"# point {len(self.points) + 1}"
        self.points.append(Point(marker, dict(scope), in_loop))
        lines.append(marker)

    def statement(self, scope: Scope, depth: int, *, in_loop: bool, marked: bool) -> list[str]:
        for _ in range(6):
            form = self.choose(self.statements)
            nested = "«body" in form.text or "«loop»" in form.text
            if (nested and depth == 0) or ("«jump»" in form.text and not in_loop):
                continue
            try:
                return self.lines_of(form, scope, depth, in_loop=in_loop, marked=marked)
            except NoVariable:
                continue
        return ["pass"]

    def lines_of(
        self, form: Form, scope: Scope, depth: int, *, in_loop: bool = False, marked: bool = False
    ) -> list[str]:
        """The lines of a form, its blocks filled."""
        lines: list[str] = []
        labels: dict[str, str] = {}
        inner: Scope = {}
        after: Scope = {}
        self.used.append(form)
        for line in form.text.splitlines():
            stripped = line.lstrip()
            indent = line[: len(line) - len(stripped)]
            block = re.fullmatch("«(body|loop|plain)(?: (\\w+): (.+))?»", stripped)
            if block is None:
                if stripped == "«jump»":
                    lines.append(indent + self.choose(("break", "continue")))
                    continue
                visible = {**scope, **after}
                assigned = re.match("«(\\w+)» = ", stripped)  # in another branch: it has no value
                if assigned is not None:
                    visible.pop(labels[assigned[1]], None)
                written = self.fill(stripped, visible, 2, labels, inner, after)
                lines.append(indent + written)
                continue
            known = {**scope, **inner, **after}
            # A condition may be known: a block under it need not be compiled.
            plain = block[1] == "plain" or block[2] is not None or "«bool»" in form.text
            if block[2] is not None:
                name = labels[block[2]]
                known[name] = replace(known[name], type=block[3], fixed=True)
            filled = self.block(
                known,
                depth - 1,
                in_loop=block[1] == "loop" or (in_loop and block[1] == "body"),
                marked=marked and not plain,
            )
            lines += [indent + one for one in filled]
        scope.update(after)
        return lines


def _below(count: int) -> st.SearchStrategy[int]:
    if count not in _INTEGERS:
        _INTEGERS[count] = st.integers(0, count - 1)
    return _INTEGERS[count]


_INTEGERS: dict[int, st.SearchStrategy[int]] = {}
