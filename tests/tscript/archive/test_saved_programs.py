"""Programs saved and loaded: every construct computes what it did, here and in real PyTorch."""

from __future__ import annotations

import copy
import enum
import io
import zipfile
from typing import Any, Dict, List, NamedTuple, Optional, Tuple, Union

import pytest

import tscript as torch
from tscript import Tensor
from tscript.archive.errors import SaveError
from tscript.archive.load_save import load_archive, save_archive

# ruff: noqa: UP006, UP035, UP045, UP007 - the spellings are part of what is saved
# mypy: ignore-errors


class Color(enum.Enum):
    RED = "r"
    BLUE = "b"


class Point(NamedTuple):
    x: Tensor
    n: int = 3


@torch.jit.script
class Accumulator:
    def __init__(self, n: int):
        self.n = n
        self.xs: List[Tensor] = []

    def add(self, t: Tensor) -> int:
        self.xs.append(t)
        self.n += 1
        return self.n

    @staticmethod
    def twice(n: int) -> int:
        return n * 2


@torch.jit.script
class Depth:
    def __init__(self):
        self.depth = 0

    def __enter__(self) -> int:
        self.depth += 1
        return self.depth

    def __exit__(self, type: Any, value: Any, traceback: Any):
        self.depth -= 1


def texts(x):
    return "a\"'\\\n\t\x07é中" + str(x.dim()), "%s-%d" % ("s", 3), f"{x.dim()}!"


def numbers(x):
    big = 9223372036854775807
    floats = [1.0, -0.0, 1e300, float("inf"), -float("inf"), 0.1, 1e-7]
    return floats, float("nan") != float("nan"), big, -5


def complex_numbers(x):
    return 1j * 2, complex(1, 2)


def early_returns(x, n: int):
    for i in range(n):
        for j in range(i):
            if j == 2:
                continue
            if i * j > 6:
                return x * i, i
    if n > 100:
        raise ValueError("too big")
    return x, -1


def refinement(x: Optional[Tensor], k: Optional[int] = None) -> Optional[Tensor]:
    if x is None:
        return None
    y = x + 1
    if k is not None and k > 2:
        y = y * k
    return y


def containers(x):
    d: Dict[str, List[Optional[int]]] = {}
    d["a"] = [1, None]
    d["b"] = torch.jit.annotate(List[Optional[int]], [])
    return d, {1: 2.5, 2: 3.0}, (1, "a", (x, [x])), len(d), "a" in d


def enums(x, key: int):
    color = Color.RED if key == 1 else Color.BLUE
    if color == Color.RED:
        return color.value + color.name
    return "other"


def named_tuples(x):
    p = Point(x, 4)
    q = Point(x)
    return p, q.n + p.n, p.x + 1


def classes(x):
    a = Accumulator(2)
    r = a.add(x)
    a.add(x * 2)
    return r, a.n, len(a.xs), Accumulator.twice(3)


def context_managers(x):
    c = Depth()
    with c as d:
        y = x + d
    with torch.no_grad():
        z = y * 2
    return y, z, c.depth


def unions(x: Union[int, str, Tensor]):
    if isinstance(x, int):
        return x + 1
    elif isinstance(x, str):
        return len(x)
    else:
        return x.dim()


def anything(x: Any):
    if isinstance(x, Tensor):
        return 1
    return 0


def scaled(x, k: int = 2):
    return x * k


def calls(x):
    return scaled(x) + scaled(x, k=3)


def forks(x):
    future = torch.jit.fork(scaled, x, 5)
    return torch.jit.wait(future) + 1


def writes(x):
    y = x.clone()
    y[0] = 5
    y[1:, ...] += 1
    y.mul_(2)
    return y, x[None], x[-1], x.shape, x.dtype


def comprehensions(x, n: int):
    return [i * 2 for i in range(n)], {i: str(i) for i in range(n)}, [t + 1 for t in [x, x]]


