"""What ``import tscript`` costs, beside ``import numpy``: each in a fresh interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

from benchmarks.comparison import Comparison


def seconds_of(statements: str) -> float:
    code = f"import time; t = time.perf_counter(); {statements}; print(time.perf_counter() - t)"
    return float(subprocess.check_output([sys.executable, "-c", code], env=_ENVIRONMENT))


#: An installed package has its bytecode beside it, whatever this environment says of writing any.
_ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


def comparisons() -> Iterator[Comparison]:
    yield Comparison(
        "import tscript",
        ours=lambda: seconds_of("import tscript"),
        theirs=lambda: seconds_of("import numpy"),
        bound=1.6,
        peer="import numpy",
    )
    # The names are lazy, so that the line above says little alone: this is with NumPy and the
    # registry in use.
    yield Comparison(
        "import tscript, and add two tensors",
        ours=lambda: seconds_of("import tscript; tscript.ones(2) + tscript.ones(2)"),
        theirs=lambda: seconds_of("import numpy; numpy.ones(2) + numpy.ones(2)"),
        bound=1.6,
        peer="the same in numpy",
    )
