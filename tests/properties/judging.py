"""Runs a generated program in every way there is, and says where two of them differ.

An observation is the verdict of the compiler, what the entry returned or that it raised, its
arguments afterwards, and what it printed.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import linecache
import multiprocessing
import re
import sys
import types
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from tests.properties.module_forms import STATE
from tests.properties.programs import Program
from tscript.diagnostics.report import CompilationError, CompilationWarning
from tscript.runtime.executor import Mode, executing_with

_numbers = itertools.count()  # PyTorch remembers some things by the name of their module
MODES: tuple[Mode, ...] = ("interpreter", "compiled")


@dataclass
class Observation:
    """What came of one way to run a program."""

    refused: str = ""
    codes: tuple[tuple[int, str], ...] = ()
    warned: tuple[tuple[int, str], ...] = ()
    raised: str = ""
    message: str = ""
    result: Any = None
    arguments: Any = None
    printed: str = ""
    state: Any = None
    #: Some of its functions are only interpreted.
    partly: bool = False


@contextlib.contextmanager
def loaded(program: Program, library: str, folder: Path) -> Iterator[types.ModuleType]:
    """The program as a module of its own: source is read from files, classes found by module."""
    path = folder / f"generated_{next(_numbers)}_{library}.py"
    text = program.text(library)
    path.write_text(text, encoding="utf-8")
    module = types.ModuleType(path.stem)
    module.__file__ = str(path)
    sys.modules[path.stem] = module
    linecache.checkcache(str(path))
    try:
        exec(compile(text, str(path), "exec", dont_inherit=True), vars(module))
        yield module
    finally:
        del sys.modules[path.stem]
        path.unlink()


def plain(value: Any) -> Any:
    """A value as data that can be compared across libraries."""
    if hasattr(value, "dtype") and hasattr(value, "tolist"):
        return ("tensor", str(value.dtype), tuple(value.shape), value.tolist())
    if isinstance(value, dict):
        return ("dict", [(plain(key), plain(item)) for key, item in value.items()])
    if isinstance(value, tuple):
        return (type(value).__name__, [plain(item) for item in value])
    if isinstance(value, list):
        return ("list", [plain(item) for item in value])
    if isinstance(value, bool | int | float | complex | str | None):
        return value
    return str(value)


def same(a: Any, b: Any, tolerance: float = 1e-5) -> bool:
    """Whether two results of `plain` are the same, floats within a tolerance."""
    if type(a) is not type(b):
        return False
    if isinstance(a, float | complex):
        if a == b or (a != a and b != b):
            return True
        return bool(np.isclose(a, b, rtol=tolerance, atol=tolerance))
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(same(x, y, tolerance) for x, y in zip(a, b))
    return bool(a == b)


def call(entry: Any, module: types.ModuleType, program: Program, found: Observation) -> None:
    arguments = eval(program.arguments, vars(module))
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            result = entry(*arguments)
    except Exception as error:
        found.raised = type(error).__name__
        found.message = str(error)
    else:
        found.result = plain(result)
    found.arguments = plain(arguments)
    found.state = plain([getattr(entry, name, None) for name in STATE])
    found.printed = printed.getvalue()


def in_python(program: Program, library: str, folder: Path) -> Observation:
    """The program as it is, not compiled."""
    found = Observation()
    with quiet(), loaded(program, library, folder) as module:
        module.torch.manual_seed(0)
        entry = module.make()
        with module.torch.no_grad():  # nothing is differentiated here: no `grad_fn` is printed
            call(entry, module, program, found)
    return found


def scripted(program: Program, folder: Path, *, run: bool = True) -> dict[str, Observation]:
    """The program compiled here, run by both executors."""
    found = {mode: Observation() for mode in MODES}
    with recorded() as caught:
        try:
            with loaded(program, "tscript", folder) as module:
                for mode in MODES:
                    compiled = module.torch.jit.script(module.make())
                    if not run:
                        break
                    with executing_with(mode):
                        call(compiled, module, program, found[mode])
                    if found[mode].raised == "NotCompilableError":
                        # A call into Python and the like: code for all but the functions with it.
                        found[mode] = Observation(partly=True)
                        compiled = module.torch.jit.script(module.make())
                        with executing_with("auto"):
                            call(compiled, module, program, found[mode])
        except CompilationError as error:
            codes = tuple((d.range.line, d.code) for d in error.diagnostics)
            for observation in found.values():
                observation.refused, observation.codes = str(error), codes
    warned = tuple(
        (int(match[1]), match[2])
        for warning in caught
        if issubclass(warning.category, CompilationWarning)
        and (
            match := re.match(
                r".*?:(\d+): warning: .*  \[([a-z-]+)\]$", str(warning.message).split("\n")[0]
            )
        )
    )
    for observation in found.values():
        observation.warned = warned
    return found


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def recorded() -> Iterator[list[warnings.WarningMessage]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield caught


def in_pytorch(program: Program, folder: Path) -> Observation:
    """The program compiled and run by PyTorch, in another process: some programs crash it."""
    worker = _Worker.current or _Worker()
    try:
        worker.connection.send((program, folder))
        found: Observation = worker.connection.recv()
    except (EOFError, ConnectionError):
        worker.process.join()
        worker.connection.close()
        _Worker.current = None
        return Observation(refused=CRASH)
    return found


class _Worker:
    """The process that runs PyTorch; started anew, not forked: PyTorch's threads survive no fork."""

    current: _Worker | None = None

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, other = context.Pipe()
        self.process = context.Process(target=_serve, args=(other,), daemon=True)
        self.process.start()
        other.close()
        _Worker.current = self