def loops(x, n: int):
    total = 0
    while True:
        n -= 1
        if n < 0:
            break
        x = x + n
        for i, c in enumerate("abc"):
            total += i * n
    return x, total


def lists(xs: List[int]):
    xs.append(3)
    xs[0] = 7
    a, b = xs[0], xs[1]
    c = xs[1:] + [a, b]
    c.sort()
    return xs, c, c[::-1], [None, 1]


def swaps(x, n: int):
    a, b, c = 1, 2, 3
    for _ in range(n):
        a, b, c = b, c, a
    return a, b, c


def optional_in_a_loop(x, n: int):
    best: Optional[int] = None
    for i in range(n):
        if best is None or i > best:
            best = i
    return best


def defaults(x, p: float = 0.5, name: str = "é", flag: bool = True, t: Tuple[int, int] = (1, 2)):
    return p, name, flag, t


def asserts(x):
    assert x.dim() == 1, "one dimension"
    return x


ONES = [1.0, 1.0, 1.0]
PROGRAMS: list[tuple[Any, list[tuple[Any, ...]]]] = [
    (texts, [(ONES,)]),
    (numbers, [(ONES,)]),
    (complex_numbers, [(ONES,)]),
    (early_returns, [(ONES, 5), (ONES, 2), (ONES, 101)]),
    (refinement, [(ONES,), (None,), (ONES, 4)]),
    (containers, [(ONES,)]),
    (enums, [(ONES, 1), (ONES, 2)]),
    (named_tuples, [(ONES,)]),
    (classes, [(ONES,)]),
    (context_managers, [(ONES,)]),
    (unions, [(1,), ("abc",), (ONES,)]),
    (anything, [(ONES,), (1,)]),
    (calls, [(ONES,)]),
    (forks, [(ONES,)]),
    (writes, [([ONES, ONES],)]),
    (comprehensions, [(ONES, 3), (ONES, 0)]),
    (loops, [(ONES, 4), (ONES, 0)]),
    (lists, [([1, 2],)]),
    (swaps, [(ONES, 4)]),
    (optional_in_a_loop, [(ONES, 0), (ONES, 3)]),
    (defaults, [(ONES,)]),
    (asserts, [(ONES,), ([ONES],)]),
]
IDS = [program.__name__ for program, _ in PROGRAMS]


def given(arguments: tuple[Any, ...], library: Any) -> list[Any]:
    """Arguments for a call: a list of floats, nested or not, stands for a tensor."""

    def one(value: Any) -> Any:
        flat = value
        while isinstance(flat, list) and flat:
            flat = flat[0]
        return library.tensor(value) if isinstance(flat, float) else copy.deepcopy(value)

    return [one(value) for value in arguments]


def outcome(call: Any, arguments: tuple[Any, ...], library: Any) -> Any:
    """What a call gives, in a form that compares; for an exception the first line of its text."""
    try:
        return plain(call(*given(arguments, library)), library)
    except (RuntimeError, library.jit.Error) as error:
        return str(error).splitlines()[0] if library is torch else "raised"


def plain(value: Any, library: Any) -> Any:
    if isinstance(value, library.Tensor):
        return ("tensor", str(value.dtype), value.tolist())
    if isinstance(value, tuple):
        return tuple(plain(item, library) for item in value)
    if isinstance(value, list):
        return [plain(item, library) for item in value]
    if isinstance(value, dict):
        return {key: plain(item, library) for key, item in value.items()}
    return value


@pytest.mark.parametrize(("program", "calls"), PROGRAMS, ids=IDS)
def test_a_saved_function_computes_the_same(program: Any, calls: Any) -> None:
    function = torch.jit.script(program)
    file, again = io.BytesIO(), io.BytesIO()
    torch.jit.save(function, file)
    loaded = torch.jit.load(file)
    torch.jit.save(loaded, again)
    reloaded = torch.jit.load(again)
    for arguments in calls:
        expected = outcome(function, arguments, torch)
        assert outcome(loaded, arguments, torch) == expected
        assert outcome(reloaded, arguments, torch) == expected


