"""Recording the calls that tests make to the project's functions and modules.

A function of the project is replaced by a wrapper wherever a module of the project, or a test,
holds it; modules are seen through ``nn``'s call interceptor; scripted functions through their own
``__call__``. Only what a test calls directly counts: what runs inside of that is part of its
trace. Arguments are copied before the call, since the call may write to them. A call that raises
is not kept: a test of an error is no input to check a trace with. Whatever cannot be copied or
sent is noted in :attr:`Recorder.left_out`; recording never makes a test fail.
"""

from __future__ import annotations

import copy
import functools
import importlib
import importlib.util
import inspect
import pickle
import sys
import sysconfig
import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tscript.jit.scripting import ScriptFunction, script
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
    #: What tells modules of one class apart: their structure and which parts are in training.
    likeness: str = ""


class Recorder:
    """Collects calls while :meth:`recording` is on."""

    def __init__(self, root: Path, test_patterns: Sequence[str], most_inputs: int) -> None:
        self.root = root
        self.test_patterns = [*test_patterns, "conftest.py"]
        self.most_inputs = most_inputs
        self.targets: dict[str, Target] = {}
        #: Targets that could not be recorded, with the reason.
        self.left_out: dict[str, str] = {}
        self._test: str | None = None
        self._inside = False
        self._seen_modules = 0
        self._wrapped: dict[int, tuple[Any, Any]] = {}
        self._patched: list[tuple[dict[str, Any], str, Any]] = []
        self._new: list[tuple[str, str, Any, Call]] = []
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

    def wrapped(self, value: Any) -> Any:
        """The recording wrapper of a project's function; anything else as it is."""
        found = self._wrapped.get(id(value))
        return found[1] if found is not None and found[0] is value else value

    # What counts as the project.

    def _is_project_file(self, filename: str | None) -> bool:
        if not filename:
            return False
        path = Path(filename)
        if not path.is_relative_to(self.root) or "site-packages" in path.parts:
            return False
        return not path.is_relative_to(Path(sysconfig.get_paths()["stdlib"]))

    def _is_test_file(self, filename: str) -> bool:
        return any(Path(filename).match(pattern) for pattern in self.test_patterns)

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
                wrapper = self.wrapped(value)
                if wrapper is not value:
                    namespace[name] = wrapper
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
            known = self.targets.get(name)
            if known is not None and not is_scripted(known.function):
                name = f"{name}#scripted"
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
            parts = scripted.type.qualified_name.removeprefix("__torch__.").split(".")
            name = ".".join(part for part in parts if not part.startswith("___torch_mangle_"))
        # Two instances that look the same are one target: what differs are their weights.
        likeness = f"{module!r} {[part.training for part in module.modules()]}"
        alike = [key for key in self.targets if key.partition("#")[0] == name]
        known = next((key for key in alike if self.targets[key].likeness == likeness), None)
        if known is None:
            known = name if not alike else f"{name}#{len(alike) + 1}"
        args, kwargs = _positional(module, args, kwargs)
        return self._record(known, lambda: copy.deepcopy(module), run, args, kwargs, likeness)

    # Calls.

    def _record(
        self,
        name: str,
        subject: Callable[[], Any],
        run: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        likeness: str = "",
    ) -> Any:
        self._inside = True
        try:
            before = self._copies(name, subject, args, kwargs)
            result = run(*args, **kwargs)
            if before is not None:
                function, call = before
                target = self.targets.setdefault(name, Target(name, function, likeness=likeness))
                if self._keep(target, call):
                    self._new.append((name, target.likeness, target.function, call))
            return result
        finally:
            self._inside = False

    def _copies(
        self, name: str, subject: Callable[[], Any], args: Any, kwargs: Any
    ) -> tuple[Any, Call] | None:
        """The target and the arguments as they are before the call; None when not wanted."""
        if not (_is_traceable(args) and _is_traceable(kwargs) and _has_tensor((args, kwargs))):
            return None
        target = self.targets.get(name)
        try:
            if target is not None and not self._is_news(target, Call(args, kwargs, "")):
                return None
            call = Call(clone(args), clone(kwargs), self._test or "")
            return (subject() if target is None else target.function), call
        except Exception as error:  # the user's classes may refuse to be copied
            self.left_out[name] = f"it cannot be copied: {error}"
            return None

    def _is_news(self, target: Target, call: Call) -> bool:
        if len(target.calls) >= self.most_inputs:
            return False
        signature = call.signature
        return all(known.signature != signature for known in target.calls)

    def _keep(self, target: Target, call: Call) -> bool:
        if not self._is_news(target, call):
            return False
        target.calls.append(call)
        return True

    # Between processes.

    def take_encoded(self) -> list[tuple[str, str, bytes]]:
        """What was recorded since the last time: names, likenesses and pickled records."""
        encoded = []
        for name, likeness, function, call in self._new:
            try:
                data = pickle.dumps((_Reference.of(function), call))
            except Exception as error:  # an unpicklable module: a record less, not a crash
                data = pickle.dumps((f"it cannot be sent from a worker: {error}", None))
            encoded.append((name, likeness, data))
        self._new.clear()
        return encoded

    def add_encoded(self, encoded: Sequence[tuple[str, str, bytes]], path: Sequence[str]) -> None:
        """Take over what a worker recorded, which imported with ``path``."""
        missing = [folder for folder in path if folder not in sys.path]
        sys.path.extend(missing)
        try:
            for name, likeness, data in encoded:
                try:
                    reference, call = pickle.loads(data)
                    if call is None:
                        self.left_out[name] = reference
                        continue
                    target = self.targets.get(name)
                    if target is None:
                        target = Target(name, reference.resolve(), likeness=likeness)
                        self.targets[name] = target
                except Exception as error:  # what only the worker could import
                    self.left_out[name] = f"it cannot be imported beside the workers: {error}"
                    continue
                self._keep(target, call)
        finally:
            del sys.path[len(sys.path) - len(missing) :]


@dataclass(frozen=True, slots=True)
class _Reference:
    """A target on its way to another process: a name to import, or the object itself."""

    module: str
    qualname: str
    file: str = ""
    scripted: bool = False
    held: Any = None

    @classmethod
    def of(cls, function: Any) -> _Reference:
        source = getattr(function, "original_fn", None) or function
        if isinstance(source, types.FunctionType) and "<locals>" not in source.__qualname__:
            module = sys.modules.get(source.__module__)
            file = getattr(module, "__file__", None) or ""
            return cls(source.__module__, source.__qualname__, file, is_scripted(function))
        return cls("", "", held=function)

    def resolve(self) -> Any:
        if self.held is not None:
            return self.held
        found: Any = self._module()
        for part in self.qualname.split("."):
            found = getattr(found, part)
        return script(found) if self.scripted else found

    def _module(self) -> types.ModuleType:
        try:
            return importlib.import_module(self.module)
        except ModuleNotFoundError:
            # A test file that pytest imported under a name of its own.
            spec = importlib.util.spec_from_file_location(self.module, self.file)
            if spec is None or spec.loader is None:
                raise
            module = importlib.util.module_from_spec(spec)
            sys.modules[self.module] = module
            spec.loader.exec_module(module)
            return module


def _positional(
    module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """A module's arguments by position where its ``forward`` allows that: as they are traced."""
    if not kwargs:
        return args, kwargs
    try:
        bound = inspect.signature(module.forward).bind(*args, **kwargs)
    except (TypeError, ValueError):
        return args, kwargs
    return bound.args, bound.kwargs


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
