"""The text of a tensor, as PyTorch prints it, and the options that shape it.

:func:`tensor_repr` is ``repr(tensor)``; :func:`array_text` is the same for an array. All numbers
of a tensor share one notation (:class:`_Notation`), chosen from the finite, nonzero values that
are shown.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ops_registry import dtypes
from ops_registry.dtypes import Dtype

if TYPE_CHECKING:
    from tscript.runtime.tensor import Tensor


@dataclass(frozen=True, slots=True)
class PrintOptions:
    """``precision``: digits after the point. ``threshold``: with more elements than this only
    ``edgeitems`` are shown at each end of each dimension. ``linewidth``: where lines are broken,
    in characters. ``sci_mode``: scientific notation always, never, or (None) as needed."""

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


_PROFILES = {
    "default": PrintOptions(),
    "short": PrintOptions(precision=2, edgeitems=2),
    "full": PrintOptions(threshold=math.inf),
}

_options = PrintOptions()


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Set how tensors are printed; what is left out keeps its value, except ``sci_mode``.

    ``profile`` ("default", "short" or "full", which shows every element) is applied first.
    Raises ValueError for another profile.

    >>> set_printoptions(precision=2)
    >>> array_text(np.array([1 / 3], np.float32))
    'tensor([0.33])'
    >>> set_printoptions(profile="default")
    """
    global _options
    chosen = _options
    if profile is not None:
        if profile not in _PROFILES:
            raise ValueError(f"profile is one of {', '.join(_PROFILES)}, not {profile!r}")
        chosen = _PROFILES[profile]
    given = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
    }
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    _options = replace(chosen, **changes, sci_mode=sci_mode)


def get_printoptions() -> dict[str, Any]:
    """The options in force, as keyword arguments of :func:`set_printoptions`."""
    return asdict(_options)


@contextlib.contextmanager
def printoptions(**options: Any) -> Iterator[None]:
    """:func:`set_printoptions` for the duration of a ``with`` block.

    >>> with printoptions(sci_mode=True):
    ...     array_text(np.array(12.5, np.float32))
    'tensor(1.2500e+01)'
    """
    global _options
    saved = _options
    set_printoptions(**options)
    try:
        yield
    finally:
        _options = saved


def tensor_repr(tensor: Tensor) -> str:
    """What ``repr`` and ``str`` of a tensor give."""
    return array_text(
        tensor.array,
        tensor.dtype,
        device=None if tensor.device.type == "cpu" else str(tensor.device),
        requires_grad=tensor.requires_grad,
    )


def array_text(
    array: np.ndarray,
    dtype: Dtype | None = None,
    *,
    device: str | None = None,
    requires_grad: bool = False,
    prefix: str = "tensor(",
) -> str:
    """The text of a tensor that has the elements of ``array``.

    ``device`` is named in the text when given; the values of one on ``meta`` are not read.

    >>> array_text(np.array([[1.0, -2.5]], np.float32))
    'tensor([[ 1.0000, -2.5000]])'
    >>> array_text(np.zeros((0, 3), np.float64))
    'tensor([], size=(0, 3), dtype=torch.float64)'
    """
    if dtype is None:
        dtype = dtypes.from_numpy(array.dtype)
    default = dtypes.default_dtype()
    notes = [] if device is None else [f"device='{device}'"]
    unmarked: tuple[Dtype, ...] = (default,)
    if device is not None and device.startswith("meta"):
        body = "..."
        notes.append(f"size={array.shape}")
    elif array.size == 0:
        body = "[]"
        if array.ndim != 1:
            notes.append(f"size={array.shape}")
    else:
        body = _contents(array, len(prefix), _options)
        if not _options.edgeitems:
            notes.append(f"size={array.shape}")
        # The elements tell these apart by their looks.
        unmarked = (default, default.to_complex(), dtypes.int64, dtypes.bool_)
    if dtype not in unmarked:
        notes.append(f"dtype={dtype!r}")
    if requires_grad:
        notes.append("requires_grad=True")
    return _with_notes(prefix + body, notes, len(prefix), _options.linewidth)


def _with_notes(text: str, notes: Sequence[str], indent: int, linewidth: int) -> str:
    """The text with what is said behind the elements, each note on a new line if it must."""
    used = len(text) - text.rfind("\n") + 1
    for note in notes:
        if used + len(note) + 2 > linewidth:
            text += ",\n" + " " * indent + note
            used = indent + len(note)
        else:
            text += ", " + note
            used += len(note) + 2
    return text + ")"


