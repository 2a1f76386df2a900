"""PyTorch's module database (`module_db`), entry by entry: every input, eager and scripted.

For each input and dtype, training and evaluating: printed text, names in the state dictionary,
initialisation bit for bit after the same seed, then the results with the same weights, what the
call leaves in the state, and the results of the scripted module wherever PyTorch scripts it.
"""

from __future__ import annotations

import copy
import functools
import time
import warnings
from typing import Any

import numpy as np
import torch

import tscript
from parity.comparison import DEFAULTS, Difference, compare, no_less_exact
from parity.operators import Tally, brief, shown
from parity.results import EntryResult, Outcome
from parity.translation import Missing, Untranslatable, array, find, owned, translated

#: (rtol, atol): weights are drawn, and must be drawn alike.
_BIT_FOR_BIT = dict.fromkeys(DEFAULTS, (0.0, 0.0))
_WIDE = {torch.complex64: torch.complex128, torch.complex128: torch.complex128}


@functools.cache
def _database() -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.testing._internal.common_modules import module_db
    return {info.name: info for info in module_db}


def names() -> list[str]:
    """All entries: ``nn.Linear``."""
    return list(_database())


def family(name: str) -> str:
    """The file of PyTorch that a module is from: ``conv`` for ``nn.Conv2d``."""
    return str(_database()[name].module_cls.__module__.rpartition(".")[2])


def examine(name: str) -> EntryResult:
    """Every input and every error input of one entry."""
    start = time.perf_counter()
    info = _database()[name]
    tally = Tally()
    outcome: Outcome = "passed"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ours = find(f"torch.{name}")
            for dtype in info.dtypes:
                if dtype is not torch.complex32:  # which NumPy has not
                    for training in (True, False):
                        _examine(info, ours, dtype, training, tally)
        except Missing as missing:
            tally.reasons = {"": f"there is no {missing}"}
            outcome = "missing"
    if outcome == "passed" and tally.failures:
        outcome = "failed"
    seconds = round(time.perf_counter() - start, 2)
    return EntryResult(
        "modules", name, family(name), outcome, tally.samples, tally.failures, tally.scripted,
        seconds, list(tally.reasons.values()),
    )  # fmt: skip


def _examine(info: Any, ours: Any, dtype: torch.dtype, training: bool, tally: Tally) -> None:
    mode = "training" if training else "evaluating"
    options = {"device": "cpu", "dtype": dtype, "requires_grad": False, "training": training}
    torch.manual_seed(1)
    for given in info.module_inputs_func(info, **options):
        made = given.constructor_input
        where = f"{str(dtype).removeprefix('torch.')}, {mode}, `{shown(made.args, made.kwargs)}`"
        _Input(info.module_cls, ours, given, dtype, training, where, tally).examine()
    if info.module_error_inputs_func is not None:
        for wrong in info.module_error_inputs_func(info, **options):
            _examine_error(info.module_cls, ours, wrong.module_error_input, tally)


