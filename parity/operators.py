"""PyTorch's operator database (`op_db`), entry by entry: every sample, eager and scripted."""

from __future__ import annotations

import functools
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

import tscript
from parity import script_calls
from parity.comparison import (
    DEFAULTS,
    Difference,
    Tolerances,
    compare,
    compare_memory,
    compare_processed,
    no_less_exact,
)
from parity.results import EntryResult, Outcome
from parity.translation import Missing, Untranslatable, function, owned, spelling, translated

ROOT = Path(__file__).parents[1]
DTYPES = (torch.float32, torch.float64, torch.int64, torch.bool, torch.complex64)

#: Entries that are not compared, by the start of their names, and why.
LEFT_OUT = {
    "sparse.": "sparse layouts",
    "to_sparse": "sparse layouts",
    "jiterator_": "compiles CUDA source",
    "torch._scaled_mm": "8-bit floats of other devices",
    "torch.ops.aten._flash_attention_forward": "an internal of other devices",
    "torch.ops.aten._efficient_attention_forward": "an internal of other devices",
}

#: Their results are memory as it was found: only dtype and shape are compared.
UNINITIALISED = (
    "empty", "empty_like", "empty_permuted", "empty_strided", "new_empty", "new_empty_strided",
    "resize_", "resize_as_",
)  # fmt: skip

SHOWN_REASONS = 6


@functools.cache
def _database() -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.testing._internal.common_methods_invocations import op_db
    return {_name(op): op for op in op_db}


def _name(op: Any) -> str:
    return f"{op.name}.{op.variant_test_name}" if op.variant_test_name else str(op.name)


def names() -> list[str]:
    """All entries: ``linalg.det``, and ``norm.fro`` where there are variants."""
    return list(_database())


def family(name: str) -> str:
    """``linalg`` for ``linalg.det``; ``torch`` where the name has no module."""
    known = ("nn.functional", "linalg", "fft", "special", "signal", "masked", "sparse")
    return next((one for one in known if name.startswith(f"{one}.")), "torch")


@dataclass
class Tally:
    samples: int = 0
    failures: int = 0
    scripted: int = 0
    missing: bool = False
    reasons: dict[str, str] = field(default_factory=dict)

    def failed(self, where: str, reason: str) -> None:
        """Count a failure; one call is kept for each kind of reason."""
        self.failures += 1
        kind = "".join(c for c in reason[:60] if not c.isdigit())
        if kind not in self.reasons and len(self.reasons) < SHOWN_REASONS:
            self.reasons[kind] = f"{where}: {reason}"


def examine(name: str) -> EntryResult:
    """Every sample and every error input of one entry."""
    start = time.perf_counter()
    op = _database()[name]
    tally = Tally()
    outcome: Outcome = "passed"
    left_out = next((why for word, why in LEFT_OUT.items() if name.startswith(word)), None)
    dtypes = [dtype for dtype in DTYPES if dtype in op.supported_dtypes("cpu")]
    if left_out is None and not dtypes:
        left_out = "none of the dtypes on CPU"
    if left_out is not None:
        return EntryResult("operators", name, family(name), "left out", reasons=[left_out])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            _examine(op, name, dtypes, tally)
        except Missing as missing:
            tally.reasons = {"": f"there is no {missing}"}
            outcome = "missing"
    if outcome == "passed" and tally.failures:
        outcome = "failed"
    seconds = round(time.perf_counter() - start, 2)
    return EntryResult(
        "operators",
        name,
        family(name),
        outcome,
        tally.samples,
        tally.failures,
        tally.scripted,
        seconds,
        list(tally.reasons.values()),
    )


def _examine(op: Any, name: str, dtypes: list[torch.dtype], tally: Tally) -> None:
    ours = function(op.op)
    path = script_path(op)
    scripts: dict[str, tuple[Callable[..., Any], Callable[..., Any] | Exception] | None] = {}
    values = op.name not in UNINITIALISED
    for dtype in dtypes:
        torch.manual_seed(0)
        tolerances = own_tolerances(op, dtype)
        for sample in op.sample_inputs("cpu", dtype, requires_grad=False):
            args = [sample.input, *sample.args]
            call = _Call(op, ours, args, sample.kwargs, dtype, tolerances, values, tally)
            process = sample.output_process_fn_grad
            if call.eager(process) and path is not None:
                call.scripted(path, scripts, process)
    if op.error_inputs_func is not None:
        _examine_errors(op, ours, tally)


