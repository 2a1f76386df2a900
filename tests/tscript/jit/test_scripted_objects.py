"""Scripted functions and modules as Python objects: copied, pickled, shared, rebound, called wrongly."""

from __future__ import annotations

import copy
import io
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import pytest

import tscript as torch
from tscript import nn

ROOT = Path(__file__).parents[3]


def append_one(xs: List[int]) -> List[int]:
    xs.append(1)
    return xs


def same(x):
    return x


def kinds(f: float, i: int) -> Tuple[float, int]:
    return f, i


def refuse(x):
    if bool(x.sum() > 0):
        raise ValueError("positive")
    return x


def element(xs: List[int], i: int) -> int:
    return xs[i]


def entry(d: Dict[str, int], key: str) -> int:
    return d[key]


class Layer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(2, 2)
        self.sizes: List[int] = [1, 2]
        self.count: int = 0

    def forward(self, x):
        self.count += 1
        return self.linear(x) + self.count

    @torch.jit.export
    def total(self) -> int:
        result = 0
        for size in self.sizes:
            result += size
        return result

    @torch.jit.ignore
    def described(self, x) -> str:
        return f"{tuple(x.shape)} {self.count}"

    @torch.jit.unused
    def never(self, x):
        return eval("x")


def test_a_list_is_copied_on_its_way_in() -> None:
    scripted = torch.jit.script(append_one)
    given = [5]
    assert scripted(given) == [5, 1]
    assert given == [5]


def test_a_returned_argument_is_the_same_object() -> None:
    x = torch.ones(2)
    assert torch.jit.script(same)(x) is x


def test_numbers_convert_at_the_boundary() -> None:
    scripted = torch.jit.script(kinds)
    assert scripted(1, True) == (1.0, 1)
    assert [type(v) for v in scripted(1, True)] == [float, int]
    assert scripted(torch.tensor(1.5), torch.tensor(2)) == (1.5, 2)
    with pytest.raises(RuntimeError, match="'i' of kinds\\(\\) must be int, not float"):
        scripted(1.0, 1.5)


def test_an_exception_of_a_script_is_also_pythons_class() -> None:
    with pytest.raises(ValueError, match="positive") as caught:
        torch.jit.script(refuse)(torch.ones(1))
    assert isinstance(caught.value, torch.jit.Error)
    assert 'raise ValueError("positive")' in str(caught.value)
    with pytest.raises(IndexError) as caught_index:
        torch.jit.script(element)([1], 3)
    assert isinstance(caught_index.value, RuntimeError)
    with pytest.raises(KeyError) as caught_key:
        torch.jit.script(entry)({"a": 1}, "b")
    assert isinstance(caught_key.value, RuntimeError)


def test_a_scripted_module_shares_parameters_and_copies_the_rest() -> None:
    layer = Layer()
    scripted = torch.jit.script(layer)
    assert scripted.linear.weight is layer.linear.weight
    layer.sizes.append(3)
    layer.count = 7
    assert scripted.total() == 3 and scripted.count == 0
    scripted(torch.zeros(1, 2))
    assert (scripted.count, layer.count) == (1, 7)
    scripted.sizes = [10]
    assert scripted.total() == 10 and layer.sizes == [1, 2, 3]
    scripted.sizes.append(1)  # a list attribute read from Python is a copy
    assert scripted.total() == 10


def test_ignored_methods_stay_python_and_unused_ones_are_not_compiled() -> None:
    scripted = torch.jit.script(Layer())
    assert scripted.described(torch.ones(3)) == "(3,) 0"
    assert "never" not in scripted._script_object.type.compiled
    assert scripted.total() == 3  # exported, though forward does not call it


def test_modules_of_one_class_and_shape_share_their_type() -> None:
    first, second = torch.jit.script(Layer()), torch.jit.script(Layer())
    assert first._script_object.type is second._script_object.type
    assert first.linear.weight is not second.linear.weight


@pytest.mark.parametrize("way", ["copy", "pickle", "archive"])
def test_a_copy_has_a_state_of_its_own(way: str) -> None:
    scripted = torch.jit.script(Layer())
    scripted(torch.zeros(1, 2))
    if way == "copy":
        made: Any = copy.deepcopy(scripted)
    elif way == "pickle":
        made = pickle.loads(pickle.dumps(scripted))
    else:
        file = io.BytesIO()
        torch.jit.save(scripted, file)
        file.seek(0)
        made = torch.jit.load(file)
    assert made.count == 1
    x = torch.rand(3, 2)
    assert torch.equal(made(x), scripted(x))
    made.linear.weight.data.zero_()
    assert not torch.equal(made(x), scripted(x))
    assert made.total() == 3


