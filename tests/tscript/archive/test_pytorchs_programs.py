"""Programs that real PyTorch compiles and saves now: loaded here, run, saved, and back in PyTorch.

No ``from __future__ import annotations``: PyTorch reads the annotations of attributes as objects.
"""

import io
import warnings
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

import numpy as np
import pytest

import tscript

# ruff: noqa: UP006, UP035, UP045 - the spellings are what PyTorch compiles
# mypy: ignore-errors

pytestmark = pytest.mark.oracle


def with_state(torch: Any) -> Any:
    class State(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = torch.ones(2)
            self.k = 3

        def forward(self, x):
            return x * self.w + self.k

        @torch.jit.export
        def __getstate__(self):
            return (self.w, self.k, self.training)

        @torch.jit.export
        def __setstate__(self, state: Tuple[torch.Tensor, int, bool]):
            self.w = state[0]
            self.k = state[1]
            self.training = state[2]

    return State(), (torch.ones(2),)


def with_attributes(torch: Any) -> Any:
    class Pair(NamedTuple):
        a: torch.Tensor
        b: List[int]

    class Attributes(torch.nn.Module):
        d: Dict[int, torch.Tensor]
        lists: List[List[int]]
        absent: Optional[List[str]]
        dicts: List[Dict[str, float]]
        empty: Dict[str, int]

        def __init__(self) -> None:
            super().__init__()
            self.d = {1: torch.ones(2)}
            self.lists = [[1], []]
            self.absent = None
            self.dicts = [{"a": 1.5}]
            self.empty = {}
            self.nested = (1, ("a", 2.0))
            self.bf = torch.ones(2, dtype=torch.bfloat16)
            self.pair = Pair(torch.ones(1), [1, 2])
            self.big = 2**62
            self.c = 1 + 2j
            self.text = "é\n"

        def forward(self, x):
            first = (self.d, self.lists, self.absent, self.dicts, self.empty, self.nested)
            return first, self.bf, self.pair, x + self.d[1], self.big, self.c, self.text

    return Attributes(), (torch.ones(2),)


def with_hooks(torch: Any) -> Any:
    class Hooked(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = torch.nn.Linear(2, 2)

        def forward(self, x):
            return self.inner(x)

    def after(self, input: Tuple[torch.Tensor], output: torch.Tensor):
        return output + 1

    def before(self, input: Tuple[torch.Tensor]) -> Tuple[torch.Tensor]:
        return (input[0] * 2,)

    module = Hooked()
    module.inner.register_forward_hook(after)
    module.register_forward_pre_hook(before)
    return module, (torch.ones(1, 2),)


def with_properties(torch: Any) -> Any:
    class Properties(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a = 1

        @property
        def p(self) -> int:
            return self.a

        @p.setter
        def p(self, value: int):
            self.a = value

        def forward(self, x):
            self.p = 5
            with torch.no_grad():
                y = x + self.p
            return y

    return Properties(), (torch.ones(2),)


def recurrent(torch: Any) -> Any:
    class Recurrent(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.r = torch.nn.LSTM(2, 3, batch_first=True)
            self.e = torch.nn.Embedding(5, 2)
            self.n = torch.nn.LayerNorm(3)

        def forward(self, x):
            return self.n(self.r(self.e(x))[0])

    return Recurrent().eval(), (torch.tensor([[1, 2, 3]]),)


def transformer(torch: Any) -> Any:
    layer = torch.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    return torch.nn.TransformerEncoder(layer, 2).eval(), (torch.ones(1, 3, 8),)


def frozen(torch: Any) -> Any:
    module, arguments = recurrent(torch)
    return torch.jit.freeze(torch.jit.script(module)), arguments


def traced(torch: Any) -> Any:
    module = torch.nn.Sequential(torch.nn.Conv1d(2, 3, 2), torch.nn.GELU(), torch.nn.Flatten())
    return torch.jit.trace(module, torch.ones(1, 2, 5)), (torch.ones(2, 2, 5),)


PROGRAMS = [
    with_state, with_attributes, with_hooks, with_properties, recurrent, transformer, frozen, traced,
]  # fmt: skip


def plain(value: Any) -> Any:
    if hasattr(value, "detach"):
        return np.asarray(value.detach().tolist())
    if isinstance(value, (tuple, list)):
        return [type(value) is list, *map(plain, value)]
    if isinstance(value, dict):
        return [plain(item) for item in value.items()]
    return value


def same(found: Any, expected: Any) -> None:
    if isinstance(expected, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            same(one, other)
    elif isinstance(expected, np.ndarray):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    else:
        assert found == expected


@pytest.mark.parametrize("make", PROGRAMS, ids=lambda make: make.__name__)
def test_it_computes_the_same_here_and_back_in_pytorch(make: Any, torch: Any) -> None:
    torch.manual_seed(0)
    file, again = io.BytesIO(), io.BytesIO()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        module, arguments = make(torch)
        scripted = (
            module if isinstance(module, torch.jit.ScriptModule) else torch.jit.script(module)
        )
        torch.jit.save(scripted, file)
        file.seek(0)
        expected = plain(torch.jit.load(file)(*arguments))
        loaded = tscript.jit.load(file)
        given = [tscript.from_numpy(argument.numpy()) for argument in arguments]
        same(plain(loaded(*given)), expected)
        tscript.jit.save(loaded, again)
        again.seek(0)
        same(plain(torch.jit.load(again)(*arguments)), expected)
