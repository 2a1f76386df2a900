"""The models of ``models/``: loading them with either library, running them, comparing results.

A file of models ends with ``EXAMPLES``: for each name a function that gives what is scripted (a
function or a module) and the arguments it is called with. A file is executed as it stands, or with
``torch`` in place of ``tscript``; weights and arguments of the second run are those of the first.
"""

from __future__ import annotations

import copy
import importlib.util
import io
import math
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

import tscript
from tscript.ir.function import CompiledFunction
from tscript.ir.graph import Graph
from tscript.jit.script_module import ScriptModule

MODELS = Path(__file__).parents[1] / "models"
FILES = sorted(path for path in MODELS.glob("*.py") if not path.stem.startswith("test_"))
TOLERANCE = 2e-4

_NAME = re.compile(r'^    "([^"]+)": ', re.MULTILINE)


def example_names() -> list[str]:
    """``file:name`` of every example, read without running the files."""
    found = []
    for path in FILES:
        text = path.read_text(encoding="utf-8").partition("\nEXAMPLES")[2]
        found += [f"{path.stem}:{name}" for name in _NAME.findall(text)]
    return found


_loaded: dict[tuple[str, str], ModuleType] = {}


def load(stem: str, library: str = "tscript", folder: Path | None = None) -> ModuleType:
    """A file of models, executed with a library; a copy for PyTorch stands in ``folder``."""
    known = _loaded.get((stem, library))
    if known is not None:
        return known
    path = MODELS / f"{stem}.py"
    if folder is not None:
        text = re.sub(r"\btscript\b", library, path.read_text(encoding="utf-8"))
        path = folder / path.name
        path.write_text(text, encoding="utf-8")
    name = f"models_{library}_{stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # classes are looked up by the name of their module
    spec.loader.exec_module(module)
    _loaded[stem, library] = module
    return module


def example(name: str) -> tuple[Any, tuple[Any, ...]]:
    """What is scripted and its arguments; the same numbers every time."""
    stem, _, case = name.partition(":")
    tscript.manual_seed(0)
    called, args = load(stem).EXAMPLES[case]()
    return called, args


def example_in_pytorch(name: str, torch: ModuleType, folder: Path) -> tuple[Any, tuple[Any, ...]]:
    """The same example with PyTorch: its code, our weights and arguments."""
    stem, _, case = name.partition(":")
    theirs, _ = load(stem, "torch", folder).EXAMPLES[case]()
    ours, args = example(name)
    if isinstance(theirs, torch.nn.Module):
        state = {key: to_pytorch(value, torch) for key, value in ours.state_dict().items()}
        theirs.load_state_dict(state)
    return theirs, to_pytorch(args, torch)


def to_pytorch(value: Any, torch: ModuleType) -> Any:
    """A value with PyTorch's tensors in place of ours."""
    if isinstance(value, tscript.Tensor):
        return torch.from_numpy(value.detach().numpy().copy())
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        raise AssertionError(
            "an example is not called with a named tuple: each library has its own"
        )
    if isinstance(value, list | tuple):
        return type(value)(to_pytorch(item, torch) for item in value)
    if isinstance(value, dict):
        return {to_pytorch(k, torch): to_pytorch(v, torch) for k, v in value.items()}
    return value


def run(called: Any, args: tuple[Any, ...], library: Any = tscript) -> Any:
    """The result for copies of the arguments, with the random numbers of one seed."""
    library.manual_seed(7)
    with library.no_grad():
        return called(*copy.deepcopy(args))


def saved_and_loaded(scripted: Any, library: Any = tscript, into: Any = None) -> Any:
    """What an archive of a script gives back, in the same or in another library."""
    buffer = io.BytesIO()
    library.jit.save(scripted, buffer)
    buffer.seek(0)
    return (into or library).jit.load(buffer)


def differences(one: Any, other: Any, path: str = "result") -> list[str]:
    """Where two results differ in structure, type, dtype, shape or value; in either library."""
    if _is_tensor(one) or _is_tensor(other):
        if not (_is_tensor(one) and _is_tensor(other)):
            return [f"{path}: {type(one)} and {type(other)}"]
        if str(one.dtype) != str(other.dtype) or tuple(one.shape) != tuple(other.shape):
            facts = f"{one.dtype}{tuple(one.shape)} and {other.dtype}{tuple(other.shape)}"
            return [f"{path}: {facts}"]
        left, right = one.detach().numpy(), other.detach().numpy()
        if not np.allclose(left, right, TOLERANCE, TOLERANCE, equal_nan=True):
            return [f"{path}: differ by {np.abs(left - right).max()}"]
        return []
    if isinstance(one, tuple) and isinstance(other, tuple):
        fields = getattr(one, "_fields", ()) == getattr(other, "_fields", ())
        same = len(one) == len(other) and fields
        kind = "tuples"
    elif isinstance(one, list) and isinstance(other, list):
        same, kind = len(one) == len(other), "lists"
    elif isinstance(one, dict) and isinstance(other, dict):
        if list(one) != list(other):
            return [f"{path}: dicts with other keys"]
        one, other, same, kind = list(one.values()), list(other.values()), True, "dicts"
    else:
        if type(one) is not type(other):
            return [f"{path}: {one!r} and {other!r}"]
        if isinstance(one, float):
            close = math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
            return (
                [] if close or (one != one and other != other) else [f"{path}: {one} and {other}"]
            )
        return [] if one == other else [f"{path}: {one!r} and {other!r}"]
    if not same:
        return [f"{path}: {kind} of other forms"]
    found = []
    for index, (left, right) in enumerate(zip(one, other, strict=True)):
        found += differences(left, right, f"{path}[{index}]")
    return found


def _is_tensor(value: Any) -> bool:
    return hasattr(value, "dtype") and hasattr(value, "detach")


def graphs_of(scripted: Any) -> Iterator[tuple[str, Graph]]:
    """Every graph that a script can reach: methods, submodules' methods, called functions."""
    functions: dict[int, CompiledFunction] = {}

    def visit(function: CompiledFunction) -> None:
        if id(function) in functions:
            return
        functions[id(function)] = function
        for node in function.graph.all_nodes():
            value = node.attributes.get("value")
            if isinstance(value, CompiledFunction):
                visit(value)
            for each in (*node.inputs, *node.outputs):
                for method in getattr(each.type, "compiled", {}).values():
                    visit(method)

    if isinstance(scripted, ScriptModule):
        for module in scripted.modules():
            assert isinstance(module, ScriptModule)
            for method in module._script_object.type.compiled.values():
                visit(method)
    else:
        visit(scripted._compiled_function)
    for function in functions.values():
        yield function.qualified_name, function.graph
    yield "inlined", scripted.inlined_graph
