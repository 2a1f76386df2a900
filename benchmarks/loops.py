"""Compiled loops: scalars with a branch, and a small recurrent cell step by step.

The same source is scripted by tscript and by PyTorch; results are compared before the times are.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from benchmarks.comparison import Comparison, timed

SCALARS = """
def scalar_loop(n: int) -> int:
    total = 0
    for i in range(n):
        if i % 3 == 0:
            total = total + i
        else:
            total = total - 1
    return total
"""

RNN = """
from {package} import Tensor

def rnn(x: Tensor, h: Tensor, w_x: Tensor, w_h: Tensor, b: Tensor) -> Tensor:
    for t in range(x.size(0)):
        h = torch.tanh(torch.mm(x[t], w_x) + torch.mm(h, w_h) + b)
    return h
"""

STEPS, HIDDEN = 1000, 64


def scripted(torch: ModuleType, source: str, name: str, folder: Path) -> Any:
    """``source`` compiled by one of the two; from a file, since both read source from files."""
    path = folder / f"{name}_{torch.__name__}.py"
    text = f"import {torch.__name__} as torch\n" + textwrap.dedent(source)
    path.write_text(text.format(package=torch.__name__), encoding="utf-8")
    namespace: dict[str, Any] = {"__name__": path.stem}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), namespace)
    return torch.jit.script(namespace[name])


def comparisons(folder: Path) -> Iterator[Comparison]:
    import torch

    import tscript

    ours = scripted(tscript, SCALARS, "scalar_loop", folder)
    theirs = scripted(torch, SCALARS, "scalar_loop", folder)
    assert ours(1000) == theirs(1000)
    yield Comparison(
        "scalar loop of 10^6 iterations with a branch",
        ours=timed(lambda: ours(10**6)),
        theirs=timed(lambda: theirs(10**6)),
        bound=0.5,
    )

    random = np.random.default_rng(0)
    shapes = [(STEPS, 1, HIDDEN), (1, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN,)]
    arrays = [random.uniform(-0.2, 0.2, shape).astype(np.float32) for shape in shapes]
    our_cell = scripted(tscript, RNN, "rnn", folder)
    their_cell = scripted(torch, RNN, "rnn", folder)
    our_inputs = [tscript.from_numpy(array) for array in arrays]
    their_inputs = [torch.from_numpy(array) for array in arrays]

    def run_ours() -> Any:
        with tscript.no_grad():
            return our_cell(*our_inputs)

    def run_theirs() -> Any:
        with torch.no_grad():
            return their_cell(*their_inputs)

    np.testing.assert_allclose(run_ours().numpy(), run_theirs().numpy(), rtol=1e-4, atol=1e-5)
    yield Comparison(
        f"RNN cell, {STEPS} steps, {HIDDEN} hidden",
        ours=timed(run_ours),
        theirs=timed(run_theirs),
        bound=1.2,
    )
