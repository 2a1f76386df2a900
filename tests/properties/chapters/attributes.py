"""Attributes, names and what is looked up on them."""

from __future__ import annotations

from tests.properties.templates import Chapter

CHAPTER = Chapter()