class _Notation:
    """How the real numbers of one tensor are written: all equally wide."""

    def __init__(self, values: np.ndarray, options: PrintOptions) -> None:
        self.precision = options.precision
        self.kind = "exact"
        self.width = 1
        if values.dtype.kind in "iub":
            self.width = max((len(str(v)) for v in values.reshape(-1).tolist()), default=1)
            return
        numbers = values.reshape(-1).astype(np.float64)
        numbers = numbers[np.isfinite(numbers) & (numbers != 0)]
        self.kind = "whole"
        if numbers.size:
            self.kind = self._chosen_kind(numbers, options.sci_mode)
            self.width = max(len(self._plain(value)) for value in numbers.tolist())

    @staticmethod
    def _chosen_kind(numbers: np.ndarray, scientific: bool | None) -> str:
        sizes = np.abs(numbers)
        whole = bool((numbers == np.ceil(numbers)).all())
        if scientific is None:
            smallest, largest = sizes.min(), sizes.max()
            with np.errstate(over="ignore"):
                wide = largest / smallest > 1000 or largest > 1e8
            scientific = bool(wide or smallest < 1e-4)
        if scientific:
            return "scientific"
        return "whole" if whole else "fixed"

    def _plain(self, value: Any) -> str:
        if self.kind == "exact":
            return str(value)
        if self.kind == "scientific":
            return f"{value:.{self.precision}e}"
        if self.kind == "fixed":
            return f"{value:.{self.precision}f}"
        return f"{value:.0f}." if math.isfinite(value) else f"{value:.0f}"

    def write(self, value: Any) -> str:
        """One number, padded on the left."""
        return self._plain(value).rjust(self.width)


def _shown(array: np.ndarray, options: PrintOptions) -> np.ndarray:
    """The elements that are left when each long dimension is cut to its edges."""
    edge = options.edgeitems
    for axis, extent in enumerate(array.shape):
        if extent > 2 * edge:
            kept = [*range(edge), *range(extent - edge, extent)]
            array = array.take(kept, axis)
    return array


def _contents(array: np.ndarray, indent: int, options: PrintOptions) -> str:
    summarised = array.size > options.threshold
    if summarised and not options.edgeitems and array.ndim:
        return "[...]"
    shown = _shown(array, options) if summarised else array
    if array.dtype.kind == "c":
        real, imaginary = _Notation(shown.real, options), _Notation(shown.imag, options)

        def write(value: Any) -> str:
            return _complex_text(value, real, imaginary)

        width = real.width + imaginary.width + 1
    else:
        notation = _Notation(shown, options)
        write, width = notation.write, notation.width
    writer = _Writer(options, summarised, write, width)
    return writer.nested(array, indent)


def _complex_text(value: complex, real: _Notation, imaginary: _Notation) -> str:
    second = imaginary.write(value.imag).lstrip()
    return f"{real.write(value.real)}{'' if second.startswith('-') else '+'}{second}j"


@dataclass(frozen=True, slots=True)
class _Writer:
    options: PrintOptions
    summarised: bool
    write: Any
    width: int

    def nested(self, array: np.ndarray, indent: int) -> str:
        """The brackets and what is in them; later lines start ``indent`` characters in."""
        if array.ndim == 0:
            return cast(str, self.write(array.tolist()))
        if array.ndim == 1:
            return self._row(array, indent)
        parts = [
            "..." if index is None else self.nested(array[index], indent + 1)
            for index in self._indices(len(array))
        ]
        return f"[{(',' + chr(10) * (array.ndim - 1) + ' ' * (indent + 1)).join(parts)}]"

    def _row(self, array: np.ndarray, indent: int) -> str:
        texts = [
            " ..." if index is None else self.write(array[index].tolist())
            for index in self._indices(len(array))
        ]
        per_line = max(1, (self.options.linewidth - indent) // (self.width + 2))
        lines = [
            ", ".join(texts[start : start + per_line]) for start in range(0, len(texts), per_line)
        ]
        return f"[{(',' + chr(10) + ' ' * (indent + 1)).join(lines)}]"

    def _indices(self, extent: int) -> list[int | None]:
        """Which are shown along one dimension; None stands for those left out."""
        edge = self.options.edgeitems
        if not self.summarised or extent <= 2 * edge:
            return list(range(extent))
        return [*range(edge), None, *range(extent - edge, extent)]
