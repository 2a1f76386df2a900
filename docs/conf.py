"""Sphinx configuration. The operator reference is written from the registry before each build."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import operator_reference  # noqa: E402

operator_reference.write(HERE / "operators")

project = "tscript"
author = "tscript authors"
copyright = "2026, tscript authors"

extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = "tscript"
# Source blocks show TorchScript, mypy's output and IR; what a lexer cannot read is left plain.
suppress_warnings = ["misc.highlighting_failure"]
