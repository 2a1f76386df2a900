"""Peak memory of a forward beside PyTorch's: ResNet-50, a batch of eight, no gradients.

Each measurement has an interpreter of its own. It is the most that the forward adds to what the
process holds with the model and the images in it, after forwards of a small image; Linux counts it.
"""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from importlib import import_module
from pathlib import Path

from benchmarks.comparison import Comparison
from benchmarks.compile_time import network

BATCH, SIZE = 8, 224


def comparisons() -> Iterator[Comparison]:
    for scripted in (False, True):
        yield Comparison(
            f"memory of ResNet-50, batch {BATCH}, {'scripted' if scripted else 'eager'}",
            ours=partial(measured, "tscript", scripted),
            theirs=partial(measured, "torch", scripted),
            bound=1.2,
            unit="MiB",
            rounds=1,
        )


def measured(package: str, scripted: bool) -> float:
    """:func:`peak_of` in an interpreter of its own."""
    code = f"from benchmarks.memory import peak_of; print(peak_of({package!r}, {scripted}))"
    return float(subprocess.check_output([sys.executable, "-W", "ignore", "-c", code]))


def peak_of(package: str, scripted: bool) -> int:
    """Bytes that a forward adds to the largest memory the process had before it."""
    torch = import_module(package)
    model = network(package).eval()
    if scripted:
        model = torch.jit.script(model)
    with torch.no_grad():
        for _ in range(3):  # the first runs of a script are watched and compiled
            model(torch.zeros(1, 3, 64, 64))
        images = torch.zeros(BATCH, 3, SIZE, SIZE)
        images += 0.5
        gc.collect()
        _STATUS.with_name("clear_refs").write_text("5")  # the peak so far is forgotten
        before = _status("VmRSS")
        model(images)
        return _status("VmHWM") - before


_STATUS = Path("/proc/self/status")


def _status(name: str) -> int:
    """A figure of this process, in bytes."""
    lines = dict(line.split(":", 1) for line in _STATUS.read_text().splitlines())
    return int(lines[name].split()[0]) * 1024
