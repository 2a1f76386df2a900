"""Subscripts, slices, operators and other expressions."""

from __future__ import annotations

from tests.properties.templates import Chapter

CHAPTER = Chapter()