class Remembering(nn.Module):
    """A module with a Python side: an ignored method, an attribute scripts do not have."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(2))
        self.seen: Any = {object: []}

    @torch.jit.ignore
    def double(self, x: torch.Tensor) -> torch.Tensor:
        self.seen[object].append(tuple(x.shape))
        return x * 2

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.double(x * self.weight)


def test_a_deep_copy_has_its_own_python_side() -> None:
    scripted = torch.jit.script(Remembering())
    copied = copy.deepcopy(scripted)
    copied(torch.ones(2))
    assert copied.double.__self__ is copied
    assert copied.seen[object] == [(2,)]
    assert scripted.seen[object] == []


def test_a_shallow_copy_shares_its_python_side() -> None:
    scripted = torch.jit.script(Remembering())
    copied = copy.copy(scripted)
    assert copied.weight is scripted.weight
    assert copied.seen is scripted.seen
    assert copied.double.__self__ is copied


def test_the_copy_of_a_trace_is_a_trace() -> None:
    traced = torch.jit.trace(nn.Linear(2, 2), torch.ones(1, 2))
    assert type(copy.deepcopy(traced)) is torch.jit.TopLevelTracedModule


def test_a_scripted_function_is_its_own_copy_and_pickles() -> None:
    scripted = torch.jit.script(refuse)
    assert copy.deepcopy(scripted) is scripted and copy.copy(scripted) is scripted
    assert pickle.loads(pickle.dumps(scripted))(-torch.ones(1)).item() == -1.0


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(2, 2, bias=False)
        self.second = nn.Linear(2, 2, bias=False)
        self.second.weight = self.first.weight
        self.register_buffer("whole", torch.zeros(4))
        self.register_buffer("part", self.whole[1:3])

    def forward(self, x):
        return self.second(self.first(x))


def test_aliases_survive_saving() -> None:
    file = io.BytesIO()
    torch.jit.save(torch.jit.script(Tied()), file)
    file.seek(0)
    loaded = torch.jit.load(file)
    loaded.first.weight.data.fill_(2.0)
    assert loaded.second.weight.tolist() == [[2.0, 2.0], [2.0, 2.0]]
    loaded.whole[2] = 5.0
    assert loaded.part.tolist() == [0.0, 5.0]


def test_hooks_run_around_a_scripted_module() -> None:
    scripted = torch.jit.script(nn.Sequential(nn.ReLU()))
    seen: List[Any] = []
    handle = scripted.register_forward_hook(lambda module, args, out: seen.append(out.tolist()))
    scripted(torch.tensor([-1.0, 1.0]))
    handle.remove()
    scripted(torch.ones(1))
    assert seen == [[0.0, 1.0]]


def test_a_unit_compiles_functions_that_call_each_other() -> None:
    unit = torch.jit.CompilationUnit(
        "def twice(x):\n    return x * 2\ndef four(x):\n    return twice(twice(x))\n"
    )
    assert unit.four(torch.ones(1)).item() == 4.0
    assert [f.name for f in unit.get_functions()] == ["twice", "four"]
    with pytest.raises(AttributeError, match="no function 'five'; it has: twice, four"):
        unit.five


class Marked(torch.jit.ScriptModule):
    __constants__ = ["steps"]

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.steps = steps

    @torch.jit.script_method
    def forward(self, x, scale: Optional[float] = None):
        for _ in range(self.steps):
            x = self.grown(x)
        if scale is not None:
            x = x * scale
        return x

    @torch.jit.script_method
    def grown(self, x):
        return x + 1


def test_script_methods_are_compiled_when_the_instance_is_made() -> None:
    module = Marked(3)
    assert module(torch.zeros(1)).item() == 3.0
    assert module(torch.zeros(1), scale=2.0).item() == 6.0
    assert module.grown(torch.zeros(1)).item() == 1.0
    with pytest.raises(AttributeError, match="'steps' is a constant of Marked"):
        module.steps = 5


def test_a_trace_takes_keywords_and_several_methods() -> None:
    traced = torch.jit.trace(
        lambda x, y: x - y, example_kwarg_inputs={"y": torch.ones(1), "x": torch.zeros(1)}
    )
    assert traced(torch.full((1,), 5.0), torch.ones(1)).item() == 4.0
    made = torch.jit.trace_module(nn.ReLU(), {"forward": torch.ones(2)})
    assert made(torch.tensor([-1.0, 2.0])).tolist() == [0.0, 2.0]
    with pytest.raises(TypeError, match="no parameter 'z'"):
        torch.jit.trace(lambda x: x, example_kwarg_inputs={"z": torch.ones(1)})


def test_checking_a_trace_leaves_the_modules_state() -> None:
    norm = nn.BatchNorm1d(2)
    x = torch.rand(4, 2)
    # One pass is the recording itself; the check's own passes leave no mark.
    torch.jit.trace(norm, x, check_inputs=[(torch.rand(3, 2),), (torch.rand(5, 2),)])
    assert int(norm.num_batches_tracked) == 1


def test_with_the_jit_off_everything_is_plain_python() -> None:
    program = (
        "import tscript as torch\n"
        "@torch.jit.script\ndef f(x):\n    return [eval('x')]\n"
        "class M(torch.jit.ScriptModule):\n"
        "    @torch.jit.script_method\n    def forward(self, x):\n        return eval('x + 1')\n"
        "assert type(f).__name__ == 'function' and f(3) == [3]\n"
        "assert M()(1) == 2\n"
        "assert torch.jit.trace(f, (1,)) is f\n"
    )
    for value, code in (("0", 0), ("1", 1)):
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTORCH_JIT": value, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == code, done.stderr


@pytest.mark.oracle
def test_pytorch_has_the_same_boundary(torch: Any) -> None:
    import tscript

    given: Dict[Any, Any] = {}
    for library in (torch, tscript):
        scripted = library.jit.script(append_one)
        numbers = library.jit.script(kinds)
        values = [5]
        x = library.ones(1)
        results = [
            scripted(values),
            list(values),
            numbers(1, True),
            library.jit.script(same)(x) is x,
        ]
        for bad in ((1.0, 1.5), ("a", 1)):
            try:
                numbers(*bad)
                results.append("accepted")
            except RuntimeError:
                results.append("refused")
        given[library] = results
    assert given[torch] == given[tscript]
