"""What the examination of one entry of PyTorch's databases found.

A source of entries (`parity.operators`, `parity.modules`) is a module with two functions, so that
entries can be examined in any process and in any order:

- ``names() -> list[str]``: all entries, in the database's order; none is left out silently;
- ``examine(name: str) -> EntryResult``: one entry, start to end. It raises nothing that a sample
  does; the time limit of the runner reaches it as `TimeLimit`, which it lets pass.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Literal

#: `passed`: every sample agrees. `failed`: at least one does not. `missing`: there is no such
#: operator or module here. `left out`: not compared, for the reason given.
Outcome = Literal["passed", "failed", "missing", "left out"]


class TimeLimit(BaseException):
    """An entry took longer than it may; no `Exception`, so that no comparison catches it."""


@dataclass(frozen=True)
class EntryResult:
    """One entry: `source` is ``operators`` or ``modules``, `family` as in ``linalg``.

    `samples` counts the comparisons that were made, `failures` those that failed; `reasons` holds
    the first few different ones, each with the call that shows it.
    """

    source: str
    name: str
    family: str
    outcome: Outcome
    samples: int = 0
    failures: int = 0
    scripted: int = 0
    seconds: float = 0.0
    reasons: list[str] = field(default_factory=list)

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @staticmethod
    def from_json(line: str) -> EntryResult:
        return EntryResult(**json.loads(line))
