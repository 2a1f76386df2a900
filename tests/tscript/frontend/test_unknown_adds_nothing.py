"""Gradual resolution: what a resolver does not know never leads to a diagnostic.

Random subsets of a resolver's answers are replaced by ``Unknown``; the diagnostics must be among those found
with all answers.
"""

from __future__ import annotations

import random

import pytest

from tests.tscript.frontend.programs import compile_text

PROGRAMS = [
    "def f(x: Union[int, str, float]):\n    if isinstance(x, (int, float)):\n        return 1\n"
    "    return len(x)\n",
    "def f(x: Optional[int]):\n    if x is None:\n        return 0\n    return x + 1\n",
    "def f(x):\n    a: List[float] = x.tolist()\n    return a[0] + 1\n",
    "def f(x):\n    a = torch.jit.annotate(List[int], [])\n    a.append(1)\n    return a\n",
    "def g(x: int) -> int:\n    return x\ndef f(x):\n    future = torch.jit.fork(g, 3)\n"
    "    return torch.jit.wait(future) + 1\n",
    "def f(x, n: int):\n    if isinstance(n, int):\n        return x\n    else:\n        return missing(x)\n",
    "class A:\n    def __init__(self, n: int):\n        self.n = n\n    def twice(self) -> int:\n"
    "        return self.n * 2\ndef f(x):\n    a = A(3)\n    a.n += 1\n    return a.twice() + a.n\n",
    "class P(NamedTuple):\n    a: int\n    b: str\ndef f(x):\n    p = P(1, 'a')\n    return p.a + len(p.b)\n",
    "class E(Enum):\n    A = 1\n    B = 2\ndef f(e: E):\n    return e.value if e == E.A else 3\n",
    "def f(x, n: int):\n    total = 0\n    for i, (a, b) in enumerate(zip([1, 2], ['a', 'b'])):\n"
    "        total += i * a + len(b)\n    return total\n",
    "def f(x):\n    y = F.relu(x)\n    values, places = F.max_pool2d(y, 2, return_indices=True)\n"
    "    return math.sqrt(2) * math.pi, values, torch.cat([x, y], dim=0)\n",
    "def g(x, n: int):\n    return x * n\ndef f(x):\n    return g(x, 'a'), g(x, 2), y\n",
    "def f(b: bool):\n    if b:\n        r = 1\n    else:\n        r = 'a'\n    return r\n",
    "def f(x: Dict[str, List[int]]):\n    for k, v in x.items():\n        v.append(len(k))\n"
    "    return {k: [i for i in v] for k, v in x.items()}\n",
    "def f(x):\n    with torch.no_grad():\n        y = x.sum().item()\n    return int(y), str(y)\n",
]


@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_forgetting_answers_adds_no_diagnostic(number: int) -> None:
    program = PROGRAMS[number]
    complete = {(d.range.start, d.code) for d in compile_text(program, graphs=False).diagnostics}
    choose = random.Random(number)
    for share in (0.1, 0.3, 0.3, 0.6, 0.6, 1.0):
        decided: dict[str, bool] = {}

        def forget(question: str, decided: dict[str, bool] = decided, share: float = share) -> bool:
            return decided.setdefault(question, choose.random() < share)

        partial = compile_text(program, forget=forget, graphs=False)
        added = {(d.range.start, d.code) for d in partial.diagnostics} - complete
        assert not added, [question for question, gone in decided.items() if gone]


def test_the_property_can_fail() -> None:
    # A name that is forgotten is Unknown; one that does not exist is a mistake.
    assert compile_text("def f(x):\n    return missing\n", graphs=False).diagnostics
    assert not compile_text(
        "def f(x):\n    return missing\n", forget=lambda q: q == "value missing", graphs=False
    ).diagnostics