@pytest.mark.oracle
@pytest.mark.parametrize(("program", "calls"), PROGRAMS, ids=IDS)
def test_pytorch_computes_the_same(program: Any, calls: Any, request: Any) -> None:
    pytorch = request.getfixturevalue("torch")
    function = torch.jit.script(program)
    file = io.BytesIO()
    torch.jit.save(function, file)
    file.seek(0)
    loaded = pytorch.jit.load(file)
    for arguments in calls:
        found = outcome(loaded, arguments, pytorch)
        if found == "raised":
            with pytest.raises(RuntimeError):
                function(*given(arguments, torch))
        else:
            assert found == outcome(function, arguments, torch)


def module_of_many_parts() -> Any:
    class Part(torch.nn.Module):
        __constants__ = ["k"]

        def __init__(self, k: int) -> None:
            super().__init__()
            self.k = k
            self.w = torch.nn.Parameter(torch.ones(2))
            self.register_buffer("b", torch.zeros(2))
            self.names = ["a", "b"]
            self.table = {"x": 1}
            self.pair = (1, "p")

        def forward(self, x, t: Optional[int] = None):
            if t is None:
                t = 3
            n = 0
            for name in self.names:
                n += len(name)
            return x * self.k + self.w * t + n + self.table["x"] + self.b

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.parts = torch.nn.ModuleList([Part(1), Part(2)])
            self.tied = self.parts[0]
            self.view = self.parts[1].w.detach()[1:]

        def forward(self, x):
            for part in self.parts:
                x = part(x)
            return self.tied(x), self.view

    return torch.jit.script(Whole())


def test_modules_keep_shared_parts_and_views() -> None:
    file = io.BytesIO()
    torch.jit.save(module_of_many_parts(), file)
    loaded = torch.jit.load(file)
    assert loaded.tied.w is getattr(loaded.parts, "0").w
    getattr(loaded.parts, "1").w.array[1] = 7
    assert loaded(torch.ones(2))[1].tolist() == [7.0]
    assert {name for name, _ in loaded.named_parameters()} >= {"parts.0.w", "parts.1.w"}
    assert getattr(loaded.parts, "0").w.requires_grad


@pytest.mark.oracle
def test_pytorch_runs_a_saved_module(request: Any) -> None:
    pytorch = request.getfixturevalue("torch")
    module = module_of_many_parts()
    file = io.BytesIO()
    torch.jit.save(module, file)
    file.seek(0)
    loaded = pytorch.jit.load(file)
    assert loaded(pytorch.ones(2))[0].tolist() == module(torch.ones(2))[0].tolist()
    assert loaded.tied.w.data_ptr() == getattr(loaded.parts, "0").w.data_ptr()
    assert sorted(name for name, _ in loaded.named_buffers()) == ["parts.0.b", "parts.1.b"]


def test_extra_files_come_back() -> None:
    file = io.BytesIO()
    torch.jit.save(torch.jit.script(scaled), file, _extra_files={"a.txt": "é", "b.bin": b"\0"})
    extra: dict[str, Any] = {"a.txt": "", "b.bin": ""}
    torch.jit.load(file, _extra_files=extra)
    assert extra == {"a.txt": "é".encode(), "b.bin": b"\0"}


def test_a_call_that_stays_in_python_is_not_saved() -> None:
    @torch.jit.ignore
    def secret(x):
        return x

    def program(x):
        return secret(x)

    function = torch.jit.script(program)
    assert "^" in function.code
    with pytest.raises(SaveError, match="secret"):
        torch.jit.save(function, io.BytesIO())


