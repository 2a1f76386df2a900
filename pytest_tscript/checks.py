"""The checks as test items: one for each recorded target."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pytest_tscript.recorder import Call, Recorder, Target, is_scripted
from tscript.jit.trace_check import (
    Comparison,
    clone,
    compare,
    random_nodes,
    random_state_kept,
    state_kept,
)
from tscript.jit.tracing import TraceOptions, trace
from tscript.nn import Module
from tscript.runtime.executor import executing_with
from tscript.runtime.tensor import Tensor
from tscript.runtime.tracer import TracerWarning, TracingError
from tscript.testing import assert_close


class CheckNode(pytest.Collector):
    """The parent of all checks: ``tscript`` in node ids."""

    def collect(self) -> list[pytest.Item]:
        """Checks are made after the tests have run, not collected."""
        return []


class TraceFailure(Exception):
    """A trace that does not hold; its text is what pytest shows."""


class CheckItem(pytest.Item):
    """Traces one target with its first inputs and checks the trace with the others."""

    def __init__(self, *, target: Target, tolerance: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.target = target
        self.tolerance = tolerance
        self.add_marker(pytest.mark.tscript)

    def runtest(self) -> None:
        """Check each group of calls that agree on their constants."""
        problems = list(check_target(self.target, self.tolerance))
        if problems:
            raise TraceFailure("\n\n".join(problems))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:
        """The difference itself, without our own traceback."""
        if isinstance(excinfo.value, TraceFailure):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo, style))

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Where the check stands in reports."""
        return self.path, None, f"trace of {self.target.name}"


def check_items(session: pytest.Session, recorder: Recorder, tolerance: float) -> list[pytest.Item]:
    """An item for each target, in the order of names."""
    node = CheckNode.from_parent(session, name="tscript", nodeid="tscript")
    node.path = session.config.rootpath
    return [
        CheckItem.from_parent(node, name=name, target=target, tolerance=tolerance)
        for name, target in sorted(recorder.targets.items())
        if target.calls
    ]


def check_target(target: Target, tolerance: float) -> Iterator[str]:
    """What is wrong with the traces of a target, each problem as a text."""
    groups: dict[str, list[Call]] = {}
    for call in target.calls:
        groups.setdefault(call.constants, []).append(call)
    for calls in groups.values():
        with random_state_kept():
            yield from _check_group(target, calls, tolerance)


def _check_group(target: Target, calls: list[Call], tolerance: float) -> Iterator[str]:
    subject = target.function
    if is_scripted(subject):
        yield from _check_scripted(target, calls, tolerance)
        return
    first, *others = calls
    options = TraceOptions(strict=False)
    given, bind = _bound(subject, first)
    caught: list[warnings.WarningMessage] = []
    try:
        with warnings.catch_warnings(record=True) as caught, state_kept(subject):
            warnings.simplefilter("always", TracerWarning)
            traced = trace(given, clone(bind(first)), check_trace=False, strict=False)
    except TracingError as error:
        pytest.skip(f"{target.name} cannot be traced: {error}")
    hints = [str(w.message) for w in caught if issubclass(w.category, TracerWarning)]
    random = bool(random_nodes(traced.graph))
    for call in (first, *others):
        found = compare(traced, given, bind(call), tolerance, options)
        if random and found.graph_diff is None:
            continue  # drawn numbers differ between runs by design
        if not found.holds:
            yield _explain(target, first, call, found, hints)
            return


def _bound(subject: Any, call: Call) -> tuple[Any, Any]:
    """What is traced, over tensors alone, and how a call's arguments become its inputs."""
    if all(map(_is_input, call.args)) and not call.kwargs:
        return subject, lambda call: call.args
    keys = sorted(call.kwargs)
    template = [*call.args, *(call.kwargs[key] for key in keys)]
    count = len(call.args)

    def inputs(call: Call) -> tuple[Any, ...]:
        every = [*call.args, *(call.kwargs[key] for key in keys)]
        return tuple(value for value in every if _is_input(value))

    def over_tensors(*tensors: Any) -> Any:
        following = iter(tensors)
        every = [next(following) if _is_input(value) else value for value in template]
        return subject(*every[:count], **dict(zip(keys, every[count:], strict=True)))

    if isinstance(subject, Module):
        return _OverTensors(subject, over_tensors).train(subject.training), inputs
    over_tensors.__name__ = getattr(subject, "__name__", type(subject).__name__)
    over_tensors.__module__ = getattr(subject, "__module__", __name__)
    return over_tensors, inputs


class _OverTensors(Module):
    """A module whose other arguments are given; its parameters stay parameters."""

    def __init__(self, module: Module, call: Callable[..., Any]) -> None:
        super().__init__()
        self.module = module
        self.call = call

    def train(self, mode: bool = True) -> _OverTensors:
        """Only the outer module's own flag: the parts keep theirs."""
        self.training = mode
        return self

    def forward(self, *tensors: Any) -> Any:
        """Call the module with the tensors and what was given."""
        return self.call(*tensors)


def _is_input(value: Any) -> bool:
    if isinstance(value, Tensor):
        return True
    if isinstance(value, list | tuple):
        return bool(value) and all(map(_is_input, value))
    return isinstance(value, dict) and bool(value) and all(map(_is_input, value.values()))


def _check_scripted(target: Target, calls: list[Call], tolerance: float) -> Iterator[str]:
    """What is scripted keeps its control flow: it has to agree with the function that it came
    from, or, where there is none (a module, an archive), with the interpreter."""
    original = getattr(target.function, "original_fn", None)
    against = "the Python function" if original is not None else "the interpreter"
    for call in calls:
        with random_state_kept(), state_kept(target.function):
            compiled = target.function(*clone(call.args), **clone(call.kwargs))
        with random_state_kept(), state_kept(target.function):
            if original is not None:
                plain = original(*clone(call.args), **clone(call.kwargs))
            else:
                with executing_with("interpreter"):
                    plain = target.function(*clone(call.args), **clone(call.kwargs))
        try:
            assert_close(compiled, plain, rtol=tolerance, atol=tolerance, equal_nan=True)
        except AssertionError as error:
            yield f"{target.name}, compiled, does not agree with {against}:\n{error}\n{_origin(call)}"
            return


def _explain(target: Target, first: Call, call: Call, found: Comparison, hints: list[str]) -> str:
    lines = [
        f"the trace of {target.name} does not hold for other inputs: what it does depends on them"
    ]
    lines.append(f"traced with  {_describe(first)}  from {first.test}")
    lines.append(f"checked with {_describe(call)}  from {call.test}")
    if found.graph_diff is not None:
        lines += ["", found.graph_diff]
    if found.constant_diff is not None:
        lines += ["", "a value that changes was recorded as a constant:", found.constant_diff]
    if found.graph_diff is None:  # else the outputs differ because the graphs do
        for number, against, detail in found.mismatches:
            lines += ["", f"output {number} differs from the {against}:", detail]
    for hint in dict.fromkeys(hints):
        lines += ["", f"while tracing: {hint}"]
    lines += ["", "torch.jit.script keeps control flow that depends on inputs"]
    return "\n".join(lines)


def _describe(call: Call) -> str:
    parts = [_brief(value) for value in call.args]
    parts += [f"{key}={_brief(value)}" for key, value in call.kwargs.items()]
    return f"({', '.join(parts)})"


def _brief(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"{str(value.dtype).removeprefix('torch.')}{list(value.shape)}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_brief, value))}]"
    return repr(value)


def _origin(call: Call) -> str:
    return f"called with {_describe(call)} from {call.test}"