class _Input:
    """One input of an entry, for one dtype and mode."""

    def __init__(
        self, theirs: Any, ours: Any, given: Any, dtype: torch.dtype, training: bool, where: str,
        tally: Tally,
    ) -> None:  # fmt: skip
        self.made = given.constructor_input
        self.called = given.forward_input
        self.dtype = dtype
        self.where = where
        self.tally = tally
        self.training = training
        self.classes = theirs, ours

    def examine(self) -> None:
        self.tally.samples += 1
        step = "constructing"
        try:
            theirs, ours = self.constructed()
            step = "calling"
            self.compare_call(theirs, ours)
        except Untranslatable:
            self.tally.samples -= 1
            return
        except Difference as difference:
            self.tally.failed(self.where, str(difference))
            return
        except Missing:
            raise
        except Exception as error:
            self.tally.failed(f"{self.where}, {step}", brief(error))
            return
        self.compare_script(theirs, ours)

    def constructed(self) -> tuple[Any, Any]:
        """Both modules, with the same weights; compared as they are after `__init__`."""
        args, kwargs = translated(self.made.args), translated(self.made.kwargs)
        torch.manual_seed(0)
        theirs = self.classes[0](*self.made.args, **self.made.kwargs)
        tscript.manual_seed(0)
        ours = self.classes[1](*args, **kwargs)
        compare_text(ours, theirs)
        compare_state(ours, theirs, _BIT_FOR_BIT)
        theirs.to(self.dtype).train(self.training)
        ours.to(find(str(self.dtype))).train(self.training)
        if not _is_lazy(theirs):
            ours.load_state_dict(translated(dict(theirs.state_dict())))
        return theirs, ours

    def compare_call(self, theirs: Any, ours: Any) -> None:
        exact = None if _is_lazy(theirs) else self.in_double(theirs)
        args, kwargs = owned(self.called.args), owned(self.called.kwargs)
        our_args, our_kwargs = translated(args), translated(kwargs)
        torch.manual_seed(0)
        with torch.no_grad():
            expected = theirs(*args, **kwargs)
        tscript.manual_seed(0)
        with tscript.no_grad():
            actual = ours(*our_args, **our_kwargs)
        self.compare_results(actual, expected, exact)
        compare(list(our_args), list(args), DEFAULTS)
        compare_text(ours, theirs)
        compare_state(ours, theirs, DEFAULTS)

    def compare_results(self, actual: Any, expected: Any, exact: Any) -> None:
        try:
            compare(actual, expected, DEFAULTS)
        except Difference as difference:
            if exact is None or not (difference.values and no_less_exact(actual, expected, exact)):
                raise

    def in_double(self, module: Any) -> Any:
        """What the call gives in double precision; None where it is double, or cannot be."""
        wide = _WIDE.get(self.dtype, torch.float64)
        if wide is self.dtype:
            return None

        def widened(value: Any) -> Any:
            if isinstance(value, torch.Tensor):
                return value.to(wide) if value.dtype == self.dtype else value
            if isinstance(value, list | tuple) and not isinstance(value, torch.Size):
                return type(value)(widened(item) for item in value)
            return value

        args, kwargs = owned(self.called.args), owned(self.called.kwargs)
        torch.manual_seed(0)
        try:
            with torch.no_grad():
                return copy.deepcopy(module).to(wide)(
                    *(widened(a) for a in args), **{k: widened(v) for k, v in kwargs.items()}
                )
        except Exception:  # whatever PyTorch says: no double precision form to compare with
            return None

    def compare_script(self, theirs: Any, ours: Any) -> None:
        try:
            their_script = torch.jit.script(theirs)
        except Exception:  # whatever PyTorch says: it does not script this module
            return
        exact = self.in_double(theirs)
        args, kwargs = owned(self.called.args), owned(self.called.kwargs)
        our_args, our_kwargs = translated(args), translated(kwargs)
        torch.manual_seed(0)
        try:
            with torch.no_grad():
                expected = their_script(*args, **kwargs)
        except Exception:  # whatever PyTorch says: its script does not run these arguments
            return
        self.tally.samples += 1
        self.tally.scripted += 1
        try:
            our_script = tscript.jit.script(ours)
            tscript.manual_seed(0)
            with tscript.no_grad():
                actual = our_script(*our_args, **our_kwargs)
            self.compare_results(actual, expected, exact)
        except Difference as difference:
            self.tally.failed(f"{self.where}, scripted", str(difference))
        except Exception as error:
            self.tally.failed(f"{self.where}, scripted", brief(error))


def compare_text(ours: Any, theirs: Any) -> None:
    """Raise `Difference` unless the modules print alike."""
    if repr(ours) != repr(theirs):
        raise Difference(f"prints {repr(ours)!r} instead of {repr(theirs)!r}"[:300])


def compare_state(ours: Any, theirs: Any, tolerances: Any) -> None:
    """Raise `Difference` unless the state dictionaries have the same names and values."""
    our_state, their_state = ours.state_dict(), theirs.state_dict()
    if list(our_state) != list(their_state):
        raise Difference(f"the state is {list(our_state)} instead of {list(their_state)}")
    for name, value in their_state.items():
        if isinstance(value, torch.nn.parameter.UninitializedTensorMixin):
            if not tscript.nn.parameter.is_lazy(our_state[name]):
                raise Difference(f"state {name}: has a shape already")
            continue
        try:
            compare(our_state[name], value, tolerances)
        except Difference as difference:
            raise Difference(f"state {name}: {difference}") from None


def largest_difference(ours: Any, theirs: Any) -> float:
    """The largest distance of two tensors of one shape."""
    return float(np.max(np.abs(array(ours) - array(theirs)), initial=0.0))


def _is_lazy(module: Any) -> bool:
    members = [*module.parameters(), *module.buffers()]
    return any(isinstance(m, torch.nn.parameter.UninitializedTensorMixin) for m in members)


def _examine_error(theirs: Any, ours: Any, wrong: Any, tally: Tally) -> None:
    """What PyTorch refuses, at construction or when called, must be refused."""
    made, called = wrong.constructor_input, wrong.forward_input
    parts = [made.args, made.kwargs] + ([called.args, called.kwargs] if called else [])
    try:
        arguments = translated(owned(parts))
    except Untranslatable:
        return
    try:
        _construct_and_call(theirs, owned(parts))
    except Exception as error:
        refusal = error
    else:
        return
    tally.samples += 1
    try:
        _construct_and_call(ours, arguments)
    except Exception:  # refused, as it should be; the class may be another
        return
    tally.failed(
        f"error input, `{shown(made.args, made.kwargs)}`", f"not refused: {brief(refusal)}"
    )


def _construct_and_call(module: Any, parts: list[Any]) -> None:
    made = module(*parts[0], **parts[1])
    if len(parts) > 2:
        made(*parts[2], **parts[3])
