"""What is TorchScript and what is not: the same verdict as PyTorch's, construct by construct."""

from __future__ import annotations

import importlib.util
import itertools
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

import tscript
from tscript.diagnostics.report import CompilationError

pytestmark = pytest.mark.oracle

# Bodies of `def f(x: Tensor, n: int, items: List[int], flag: bool)`.
ACCEPTED = [
    "return f'{n} {{}} {flag}'",
    "a = b = n\nreturn a + b",
    "a, *b = (1, 2, 3)\nreturn b",
    "a, (b, c) = 1, (2, 3)\nreturn a + b + c",
    "(a, b) = [1, 2]\nreturn a",
    "del n\nreturn x",
    "del items[0]\nreturn items",
    "assert flag\nreturn x",
    "assert flag, 'no'\nreturn x",
    "if flag:\n    raise ValueError('no')\nreturn x",
    "if flag:\n    raise ValueError\nreturn x",
    "if flag:\n    raise ValueError('no') from None\nreturn x",
    "with torch.no_grad():\n    y = x + 1\nreturn y",
    "return [i + 1 for i in items]",
    "return {i: i + 1 for i in items}",
    "return 0 < n <= 3 != 4",
    "return n if flag else 2",
    "return not flag and (flag or n > 0)",
    "while n > 0:\n    n -= 1\n    if n == 3:\n        break\n    else:\n        continue\nreturn n",
    "for i in range(n):\n    pass\nreturn n",
    "return x[..., None]",
    "return items[1:], items[::2], items[-1]",
    "y: int = n\nreturn y",
    "n **= 2\nreturn x",
    "'only a string'\nreturn n",
    "return 1_000 + 0x1F + 0b11 + 0o7",
    "return 2j",
    "return 'a' \"b\" '''c'''",
    "return r'\\d'",
    "return -n",
    "pass",
    "return",
]
REJECTED = [
    "try:\n    n = 1\nfinally:\n    n = 2\nreturn n",
    "import math\nreturn n",
    "from math import pi\nreturn n",
    "global n2\nreturn n",
    "def g(y):\n    return y\nreturn n",
    "class C:\n    pass\nreturn n",
    "y = lambda z: z\nreturn n",
    "yield n",
    "y = (z := n)\nreturn y",
    "return {1, 2}",
    "return {i for i in items}",
    "return b'bytes'",
    "return [i for i in items if i > 0]",
    "return [i + j for i in items for j in items]",
    "return {i: i for i in items if i}",
    "return {**{}}",
    "return f'{n!r}'",
    "return f'{n:3d}'",
    "return f'{n=}'",
    "while n > 0:\n    n -= 1\nelse:\n    n = 5\nreturn n",
    "for i in items:\n    n -= 1\nelse:\n    n = 5\nreturn n",
    "n //= 2\nreturn n",
    "x @= x\nreturn x",
    "y: int\nreturn n",
    "return torch.add(**{'input': x})",
    "return +n",
    "match n:\n    case 1:\n        n = 2\nreturn n",
    "x.grad: int = 3\nreturn x",
    "del x.grad\nreturn n",
    "del (x, n)\nreturn items",
    "__jit_x = n\nreturn __jit_x",
    "async with x:\n    pass",
    "if flag:\n    raise\nreturn n",
]
SIGNATURES = [
    "def f(a, b):\n    # type: (int, Tuple[Tensor, Tensor]) -> Tensor\n    return b[0] + a\n",
    "def f(a,  # type: int\n      b,  # type: List[str]\n      ):\n    # type: (...) -> int\n    return a\n",
    "def f():\n    # type: () -> int\n    return 1\n",
    "def f(a):\n    '''doc'''\n    # type: (Optional[int]) -> int\n    return 1 if a is None else a\n",
    "def f(a):\n    # type: (Dict[str, List[int]]) -> List[int]\n    x = a['k']  # type: ignore[index]\n    return x\n",
    "def f(a, *, b: int):\n    return a + b\n",
    "def f(a: 'int') -> 'int':\n    return a\n",
    "def f(a, b=2, c=1.5, d='s', e=None):\n    # type: (int, int, float, str, Optional[int]) -> int\n    return a\n",
]
BAD_SIGNATURES = [
    "def f(a, *args):\n    return a\n",
    "def f(a, **kwargs):\n    return a\n",
    "def f(a, *, b: int = 1):\n    return a\n",
    "def f(a, /, b):\n    return a + b\n",
    "async def f(a):\n    return a\n",
    "def f(a, b):\n    # type: (int) -> int\n    return a\n",
    "def f(a):\n    # type: (no type) -> int\n    return a\n",
]

HEADER = "from typing import *\n\nimport {module} as torch\nfrom {module} import Tensor\n\n\n"
PARAMETERS = "x: Tensor, n: int, items: List[int], flag: bool"
_count = itertools.count()


def function(text: str, module: str, folder: Path) -> Callable[..., object]:
    path = folder / f"syntax_{module}_{next(_count)}.py"
    path.write_text(HEADER.format(module=module) + text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        spec.loader.exec_module(loaded)
    found: Callable[..., object] = loaded.f
    return found


def with_body(body: str) -> str:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    keyword = "async def" if "async" in body else "def"
    return f"{keyword} f({PARAMETERS}):\n{lines}"


def script(module: ModuleType, text: str, folder: Path) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return module.jit.script(function(text, module.__name__, folder))


def schema(scripted: object) -> str:
    return str(getattr(scripted, "schema")).partition("(")[2]


@pytest.mark.parametrize("body", ACCEPTED)
def test_what_pytorch_accepts_is_accepted(body: str, torch: ModuleType, tmp_path: Path) -> None:
    expected = schema(script(torch, with_body(body), tmp_path))
    assert schema(script(tscript, with_body(body), tmp_path)) == expected


@pytest.mark.parametrize("body", REJECTED)
def test_what_pytorch_rejects_is_rejected(body: str, torch: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(Exception):  # of many kinds, crashes of its frontend among them
        script(torch, with_body(body), tmp_path)
    with pytest.raises(CompilationError) as error:
        script(tscript, with_body(body), tmp_path)
    assert "unsupported-syntax" in error.value.codes


@pytest.mark.parametrize("text", SIGNATURES)
def test_signatures_are_read_as_pytorch_reads_them(
    text: str, torch: ModuleType, tmp_path: Path
) -> None:
    expected = schema(script(torch, text, tmp_path))
    assert schema(script(tscript, text, tmp_path)) == expected


@pytest.mark.parametrize("text", BAD_SIGNATURES)
def test_bad_signatures_are_refused(text: str, torch: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(Exception):
        script(torch, text, tmp_path)
    with pytest.raises(CompilationError):
        script(tscript, text, tmp_path)
