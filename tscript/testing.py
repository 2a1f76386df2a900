"""``torch.testing``: comparing tensors in tests.

``assert_close`` is strict about dtypes and shapes and takes numbers and nested containers;
``assert_allclose`` is the older one of the TorchScript reference, with its message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ops_registry.dtypes import Dtype, promote
from tscript.runtime.creation import as_tensor, tensor
from tscript.runtime.tensor import Tensor, wrap

__all__ = ["assert_allclose", "assert_close", "difference", "make_tensor"]

#: (rtol, atol) of `assert_close` by dtype; integers and bools are compared exactly.
_TOLERANCES: dict[str, tuple[float, float]] = {
    "float16": (1e-3, 1e-5),
    "bfloat16": (1.6e-2, 1e-5),
    "float32": (1.3e-6, 1e-5),
    "float64": (1e-7, 1e-7),
    "complex32": (1e-3, 1e-5),
    "complex64": (1.3e-6, 1e-5),
    "complex128": (1e-7, 1e-7),
}

#: (rtol, atol) of `assert_allclose` by dtype.
_OLD_TOLERANCES: dict[str, tuple[float, float]] = {
    "float16": (1e-3, 1e-3),
    "float32": (1e-4, 1e-5),
    "float64": (1e-5, 1e-8),
}


def _exact(array: np.ndarray) -> np.ndarray:
    """An array in a dtype wide enough to compare in."""
    if array.dtype.kind == "c":
        return array.astype(np.complex128)
    if array.dtype.kind in "iu" and array.dtype.itemsize == 8:
        return array.astype(object) if array.dtype.kind == "u" else array
    if array.dtype.kind in "iub":
        return array.astype(np.int64)
    return array.astype(np.float64)


def _close(
    actual: np.ndarray, expected: np.ndarray, rtol: float, atol: float, equal_nan: bool
) -> np.ndarray:
    with np.errstate(all="ignore"):
        close = np.asarray(actual == expected)
        if rtol or atol:
            error = abs(actual - expected)
            allowed = atol + rtol * abs(expected)
            close = close | (np.isfinite(_floats(error)) & np.asarray(error <= allowed))
        if equal_nan and actual.dtype.kind in "fc":
            close = close | (np.isnan(actual) & np.isnan(expected))
    return close


def _floats(array: Any) -> np.ndarray:
    return np.asarray(array, np.float64)


def difference(
    actual: Tensor, expected: Tensor, rtol: float, atol: float, equal_nan: bool = True
) -> str | None:
    """Where two tensors differ most, in the words of `assert_allclose`; None where they agree.

    Shapes broadcast.

    >>> difference(tensor([1.0, 2.0]), tensor([1.0, 3.0]), 1e-5, 1e-5)
    'Not within tolerance rtol=1e-05 atol=1e-05 at input[1] (2.0 vs. 3.0) and 0 other locations (50.00%)'
    """
    a, b = np.broadcast_arrays(_exact(actual.array), _exact(expected.array))
    close = _close(a, b, rtol, atol, equal_nan)
    wrong = int(close.size - np.count_nonzero(close))
    if not wrong:
        return None
    with np.errstate(all="ignore"):
        excess = _floats(abs(a - b)) - _floats(atol + rtol * abs(b))
    excess = np.where(close, -np.inf, np.where(np.isnan(excess), np.inf, excess))
    worst = np.unravel_index(int(np.argmax(excess)), a.shape)
    place = list(map(int, worst))
    shown = (
        np.broadcast_to(actual.array, a.shape)[worst],
        np.broadcast_to(expected.array, a.shape)[worst],
    )
    first, second = (_number(value) for value in shown)
    return (
        f"Not within tolerance rtol={rtol} atol={atol} at input{place} ({first} vs. {second}) and"
        f" {wrong - 1} other locations ({100 * wrong / a.size:.2f}%)"
    )


def _number(value: Any) -> Any:
    plain = value.item()
    return plain if isinstance(plain, bool | int | float | complex) else float(plain)


def assert_allclose(
    actual: Any,
    expected: Any,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = True,
    msg: str = "",
) -> None:
    """Raise AssertionError where two tensors are not close; the worst place is named.

    Dtypes may differ and ``expected`` broadcasts. Without tolerances those of the dtypes hold
    (``1e-4`` and ``1e-5`` for float32). Source: the TorchScript reference's examples.
    """
    first = actual if isinstance(actual, Tensor) else tensor(actual)
    second = expected if isinstance(expected, Tensor) else tensor(expected, dtype=first.dtype)
    if (rtol is None) != (atol is None):
        raise ValueError("rtol and atol are given together or not at all")
    if rtol is None or atol is None:
        pairs = [_OLD_TOLERANCES.get(t.dtype.name, (0.0, 0.0)) for t in (first, second)]
        rtol, atol = max(p[0] for p in pairs), max(p[1] for p in pairs)
    found = difference(first, second, rtol, atol, equal_nan)
    if found is not None:
        raise AssertionError(msg or found)


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: str | Callable[[str], str] | None = None,
) -> None:
    """Raise AssertionError unless ``actual`` and ``expected`` are close: of one shape and dtype,
    each element within ``atol + rtol * |expected|``.

    Numbers, arrays and nested sequences and mappings are compared item by item. Without tolerances
    those of the dtype hold (``1.3e-6`` and ``1e-5`` for float32; integers exactly).

    >>> assert_close(tensor([1.0]), tensor([1.0 + 1e-7]))
    """
    if (rtol is None) != (atol is None):
        raise ValueError("rtol and atol are given together or not at all")
    checks = _Checks(
        rtol, atol, equal_nan, check_device, check_dtype, check_stride, allow_subclasses
    )
    problem = checks.compare(actual, expected, "")
    if problem is not None:
        if callable(msg):
            problem = msg(problem)
        raise AssertionError(problem if msg is None or callable(msg) else msg)


class _Checks:
    """What `assert_close` was asked to look at; each method returns a problem or None."""

    def __init__(
        self,
        rtol: float | None,
        atol: float | None,
        equal_nan: bool,
        device: bool,
        dtype: bool,
        stride: bool,
        subclasses: bool,
    ) -> None:
        self.rtol = rtol
        self.atol = atol
        self.equal_nan = equal_nan
        self.device = device
        self.dtype = dtype
        self.stride = stride
        self.subclasses = subclasses

    def compare(self, actual: Any, expected: Any, path: str) -> str | None:
        if _is_sequence(actual) and _is_sequence(expected):
            if len(actual) != len(expected):
                return _at(path, f"the lengths are {len(actual)} and {len(expected)}")
            pairs = (
                (f"[{i}]", a, e) for i, (a, e) in enumerate(zip(actual, expected, strict=True))
            )
        elif isinstance(actual, Mapping) and isinstance(expected, Mapping):
            if set(actual) != set(expected):
                return _at(path, f"the keys are {sorted(map(str, actual))} and"
                                 f" {sorted(map(str, expected))}")  # fmt: skip
            pairs = ((f"[{key!r}]", actual[key], expected[key]) for key in actual)
        elif actual is None and expected is None:
            return None
        else:
            return self.leaves(actual, expected, path)
        for step, a, e in pairs:
            problem = self.compare(a, e, path + step)
            if problem is not None:
                return problem
        return None

    def leaves(self, actual: Any, expected: Any, path: str) -> str | None:
        if isinstance(actual, bool) and isinstance(expected, bool):
            return None if actual == expected else _at(path, f"{actual} is not {expected}")
        numbers = int | float | complex
        if isinstance(actual, numbers) and isinstance(expected, numbers):
            return self.numbers(actual, expected, path)
        try:
            first, second = as_tensor(actual), as_tensor(expected)
        except (TypeError, ValueError, RuntimeError):
            if isinstance(actual, Tensor) or isinstance(expected, Tensor):
                raise TypeError(_incomparable(actual, expected, path)) from None
            if type(actual) is type(expected) and bool(actual == expected):
                return None
            raise TypeError(_incomparable(actual, expected, path)) from None
        return self.tensors(first, second, path)

    def numbers(self, actual: Any, expected: Any, path: str) -> str | None:
        dtype = {int: "int64", float: "float64", complex: "complex128"}
        rtol, atol = self._tolerances([dtype[type(v)] for v in (actual, expected)])
        if type(actual) is not type(expected) and self.dtype:
            kinds = f"{type(actual).__name__} and {type(expected).__name__}"
            return _at(path, f"the types of the numbers are {kinds}")
        if actual == expected or self.equal_nan and actual != actual and expected != expected:
            return None
        error = abs(actual - expected)
        if error <= atol + rtol * abs(expected):
            return None
        return _at(
            path, f"{actual} is not close to {expected}: they differ by {error}"
            f" (allowed: rtol={rtol}, atol={atol})"
        )  # fmt: skip

    def _tolerances(self, names: Sequence[str]) -> tuple[float, float]:
        if self.rtol is not None and self.atol is not None:
            return self.rtol, self.atol
        pairs = [_TOLERANCES.get(name, (0.0, 0.0)) for name in names]
        return max(p[0] for p in pairs), max(p[1] for p in pairs)

    def tensors(self, actual: Tensor, expected: Tensor, path: str) -> str | None:
        if not self.subclasses and type(actual) is not type(expected):
            raise TypeError(_incomparable(actual, expected, path))
        if actual.array.shape != expected.array.shape:
            shapes = f"{tuple(actual.array.shape)} and {tuple(expected.array.shape)}"
            return _at(path, f"the shapes are {shapes}")
        if self.device and actual.device != expected.device:
            return _at(path, f"the devices are {actual.device} and {expected.device}")
        if self.dtype and actual.dtype is not expected.dtype:
            return _at(path, f"the dtypes are {actual.dtype!r} and {expected.dtype!r}")
        if self.stride and actual.stride() != expected.stride():
            return _at(path, f"the strides are {actual.stride()} and {expected.stride()}")
        if actual.is_meta:
            return None
        rtol, atol = self._tolerances([actual.dtype.name, expected.dtype.name])
        common = promote(actual.dtype, expected.dtype)
        a = _exact(actual.array.astype(common.numpy))
        e = _exact(expected.array.astype(common.numpy))
        return self.arrays(a, e, common, rtol, atol, path)

    def arrays(
        self, a: np.ndarray, e: np.ndarray, dtype: Dtype, rtol: float, atol: float, path: str
    ) -> str | None:
        close = _close(a, e, rtol, atol, self.equal_nan)
        wrong = int(close.size - np.count_nonzero(close))
        if not wrong:
            return None
        with np.errstate(all="ignore"):
            error = _floats(abs(a - e))
            relative = error / _floats(abs(e))
        error = np.where(close, -np.inf, np.where(np.isnan(error), np.inf, error))
        relative = np.where(close, -np.inf, np.where(np.isnan(relative), np.inf, relative))
        lines = ["the tensors are not close"]
        if a.ndim:
            lines.append(f"{wrong} of {a.size} elements differ ({100 * wrong / a.size:.1f}%)")
        for what, values, limit in (("absolute", error, atol), ("relative", relative, rtol)):
            worst = np.unravel_index(int(np.argmax(values)), values.shape) if a.ndim else ()
            place = f" at {tuple(map(int, worst))}" if a.ndim else ""
            first, second = _number(a[worst]), _number(e[worst])
            lines.append(
                f"greatest {what} difference: {float(values[worst])}{place}, {first} against"
                f" {second} (allowed: {limit})"
            )
        return _at(path, "\n".join(lines))


def _is_sequence(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _at(path: str, problem: str) -> str:
    return f"at {path}: {problem}" if path else problem


def _incomparable(actual: Any, expected: Any, path: str) -> str:
    kinds = f"{type(actual).__name__} and {type(expected).__name__}"
    return _at(path, f"values of types {kinds} cannot be compared")


def make_tensor(
    *shape: Any,
    dtype: Dtype,
    device: Any = None,
    low: float | None = None,
    high: float | None = None,
    requires_grad: bool = False,
    noncontiguous: bool = False,
) -> Tensor:
    """A tensor of random values in [low, high): [-9, 9) unless given, [0, 9) for unsigned dtypes.

    The values come from the default generator's seed, not from its stream.
    """
    from ops_registry.samples import tensor as sample

    sizes = tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], Sequence) else shape
    if noncontiguous and len(sizes) > 1:
        made = wrap(sample(*sizes[::-1], dtype=dtype, low=low, high=high).T)
    else:
        made = wrap(sample(*sizes, dtype=dtype, low=low, high=high))
    return made.requires_grad_() if requires_grad else made
