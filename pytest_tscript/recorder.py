"""Recording the calls that tests make to the project's functions and modules.

A function of the project is replaced by a wrapper wherever a module of the project, or a test,
holds it; modules are seen through ``nn``'s call interceptor; scripted functions through their own
``__call__``. Only what a test calls directly counts: what runs inside of that is part of its
trace. Arguments are copied before the call, since the call may write to them.
"""

from __future__ import annotations

import copy
import fnmatch
import functools
import importlib
import pickle
import sys
import sysconfig
import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tscript.jit.scripting import ScriptFunction
from tscript.jit.trace_check import clone
from tscript.nn import Module
from tscript.nn.module import set_call_interceptor
from tscript.runtime.executor import GraphFunction
from tscript.runtime.tensor import Tensor
from tscript.runtime.tracing_state import is_tracing


@dataclass(frozen=True, slots=True)
class Call:
    """One recorded call: positional and keyword arguments, copied, and the test that made it."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    test: str

    @property
    def constants(self) -> str:
        """What is not a tensor in the arguments: calls that differ in it have traces of their own."""
        return repr((_skeleton(self.args), _skeleton(self.kwargs)))

    @property
    def signature(self) -> str:
        """Dtypes, shapes and constants: a second call with the same one says nothing new."""
        return repr((_shapes(self.args), _shapes(self.kwargs)))


@dataclass(slots=True)
class Target:
    """Something that is traced: a function or a copy of a module, with the calls it got."""

    name: str
    function: Any
    calls: list[Call] = field(default_factory=list)


class Recorder:
    """Collects calls while :meth:`recording` is on."""

    def __init__(self, root: Path, test_patterns: Sequence[str], most_inputs: int) -> None:
        self.root = root
        self.test_patterns = [*test_patterns, "conftest.py"]
        self.most_inputs = most_inputs
        self.targets: dict[str, Target] = {}
        self._test: str | None = None
        self._inside = False
        self._seen_modules = 0
        self._wrapped: dict[int, tuple[Any, Any]] = {}
        self._patched: list[tuple[dict[str, Any], str, Any]] = []
        self._new: list[tuple[str, Any, Call]] = []
        self._scripted_call = GraphFunction.__call__
        GraphFunction.__call__ = self._graph_function_call()  # type: ignore[method-assign]
        self._interceptor = set_call_interceptor(self._module_called)

    def uninstall(self) -> None:
        """Take all wrappers out again."""
        for namespace, name, original in self._patched:
            namespace[name] = original
        self._patched.clear()
        GraphFunction.__call__ = self._scripted_call  # type: ignore[method-assign]
        set_call_interceptor(self._interceptor)

    @contextmanager
    def recording(self, test: str) -> Iterator[None]:
        """Record the calls made inside the block."""
        self._wrap_new_modules()
        self._test = test
        try:
            yield
        finally:
            self._test = None

    # What counts as the project.

    def _is_project_file(self, filename: str | None) -> bool:
        if not filename:
            return False
        path = Path(filename)
        if not path.is_relative_to(self.root) or "site-packages" in path.parts:
            return False
        return not path.is_relative_to(Path(sysconfig.get_paths()["stdlib"]))

    def _is_test_file(self, filename: str) -> bool:
        name = Path(filename).name
        return any(fnmatch.fnmatch(name, pattern) for pattern in self.test_patterns)

    def is_target_module(self, module: types.ModuleType) -> bool:
        """Whether functions and classes defined in a module are targets."""
        filename = getattr(module, "__file__", None)
        return self._is_project_file(filename) and not self._is_test_file(str(filename))

    def _is_target_class(self, cls: type) -> bool:
        module = sys.modules.get(cls.__module__)
        return module is not None and self.is_target_module(module)

    # Functions.

    def _wrap_new_modules(self) -> None:
        if len(sys.modules) == self._seen_modules:
            return
        self._seen_modules = len(sys.modules)
        ours = [
            module
            for module in list(sys.modules.values())
            if isinstance(module, types.ModuleType)
            and self._is_project_file(getattr(module, "__file__", None))
        ]
        for module in ours:
            if not self.is_target_module(module):
                continue
            for value in list(vars(module).values()):
                if isinstance(value, types.FunctionType) and value.__module__ == module.__name__:
                    if id(value) not in self._wrapped and not hasattr(value, "_tscript_recorder"):
                        self._wrapped[id(value)] = (value, self._wrapper(value))
        for module in ours:
            namespace = vars(module)
            for name, value in list(namespace.items()):
                found = self._wrapped.get(id(value))
                if found is not None and found[0] is value:
                    namespace[name] = found[1]
                    self._patched.append((namespace, name, value))

    def _wrapper(self, function: Any) -> Any:
        target = f"{function.__module__}.{function.__qualname__}"

        @functools.wraps(function)
        def recorded(*args: Any, **kwargs: Any) -> Any:
            if self._test is None or self._inside or is_tracing():
                return function(*args, **kwargs)
            return self._record(target, lambda: function, function, args, kwargs)

        recorded._tscript_recorder = self  # type: ignore[attr-defined]
        return recorded

    def _graph_function_call(self) -> Callable[..., Any]:
        original = self._scripted_call

        def __call__(function: GraphFunction, *args: Any, **kwargs: Any) -> Any:
            if self._test is None or self._inside or is_tracing():
                return original(function, *args, **kwargs)
            source = getattr(function, "original_fn", None)
            owner = getattr(source, "__module__", None) or "scripted"
            name = f"{owner}.{getattr(source, '__qualname__', function.name)}"
            run = functools.partial(original, function)
            return self._record(name, lambda: function, run, args, kwargs)

        return __call__

    # Modules.

    def _module_called(self, module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        def run(*args: Any, **kwargs: Any) -> Any:
            if self._interceptor is not None:
                return self._interceptor(module, args, kwargs)
            return module._call_impl(*args, **kwargs)

        if self._test is None or self._inside or is_tracing():
            return run(*args, **kwargs)
        cls = type(module)
        scripted = getattr(module, "_script_object", None)
        if scripted is None and not self._is_target_class(cls):
            return run(*args, **kwargs)
        name = f"{cls.__module__}.{cls.__qualname__}"
        if scripted is not None:
            name = scripted.type.qualified_name.removeprefix("__torch__.")
        # Two instances that look the same are one target: what differs are their weights.
        known = next(
            (
                key
                for key, target in self.targets.items()
                if key.partition("#")[0] == name and repr(target.function) == repr(module)
            ),
            None,
        )
        if known is None:
            count = sum(key.partition("#")[0] == name for key in self.targets)
            known = name if count == 0 else f"{name}#{count + 1}"
        return self._record(known, lambda: copy.deepcopy(module), run, args, kwargs)

    # Calls.

    def _record(
        self,
        name: str,
        subject: Callable[[], Any],
        run: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        self._inside = True
        try:
            if _is_traceable(args) and _is_traceable(kwargs) and _has_tensor((args, kwargs)):
                call = Call(clone(args), clone(kwargs), self._test or "")
                self._add(name, subject, call)
            return run(*args, **kwargs)
        finally:
            self._inside = False

    def _add(self, name: str, subject: Callable[[], Any], call: Call) -> None:
        target = self.targets.get(name)
        if target is None:
            target = self.targets[name] = Target(name, subject())
        if self._keep(target, call):
            self._new.append((name, target.function, call))

    def _keep(self, target: Target, call: Call) -> bool:
        if len(target.calls) >= self.most_inputs:
            return False
        if any(known.signature == call.signature for known in target.calls):
            return False
        target.calls.append(call)
        return True

    # Between processes.

    def take_encoded(self) -> list[tuple[str, bytes]]:
        """What was recorded since the last time, as bytes; what cannot be pickled is left out."""
        encoded = []
        for name, function, call in self._new:
            try:
                encoded.append((name, pickle.dumps((_Reference.of(function), call))))
            except Exception:  # an unpicklable module or argument: a record less, not a crash
                continue
        self._new.clear()
        return encoded

    def add_encoded(self, encoded: Sequence[tuple[str, bytes]]) -> None:
        """Take over what a worker recorded."""
        for name, data in encoded:
            reference, call = pickle.loads(data)
            target = self.targets.get(name)
            if target is None:
                target = self.targets[name] = Target(name, reference.resolve())
            self._keep(target, call)


@dataclass(frozen=True, slots=True)
class _Reference:
    """A target on its way to another process: a name to import, or the object itself."""

    module: str
    qualname: str
    held: Any = None

    @classmethod
    def of(cls, function: Any) -> _Reference:
        source = getattr(function, "original_fn", None) or function
        if isinstance(source, types.FunctionType):
            return cls(source.__module__, source.__qualname__)
        return cls("", "", function)

    def resolve(self) -> Any:
        if self.held is not None:
            return self.held
        found: Any = importlib.import_module(self.module)
        for part in self.qualname.split("."):
            found = getattr(found, part)
        return found


def _is_traceable(value: Any) -> bool:
    if isinstance(value, Tensor) or value is None or isinstance(value, bool | int | float | str):
        return True
    if isinstance(value, list | tuple):
        return all(map(_is_traceable, value))
    if isinstance(value, dict):
        return all(_is_traceable(item) for item in value.values())
    return False


def _has_tensor(value: Any) -> bool:
    if isinstance(value, Tensor):
        return True
    if isinstance(value, list | tuple):
        return any(map(_has_tensor, value))
    return isinstance(value, dict) and any(map(_has_tensor, value.values()))


def _skeleton(value: Any) -> Any:
    if isinstance(value, Tensor):
        return "Tensor"
    if isinstance(value, list | tuple):
        return type(value).__name__, [_skeleton(item) for item in value]
    if isinstance(value, dict):
        return {key: _skeleton(item) for key, item in value.items()}
    return value


def _shapes(value: Any) -> Any:
    if isinstance(value, Tensor):
        return str(value.dtype), list(value.shape)
    if isinstance(value, list | tuple):
        return type(value).__name__, [_shapes(item) for item in value]
    if isinstance(value, dict):
        return {key: _shapes(item) for key, item in value.items()}
    return value


def is_scripted(function: Any) -> bool:
    """Whether a target is compiled already."""
    return isinstance(function, ScriptFunction) or hasattr(function, "_script_object")
