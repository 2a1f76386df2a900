"""The grammar's chapters: what its basic tables do not have, one file for each part of the language."""

from __future__ import annotations

from tests.properties.chapters.attributes import CHAPTER as ATTRIBUTES
from tests.properties.chapters.calls import CHAPTER as CALLS
from tests.properties.chapters.flow import CHAPTER as FLOW
from tests.properties.chapters.operators import CHAPTER as OPERATORS
from tests.properties.chapters.statements import CHAPTER as STATEMENTS
from tests.properties.chapters.subscripts import CHAPTER as SUBSCRIPTS
from tests.properties.templates import Chapter

CHAPTERS: tuple[Chapter, ...] = (ATTRIBUTES, CALLS, FLOW, OPERATORS, STATEMENTS, SUBSCRIPTS)