def script_path(op: Any) -> str | None:
    """What a script calls for an entry: the function, or the method of its name."""
    if (path := spelling(op.op)) is not None:
        return path
    base = op.name.split(".")[-1]
    holder: Any = torch
    for part in op.name.split(".")[:-1]:
        holder = getattr(holder, part, None)
    if callable(getattr(holder, base, None)) and not isinstance(getattr(holder, base), type):
        return f"torch.{op.name}"
    return f"torch.Tensor.{base}" if hasattr(torch.Tensor, base) else None


def own_tolerances(op: Any, dtype: torch.dtype) -> Tolerances:
    """The widest (rtol, atol) that PyTorch's own tests of an entry allow, by dtype."""
    found = dict(DEFAULTS)
    for info in op.decorators:
        if getattr(info, "device_type", None) not in (None, "cpu"):
            continue
        if (allowed := getattr(info, "dtypes", None)) and dtype not in allowed:
            continue
        for decorator in getattr(info, "decorators", [info]):
            for one, tolerance in getattr(decorator, "d", {}).items():
                name = str(one).removeprefix("torch.")
                rtol, atol = found.get(name, (0.0, 0.0))
                if isinstance(tolerance, float):  # an absolute precision alone
                    found[name] = (rtol, max(atol, tolerance))
                else:
                    found[name] = (max(rtol, tolerance.rtol), max(atol, tolerance.atol))
    return found


@dataclass
class _Call:
    op: Any
    ours: Callable[..., Any]
    args: list[Any]
    kwargs: dict[str, Any]
    dtype: torch.dtype
    tolerances: Tolerances
    values: bool
    tally: Tally

    def where(self, how: str) -> str:
        return f"{str(self.dtype).removeprefix('torch.')}, {how}, `{shown(self.args, self.kwargs)}`"

    def eager(self, process: Callable[[Any], Any]) -> bool:
        """Compare the plain call; False when PyTorch itself refuses it."""
        seen: dict[int, Any] = {}
        try:
            args, kwargs = owned(self.args, seen), owned(self.kwargs, seen)
        except Untranslatable:
            return False
        memo: dict[int, Any] = {}
        try:
            our_args, our_kwargs = translated(args, memo), translated(kwargs, memo)
        except Untranslatable:
            return False
        torch.manual_seed(0)
        try:
            theirs = self.op.op(*args, **kwargs)
        except Exception:  # whatever PyTorch says: it refuses its own sample
            return False
        self.tally.samples += 1
        tscript.manual_seed(0)
        try:
            ours = self.ours(*our_args, **our_kwargs)
        except Exception as error:
            self.tally.failed(self.where("eager"), brief(error))
            return True
        try:
            self.check(ours, theirs, process)
            compare_memory(ours, [our_args, our_kwargs], theirs, [args, kwargs])
        except Difference as difference:
            self.tally.failed(self.where("eager"), str(difference))
        except Exception as error:
            self.tally.failed(self.where("eager"), f"comparing: {brief(error)}")
        return True

    def check(self, ours: Any, theirs: Any, process: Callable[[Any], Any]) -> None:
        try:
            compare(ours, theirs, self.tolerances, values=self.values)
        except Difference as difference:
            if not difference.values:
                raise
            if compare_processed(ours, theirs, process, self.tolerances):
                return
            exact = self.in_double()
            if exact is None or not no_less_exact(ours, theirs, exact):
                raise

    def in_double(self) -> Any:
        """PyTorch's result in double precision; None where there is no wider one to ask."""
        if self.dtype not in (torch.float32, torch.complex64):
            return None
        torch.manual_seed(0)
        try:
            return self.op.op(*widened(owned(self.args)), **widened(owned(self.kwargs)))
        except Exception:  # whatever PyTorch says: no double precision form to compare with
            return None

    def scripted(self, path: str, scripts: dict[str, Any], process: Callable[[Any], Any]) -> None:
        """Compare the call in a scripted wrapper, unless PyTorch's compiler refuses that."""
        try:
            wrapper = script_calls.wrapper(path, self.args, self.kwargs)
        except script_calls.Unspeakable:
            return
        if wrapper.source not in scripts:
            scripts[wrapper.source] = both_compiled(wrapper.source)
        pair = scripts[wrapper.source]
        if pair is None:
            return
        their_function, our_function = pair
        try:
            args = owned(wrapper.tensors)
            torch.manual_seed(0)
            theirs = their_function(*args)
            if spelling(self.op.op) is None and not self.is_eager_result(theirs):
                return  # the entry's own function does more than call the operator of its name
        except Exception:  # whatever PyTorch says: its script does not run these arguments
            return
        self.tally.samples += 1
        self.tally.scripted += 1
        if isinstance(our_function, Exception):
            self.tally.failed(self.where("scripted"), brief(our_function))
            return
        our_args = translated(owned(wrapper.tensors))
        tscript.manual_seed(0)
        try:
            self.check(our_function(*our_args), theirs, process)
        except Difference as difference:
            self.tally.failed(self.where("scripted"), str(difference))
        except Exception as error:
            self.tally.failed(self.where("scripted"), brief(error))

    def is_eager_result(self, scripted: Any) -> bool:
        """Whether PyTorch's script gives what the entry's function gives."""
        torch.manual_seed(0)
        eager = self.op.op(*owned(self.args), **owned(self.kwargs))
        try:
            torch.testing.assert_close(scripted, eager, equal_nan=True)
        except (AssertionError, TypeError, ValueError):
            return False
        return True