def test_errors_in_loaded_code_point_at_the_source_that_was_saved() -> None:
    file = io.BytesIO()
    torch.jit.save(torch.jit.script(asserts), file)
    file.name = "asserts.pt"  # type: ignore[attr-defined]
    with pytest.raises(RuntimeError) as caught:
        torch.jit.load(file)(torch.ones(1, 1))
    text = str(caught.value)
    assert "asserts.pt/code/__torch__.py" in text
    assert "test_saved_programs.py" in text
    assert 'assert x.dim() == 1, "one dimension"' in text


def test_code_reads_as_pytorch_prints_it() -> None:
    function = torch.jit.script(early_returns)
    assert function.code.startswith(
        "def early_returns(x: Tensor,\n    n: int) -> Tuple[Tensor, int]:\n"
    )
    assert "torch.__and__(torch.lt(" in function.code


def test_the_file_names_the_version_its_operators_need() -> None:
    def divides(x):
        return x / 2

    def adds(x):
        return x + 2

    versions = []
    for program in (adds, divides):
        file = io.BytesIO()
        torch.jit.save(torch.jit.script(program), file)
        with zipfile.ZipFile(file) as archive:
            versions.append(archive.read("archive/version"))
    assert versions == [b"3\n", b"4\n"]


def test_old_files_divide_as_they_did() -> None:
    def divides(x, y, n: int):
        return x / y, x / n, x.clone().div_(y)

    file = io.BytesIO()
    torch.jit.save(torch.jit.script(divides), file)
    old = io.BytesIO()
    with zipfile.ZipFile(file) as new, zipfile.ZipFile(old, "w") as archive:
        for name in new.namelist():
            archive.writestr(name, b"3\n" if name.endswith("version") else new.read(name))
    x, y = torch.tensor([7, -7]), torch.tensor([2, 2])
    floats = [[3.5, -3.5]] * 3
    assert [t.tolist() for t in load_archive(file)(x * 1.0, y, 2)] == floats
    assert [t.tolist() for t in load_archive(old)(x * 1.0, y, 2)] == floats
    whole = load_archive(old)(x, y, 2)
    assert [t.tolist() for t in whole] == [[3, -3]] * 3
    assert all(t.dtype is torch.int64 for t in whole)
    again = io.BytesIO()
    save_archive(load_archive(old), again)
    assert load_archive(again)(x, y, 2)[1].tolist() == [3, -3]


def test_every_old_meaning_compiles() -> None:
    from tscript.archive import upgraders

    names = {name for _, name in (*upgraders._NODES.values(), *upgraders._NAMES.values())}
    assert names == upgraders._functions().keys()
    for name in names:
        assert not upgraders._compiled(name).failed


def test_old_files_fill_and_count_as_they_did() -> None:
    def makes(n: int):
        return torch.full([n], 3), torch.full([n], 3, dtype=torch.int64), torch.linspace(0, 1, n)

    file = io.BytesIO()
    torch.jit.save(torch.jit.script(makes), file)
    old = io.BytesIO()
    with zipfile.ZipFile(file) as new, zipfile.ZipFile(old, "w") as archive:
        for name in new.namelist():
            data = new.read(name)
            if name.endswith(".py"):
                assert b"torch.linspace(0, 1, n)" in data
                data = data.replace(b"torch.linspace(0, 1, n)", b"torch.linspace(0, 1)")
            archive.writestr(name, b"3\n" if name.endswith("version") else data)
    floats, ints, steps = load_archive(old)(2)
    assert (floats.dtype, ints.dtype) == (torch.float32, torch.int64)
    assert steps.shape == (100,)
    assert load_archive(file)(2)[0].dtype is torch.int64


def test_the_name_of_the_file_is_the_name_inside(tmp_path: Any) -> None:
    for name, root in (("net v1.2.pt", "net v1.2"), ("a:b.pt", "a_b"), ("é.pt", "é")):
        torch.jit.save(torch.jit.script(scaled), tmp_path / name)
        with zipfile.ZipFile(tmp_path / name) as archive:
            assert f"{root}/data.pkl" in archive.namelist()
        torch.jit.load(tmp_path / name)
