"""Assignments, comprehensions, loops, branches and signatures."""

from __future__ import annotations

from tests.properties.templates import Chapter

CHAPTER = Chapter()
