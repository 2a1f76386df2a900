"""Calls and construction of values."""

from __future__ import annotations

from tests.properties.templates import Chapter

CHAPTER = Chapter()
