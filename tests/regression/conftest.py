"""Collects the ``py`` blocks of the Markdown files here as those of the language reference."""

from tests.language.conftest import pytest_collect_file as pytest_collect_file