def widened(value: Any) -> Any:
    """Arguments with their tensors in double precision."""
    wider = {torch.float32: torch.float64, torch.complex64: torch.complex128}
    if isinstance(value, torch.Tensor):
        return value.to(wider[value.dtype]) if value.dtype in wider else value
    if isinstance(value, torch.dtype):
        return wider.get(value, value)
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        return type(value)(widened(item) for item in value)
    if isinstance(value, dict):
        return {key: widened(item) for key, item in value.items()}
    return value


def both_compiled(
    source: str,
) -> tuple[Callable[..., Any], Callable[..., Any] | Exception] | None:
    """PyTorch's script and ours, or why there is none; None when PyTorch refuses the source."""
    try:
        theirs = script_calls.compiled(source, torch)
    except Exception:  # whatever PyTorch says: it does not compile this call
        return None
    try:
        return theirs, script_calls.compiled(source, tscript)
    except Exception as error:
        return theirs, error


def _examine_errors(op: Any, ours: Callable[..., Any], tally: Tally) -> None:
    """Calls that PyTorch refuses must be refused."""
    torch.manual_seed(0)
    for wrong in _error_inputs(op):
        sample = wrong.sample_input
        try:
            args, kwargs = owned([sample.input, *sample.args]), owned(sample.kwargs)
        except Untranslatable:
            continue
        try:
            op.op(*args, **kwargs)
        except Exception as error:
            refusal = error
        else:
            continue
        tally.samples += 1
        try:  # making the arguments may be what is refused: NumPy has at most 64 dimensions
            ours(*translated(args), **translated(kwargs))
        except Exception:  # refused, as it should be; the class may be another
            continue
        tally.failed(f"error input, `{shown(args, kwargs)}`", f"not refused: {brief(refusal)}")


def _error_inputs(op: Any) -> Iterator[Any]:
    try:
        yield from op.error_inputs("cpu")
    except (RuntimeError, AssertionError):
        return  # what makes them needs a device that is not there


def brief(error: BaseException) -> str:
    """The first line of an error, with its kind."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = lines[0].replace(f"{ROOT}/", "") if lines else ""
    return f"{type(error).__name__}: {said[:160]}"


def shown(args: Any, kwargs: dict[str, Any]) -> str:
    """A call's arguments in a few words."""
    words = [_shown(value) for value in args]
    words += [f"{name}={_shown(value)}" for name, value in kwargs.items()]
    text = ", ".join(words)
    return text if len(text) <= 160 else f"{text[:157]}..."


def _shown(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        return f"{str(value.dtype).removeprefix('torch.')}{list(value.shape)}"
    if isinstance(value, list | tuple) and not isinstance(value, torch.Size):
        inside = ", ".join(_shown(item) for item in value)
        return f"[{inside}]" if isinstance(value, list) else f"({inside})"
    if callable(value) and not isinstance(value, type):
        return getattr(value, "__name__", "a function")
    return repr(value)
