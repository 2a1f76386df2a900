"""Counts the cases of the language reference, rule by rule: ``python tests/language/rules.py``.

A *case* is a ``py`` block of a page; a *rule* is a heading with the blocks below it. A case is
accepted when it asserts a value that a script gave, and rejected when it says ``# error: [code]`` or
calls in ``with raises(...)``; it may be both. Every rule has one of each. ``index.md`` says which
rules each name of the TorchScript reference, and of what came after it, stands for.

Not here: running the cases (``conftest.py``), comparing them with PyTorch
(``test_pytorch_agrees.py``) and with mypy (``tests/conformance/``).
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

LANGUAGE = Path(__file__).parent
INDEX = LANGUAGE / "index.md"

_PIECE = re.compile(r"^(##? [^\n]+)$|^```py\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([a-z_]+)\.md(?:#([^)]*))?\)")


@dataclass
class Rule:
    """What is counted below one heading."""

    page: str
    heading: str
    cases: int = 0
    accepted: int = 0
    rejected: int = 0

    @property
    def anchor(self) -> tuple[str, str]:
        """Its page and heading as a link spells them.

        >>> Rule("loops", "for over lists, Tensors and dicts").anchor
        ('loops', 'for-over-lists-tensors-and-dicts')
        """
        kept = re.sub(r"[^\w\- ]", "", self.heading.lower())
        return self.page, kept.replace(" ", "-")

    @property
    def complete(self) -> bool:
        """Whether both kinds are there."""
        return bool(self.accepted and self.rejected)


def is_accepted(block: str) -> bool:
    """Whether a case asserts a value.

    >>> is_accepted("assert f(1) == 2"), is_accepted("f(1)")
    (True, False)
    """
    return any(isinstance(statement, ast.Assert) for statement in ast.parse(block).body)


def is_rejected(block: str) -> bool:
    """Whether something in a case is refused, when compiled or when called.

    >>> is_rejected("f(x)  # error: [argument-type]"), is_rejected("f(x)")
    (True, False)
    """
    return "# error: [" in block or re.search(r"^with raises\(", block, re.MULTILINE) is not None


def rules_of(page: str, text: str) -> list[Rule]:
    """The rules of a page, in order; its title is one if cases stand right below it."""
    found: list[Rule] = []
    for match in _PIECE.finditer(text):
        heading, block = match.groups()
        if heading is not None:
            found.append(Rule(page, heading.lstrip("# ")))
            continue
        rule = found[-1]
        rule.cases += 1
        rule.accepted += is_accepted(block)
        rule.rejected += is_rejected(block)
    return found if found and found[0].cases else found[1:]


def language_rules() -> list[Rule]:
    """The rules of all pages."""
    return [
        rule
        for path in sorted(LANGUAGE.glob("*.md"))
        if path != INDEX
        for rule in rules_of(path.stem, path.read_text(encoding="utf-8"))
    ]


def unknown_links(rules: Iterable[Rule]) -> list[str]:
    """What the index names and no page has."""
    known = {rule.anchor for rule in rules}
    links = _LINK.findall(INDEX.read_text(encoding="utf-8"))
    return [f"{page}.md#{anchor}" for page, anchor in links if (page, anchor) not in known]


def main() -> int:
    """Print the counts; 1 when a rule lacks a kind or the index names one that is not there."""
    rules = language_rules()
    page = None
    for rule in rules:
        if rule.page != page:
            page = rule.page
            print(f"{page}.md")
        mark = "" if rule.complete else "  <- lacks one kind"
        print(f"  {rule.accepted:3} accepted {rule.rejected:3} rejected  {rule.heading}{mark}")
    unknown = unknown_links(rules)
    for link in unknown:
        print(f"index.md: no rule {link}")
    print(
        f"{sum(rule.cases for rule in rules)} cases, {len(rules)} rules:"
        f" {sum(rule.accepted for rule in rules)} accepted,"
        f" {sum(rule.rejected for rule in rules)} rejected"
    )
    return 0 if not unknown and all(rule.complete for rule in rules) else 1


if __name__ == "__main__":
    sys.exit(main())
