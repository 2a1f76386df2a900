"""``python -m benchmarks [WORD ...]``: all comparisons, or those named with a word.

Prints each ratio beside its bound. The exit status is 1 when one is above it.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks import compile_time, import_cost, loops, memory


def main(words: list[str]) -> int:
    warnings.simplefilter("ignore", DeprecationWarning)  # PyTorch deprecates torch.jit by it
    console = Console()
    console.print(
        f"Python {platform.python_version()}, NumPy {np.__version__}, {os.cpu_count()} cores"
    )
    table = Table("", "ours", "peer", "", "ratio", "bound", "")
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for comparison in [
            *import_cost.comparisons(),
            *loops.comparisons(Path(folder)),
            *compile_time.comparisons(),
            *memory.comparisons(),
        ]:
            if words and not any(word in comparison.name for word in words):
                continue
            result = comparison.measure()
            failed |= not result.within
            table.add_row(
                comparison.name,
                comparison.shown(result.ours),
                comparison.shown(result.theirs),
                comparison.peer,
                f"{result.ratio:.2f}",
                f"{comparison.bound:.2f}",
                "ok" if result.within else "ABOVE",
            )
    console.print(table)
    if not words or any(word in "compile shares" for word in words):
        compile_time.print_shares(console)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
