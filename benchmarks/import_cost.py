"""What ``import tscript`` costs, beside ``import numpy``: each in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

from benchmarks.comparison import Comparison


def importing(module: str) -> float:
    code = f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
    return float(subprocess.check_output([sys.executable, "-c", code]))


def comparisons() -> Iterator[Comparison]:
    yield Comparison(
        "import tscript",
        ours=lambda: importing("tscript"),
        theirs=lambda: importing("numpy"),
        bound=1.6,
        peer="import numpy",
    )
