"""One comparison: two ways to do the same thing, timed in turns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

ROUNDS = 9


@dataclass(frozen=True)
class Comparison:
    """``ours`` against ``theirs``; ``bound`` is the largest ratio that is acceptable.

    The callables return the seconds that they took, so that each can leave its preparation out
    (:func:`timed` makes one of any function), or the bytes that they needed. With one round alone
    nothing is warmed up: what is measured in a process of its own needs no more.
    """

    name: str
    ours: Callable[[], float]
    theirs: Callable[[], float]
    bound: float
    peer: str = "PyTorch"
    unit: Literal["ms", "MiB"] = "ms"
    rounds: int = ROUNDS

    def measure(self) -> Result:
        """Both in turns, one warm-up each; medians, since other programs disturb single rounds."""
        if self.rounds > 1:
            self.ours(), self.theirs()
        ours, theirs = [], []
        for _ in range(self.rounds):
            ours.append(self.ours())
            theirs.append(self.theirs())
        return Result(self, statistics.median(ours), statistics.median(theirs))

    def shown(self, measured: float) -> str:
        """A figure with its unit."""
        return f"{measured / 2**20 if self.unit == 'MiB' else measured * 1e3:.1f} {self.unit}"


@dataclass(frozen=True)
class Result:
    comparison: Comparison
    ours: float
    theirs: float

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs

    @property
    def within(self) -> bool:
        return self.ratio <= self.comparison.bound


def timed(function: Callable[[], object]) -> Callable[[], float]:
    """A callable that runs ``function`` and returns the seconds it took."""

    def run() -> float:
        start = time.perf_counter()
        function()
        return time.perf_counter() - start

    return run