def _serve(connection: Connection) -> None:
    """Answer programs with what PyTorch makes of them, until nobody asks."""
    import torch

    torch.set_num_threads(1)
    with contextlib.suppress(EOFError):
        while True:
            connection.send(_here_in_pytorch(*connection.recv()))


def _here_in_pytorch(program: Program, folder: Path) -> Observation:
    found = Observation()
    torch = sys.modules["torch"]
    try:
        with quiet(), loaded(program, "torch", folder) as module:
            compiled = torch.jit.script(module.make())
            with torch.jit.optimized_execution(False):
                call(compiled, module, program, found)
    except Exception as error:  # whatever the compiler raises, that is its verdict
        found.refused = f"{type(error).__name__}: {error}"
    return found


def disagreements(a: Observation, b: Observation, *, printed: bool = False) -> list[str]:
    """In what two observations of a program differ: verdict, raised, result, arguments, state."""
    if bool(a.refused) != bool(b.refused):
        return ["verdict"]
    if bool(a.raised) != bool(b.raised):
        return ["raised"]
    return [
        what
        for what in ("result", "arguments", "state", *(["printed"] if printed else []))
        if not same(getattr(a, what), getattr(b, what))
    ]


def unlike_python(compiled: Observation, python: Observation) -> list[str]:
    """In what a compiled run differs from the same source run by Python.

    A list or dict that Python passes in is copied, so that the caller's is as it was: that is a
    meaning of TorchScript's own, and what is written to Tensors is compared.
    """
    found = disagreements(compiled, python, printed=True)
    if "arguments" in found and same(_tensors(compiled.arguments), _tensors(python.arguments)):
        found.remove("arguments")
    return found


def _tensors(value: Any) -> list[Any]:
    if isinstance(value, tuple) and value and value[0] == "tensor":
        return [value]
    if isinstance(value, list | tuple):
        return [tensor for item in value for tensor in _tensors(item)]
    return []


def explanation(
    program: Program, ours: Observation, theirs: Observation, eager: Observation
) -> str:
    """The row of docs/deviations.md that a disagreement with PyTorch is, checked; else nothing.

    ``eager`` is the program run by PyTorch without its compiler, which is the referee wherever a
    script is to mean what Python means.
    """
    if "INTERNAL ASSERT" in theirs.refused + theirs.message or theirs.refused == CRASH:
        return INTERNAL_ERROR
    for row in sorted(program.differs):
        if row in REFUSED_THERE and theirs.refused and not ours.refused:
            return row
        if row in REFUSED_HERE and ours.refused and not theirs.refused:
            return row
        if row in PYTHONS_MEANING and not disagreements(ours, eager):
            return row
    return ""


#: The verdict of a process that ended without one.
CRASH = "a crash of PyTorch"
#: What is no verdict of PyTorch's, and is not counted.
INTERNAL_ERROR = "an internal error of PyTorch"
#: Rows of which PyTorch refuses an instance, and those that are refused here.
REFUSED_THERE = {
    "python-call",
    "assignment-comment",
    "sliced-modules",
    "`reveal_type(x)` in a script",
}
REFUSED_HERE = {"format-spec", "bare-container", "more than 100 nested brackets", "bare-raise"}
#: Rows where both accept, and the meaning here is Python's.
PYTHONS_MEANING = {
    "text-of-values",
    "text-not-ascii",
    "augmented-remainder",
}
